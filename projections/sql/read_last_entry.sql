-- The latest instant at which something moved money, as far as was known: customers' clocks may be ahead of ours.
SELECT max(at) FROM journal_lines
WHERE ledger_id = %(ledger_id)s AND generation = %(journal_generation)s
  AND (%(upto_position)s::bigint IS NULL OR position <= %(upto_position)s::bigint)
