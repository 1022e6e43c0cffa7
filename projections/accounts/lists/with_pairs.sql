-- For what is searched for and has no three letters in a row: all letters, and all that stand together in it.
AND search_pairs(a.search) @> search_pairs(%(pairs)s::text)
