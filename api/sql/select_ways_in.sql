-- How the users of a ledger come in: when last, as far as it is still known, whether with a password, and for how many
-- seconds nobody may try it; 0 where one may.
SELECT coalesce(s.user_id, p.user_id), s.signed_in_at, p.user_id IS NOT NULL,
       ceil(greatest(0, extract(epoch FROM coalesce(p.locked_until, '-infinity') - clock_timestamp())))::integer
FROM (
    SELECT user_id, max(created_at) AS signed_in_at FROM sessions WHERE ledger_id = %(ledger_id)s GROUP BY user_id
) AS s
FULL JOIN (
    SELECT user_id, locked_until FROM passwords WHERE ledger_id = %(ledger_id)s
) AS p ON p.user_id = s.user_id
