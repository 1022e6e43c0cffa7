"""A line of what is owed, for a person: its name, what it covers, its amounts in major units."""

from collections.abc import Sequence
from datetime import datetime

from api.views.shapes import Json, Scene, present
from api.wire.json import plain
from ledger.core.events import Line, LineKind
from ledger.core.money import to_major


def lines(scene: Scene, found: Sequence[Line], currency: str, *, plan_id: str = "") -> list[Json]:
    """Lines of an invoice to be; those that belong to no plan are shown under `plan_id`."""
    return [line(scene, each, currency, plan_id=plan_id) for each in found]


def line(scene: Scene, found: Line, currency: str, *, plan_id: str = "") -> Json:
    """One line: `subtotal` before discounts, `total` after them."""
    return {
        **head(scene, found, plan_id=plan_id),
        "description": describe(scene, found),
        "subtotal": to_major(found.before_discounts_minor, currency),
        "total": to_major(found.amount_minor, currency),
        "quantity": found.quantity,
        "discounts": [
            {
                "amount_off": to_major(each.amount_minor, currency),
                **present({"percent_off": each.percent}),
                "reward_id": each.discount_id,
                "reward_name": each.name,
            }
            for each in found.discounts
        ],
    }


def head(scene: Scene, found: Line, *, plan_id: str = "") -> Json:
    """What a line is for, without its amounts."""
    shown: Json = {
        "display_name": name(scene, found),
        "plan_id": found.plan_id or plan_id,
        "feature_id": found.feature_id,
    }
    if found.period_start is not None:
        shown["period"] = {"start": found.period_start, "end": found.period_end}
    return shown


def name(scene: Scene, found: Line) -> str:
    """The feature's name, else the plan's, else what the caller wrote."""
    return feature_name(scene, found) or found.plan_name or found.description or found.kind.value


def feature_name(scene: Scene, found: Line) -> str | None:
    """The name of a line's feature as the catalog has it now; its id where the catalog has forgotten it."""
    if found.feature_id is None:
        return None
    feature = scene.catalog.features.get(found.feature_id)
    return feature.name if feature else found.feature_id


def describe(scene: Scene, found: Line) -> str:
    """One sentence: what a line is for, and which days it covers in the ledger's time zone."""
    if found.description is not None:
        return found.description
    what = _what(scene, found)
    if found.period_start is None or found.period_end is None:
        return what
    start, end = found.period_start.astimezone(scene.zone), found.period_end.astimezone(scene.zone)
    return f"{what} (from {_day(start, with_year=start.year != end.year)} to {_day(end, with_year=True)})"


def _what(scene: Scene, found: Line) -> str:
    feature = feature_name(scene, found)
    if feature is None:
        subject = found.plan_name or name(scene, found)
    else:
        subject = f"{found.plan_name} - {feature}" if found.plan_name else feature
    match found.kind:
        case LineKind.USAGE:
            subject = f"{subject}: {plain(found.quantity)} beyond what is included"
        case LineKind.TOP_UP:
            subject = f"Top-up of {plain(found.quantity)} {feature}"
        case LineKind.CORRECTION:
            subject = f"Correction of {subject}"
    return f"Unused time on {subject}" if found.credit and found.kind is not LineKind.CORRECTION else subject


def _day(instant: datetime, *, with_year: bool) -> str:
    return f"{instant.day} {instant:%b}{f' {instant.year}' if with_year else ''}"
