"""What the worker does when nobody asks: what fell due happens, and what is too old goes."""
