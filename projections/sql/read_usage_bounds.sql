-- When the first and the last use was, of a customer or of all.
SELECT (SELECT u.at FROM usage AS u
        WHERE u.ledger_id = %(ledger_id)s AND u.generation = %(usage_generation)s
          AND (%(stream_id)s::uuid IS NULL OR u.stream_id = %(stream_id)s::uuid)
        ORDER BY u.at LIMIT 1),
       (SELECT u.at FROM usage AS u
        WHERE u.ledger_id = %(ledger_id)s AND u.generation = %(usage_generation)s
          AND (%(stream_id)s::uuid IS NULL OR u.stream_id = %(stream_id)s::uuid)
        ORDER BY u.at DESC LIMIT 1)
