-- Makes a batch durable; until this is answered, nobody is told.
COMMIT
