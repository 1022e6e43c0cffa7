-- Opens a transaction that only reads, all of it as of one moment.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY
