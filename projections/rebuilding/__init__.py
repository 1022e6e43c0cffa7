"""Generations beside the one that is read: filled from event 1, compared or swapped in, swept when they are old."""
