-- What rows of the customer list are folded on from.
SELECT stream_id, from_position, from_at, customer_id, name, email, metadata::text, created_at, deleted_at, state::text
FROM accounts
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND stream_id = ANY (%(stream_ids)s::uuid[])
