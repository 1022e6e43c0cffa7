-- The entries of a batch, in the order of the log.
COPY timeline (
    ledger_id, generation, position, stream_id, customer_id, kind, sentence, actor, on_behalf_of, reason, request_id,
    at, recorded_at, before, after, feature_ids, entity_id, plan_id, amount, links,
    known_as, reverses
) FROM STDIN
