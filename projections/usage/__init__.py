"""What products used, use by use."""
