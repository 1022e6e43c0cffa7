-- Somebody was wrong. From the fifth time on nobody may try for a while, which doubles to an hour.
UPDATE passwords
SET failures = failures + 1,
    locked_until = CASE WHEN failures + 1 >= %(most)s
                        THEN clock_timestamp() + interval '1 minute' * least(60, 2 ^ (failures + 1 - %(most)s)) END
WHERE ledger_id = %(ledger_id)s AND user_id = %(user_id)s
