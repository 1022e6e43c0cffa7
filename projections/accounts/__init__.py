"""One wide row per customer, made for lists: who it is, which plan it is on, what it owes; and what the row was."""
