"""The dashboard in a real browser, from the sign-in to what is recorded."""
