-- On one of these plans, or on one of these plans in one of these statuses.
AND a.marks && %(marks)s::text[]
