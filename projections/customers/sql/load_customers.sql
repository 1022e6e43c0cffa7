-- What customers are folded on from.
SELECT stream_id, version, customer_id, name, email, fingerprint, metadata::text, forgotten, created_at,
       deleted_at, currency, send_email_receipts, clock, controls::text
FROM customers
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND stream_id = ANY (%(stream_ids)s::uuid[])
