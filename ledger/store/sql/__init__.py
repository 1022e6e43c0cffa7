"""Statements by name, one to a file."""
