"""The SQL of the API's own rows: one statement to a file."""
