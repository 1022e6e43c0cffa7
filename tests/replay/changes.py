"""Ways to change what must not change, the check that fails for each, and what it must say."""

from typing import Final

from replay.report import Stage

CHANGES: Final[dict[str, tuple[str, Stage, str]]] = {
    "an event's state": (
        "UPDATE events SET state = set_byte(state, 40, get_byte(state, 40) # 1) WHERE position = 16",
        Stage.CHAIN,
        "event 16 does not match its hash",
    ),
    "an event's actor": (
        "UPDATE events SET actor = 'somebody' WHERE position = 9",
        Stage.CHAIN,
        "event 9 does not match its hash",
    ),
    "an event's instant": (
        "UPDATE events SET at = at + interval '1 ms' WHERE position = 12",
        Stage.CHAIN,
        "event 12 does not match its hash",
    ),
    "an event's hash": (
        "UPDATE events SET hash = sha256(hash) WHERE position = 15",
        Stage.CHAIN,
        "event 15 does not match its hash",
    ),
    "an event in the middle is gone": (
        "DELETE FROM events WHERE position = 20",
        Stage.CHAIN,
        "event 20 is missing",
    ),
    "the first event is gone": ("DELETE FROM events WHERE position = 1", Stage.CHAIN, "event 1 is missing"),
    "the last event is gone": (
        "DELETE FROM events WHERE position = (SELECT max(position) FROM events)",
        Stage.HEAD,
        r"the head is at position \d+ and the last event at \d+",
    ),
    "the head's position": (
        "UPDATE ledgers SET position = position + 1",
        Stage.HEAD,
        r"the head is at position \d+ and the last event at \d+",
    ),
    "the head's hash": ("UPDATE ledgers SET hash = sha256(hash)", Stage.HEAD, "the head's hash is"),
    "the head's instant": (
        "UPDATE ledgers SET recorded_at = recorded_at + interval '1 us'",
        Stage.HEAD,
        "the head was recorded at",
    ),
    "the head's count of invoices": (
        "UPDATE ledgers SET invoices = invoices + 1",
        Stage.HEAD,
        r"the head counts \d+ final invoices and the log \d+",
    ),
    "a claim is gone": (
        "DELETE FROM claims WHERE kind = 'customer' AND value = 'anna'",
        Stage.CLAIMS,
        "claim customer anna of stream .* is missing",
    ),
    "a personal claim is gone": ("DELETE FROM claims WHERE kind = 'email'", Stage.CLAIMS, "claim email .* is missing"),
    "a claim too many": (
        "INSERT INTO claims SELECT ledger_id, kind, 'ann', stream_id FROM claims WHERE value = 'anna'",
        Stage.CLAIMS,
        "claim customer ann of stream .* should not be there",
    ),
    "a claim of nobody": (
        "INSERT INTO claims VALUES ('main', 'customer', 'x', 'ffffffff-0000-7000-8000-000000000000')",
        Stage.CLAIMS,
        "stream ffffffff-.* has a claim and no such events",
    ),
    "a shared claim is gone": (
        "DELETE FROM claims WHERE kind = 'plan' AND value = 'pro'",
        Stage.CLAIMS,
        "claim plan pro is held by None and was first taken by",
    ),
    "a claim of another": (
        "UPDATE claims SET stream_id = (SELECT stream_id FROM claims WHERE value = 'busy') WHERE value = 'past'",
        Stage.CLAIMS,
        "claim customer past of stream",
    ),
    "a due instant is gone": ("DELETE FROM due", Stage.DUE, "is due never and should be"),
    "a due instant": ("UPDATE due SET due_at = due_at + interval '1 s'", Stage.DUE, "is due .* and should be"),
    "a due instant too many": (
        "INSERT INTO due SELECT ledger_id, stream_id, now() FROM claims WHERE value = 'past'",
        Stage.DUE,
        "is due .* and should be never",
    ),
    "a due instant of nobody": (
        "INSERT INTO due VALUES ('main', '00000000-0000-0000-0000-000000000009', now())",
        Stage.DUE,
        "has a due instant and no such events",
    ),
    "a snapshot's bytes": (
        "UPDATE snapshots SET state = set_byte(state, 40, get_byte(state, 40) # 1)",
        Stage.SNAPSHOTS,
        "the snapshot of stream",
    ),
    "a snapshot's version": ("UPDATE snapshots SET version = version - 1", Stage.SNAPSHOTS, "cannot be read"),
    "a snapshot's instant": (
        "UPDATE snapshots SET last_at = last_at - interval '1 s'",
        Stage.SNAPSHOTS,
        "another instant",
    ),
    "a snapshot beyond its stream": (
        "UPDATE snapshots SET version = version + 100000",
        Stage.SNAPSHOTS,
        "is beyond its events",
    ),
    "a balance that is shown": (
        "UPDATE balances SET remaining = remaining + 1 WHERE status = 'active'",
        Stage.PROJECTIONS,
        "balances .* and should be",
    ),
    "a customer that is shown": ("DELETE FROM customers WHERE name = 'Bo'", Stage.PROJECTIONS, "customers .* missing"),
    "a subscription that is shown": (
        "UPDATE subscriptions SET subscription_id = '99.0' WHERE plan_id = 'free'",
        Stage.PROJECTIONS,
        "subscriptions .* is missing",
    ),
    "a sentence that is shown": (
        "UPDATE timeline SET sentence = 'nothing happened' WHERE position = 14",
        Stage.PROJECTIONS,
        "timeline 14 .*nothing happened",
    ),
    "a model that stands still": (
        "UPDATE projections SET failed_position = 5, failure = 'stuck' WHERE model = 'timeline'",
        Stage.PROJECTIONS,
        "timeline",
    ),
}

# One of each kind; the others are tried by the whole suite.
ONE_OF_EACH: Final = (
    "an event's state",
    "the last event is gone",
    "a claim is gone",
    "a due instant",
    "a snapshot's bytes",
    "a balance that is shown",
)
