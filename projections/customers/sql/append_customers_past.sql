-- What customers were called, and where their clocks stood, after each event of a batch that changed it.
COPY customers_past (
    ledger_id, generation, stream_id, position, at, customer_id, deleted, clock
) FROM STDIN
