-- Settings of a batch that decide on days.
COPY journal_settings (ledger_id, generation, position, setting, value) FROM STDIN
