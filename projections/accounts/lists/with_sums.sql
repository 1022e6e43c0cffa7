-- Those that have balances of the feature; those that have none come after them, whichever way it goes.
AND b.feature_id = %(feature_id)s::text
