"""What a change of plans would do, as the rows of a small invoice."""

from collections.abc import Iterator
from datetime import datetime
from functools import reduce
from typing import Final, cast

from api.dashboard.doing import Foreseen
from api.dashboard.seen import Row
from api.dashboard.words import day, feature_name, money, units
from api.views.plan import item
from api.views.preview import update_preview
from api.views.shapes import Json, Scene
from ledger.core.customer import CUSTOMER, BillingChange, preview
from ledger.core.subscriptions.quote import Move, Quote
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.terms import FeatureKind, Plan

EVERY: Final = {"one_off": "once", "semi_annual": "half-year"}


def quoted(found: Foreseen) -> list[Row]:
    """Which plans come and go, what is due now and next, and what is included. Raises what the change would."""
    quote = preview(found.before, cast("BillingChange", found.command), found.context)
    shown = update_preview(found.scene, quote)
    return [*_plans(found, quote, shown), *_lines(shown), *_totals(shown), *_next(shown), *_features(found, quote)]


def every(interval: str, count: int = 1) -> str:
    """How often, as it stands behind an amount: `/ month`, `/ 2 months`, `once`."""
    word = EVERY.get(interval, interval)
    return word if word == "once" else f"/ {word}" if count == 1 else f"/ {count} {word}s"


def _plans(found: Foreseen, quote: Quote, shown: Json) -> Iterator[Row]:
    planned = quote.planned
    if planned.abandoned:
        yield Row("warning", "The payment method on file declines: this would not go through")
    elif not planned.events:
        yield Row("warning", "This would change nothing")
    stays = {each.plan.plan_id for each in planned.incoming} & {each.plan.plan_id for each in planned.outgoing}
    for move in planned.outgoing:
        if move.plan.plan_id not in stays:
            ends = _when(move.expires_at or move.effective_at, found)
            yield Row("plans", move.plan.name, f"ends {ends}", _quantities(found, move))
    for move in planned.incoming:
        word = "changes" if move.plan.plan_id in stays else "begins"
        yield Row("plans", move.plan.name, f"{word} {_when(move.effective_at, found)}", _quantities(found, move))
    yield from _spans(found, quote)
    if shown["resets_usage"]:
        yield Row("plans", "What was used", "starts again at 0")


def _spans(found: Foreseen, quote: Quote) -> Iterator[Row]:
    """The trials and agreed ends of plans that change."""
    events = quote.planned.foreseen or quote.planned.events
    after = reduce(CUSTOMER.evolve, events, found.before).subscriptions
    pairs = [(held, found.before.subscriptions.get(key)) for key, held in after.items()]
    several = sum(_ends(held, was) for held, was in pairs) > 1
    for held, was in pairs:
        yield from _span(held, was, f"Agreed end of {held.plan.name}" if several else "Agreed end")


def _ends(held: Subscription, was: Subscription | None) -> bool:
    """Whether a plan gets another agreed end."""
    return held.expires_at is not None and held.expires_at != (was and was.expires_at)


def _span(held: Subscription, was: Subscription | None, end: str) -> Iterator[Row]:
    if held.trial_ends_at != (was and was.trial_ends_at):
        yield Row(
            "plans", "Free trial", "ends now" if held.trial_ends_at is None else f"until {day(held.trial_ends_at)}"
        )
    if was is not None and was.canceled_at is not None and held.canceled_at is None:
        yield Row("plans", held.plan.name, "goes on")
    elif _ends(held, was):
        yield Row("plans", end, day(held.expires_at))


def _when(instant: datetime | None, found: Foreseen) -> str:
    return "now" if instant is None or instant <= found.context.now else f"on {day(instant)}"


def _quantities(found: Foreseen, move: Move) -> str:
    said = [f"{units(each.quantity)} {feature_name(found.scene.catalog, each.feature_id)}" for each in move.quantities]
    return ", ".join(said)


def _lines(shown: Json) -> Iterator[Row]:
    for line in shown["line_items"]:
        off = ", ".join(str(each.get("reward_name") or each.get("reward_id")) for each in line["discounts"])
        yield Row("lines", line["description"], money(line["subtotal"], shown["currency"]), off and f"before {off}")


def _totals(shown: Json) -> Iterator[Row]:
    currency = shown["currency"]
    if shown["subtotal"] != shown["total"]:
        yield Row("sum", "Discounts", money(shown["total"] - shown["subtotal"], currency))
    if shown["total"] < 0:
        yield Row("total", "Credited now", money(-shown["total"], currency))
    else:
        yield Row("total", "Due now", money(shown["total"], currency))
    if "refund" in shown:
        yield Row("total", "Refunded now", money(shown["refund"]["amount"], currency))


def _next(shown: Json) -> Iterator[Row]:
    cycle = shown.get("next_cycle")
    if cycle is None:
        return
    by_use = ", ".join(dict.fromkeys(each["display_name"] for each in cycle["usage_line_items"]))
    note = f"and {by_use} by use" if by_use else ""
    yield Row("next", f"Next, on {day(cycle['starts_at'])}", money(cycle["total"], shown["currency"]), note)


def _features(found: Foreseen, quote: Quote) -> Iterator[Row]:
    scene = found.scene
    several = len(quote.planned.incoming) > 1
    for move in quote.planned.incoming:
        bought = {each.feature_id: each.quantity for each in move.quantities}
        for each in move.plan.items:
            view = item(each, move.plan.currency)
            amount = max(bought.get(each.feature_id, each.included), each.included)
            name = feature_name(scene.catalog, each.feature_id)
            label = f"{name} in {move.plan.name}" if several else name
            yield Row("features", label, *_included(scene, move.plan, view, units(amount)))


def _included(scene: Scene, plan: Plan, view: Json, amount: str) -> tuple[str, str]:
    """How much of a feature there is in a plan, and what more of it costs."""
    feature = scene.catalog.features.get(view["feature_id"])
    if feature is not None and feature.kind is FeatureKind.BOOLEAN:
        return "included", ""
    reset = view["reset"]
    often = f" {every(reset['interval'], reset.get('interval_count', 1))}" if reset else ""
    value = "unlimited" if view["unlimited"] else f"{amount}{'' if often == ' once' else often}"
    return value, more_costs(view["price"], plan.currency)


def more_costs(price: Json | None, currency: str) -> str:
    """What more units of an item cost, in words."""
    if price is None:
        return ""
    pack = "each" if price["billing_units"] == 1 else f"per {units(price['billing_units'])}"
    if price.get("tiers"):
        return "more by tiers"
    return f"more at {money(price.get('amount'), currency)} {pack}"
