-- What a user's password is checked against, and for how many seconds nobody may try; 0 where one may.
SELECT hash, ceil(greatest(0, extract(epoch FROM coalesce(locked_until, '-infinity') - clock_timestamp())))::integer
FROM passwords WHERE ledger_id = %(ledger_id)s AND user_id = %(user_id)s
