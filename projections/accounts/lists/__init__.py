"""What statements of the customer list are put together from: two wholes, and one condition to a file.

`present` and `past` are the wholes. What stands in braces in a file is filled in by `projections.queries.listing`, with
texts of these files, with names out of closed sets and with placeholders; a value never becomes part of a statement.
"""
