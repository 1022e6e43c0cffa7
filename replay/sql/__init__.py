"""The statements of replay, one to a file."""
