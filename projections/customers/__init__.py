"""Who the customers are, and their entities."""
