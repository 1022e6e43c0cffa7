-- The last event between two positions that a reader has to wait for: of the streams it reads of, if not of all, and of a
-- kind that its models are shown. Read from the end, where it usually is if it is there.
SELECT position FROM events
WHERE ledger_id = %(ledger_id)s AND position > %(after)s AND position <= %(upto)s
  AND type <> ALL (%(indifferent)s::text[])
  AND (%(streams)s::uuid[] IS NULL OR stream_id = ANY (%(streams)s::uuid[]))
ORDER BY position DESC
LIMIT 1
