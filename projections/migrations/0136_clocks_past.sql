-- How far ahead the customers' own clocks went: asked by whoever asks for an instant that real time has not reached.
CREATE INDEX customers_past_by_clock ON customers_past (ledger_id, generation, clock) WHERE clock IS NOT NULL;
