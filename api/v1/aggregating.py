"""events.aggregate: the sums that charts are made of, every period of the range with its zeros."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec

from api.call import Call, Handlers
from api.ids import BALANCE, shown_customer, shown_local
from api.v1.named import scene_for
from api.v1.ranges import span_of
from api.views.shapes import Json, Scene, every
from api.wire.aggregate import FEATURE, PROPERTY
from ledger.core.balances.balance import Grant
from ledger.core.errors import FeatureNotFound, InvalidInput
from ledger.core.money import ZERO, add, part_of
from ledger.core.offers.catalog import Catalog
from ledger.core.period import Every
from projections.queries.aggregate import Asked, Measure, Sum, sums
from projections.queries.bins import Bins, BinSize, Range, bins
from projections.queries.uses import Groups, UseFilter
from projections.view import View

MODELS: Final = ("customers", "balances", "usage")
GROUPS: Final = 9
OTHER: Final = "Other"
NONE: Final = ""
MOST_NUMBERS: Final = 200_000
BY: Final = {"customer_id": Groups(customer=True), "entity_id": Groups(entity=True), "plan_id": Groups(plan=True)}


class TooManyNumbers(InvalidInput):
    """More periods, features and groups than one answer holds."""

    def __init__(self) -> None:
        super().__init__(
            f"The answer would hold more than {MOST_NUMBERS} numbers: narrow the range, or send a longer bin_size, a "
            "lower max_groups or fewer features"
        )


def aggregate(call: Call, body: dict[str, Any]) -> Json:
    """Sums by period, in total, and by balance where that is asked for."""
    scene = scene_for(call, body)
    what = _asked(call, body, scene)
    with call.view(MODELS, stream_id=what.keep.stream_id) as view:
        plain = sums(view, what)
        found = {each.group.feature_id for each in plain}
        features = _features(body)
        for each in features:
            if each not in found and each not in call.background.catalog.features:
                raise FeatureNotFound(each)
        shown: Json = {"list": _periods(what.bins, plain, features, what.measure), "total": _totals(plain, features)}
        by = _groups(body)
        if by is not None and body["group_by"] != FEATURE:
            _grouped(view, what, by, body, features, shown["list"])
        if "aggregate_on" in body:
            assert scene is not None
            shown["deductions"] = Deductions(view, scene, what, by, body).shown()
    return shown


def _features(body: dict[str, Any]) -> list[str]:
    asked = body["feature_id"]
    return [asked] if isinstance(asked, str) else list(dict.fromkeys(asked))


def _asked(call: Call, body: dict[str, Any], scene: Scene | None) -> Asked:
    span = span_of(call, body, scene)
    assert span.start is not None
    assert span.end is not None
    features = _features(body)
    size = BinSize(body.get("bin_size") or ("hour" if body.get("range") == "24h" else "day"))
    stretches = bins(size, body.get("timezone", UTC), Range(span.start, span.end), cycle=None, name=f"bin_size {size}")
    groups = body.get("max_groups", GROUPS) + 1 if "group_by" in body else 1
    if len(stretches.starts) * len(features) * groups > MOST_NUMBERS:
        raise TooManyNumbers
    keep = UseFilter(
        stream_id=None if scene is None else scene.stream_id,
        feature_ids=tuple(sorted(features)),
        entity_id=body.get("entity_id"),
        properties=tuple(sorted(body.get("filter_by", {}).items())),
    )
    measure = Measure.COUNT if body["measure"] == "count" else Measure.VALUE
    return Asked(keep, stretches, Groups(feature=True), measure, most=MOST_NUMBERS)


def _groups(body: dict[str, Any]) -> Groups | None:
    name = body.get("group_by")
    if name is None:
        return None
    if name == FEATURE:
        return Groups(feature=True)
    return BY.get(name) or Groups(properties=(name.removeprefix(PROPERTY),))


def _periods(stretches: Bins, found: Iterable[Sum], features: Sequence[str], measure: Measure) -> list[Json]:
    periods = [{"period": start, "values": dict.fromkeys(features, 0)} for start in stretches.starts]
    for each in found:
        periods[each.bin]["values"][each.group.feature_id] = each.amount(measure)  # type: ignore[index]  # a dict, as made
    return periods


def _totals(found: Iterable[Sum], features: Sequence[str]) -> Json:
    totals: dict[str | None, Json] = {each: {"count": 0, "sum": ZERO} for each in features}
    for each in found:
        total = totals[each.group.feature_id]
        total["count"] += each.uses
        total["sum"] = add(total["sum"], each.value)
    return {str(name): total for name, total in totals.items()}


def _grouped(
    view: View, what: Asked, by: Groups, body: dict[str, Any], features: Sequence[str], periods: Sequence[Json]
) -> None:
    """Add to every period what each group used. Every feature has the same groups in every period."""
    wanted = Asked(what.keep, what.bins, by, what.measure, body.get("max_groups", GROUPS), what.most)
    if what.measure is Measure.COUNT:
        # Each feature has a top of its own, as it has with sums.
        found = [each for feature in features for each in _named(sums(view, _of_feature(wanted, feature)), feature)]
    else:
        found = sums(view, wanted)
    names = _names(view, found, body["group_by"])
    groups = {feature: dict[str, Decimal | int]() for feature in features}
    for each, name in zip(found, names, strict=True):
        groups[str(each.group.feature_id)][name] = 0
    for period in periods:
        period["grouped_values"] = {feature: dict(group) for feature, group in groups.items()}
    for each, name in zip(found, names, strict=True):
        values = periods[each.bin]["grouped_values"][each.group.feature_id]
        values[name] = add(Decimal(values[name]), Decimal(each.amount(what.measure)))


def _of_feature(wanted: Asked, feature: str) -> Asked:
    keep = wanted.keep._replace(feature_ids=(feature,))
    return Asked(keep, wanted.bins, wanted.by, wanted.measure, wanted.top, wanted.most)


def _named(found: Iterable[Sum], feature: str) -> list[Sum]:
    return [each._replace(group=each.group._replace(feature_id=feature)) for each in found]


def _names(view: View, found: Sequence[Sum], group_by: str) -> list[str]:
    """What each sum's group is called on the wire: nothing where a use has none, `Other` for those beyond the top."""
    customers: Mapping[UUID, str | None] = {}
    if group_by == "customer_id":
        streams = {each.group.stream_id for each in found if each.group.stream_id is not None}
        customers = dict(view.rows("name_customers", ("customers",), stream_ids=sorted(streams)))
    return [OTHER if each.rest else _name(each, group_by, customers) for each in found]


def _name(each: Sum, group_by: str, customers: Mapping[UUID, str | None]) -> str:
    group = each.group
    match group_by:
        case "customer_id":
            assert group.stream_id is not None
            return shown_customer(customers.get(group.stream_id), group.stream_id)
        case "entity_id":
            return group.entity_id or NONE
        case "plan_id":
            return group.plan_id or NONE
        case "feature_id":
            return group.feature_id or NONE
    return group.properties[0] or NONE


class Deductions:
    """What a customer's uses took from its balances, by period and by the feature that the balances are of."""

    def __init__(self, view: View, scene: Scene, what: Asked, by: Groups | None, body: dict[str, Any]) -> None:
        self._view, self._scene, self._what, self._body = view, scene, what, body
        self._by, self._features = by, _features(body)
        self._catalog: Catalog = scene.catalog

    def shown(self) -> list[Json]:
        """The periods in which something was taken, in order."""
        balances = self._sums(Groups(grant=True))
        owners = self._sums(Groups())
        known = self._grants({each.grant_id for each in balances})
        periods: dict[int, Json] = {}
        for each in owners:
            period = periods.setdefault(each.bin, {"period": self._what.bins.starts[each.bin], "values": {}})
            period["values"][each.taken_from] = {
                "feature_type": self._type(str(each.taken_from)),
                "deducted": each.deducted,
                "events": each.uses,
                "balances": [],
            }
        for each in balances:
            shown = {**known[str(each.grant_id)], "deducted": each.deducted, "events": each.uses}
            if each.bin in periods and each.taken_from in periods[each.bin]["values"]:
                periods[each.bin]["values"][each.taken_from]["balances"].append(shown)
        if self._by is not None:
            self._group(periods, known)
        return [periods[index] for index in sorted(periods)]

    def _sums(self, by: Groups, top: int | None = None) -> list[Sum]:
        what = self._what
        return sums(self._view, Asked(what.keep, what.bins, by, Measure.DEDUCTED, top, what.most))

    def _group(self, periods: Mapping[int, Json], known: Mapping[str, Json]) -> None:
        assert self._by is not None
        group_by = self._body["group_by"]
        found = self._sums(self._by._replace(grant=True), self._body.get("max_groups", GROUPS))
        for each, name in zip(found, _names(self._view, found, group_by), strict=True):
            if each.bin not in periods:
                continue
            grouped = periods[each.bin].setdefault("grouped_values", {})
            balance = grouped.setdefault(known[str(each.grant_id)]["balance_id"], {})
            before = balance.get(name, {"deducted": ZERO})
            balance[name] = {"deducted": add(before["deducted"], each.deducted)}
            if group_by == FEATURE and not each.rest:
                balance[name]["credit_cost"] = self._cost(name, str(each.taken_from))

    def _grants(self, grant_ids: set[str | None]) -> dict[str, Json]:
        """Each balance as it is known: where it came from for ever, when it is full again while it is there."""
        stream_id, ids = self._scene.stream_id, sorted(str(each) for each in grant_ids)
        rows = self._view.rows("read_usage_grants", ("usage",), stream_id=stream_id, grant_ids=ids)
        living: Mapping[str, Grant] = self._scene.customer.grants
        return {row[0]: self._balance(row, living.get(row[0])) for row in rows}

    def _balance(self, row: Sequence[Any], grant: Grant | None) -> Json:
        grant_id, feature_id, plan_id, entity_id, balance_id, reset = row
        repeats = None if reset is None else msgspec.json.decode(reset, type=Every)
        return {
            "balance_id": balance_id or shown_local(BALANCE, self._scene.stream_id, grant_id),
            "entity_id": entity_id,
            "plan_id": plan_id,
            "reset": None
            if repeats is None
            else {"interval": every(repeats)["interval"], "resets_at": None if grant is None else grant.resets_at},
            "credit_cost": self._cost(self._features[0], feature_id) if len(self._features) == 1 else None,
        }

    def _type(self, feature_id: str) -> str:
        feature = self._catalog.features.get(feature_id)
        system = feature.credits if feature is not None else feature_id not in self._features
        return "credit_system" if system else "metered"

    def _cost(self, feature_id: str, system_id: str) -> Decimal | None:
        """What a unit costs in credits now; None where it is one for one, or no one number."""
        system = self._catalog.features.get(system_id)
        costs = () if system is None else [each for each in system.credits if each.feature_id == feature_id]
        if not costs or costs[0].cost is None:
            return None
        return part_of(costs[0].cost, costs[0].billing_units)


HANDLERS: Final[Handlers] = {"events.aggregate": aggregate}
