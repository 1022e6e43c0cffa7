-- What customers were called, and where their clocks stood, after each event of a batch that changed it.
INSERT INTO customers_past (ledger_id, generation, stream_id, position, at, customer_id, deleted, clock)
SELECT %(ledger_id)s, %(generation)s, r.stream_id, r.position, r.at, r.customer_id, r.deleted::boolean, r.clock
FROM unnest(
    %(stream_id)s::uuid[], %(position)s::bigint[], %(at)s::timestamptz[], %(customer_id)s::text[],
    %(deleted)s::text[], %(clock)s::timestamptz[]
) AS r (stream_id, position, at, customer_id, deleted, clock)
