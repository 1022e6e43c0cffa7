-- Invoices as a batch left them in the books, new or in place of those with their key.
INSERT INTO journal_invoices (ledger_id, generation, stream_id, invoice_id, state)
SELECT %(ledger_id)s, %(generation)s, r.stream_id, r.invoice_id, r.state::jsonb
FROM unnest(%(stream_id)s::uuid[], %(invoice_id)s::text[], %(state)s::text[]) AS r (stream_id, invoice_id, state)
ON CONFLICT (ledger_id, generation, stream_id, invoice_id) DO UPDATE SET state = excluded.state
