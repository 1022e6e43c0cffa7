"""A quote on the wire: what a change of plans would cost and do. Amounts are major units."""

from collections.abc import Sequence
from datetime import datetime

from api.ids import shown_customer
from api.views.shapes import Json, Scene
from ledger.core.events import Line
from ledger.core.money import to_major
from ledger.core.quote import Move, NextCycle, Quote


def attach_preview(scene: Scene, quote: Quote) -> Json:
    """billing.preview_attach. There is no checkout to be sent to: a change is made by the call itself."""
    return {**_preview(scene, quote), "redirect_to_checkout": False, "checkout_type": None}


def update_preview(scene: Scene, quote: Quote) -> Json:
    """billing.preview_update; a change that would do nothing is `none`."""
    planned = quote.planned
    return {**_preview(scene, quote), "intent": planned.intent if planned.events else "none"}


def _preview(scene: Scene, quote: Quote) -> Json:
    planned = quote.planned
    total = to_major(planned.total_minor, quote.planned.currency)
    shown: Json = {
        "customer_id": shown_customer(scene.customer.customer_id, scene.stream_id),
        "line_items": _lines(scene, planned.lines, quote.planned.currency),
        "subtotal": total,
        "total": total,
        "currency": quote.planned.currency,
        "incoming": [_move(each) for each in planned.incoming],
        "outgoing": [_move(each) for each in planned.outgoing],
    }
    if quote.next_cycle is not None:
        shown["next_cycle"] = _next_cycle(scene, quote.next_cycle, quote.planned.currency)
    return shown


def _next_cycle(scene: Scene, cycle: NextCycle, currency: str) -> Json:
    total = to_major(cycle.total_minor, currency)
    return {
        "starts_at": cycle.starts_at,
        "subtotal": total,
        "total": total,
        "line_items": _lines(scene, cycle.lines, currency),
        "usage_line_items": [_line_head(scene, line) for line in cycle.usage],
    }


def _lines(scene: Scene, lines: Sequence[Line], currency: str) -> list[Json]:
    return [_line(scene, line, currency) for line in lines]


def _line(scene: Scene, line: Line, currency: str) -> Json:
    amount = to_major(line.amount_minor, currency)
    return {
        **_line_head(scene, line),
        "description": describe(scene, line),
        "subtotal": amount,
        "total": amount,
        "quantity": line.quantity,
        "discounts": [],
    }


def _line_head(scene: Scene, line: Line) -> Json:
    shown: Json = {"display_name": _name(scene, line), "plan_id": line.plan_id, "feature_id": line.feature_id}
    if line.period_start is not None:
        shown["period"] = {"start": line.period_start, "end": line.period_end}
    return shown


def _name(scene: Scene, line: Line) -> str:
    feature = scene.catalog.features.get(line.feature_id) if line.feature_id else None
    return feature.name if feature else line.plan_name or line.description or ""


def describe(scene: Scene, line: Line) -> str:
    """One line for a person: what it is for, and which days it covers in the ledger's time zone."""
    if line.description is not None:
        return line.description
    name = line.plan_name or "" if line.feature_id is None else f"{line.plan_name} - {_name(scene, line)}"
    what = f"Unused time on {name}" if line.credit else name
    if line.period_start is None or line.period_end is None:
        return what
    start, end = line.period_start.astimezone(scene.zone), line.period_end.astimezone(scene.zone)
    return f"{what} (from {_day(start, with_year=start.year != end.year)} to {_day(end, with_year=True)})"


def _day(instant: datetime, *, with_year: bool) -> str:
    return f"{instant.day} {instant:%b}{f' {instant.year}' if with_year else ''}"


def _move(move: Move) -> Json:
    return {
        "plan_id": move.plan.plan_id,
        "feature_quantities": [{"feature_id": each.feature_id, "quantity": each.quantity} for each in move.quantities],
        "effective_at": move.effective_at,
        "canceled_at": move.canceled_at,
        "expires_at": move.expires_at,
    }
