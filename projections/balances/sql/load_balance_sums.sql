-- Nothing is folded on from sums: they follow from the balances.
SELECT stream_id FROM balance_sums
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND stream_id = ANY (%(stream_ids)s::uuid[]) AND false
