"""The plans a customer is on: how they begin, change, and end."""
