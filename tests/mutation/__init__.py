"""Mutation testing of the core: what would the tests notice? docs/testing.md says how to run it and what it found."""
