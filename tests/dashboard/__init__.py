"""The dashboard, as a browser meets it."""
