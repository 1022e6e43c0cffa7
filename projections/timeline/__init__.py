"""Everything that happened, in sentences."""
