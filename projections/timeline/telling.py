"""What an entry of the timeline says of an event, and how words are put."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from ledger.core.events import GrantTerms
from projections.timeline.standing import Amounts, Memo, Named, amounts


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


def of_entity(entity_id: str | None) -> str:
    """The words that say for which entity, if any."""
    return "" if entity_id is None else f" for {entity_id}"


def features_of(grants: Sequence[GrantTerms]) -> list[str]:
    """The features that grants are of, each once, in order."""
    return list(dict.fromkeys(terms.feature_id for terms in grants))


def plan_of(memo: Memo, subscription_id: str) -> Named:
    """The plan behind a subscription."""
    return memo.plans[subscription_id]


def standing(memo: Memo, feature_id: str, entity_id: str | None) -> Amounts | None:
    """Where a feature stands in the scope of an event."""
    return amounts(memo.grants.values(), feature_id, entity_id)


def given(values: dict[str, Any]) -> dict[str, Any] | None:
    """The values that are there; None when there is none."""
    return {key: value for key, value in values.items() if value not in (None, (), "")} or None
