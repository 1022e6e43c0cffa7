-- Opens the transaction in which a batch is decided.
BEGIN
