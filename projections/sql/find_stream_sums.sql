-- Whether a customer has sums of its own.
SELECT EXISTS (
    SELECT FROM usage_stream_sums
    WHERE ledger_id = %(ledger_id)s AND generation = %(usage_generation)s AND stream_id = %(stream_id)s
)
