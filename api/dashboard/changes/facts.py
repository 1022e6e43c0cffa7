"""What a customer is but for what it used: what must be the same still when a change of its plans or balances is made.

It is used all the time, so use alone makes it no other customer: what a change does to balances is compared by itself.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from api.dashboard.seen import Row, unsaid
from api.dashboard.words import NOTHING, day, feature_name, money, units
from api.views.shapes import Scene
from ledger.core.money import to_major
from ledger.core.sealed import Sealed
from ledger.core.state import Customer
from ledger.core.subscriptions.subscription import Subscription


def account(scene: Scene) -> Sequence[Row]:
    """Who it is, what it is on and what it owes; and a digest of all the rest."""
    return (*_told(scene), unsaid(_rest(scene.customer)))


def identity(scene: Scene) -> Sequence[Row]:
    """Who a customer is."""
    customer = scene.customer
    texts = {"Name": customer.name, "ID": customer.customer_id, "Email": customer.email}
    return [Row("who", label, text or NOTHING) for label, text in texts.items()]


def _told(scene: Scene) -> Iterator[Row]:
    customer = scene.customer
    yield from identity(scene)
    for key, value in customer.metadata.items():
        yield Row("who", f"Property {key}", str(value))
    plans = ", ".join(_held(scene, each) for each in customer.subscriptions.values())
    yield Row("holds", "Plans held", plans or NOTHING)
    owed: dict[str, int] = {}
    for each in customer.account.open_invoices():
        owed[each.currency] = owed.get(each.currency, 0) + each.due_minor
    amounts = [money(to_major(minor, currency), currency) for currency, minor in owed.items()]
    yield Row("holds", "Owed", ", ".join(amounts) or NOTHING)
    credit = money(to_major(customer.account.credit_minor, scene.currency), scene.currency)
    yield Row("holds", "Credit", credit)
    yield Row("holds", "Entities", ", ".join(customer.entities) or NOTHING)


def _held(scene: Scene, held: Subscription) -> str:
    """A plan that is held, in a few words."""
    said = [f"{units(each.quantity)} {feature_name(scene.catalog, each.feature_id)}" for each in held.quantities]
    said += [f"for {held.entity_id}"] if held.entity_id else []
    said += [f"ends {day(held.expires_at)}"] if held.expires_at is not None else []
    said += ["canceled"] if held.canceled_at is not None and held.expires_at is None else []
    return f"{held.plan.name} ({', '.join(said)})" if said else held.plan.name


def _rest(customer: Customer) -> bytes:
    kept = msgspec.structs.replace(customer, version=0, due_at=None, grants={}, locks={}, windows={})
    return msgspec.json.encode(kept, enc_hook=_plain)


def _plain(value: Any) -> str:
    """What the encoder does not know: what is sealed on disk."""
    return repr(value.value if isinstance(value, Sealed) else value)
