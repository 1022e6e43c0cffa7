"""The timeline says every event in one plain sentence."""

import json
from decimal import Decimal

import msgspec
import pytest

from ledger.core.balances.balance import opened
from ledger.core.events import (
    REGISTRY,
    BalanceReset,
    BalanceSet,
    ClockMoved,
    CustomerCreated,
    CustomerUpdated,
    Ended,
    EntityCreated,
    Event,
    GrantTerms,
    KeyCreated,
    KeyRevoked,
    LedgerChanged,
    Line,
    LineKind,
    Origin,
    PlanActivated,
    PlanAttached,
    PlanCanceled,
    PlanExpired,
    PlanRenewed,
    PlanScheduled,
    QuantityChanged,
    UsageRecorded,
    stored_name,
    today,
)
from ledger.core.invoices.invoice import Invoice
from ledger.core.sealed import FORGOTTEN, Sealed
from ledger.core.terms import FeatureKind
from ledger.store.addresses import internal_id
from projections.models import MODELS
from projections.timeline.fold import MODEL, SENTENCES, entry
from projections.timeline.memo import Memo, Remembered, keep, memo_of, recall
from projections.timeline.standing import named
from tests.golden.examples import EXAMPLES
from tests.projections.given import START, STREAM, column, columns, recorded
from tests.projections.test_folds import ATTACHED, CREATED, FREE, LATER, LOOSE, PRO, USED
from tests.projections.told import DEDUCTED, TOOK, WHY, last, say

TEAM = EntityCreated("team", "seats", None, START)


def test_every_event_there_is_has_a_sentence() -> None:
    assert set(SENTENCES) == {today(cls) for cls in REGISTRY.values()} == set(MODEL.folds)


def test_every_event_that_a_model_is_shown_is_one_there_is() -> None:
    assert all(model.folds <= set(REGISTRY.values()) for model in MODELS)


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([CREATED], "tests created customer acme"),
        (
            [CREATED, CustomerUpdated(Sealed({"name": "A"}), Sealed({"name": "B"}))],
            "tests changed name of customer acme",
        ),
        (
            [CREATED, CustomerUpdated(Sealed({}), Sealed({}), "acme", "acme-2")],
            "tests gave customer acme the id acme-2",
        ),
        ([ClockMoved(None, LATER)], "tests moved the clock of the customer to 2026-02-01 00:00 UTC"),
        ([ATTACHED], "tests attached Pro to the customer"),
        ([ATTACHED, USED], "tests recorded 60 messages used by the customer"),
        (
            [ATTACHED, USED, UsageRecorded("messages", Decimal("-2.50"))],
            "tests recorded 2.5 messages given back by the customer",
        ),
        (
            [ATTACHED, UsageRecorded("messages", Decimal(3), dropped=Decimal(3))],
            "tests recorded 3 messages used by the customer, of which 3 found no balance",
        ),
        ([ATTACHED, DEDUCTED], "tests deducted 40 of 100 messages from the customer: ticket 8812"),
        ([LOOSE], "tests granted 5 messages to the customer"),
        (
            [ATTACHED, BalanceSet("messages", DEDUCTED.changes)],
            "tests set messages of the customer from 100 to 60",
        ),
        (
            [
                ATTACHED,
                BalanceReset(
                    "messages", "2.1", DEDUCTED.changes[0].after, DEDUCTED.changes[0].before, TOOK, START, LATER
                ),
            ],
            "tests reset messages of the customer to 100 after 40 were used",
        ),
        (
            [ATTACHED, PlanCanceled("2.0", START, LATER)],
            "tests canceled Pro of the customer from 2026-02-01 00:00 UTC on",
        ),
        (
            [ATTACHED, PlanExpired("2.0", LATER, Ended.CANCELED)],
            "tests ended Pro of the customer, because it was canceled",
        ),
        ([ATTACHED, PlanRenewed("2.0", START, LATER)], "tests renewed Pro of the customer until 2026-02-01 00:00 UTC"),
        (
            [ATTACHED, PlanScheduled("9.0", FREE, LATER, START, replaces="2.0")],
            "tests scheduled Free for the customer after Pro to start on 2026-02-01 00:00 UTC",
        ),
        (
            [PlanScheduled("9.0", FREE, LATER, START), PlanActivated("9.0", LATER, None, None, ())],
            "tests started Free of the customer as scheduled",
        ),
        (
            [ATTACHED, QuantityChanged("2.0", "messages", "2.1", Decimal(100), Decimal(200), Decimal(0), Decimal(100))],
            "tests changed messages bought with Pro of the customer from 100 to 200",
        ),
        (
            [ATTACHED, TEAM],
            "tests created entity team of the customer, which takes one of seats",
        ),
        ([LedgerChanged("late_usage_days", "7", "30")], "tests changed the ledger's late usage days from 7 to 30"),
        (
            [LedgerChanged("timezone", "UTC", "Asia/Tokyo")],
            "tests changed the ledger's time zone from UTC to Asia/Tokyo",
        ),
        (
            [LedgerChanged("gateway", "None", "manual")],
            "tests changed the ledger's payment gateway from the usual one to manual",
        ),
        (
            [LedgerChanged("require_reason", "False", "True")],
            "tests switched on that changes of balances and cancellations need a reason",
        ),
        (
            [LedgerChanged("reverse_deduction_order", "True", "False")],
            "tests switched off that the balance with the longer interval is used first",
        ),
        ([LedgerChanged("books_closed_until", "never", "2026-01-31")], "tests closed the books until 2026-01-31"),
        (
            [LedgerChanged("books_closed_until", "2026-01-31", "2026-02-28")],
            "tests closed the books until 2026-02-28 instead of 2026-01-31",
        ),
        (
            [LedgerChanged("books_closed_until", "2026-01-31", "never")],
            "tests opened the books again, which were closed until 2026-01-31",
        ),
        ([KeyCreated("k", "billing", "write", START)], "tests created the write key billing"),
        (
            [KeyCreated("k", "billing", "write", START), KeyRevoked("k", START)],
            "tests revoked the write key billing (k)",
        ),
    ],
)
def test_sentences_read_as_people_say_them(events: list[Event], sentence: str) -> None:
    assert say(*events) == sentence


def test_a_switch_of_plans_says_both_and_an_attach_for_an_entity_says_whose() -> None:
    switched = PlanAttached("5.0", PRO, START, START, None, None, (), replaces="1.0")
    free = PlanAttached("1.0", FREE, START, START, None, None, (), default=True)
    assert say(free) == "tests attached Free to the customer as the default"
    assert say(free, switched) == "tests attached Pro to the customer in place of Free"
    assert (
        say(msgspec.structs.replace(switched, entity_id="team")) == "tests attached Pro to entity team of the customer"
    )


def test_usage_shows_what_the_feature_stood_at_before_and_after() -> None:
    entry = last(ATTACHED, USED)
    before, after = columns(MODEL, "timeline", entry, ["before", "after"])
    assert msgspec.json.decode(before) == {"granted": 100, "remaining": 100, "usage": 0}
    assert msgspec.json.decode(after) == {"granted": 100, "remaining": 40, "usage": 60}
    assert columns(MODEL, "timeline", entry, ["kind", "feature_ids", "amount"]) == [
        "usage.recorded",
        ("messages",),
        Decimal(60),
    ]


def test_a_forgotten_reason_is_left_out() -> None:
    forgotten = msgspec.structs.replace(DEDUCTED, reason=Sealed(FORGOTTEN))
    assert say(CREATED, ATTACHED, forgotten) == "tests deducted 40 of 100 messages from customer acme"


def test_who_somebody_acts_for_stands_beside_them() -> None:
    _, (final,) = MODEL.fold(Memo(), recorded(CREATED, 1, "support-tool", "Ada"))
    assert column(MODEL, "timeline", final.row, "sentence") == "support-tool (for Ada) created customer acme"


def test_what_is_kept_of_a_stream_tells_the_same_as_what_was_in_memory() -> None:
    memo, entries = Memo(), []
    kept: Memo = Memo()
    for position, event in enumerate([CREATED, ATTACHED, LOOSE, USED, DEDUCTED], start=1):
        memo, (final,) = MODEL.fold(memo, recorded(event, position))
        again, (other,) = MODEL.fold(kept, recorded(event, position))
        kept = recall(keep(again))
        entries.append((final.row, other.row))
    assert all(one == other for one, other in entries)
    assert keep(memo) == keep(kept)


def restored(memo: Remembered) -> Remembered:
    """What is made of the row of a stream, as PostgreSQL gives it back: spaced, and its fields in another order."""
    row = json.loads(keep(memo))
    found: Remembered = MODEL.restore({"timeline_streams": [(json.dumps(dict(sorted(row.items()))),)]})
    return found


def test_uses_and_corrections_after_a_stream_was_recalled_are_told_as_if_it_had_been_in_memory() -> None:
    memo = Memo()
    for past in (CREATED, ATTACHED, LOOSE, USED):
        memo, _ = MODEL.fold(memo, recorded(past))
    kept = restored(memo)
    for position, event in enumerate([USED, msgspec.structs.replace(USED, reason=WHY), DEDUCTED, USED, ATTACHED], 5):
        memo, (final,) = MODEL.fold(memo, recorded(event, position))
        kept, (other,) = MODEL.fold(kept, recorded(event, position))
        assert other.row == final.row
        assert json.loads(keep(kept)) == json.loads(keep(memo))
    assert restored(kept) == restored(memo)


def test_what_does_not_move_a_recalled_stream_leaves_its_row_alone() -> None:
    memo = Memo()
    for past in (CREATED, ATTACHED):
        memo, _ = MODEL.fold(memo, recorded(past))
    dropped = UsageRecorded("messages", Decimal(1), dropped=Decimal(1))
    kept = restored(memo)
    for event in (ClockMoved(None, LATER), dropped):
        after, (told,) = MODEL.fold(kept, recorded(event))
        assert after is kept
        assert told == MODEL.fold(memo, recorded(event))[1][0]
    assert not MODEL.changes(STREAM, kept, kept).rows


def test_a_stream_of_which_little_is_known_is_recalled_as_it_was() -> None:
    for memo in (Memo(), MODEL.fold(Memo(), recorded(CREATED))[0]):
        kept = restored(memo)
        assert (kept.customer_id, kept.who, kept.known_as) == (memo.customer_id, memo.who, memo.known_as)
        assert list(kept.balances) == list(memo.balances) == []
        assert json.loads(keep(kept)) == json.loads(keep(memo))
        assert memo_of(kept) == memo


@pytest.mark.parametrize(
    ("said", "who"),
    [
        ({"name": "Ada", "email": "ada@example.com"}, "customer ada@example.com"),
        ({"name": "Ada"}, "customer Ada"),
        ({}, f"customer {internal_id(STREAM)}"),
    ],
)
def test_a_customer_without_an_id_is_named_by_what_is_known_of_it(said: dict[str, object], who: str) -> None:
    created = CustomerCreated(None, Sealed(said), START)
    assert say(created) == f"tests created {who}"
    assert say(created, ATTACHED, USED) == f"tests recorded 60 messages used by {who}"
    memo = MODEL.fold(Memo(), recorded(created))[0]
    assert recall(keep(memo)) == memo


def test_everything_but_plain_usage_is_searched_by_the_names_of_its_customer() -> None:
    renamed = CustomerUpdated(Sealed({"name": "Ada"}), Sealed({"name": "Grace"}))
    created = CustomerCreated("acme", Sealed({"name": "Ada", "email": "ada@example.com"}), START)
    explained = msgspec.structs.replace(USED, reason=WHY)
    names = [
        column(MODEL, "timeline", last(*events), "known_as")
        for events in ([created], [created, renamed], [created, ATTACHED, USED], [created, ATTACHED, explained])
    ]
    assert names == ["Ada ada@example.com", "Grace ada@example.com", None, "Ada ada@example.com"]
    assert column(MODEL, "timeline", last(KeyCreated("k", "billing", "write", START)), "known_as") == ""


PLANNED = {key: named(PRO) for key in ("7.0", "8.0")}
GRANTED = {key: opened(GrantTerms(key, "messages", FeatureKind.CONSUMABLE, START)) for key in ("7.0", "7.1", "7.2")}
OWED = {"9.0": Invoice("9.0", Origin.CYCLE, "eur", START, (Line(LineKind.BASE, 1_375),), number=1_204)}
KNOWN = Memo("acme", PLANNED, GRANTED, OWED, "eur")


@pytest.mark.parametrize("event", [each for each in EXAMPLES if type(each) in SENTENCES], ids=stored_name)
def test_every_event_is_told_in_one_plain_line(event: Event) -> None:
    told = SENTENCES[type(event)](event, KNOWN, KNOWN)
    assert told.phrase
    assert not any(found in told.phrase for found in ("{", "}", "\n", "None", "Decimal", "datetime"))
    assert not told.phrase.endswith((".", " "))
    entry(recorded(event), KNOWN, told)


def test_every_event_has_an_example_to_be_told() -> None:
    assert {type(each) for each in EXAMPLES} >= set(SENTENCES)
