"""The plans that customers are, will be or were on."""
