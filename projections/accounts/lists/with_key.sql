-- Those that have something to be sorted by; those that have nothing come after them, whichever way it goes.
AND {key} > {empty}
