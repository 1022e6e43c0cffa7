-- Balances that ended in a batch.
COPY balances_ended (
    ledger_id, generation, stream_id, grant_id, position
) FROM STDIN
