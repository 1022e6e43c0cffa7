-- How long a statement may take, until the end of the transaction or of the savepoint.
SELECT set_config('statement_timeout', %(milliseconds)s, true)
