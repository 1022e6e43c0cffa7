-- Those that have nothing to be sorted by.
AND {key} = {empty}
