"""Customers as the customer list shows, filters and sorts them: one wide row each, and what each row was before.

Only what rarely happens is folded here: profiles, plans, invoices and credit. Use is not; balances keep their own sums.
A row that an event changes leaves a final row behind that says from which position, and until which, it stood so.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from typing import Final as Constant
from uuid import UUID

import msgspec

from ledger.core.events import CurrencySet, CustomerCreated, CustomerDeleted, CustomerUpdated, Event
from projections.accounts import money as owing
from projections.accounts import plans as holding
from projections.accounts.money import Money, Owed
from projections.accounts.plans import Current, Plans
from projections.customers.fold import searchable
from projections.jsonb import plain_json, state_json
from projections.projection import Changes, Final, Kind, Model, Recorded, Row, Table

KEY_CHARS: Constant = 160  # of a sort key; what is the same so far is in the order of creation

COLUMNS: Constant = {
    "customer_id": Kind.TEXT,
    "name": Kind.TEXT,
    "email": Kind.TEXT,
    "metadata": Kind.JSON,
    "search": Kind.TEXT,
    "created_at": Kind.INSTANT,
    "deleted_at": Kind.INSTANT,
    "currency": Kind.TEXT,
    "plan_id": Kind.TEXT,
    "plan_version": Kind.INTEGER,
    "plan": Kind.TEXT,
    "plan_status": Kind.TEXT,
    "active_subscriptions": Kind.INTEGER,
    "owed_minor": Kind.BIGINT,
    "owed_other": Kind.JSON,
    "credit_minor": Kind.BIGINT,
    "marks": Kind.TEXTS,
    "id_key": Kind.TEXT,
    "name_key": Kind.TEXT,
    "email_key": Kind.TEXT,
    "plan_key": Kind.TEXT,
    "plan_id_key": Kind.TEXT,
    "version_key": Kind.INTEGER,
}

ACCOUNTS: Constant = Table(
    "accounts",
    key=1,
    columns={
        "stream_id": Kind.UUID,
        "from_position": Kind.BIGINT,
        "from_at": Kind.INSTANT,
        **COLUMNS,
        "state": Kind.JSON,
    },
)

PAST: Constant = Table(
    "accounts_past",
    key=2,
    columns={
        "stream_id": Kind.UUID,
        "from_position": Kind.BIGINT,
        "from_at": Kind.INSTANT,
        "until_position": Kind.BIGINT,
        "until_at": Kind.INSTANT,
        **COLUMNS,
    },
    grows_only=True,
)


class Profile(NamedTuple):
    """Who a customer is. Metadata is JSON, exactly as it is stored."""

    customer_id: str | None = None
    name: str | None = None
    email: str | None = None
    metadata: bytes | None = None
    created_at: datetime | None = None
    deleted_at: datetime | None = None
    currency: str | None = None


class Kept(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is remembered beside the row itself."""

    plans: Plans
    money: Money
    currency: str | None = None


class Account(NamedTuple):
    """A customer, and since when its row has been what it is."""

    profile: Profile = Profile()
    plans: Plans = Plans()
    money: Money = Money()
    current: Current = holding.current(Plans())
    owed: Owed = owing.owed(Money(), None)
    from_position: int = 0
    from_at: datetime | None = None


NOBODY: Constant = Account()
_kept: Constant = msgspec.json.Decoder(Kept)


def restore(rows: Mapping[str, Sequence[tuple[Any, ...]]]) -> Account:
    """The customer of a row."""
    if not rows[ACCOUNTS.name]:
        return NOBODY
    from_position, from_at, customer_id, name, email, metadata, created_at, deleted_at, state = rows[ACCOUNTS.name][0]
    kept = _kept.decode(state)
    found = None if metadata is None else metadata.encode()
    profile = Profile(customer_id, name, email, found, created_at, deleted_at, kept.currency)
    current, owed = holding.current(kept.plans), owing.owed(kept.money, kept.currency)
    return Account(profile, kept.plans, kept.money, current, owed, from_position, from_at)


def fold(state: Account, recorded: Recorded) -> tuple[Account, Sequence[Final]]:
    """Move a customer by one event. Where that changes its row, what the row was is final."""
    event = recorded.event
    profile = _known(state.profile, event)
    plans, money = holding.evolve(state.plans, event), owing.evolve(state.money, event)
    if profile is state.profile and plans is state.plans and money is state.money:
        return state, ()
    current = state.current if plans is state.plans else holding.current(plans)
    owed = owing.owed(money, profile.currency)
    after = Account(profile, plans, money, current, owed, state.from_position, state.from_at)
    if profile is state.profile and (after.current, after.owed) == (state.current, state.owed):
        return after, ()
    after = after._replace(from_position=recorded.position, from_at=recorded.at)
    if state.profile.created_at is None:
        return after, ()
    return after, (Final(PAST.name, past_row(recorded, state)),)


def changes(stream_id: UUID, before: Account, after: Account) -> Changes:
    """The row of a customer, where it is another now. That of a deleted one stays, and no list shows it."""
    found = Changes()
    if after is not before and after.profile.created_at is not None:
        kept = state_json(Kept(after.plans, after.money, after.profile.currency))
        found.put(ACCOUNTS.name, (stream_id, after.from_position, after.from_at, *shown(after), kept))
    return found


def past_row(recorded: Recorded, was: Account) -> Row:
    """What a customer's row was until an event."""
    return recorded.stream_id, was.from_position, was.from_at, recorded.position, recorded.at, *shown(was)


def shown(account: Account) -> Row:
    """The columns that lists show, filter and sort by."""
    profile, current, owed = account.profile, account.current, account.owed
    return (
        profile.customer_id,
        profile.name,
        profile.email,
        profile.metadata,
        searchable(profile.customer_id, profile.name, profile.email),
        profile.created_at,
        profile.deleted_at,
        owed.currency,
        current.plan_id,
        current.version,
        current.name,
        current.status,
        current.active,
        owed.minor,
        plain_json(owed.other_minor) if owed.other_minor else None,
        owed.credit_minor,
        current.marks,
        sort_key(profile.customer_id),
        sort_key(profile.name),
        sort_key(profile.email),
        sort_key(current.name),
        sort_key(current.plan_id),
        current.version or 0,
    )


def sort_key(text: str | None) -> str:
    """A text as it is sorted by: without case, and empty where there is none."""
    return "" if text is None else text.casefold()[:KEY_CHARS]


def _known(profile: Profile, event: Event) -> Profile:
    match event:
        case CustomerCreated():
            return _told(
                Profile(event.customer_id, created_at=event.created_at, currency=event.currency),
                event.personal.fields(),
            )
        case CustomerUpdated() if event.customer_id_after is not None or event.after.fields():
            customer_id = event.customer_id_after or profile.customer_id
            return _told(profile._replace(customer_id=customer_id), event.after.fields())
        case CustomerDeleted():
            return profile._replace(deleted_at=event.deleted_at)
        case CurrencySet():
            return profile._replace(currency=event.after)
    return profile


def _told(profile: Profile, fields: Mapping[str, object]) -> Profile:
    """The profile with what an event says of it; None takes away what was known."""
    texts = {field: _text(fields[field]) for field in ("name", "email") if field in fields}
    if "metadata" in fields:
        texts["metadata"] = plain_json(fields["metadata"]) if fields["metadata"] else None
    return profile._replace(**texts)


def _text(value: object) -> Any:
    return value if isinstance(value, str) else None


FOLDS: Constant[frozenset[type[Event]]] = frozenset(
    {CustomerCreated, CustomerUpdated, CustomerDeleted, CurrencySet, *holding.FOLDS, *owing.FOLDS}
)

MODEL: Constant = Model("accounts", "projections.accounts.sql", (ACCOUNTS, PAST), FOLDS, restore, fold, changes)
