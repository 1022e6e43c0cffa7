-- How much of a name another text must have to be like it, until the end of the transaction or of the savepoint.
SELECT set_config('pg_trgm.word_similarity_threshold', %(least)s, true)
