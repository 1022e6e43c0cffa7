"""What an entry of the timeline says of an event, and how words are put."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from ledger.core.events import GrantTerms
from projections.timeline.memo import Memo, Named, Remembered
from projections.timeline.standing import Amounts, amounts


class Told(NamedTuple):
    """An event in words: `phrase` follows the actor, `before` and `after` are values for people."""

    phrase: str
    before: Any = None
    after: Any = None
    feature_ids: Sequence[str] = ()
    entity_id: str | None = None
    plan_id: str | None = None
    amount: Decimal | None = None
    links: Any = None
    reverses: int | None = None


Tell = Callable[[Any, Memo, Memo], Told]


def number(amount: Decimal) -> str:
    """An amount as people write it: no exponent, no trailing zeros."""
    text = str(amount)
    if text.isdigit():
        return text
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def instant(at: datetime) -> str:
    """An instant as people read it, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def whose(memo: Remembered, entity_id: str | None = None) -> str:
    """Whom it is about: a customer, or one of its entities."""
    return memo.who if entity_id is None else f"entity {entity_id} of {memo.who}"


def listed(names: Sequence[str]) -> str:
    """Names of fields as people list them: `name, email and metadata`."""
    words = [name.replace("_", " ") for name in names]
    return "".join(words) if len(words) < 2 else f"{', '.join(words[:-1])} and {words[-1]}"


def changed(before: msgspec.Struct, after: msgspec.Struct) -> list[str]:
    """The fields in which two values of a kind differ."""
    return [name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name)]


def features_of(grants: Sequence[GrantTerms]) -> list[str]:
    """The features that grants are of, each once, in order."""
    return list(dict.fromkeys(terms.feature_id for terms in grants))


def plan_of(memo: Memo, subscription_id: str) -> Named:
    """The plan behind a subscription."""
    return memo.plans[subscription_id]


def standing(memo: Remembered, feature_id: str, entity_id: str | None) -> Amounts | None:
    """Where a feature stands in the scope of an event."""
    return amounts(memo.balances, feature_id, entity_id)


def given(values: dict[str, Any]) -> dict[str, Any] | None:
    """The values that are there; None when there is none."""
    return {key: value for key, value in values.items() if value not in (None, (), "")} or None
