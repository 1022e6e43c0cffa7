"""From a catalog file to the commands that make a ledger's catalog what the file says, read by the wire's schemas.

What the file does not name stays as it is: a file never deletes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from typing import Any, Final, NamedTuple

from msgspec.structs import fields, replace

from api.catalog.text import BadFile
from api.v1 import features, plans
from api.wire.discounts import DiscountSchema
from api.wire.features import CreateFeatureSchema
from api.wire.plans import CreatePlanSchema
from api.wire.refusals import InvalidInputs
from api.wire.schema import WireSchema, load
from ledger.core.decider import Command, Context
from ledger.core.errors import InvalidInput, NotSupported
from ledger.core.events import (
    DiscountCreated,
    DiscountUpdated,
    Event,
    FeatureCreated,
    FeatureUpdated,
    PlanCreated,
    PlanUpdated,
    PlanVersionCreated,
)
from ledger.core.money import to_minor
from ledger.core.offers.catalog import (
    CATALOG,
    Catalog,
    CreateFeature,
    CreatePlan,
    PutDiscount,
    UpdateFeature,
    UpdatePlan,
    settled,
)
from ledger.core.terms import Discount, Feature, Plan

SECTIONS: Final[dict[str, type[WireSchema]]] = {
    "features": CreateFeatureSchema,
    "plans": CreatePlanSchema,
    "discounts": DiscountSchema,
}
GIVEN_BY_THE_CATALOG: Final = frozenset({"version", "created_at", "currency"})


class CatalogFile(NamedTuple):
    """What a file says, read and checked entry by entry."""

    features: Sequence[Feature]
    plans: Sequence[Plan]
    discounts: Sequence[Discount]


class Change(NamedTuple):
    """One thing that a push changes."""

    what: str
    id: str
    change: str
    fields: str


def catalog_file(value: Any, currency: str) -> CatalogFile:
    """Read what a file holds, in a ledger of this currency. Raises `BadFile` or `InvalidInputs`, naming the entry."""
    if not isinstance(value, dict) or not value:
        raise BadFile(f"The file must hold one or more of the sections {', '.join(SECTIONS)}")
    unknown = [str(name) for name in value if name not in SECTIONS]
    if unknown:
        raise BadFile(f"{', '.join(unknown)} is no section of a catalog: there are {', '.join(SECTIONS)}")
    return CatalogFile(
        list(_entries(value, "features", "feature_id", features.offered)),
        list(_entries(value, "plans", "plan_id", lambda body: plans.offered(body, currency))),
        list(_entries(value, "discounts", "reward_id", lambda body: _discount(body, currency))),
    )


def _entries(value: dict[str, Any], section: str, key: str, read: Callable[[dict[str, Any]], Any]) -> Iterator[Any]:
    entries = value.get(section)
    if not isinstance(entries, list | None):
        raise BadFile(f"{section} must be a list")
    seen: set[str] = set()
    for index, each in enumerate(entries or ()):
        with_place = f"{section}.{index}"
        body = _loaded(SECTIONS[section], each, with_place)
        if body[key] in seen:
            raise BadFile(f"{with_place}: {key} {body[key]} is there twice")
        seen.add(body[key])
        try:
            yield read(body)
        except InvalidInput as refusal:
            raise BadFile(f"{with_place} ({body[key]}): {refusal.sentence}") from None


def _loaded(schema: type[WireSchema], each: Any, where: str) -> dict[str, Any]:
    try:
        return load(schema, each)
    except InvalidInputs as refusal:
        raise InvalidInputs({f"{where}.{path}": problem for path, problem in refusal.problems.items()}) from None
    except NotSupported as refusal:
        raise BadFile(f"{where}: {refusal.sentence}") from None


def _discount(body: dict[str, Any], currency: str) -> Discount:
    fixed, value = body["type"] == "fixed_discount", body["discount_value"]
    billed = body.get("currency", currency)
    minor = to_minor(value, billed) if fixed else None
    if minor is not None and minor != minor.to_integral_value():
        raise InvalidInput(f"discount_value was {value:f} and must be a whole amount of {billed}")
    return Discount(
        body["reward_id"],
        body["name"],
        None if fixed else value,
        None if minor is None else int(minor),
        billed if fixed else None,
        body["duration_type"] == "one_off",
        body.get("duration_value"),
        tuple(body.get("plan_ids", ())),
        tuple(body.get("promotion_codes", ())),
    )


class Push:
    """Works out what a file changes, one command after the other on the catalog as the ones before left it.

    `context_of` answers what deciding a command would look at. Raises the `Refusal` of the first that is refused.
    """

    def __init__(self, catalog: Catalog, context_of: Callable[[Command], Context]) -> None:
        self.catalog, self._context_of = catalog, context_of
        self.commands: list[Command] = []
        self.changes: list[Change] = []

    def take(self, wanted: CatalogFile) -> None:
        """Features first, and credit systems after what they count; then plans, then the discounts for them."""
        for feature in sorted(wanted.features, key=lambda each: bool(each.credits)):
            self._happens(self._feature(feature))
        for plan in wanted.plans:
            self._happens(self._plan(plan))
        for discount in wanted.discounts:
            self._happens(PutDiscount(discount))

    def _feature(self, wanted: Feature) -> Command:
        if wanted.feature_id not in self.catalog.features:
            return CreateFeature(wanted)
        return UpdateFeature(
            wanted.feature_id,
            wanted.name,
            wanted.kind,
            wanted.event_names,
            wanted.singular,
            wanted.plural,
            archived=False,
            credits=wanted.credits,
        )

    def _plan(self, wanted: Plan) -> Command:
        if wanted.plan_id not in self.catalog.plans:
            return CreatePlan(wanted)
        before = self.catalog.plan(wanted.plan_id)
        after = replace(wanted, items=settled(self.catalog, wanted.items))
        changes = {name: getattr(after, name) for name in _differing(before, after) if name not in GIVEN_BY_THE_CATALOG}
        return UpdatePlan(wanted.plan_id, changes)

    def _happens(self, command: Command) -> None:
        context = self._context_of(command)
        events = CATALOG.decide(self.catalog, command, _on(context, self.catalog))
        if events:
            self.commands.append(command)
            self.changes += [_change(self.catalog, event) for event in events]
            self.catalog = reduce(CATALOG.evolve, events, self.catalog)


def _on(context: Context, catalog: Catalog) -> Context:
    return Context(context.now, catalog, context.settings, context.stream_id, context.claims)


def _differing(before: Any, after: Any) -> Iterable[str]:
    return [each.name for each in fields(before) if getattr(before, each.name) != getattr(after, each.name)]


def _named(before: Any, after: Any) -> str:
    return ", ".join(name for name in _differing(before, after) if name not in GIVEN_BY_THE_CATALOG)


def _change(catalog: Catalog, event: Event) -> Change:
    match event:
        case FeatureCreated():
            return Change("feature", event.feature.feature_id, "new", "")
        case FeatureUpdated():
            return Change("feature", event.after.feature_id, "changed", _named(event.before, event.after))
        case PlanCreated():
            return Change("plan", event.plan.plan_id, "new", "")
        case PlanUpdated():
            return Change("plan", event.after.plan_id, "changed", _named(event.before, event.after))
        case PlanVersionCreated():
            before = catalog.plan(event.plan.plan_id)
            said = f"version {event.plan.version}"
            return Change("plan", event.plan.plan_id, said, _named(before, event.plan))
        case DiscountCreated():
            return Change("discount", event.discount.discount_id, "new", "")
        case DiscountUpdated():
            return Change("discount", event.after.discount_id, "changed", _named(event.before, event.after))
    raise AssertionError(f"a push makes no {type(event).__name__}")
