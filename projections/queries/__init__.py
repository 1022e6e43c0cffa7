"""The questions that the projections answer."""
