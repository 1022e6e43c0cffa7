"""The rows of the customer list: given events, then who it is, on which plan, what it owes; and what the row was."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import pytest

from ledger.core.events import (
    CreditNoteIssued,
    CreditTo,
    CurrencySet,
    CustomerCreated,
    CustomerDeleted,
    CustomerUpdated,
    Ended,
    Event,
    InvoiceCreated,
    InvoiceFinalized,
    InvoiceUpdated,
    InvoiceVoided,
    InvoiceWrittenOff,
    Line,
    LineKind,
    Origin,
    PaymentSucceeded,
    PlanActivated,
    PlanAttached,
    PlanCanceled,
    PlanChanged,
    PlanExpired,
    PlanPaidUp,
    PlanPastDue,
    PlanScheduled,
    PlanUncanceled,
    PlanUnscheduled,
    TrialEnded,
)
from ledger.core.invoices import invoice as invoicing
from ledger.core.invoices.invoice import Account as Books
from ledger.core.sealed import FORGOTTEN, Sealed
from ledger.core.terms import Plan
from projections.accounts.fold import COLUMNS, MODEL, NOBODY, Account, fold, restore, shown
from projections.accounts.plans import mark
from projections.folding.batch import fold_events
from tests.projections.given import START, column, columns, given, only, recorded

LATER: Final = START + timedelta(days=30)
PRO: Final = Plan("pro", 2, "Pro", START)
FREE: Final = Plan("free", 1, "Free", START)
EXTRA: Final = Plan("extra", 1, "Extra", START, add_on=True)
ONCE: Final = msgspec.structs.replace(FREE, plan_id="credits", name="Credits", add_on=True)
CREATED: Final = CustomerCreated(
    "Acme", Sealed({"name": "Ümlaut", "email": "A@x.example", "metadata": {"n": 1}}), START
)


def attached(subscription_id: str, plan: Plan, at: datetime = START, **more: Any) -> PlanAttached:
    return PlanAttached(subscription_id, plan, at, at, at, LATER, (), **more)


def scheduled(subscription_id: str, plan: Plan) -> PlanScheduled:
    return PlanScheduled(subscription_id, plan, LATER, LATER)


def row_after(*events: Event) -> Any:
    return only(given(MODEL, CREATED, *events)["accounts"])


def told(row: Any, *names: str) -> list[Any]:
    return columns(MODEL, "accounts", row, names)


def test_a_profile_is_shown_searched_and_sorted_without_case() -> None:
    row = row_after()
    assert told(row, "customer_id", "name", "email", "metadata") == ["Acme", "Ümlaut", "A@x.example", b'{"n":1}']
    assert told(row, "search", "id_key", "name_key", "plan_key") == ["acme\nümlaut\na@x.example", "acme", "ümlaut", ""]


def test_an_update_changes_what_it_names_and_none_takes_away() -> None:
    renamed = CustomerUpdated(Sealed({}), Sealed({"name": None, "email": "b@x.example"}), "Acme", "acme-2")
    assert told(row_after(renamed), "customer_id", "name", "email", "metadata", "name_key") == [
        "acme-2", None, "b@x.example", b'{"n":1}', "",
    ]  # fmt: skip


def test_what_nobody_can_read_any_more_is_not_shown() -> None:
    forgotten = CustomerCreated("acme", Sealed(FORGOTTEN), START)
    row = only(given(MODEL, forgotten, CustomerUpdated(Sealed(FORGOTTEN), Sealed(FORGOTTEN)))["accounts"])
    assert told(row, "customer_id", "name", "email", "metadata") == ["acme", None, None, None]


def test_a_deleted_customer_keeps_its_row_with_when_it_went() -> None:
    assert told(row_after(CustomerDeleted("Acme", LATER)), "deleted_at") == [LATER]


PLAN_STORIES: Final[Sequence[tuple[str, list[Event], list[Any]]]] = [
    ("nothing was ever held", [], [None, None, "none", 0]),
    ("a plan is on", [attached("2.0", PRO)], ["pro", 2, "active", 1]),
    ("a trial", [attached("2.0", PRO, trial_ends_at=LATER)], ["pro", 2, "trialing", 1]),
    (
        "a trial is over",
        [attached("2.0", PRO, trial_ends_at=LATER), TrialEnded("2.0", LATER, LATER, LATER)],
        ["pro", 2, "active", 1],
    ),
    ("told to end", [attached("2.0", PRO), PlanCanceled("2.0", START, LATER)], ["pro", 2, "canceled", 1]),
    (
        "goes on after all",
        [attached("2.0", PRO), PlanCanceled("2.0", START, LATER), PlanUncanceled("2.0", LATER)],
        ["pro", 2, "active", 1],
    ),
    (
        "what is owed counts before a cancellation",
        [attached("2.0", PRO), PlanCanceled("2.0", START, LATER), PlanPastDue("2.0", "9.0")],
        ["pro", 2, "past_due", 1],
    ),
    ("paid up", [attached("2.0", PRO), PlanPastDue("2.0", "9.0"), PlanPaidUp("2.0")], ["pro", 2, "active", 1]),
    ("only scheduled", [scheduled("2.0", PRO)], ["pro", 2, "scheduled", 0]),
    ("begun", [scheduled("2.0", PRO), PlanActivated("2.0", LATER, None, None, ())], ["pro", 2, "active", 1]),
    ("taken back before it began", [scheduled("2.0", PRO), PlanUnscheduled("2.0")], [None, None, "none", 0]),
    ("in force before scheduled", [attached("2.0", FREE), scheduled("3.0", PRO)], ["free", 1, "active", 1]),
    ("a base plan before an add-on", [attached("2.0", EXTRA), attached("3.0", FREE)], ["free", 1, "active", 2]),
    (
        "its own before an entity's",
        [attached("2.0", FREE), attached("3.0", PRO, LATER, entity_id="seat")],
        ["free", 1, "active", 2],
    ),
    ("the newest of two", [attached("2.0", FREE), attached("3.0", PRO, LATER)], ["pro", 2, "active", 2]),
    ("another version", [attached("2.0", FREE), PlanChanged("2.0", PRO, START, None, None)], ["pro", 2, "active", 1]),
    ("over", [attached("2.0", PRO), PlanExpired("2.0", LATER, Ended.CANCELED)], ["pro", 2, "expired", 0]),
    (
        "the base plan that ended last",
        [
            attached("2.0", PRO),
            attached("3.0", EXTRA),
            PlanExpired("2.0", LATER, Ended.CANCELED),
            PlanExpired("3.0", LATER, Ended.CANCELED),
        ],
        ["pro", 2, "expired", 0],
    ),
]


@pytest.mark.parametrize(
    ("events", "expected"), [story[1:] for story in PLAN_STORIES], ids=[s[0] for s in PLAN_STORIES]
)
def test_the_current_plan(events: list[Event], expected: list[Any]) -> None:
    found = told(row_after(*events), "plan_id", "plan_version", "plan_status", "active_subscriptions")
    assert found == expected


def test_a_customer_is_found_by_its_plans_their_versions_and_how_it_is_on_each() -> None:
    row = row_after(
        attached("2.0", FREE), PlanExpired("2.0", LATER, Ended.REPLACED), attached("3.0", PRO, trial_ends_at=LATER)
    )
    assert set(column(MODEL, "accounts", row, "marks")) == {
        mark(None, "trialing"), mark("pro", None), mark("pro@2", None), mark("pro", "trialing"),
        mark("pro@2", "trialing"), mark("free", "expired"), mark("free@1", "expired"),
    }  # fmt: skip


def line(minor: int) -> Line:
    return Line(LineKind.BASE, minor)


def invoice(invoice_id: str, minor: int, currency: str = "usd", **more: Any) -> InvoiceCreated:
    return InvoiceCreated(invoice_id, Origin.CYCLE, currency, START, (line(minor),), **more)


def final(invoice_id: str, applied: int = 0, added: int = 0) -> InvoiceFinalized:
    return InvoiceFinalized(invoice_id, 1, START, applied, added)


def paid(invoice_id: str, minor: int) -> PaymentSucceeded:
    return PaymentSucceeded("1.0", minor, "usd", START, invoice_id)


MONEY_STORIES: Final[Sequence[tuple[str, list[Event], int, int]]] = [
    ("a draft is not owed", [invoice("2.0", 500)], 0, 0),
    ("a final one is", [invoice("2.0", 500), final("2.0")], 500, 0),
    ("less what came in", [invoice("2.0", 500), final("2.0"), paid("2.0", 200)], 300, 0),
    ("until nothing is left", [invoice("2.0", 500), final("2.0"), paid("2.0", 200), paid("2.0", 300)], 0, 0),
    ("a draft that grew", [invoice("2.0", 500), InvoiceUpdated("2.0", (line(100),)), final("2.0")], 100, 0),
    ("below zero it is credit", [invoice("2.0", -500), final("2.0", added=500)], 0, 500),
    (
        "which later ones use up",
        [invoice("2.0", -500), final("2.0", added=500), invoice("3.0", 700), final("3.0", applied=500)],
        200,
        0,
    ),
    (
        "and give back where they are taken back",
        [invoice("2.0", -500), final("2.0", added=500), invoice("3.0", 700), final("3.0", applied=500),
         InvoiceVoided("3.0", LATER, 500)],
        0,
        500,
    ),
    ("given up", [invoice("2.0", 500), final("2.0"), InvoiceWrittenOff("2.0", LATER)], 0, 0),
    (
        "given up, then paid all the same",
        [invoice("2.0", 500), final("2.0"), InvoiceWrittenOff("2.0", LATER), paid("2.0", 500)],
        0,
        0,
    ),
    (
        "a credit note takes back what is open",
        [invoice("2.0", 500), final("2.0"), CreditNoteIssued("4.0", "2.0", LATER, CreditTo.INVOICE, 200)],
        300,
        0,
    ),
    (
        "and what was paid goes to the credit",
        [invoice("2.0", 500), final("2.0"), paid("2.0", 500),
         CreditNoteIssued("4.0", "2.0", LATER, CreditTo.BALANCE, 0, 200)],
        0,
        200,
    ),
    ("one that was inserted open", [invoice("2.0", 500, status="open", paid_minor=100)], 400, 0),
    ("one that was inserted paid", [invoice("2.0", 500, status="paid", paid_minor=500)], 0, 0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("events", "owed", "credit"), [story[1:] for story in MONEY_STORIES], ids=[s[0] for s in MONEY_STORIES]
)
def test_what_is_owed_is_what_the_core_says(events: list[Event], owed: int, credit: int) -> None:
    books = Books()
    for event in events:
        books = invoicing.evolve(books, event)
    core = sum(each.due_minor for each in books.open_invoices()), books.credit_minor
    assert (owed, credit) == core
    assert told(row_after(*events), "owed_minor", "credit_minor") == [owed, credit]


def test_money_of_another_currency_is_never_added() -> None:
    abroad = InvoiceCreated("3.0", Origin.INSERTED, "eur", START, (line(70),), status="open")
    row = row_after(invoice("2.0", 500), final("2.0"), abroad)
    assert told(row, "currency", "owed_minor", "owed_other") == ["usd", 500, b'{"eur":70}']


def test_a_currency_of_its_own_is_the_one_that_is_shown() -> None:
    assert told(row_after(CurrencySet(None, "gbp")), "currency") == ["gbp"]


def test_each_change_leaves_the_row_that_was_and_until_when() -> None:
    tables = given(MODEL, CREATED, attached("2.0", FREE), PlanCanceled("2.0", START, LATER))
    past = sorted(tables["accounts_past"].values(), key=lambda row: row[1])
    spans = [columns(MODEL, "accounts_past", row, ["from_position", "until_position", "plan_status"]) for row in past]
    assert spans == [[1, 2, "none"], [2, 3, "active"]]
    assert told(only(tables["accounts"]), "from_position", "plan_status") == [3, "canceled"]


def test_an_event_that_changes_nothing_of_the_row_leaves_none_behind() -> None:
    tables = given(MODEL, CREATED, invoice("2.0", 500), InvoiceUpdated("2.0", (line(100),)))
    assert told(only(tables["accounts"]), "currency") == ["usd"]
    assert len(tables["accounts_past"]) == 1  # the first invoice says what is billed in; that a draft changed does not


@pytest.mark.parametrize("events", [story[1] for story in (*PLAN_STORIES, *MONEY_STORIES)])
def test_a_state_is_the_same_from_its_row(events: list[Event]) -> None:
    states: dict[int, Any] = {0: NOBODY}
    fold_events(MODEL, [(0, recorded(each, at)) for at, each in enumerate([CREATED, *events], 1)], states)
    state = states[0]
    again = stored_and_loaded(state)
    assert (again, shown(again)) == (state, shown(state))
    closing = recorded(CustomerDeleted("Acme", LATER), 90)
    assert fold(again, closing) == fold(state, closing)


def stored_and_loaded(state: Account) -> Account:
    row = dict(zip(MODEL.table("accounts").columns, only(given_state(state)), strict=True))
    metadata = None if row["metadata"] is None else row["metadata"].decode()
    loaded = ("customer_id", "name", "email")
    return restore(
        {
            "accounts": [
                (
                    row["from_position"],
                    row["from_at"],
                    *(row[name] for name in loaded),
                    metadata,
                    row["created_at"],
                    row["deleted_at"],
                    in_any_order(row["state"]),
                )
            ]
        }
    )


def given_state(state: Account) -> Any:
    changed = MODEL.changes(recorded(CREATED).stream_id, NOBODY, state)
    return {row[0]: row for row in changed.rows["accounts"]}


def in_any_order(state: bytes) -> str:
    """As jsonb gives it back: the keys of objects in another order."""

    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in sorted(value, reverse=True)}
        return [turned(each) for each in value] if isinstance(value, list) else value

    return msgspec.json.encode(turned(msgspec.json.decode(state))).decode()


def test_every_column_is_filled() -> None:
    assert len(shown(NOBODY)) == len(COLUMNS)
