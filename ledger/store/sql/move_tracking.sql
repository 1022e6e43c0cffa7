-- How far a follower has come; never back, never twice: no row is written then, and the caller knows.
INSERT INTO tracking AS t (ledger_id, application_name, position)
VALUES (%(ledger_id)s, %(application_name)s, %(position)s)
ON CONFLICT (ledger_id, application_name) DO UPDATE SET position = excluded.position
WHERE t.position < excluded.position
