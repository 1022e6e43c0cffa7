-- In one of these statuses with the current plan: the status that the row shows.
AND a.plan_status = ANY (%(statuses)s::text[])
