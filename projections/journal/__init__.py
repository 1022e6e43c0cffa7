"""The books: a double-entry journal of everything that moves money, and what of it has been earned."""
