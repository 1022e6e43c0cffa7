-- Claims of one kind by the beginning of their value. Two would do to know that there are several.
SELECT value, stream_id FROM claims
WHERE ledger_id = %(ledger_id)s AND kind = %(kind)s AND value >= %(first)s AND value < %(beyond)s
  AND char_length(value) = %(length)s
ORDER BY value LIMIT 100
