"""History put to use: rebuild, verify, time travel, difference, proof."""
