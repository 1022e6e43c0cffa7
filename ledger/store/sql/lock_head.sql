-- The lock that orders all writers of a ledger. The clock is read after the lock is held: a row that is locked for
-- update is materialized before the outer query looks at the time.
WITH head AS MATERIALIZED (
    SELECT position, hash, recorded_at, invoices FROM ledgers WHERE ledger_id = %(ledger_id)s FOR UPDATE
)
SELECT position, hash, recorded_at, clock_timestamp(), invoices FROM head
