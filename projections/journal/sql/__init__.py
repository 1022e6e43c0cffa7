"""Statements of this model by name, one to a file."""
