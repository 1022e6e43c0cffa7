"""Statements of the runner and of reads by name, one to a file."""
