-- Units left over from a period are a balance of their own: this is the one they came from.
ALTER TABLE balances ADD COLUMN rollover_of text COLLATE "C";
