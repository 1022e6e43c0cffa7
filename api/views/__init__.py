"""Pure functions from what the core knows to the plain dicts of the wire. Rules live in the core."""
