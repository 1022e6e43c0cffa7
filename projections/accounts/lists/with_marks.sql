-- On one of these plans, in one of these statuses, or on one of these plans in one of these statuses.
AND a.marks && %(marks)s::text[]
