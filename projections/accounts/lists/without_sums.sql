-- Those that have no balance of the feature.
AND b.feature_id IS NULL
