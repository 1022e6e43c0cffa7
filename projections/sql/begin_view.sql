-- What is read after this is all of one moment, and nothing is written.
BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY
