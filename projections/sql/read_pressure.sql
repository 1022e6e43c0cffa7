-- Whether the database has more urgent work: somebody fills generations, or a ledger is folded far behind its head, so
-- that its readers wait.
SELECT EXISTS (SELECT FROM generations AS g
               WHERE g.state = 'filling' AND g.moved_at > clock_timestamp() - interval '1 minute')
    OR EXISTS (SELECT FROM ledgers AS l LEFT JOIN projected AS p ON p.ledger_id = l.ledger_id
               WHERE l.position > coalesce(p.position, 0) + %(far)s)
