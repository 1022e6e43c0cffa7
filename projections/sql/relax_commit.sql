-- The commit of this transaction does not wait for the disk. Rows and position are one transaction: a database that
-- crashes right after it has lost both, and folds the same events again from the log, which does wait for the disk.
SELECT set_config('synchronous_commit', 'off', true)
