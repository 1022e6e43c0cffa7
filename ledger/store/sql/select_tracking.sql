-- How far a follower has come.
SELECT position FROM tracking WHERE ledger_id = %(ledger_id)s AND application_name = %(application_name)s
