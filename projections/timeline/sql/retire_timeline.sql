-- A small step in deleting a generation of timeline that nobody reads any more: its oldest entries.
DELETE FROM timeline
WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s AND position < %(limit)s + (
    SELECT min(position) FROM timeline WHERE ledger_id = %(ledger_id)s AND generation = %(generation)s
)
