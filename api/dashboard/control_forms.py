"""The forms of billing controls, a customer's and a plan's: from an entry of the wire to fields, and back."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from api.dashboard.forms import number
from api.views.shapes import Json
from api.wire.json import plain
from api.wire.refusals import InvalidInputs

KINDS: Final[Mapping[str, str]] = {
    "spend_limits": "Spend limit",
    "usage_limits": "Usage limit",
    "usage_alerts": "Usage alert",
    "auto_topups": "Auto top-up",
    "overage_allowed": "Overage allowed",
}
OF_PURCHASES: Final[Mapping[str, str]] = {
    "purchase_limit.limit": "",
    "purchase_limit.interval_count": "",
    "purchase_limit.interval": "month",
}
FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "spend_limits": {"overage_limit": "", "limit_type": "absolute", "skip_overage_billing": ""},
    "usage_limits": {"limit": "", "interval": "month", "anchor": "billing_cycle", "filter": ""},
    "usage_alerts": {
        "threshold": "80",
        "threshold_type": "usage_percentage",
        "basis": "balance",
        "name": "",
        "filter": "",
    },
    "auto_topups": {"threshold": "", "quantity": "", **OF_PURCHASES},
    "overage_allowed": {},
}
"""The fields of each kind besides its feature and whether it is on, with what they say at first."""
NUMBERS: Final = ("overage_limit", "limit", "threshold", "quantity")
TICKS: Final = ("enabled", "skip_overage_billing")


def filled(kind: str, entry: Json | None, sent: Mapping[str, str] | None) -> dict[str, str]:
    """What stands in the form: what was sent, else the entry, else what is usual."""
    empty = {"feature_id": "", "enabled": "1", "reason": "", "entity": "", **FIELDS[kind]}
    if sent is not None:
        return {**dict.fromkeys(empty, ""), **sent}
    if entry is None:
        return empty
    found = {name: _text(entry[name]) for name in empty if name in entry and name != "filter"}
    if "filter" in entry:
        found["filter"] = "\n".join(f"{key}={value}" for key, value in entry["filter"]["properties"].items())
    for name, value in entry.get("purchase_limit", {}).items():
        found[f"purchase_limit.{name}"] = "" if name == "interval_count" and value == 1 else _text(value)
    return {**empty, **found}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    return plain(Decimal(value)) if isinstance(value, int | Decimal) else str(value)


def _properties(text: str) -> dict[str, str]:
    """A property a line, `region=eu`."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        key, mark, value = line.partition("=")
        if not mark or not key.strip():
            raise InvalidInputs({"filter": f"had {line[:40]!r} and must have a property=value on each line"})
        found[key.strip()] = value.strip()
    return found


class Reading(NamedTuple):
    """How numbers and properties are read; either may leave what it cannot read to the wire, which refuses it."""

    number: Callable[[str, str], Any] = number
    properties: Callable[[str], Any] = _properties


STRICT: Final = Reading()


def payload_of(kind: str, given: Mapping[str, str], reading: Reading = STRICT) -> Json:
    """The entry that the form stands for. Raises `InvalidInputs`."""
    entry: Json = {"enabled": bool(given["enabled"])}
    if given["feature_id"]:
        entry["feature_id"] = given["feature_id"]
    for name in FIELDS[kind]:
        text = given[name]
        if name in TICKS:
            entry[name] = bool(text)
        elif name in NUMBERS and text:
            entry[name] = reading.number(name, text)
        elif name == "filter" and text:
            entry[name] = {"properties": reading.properties(text)}
        elif name == "purchase_limit.limit" and text:
            entry["purchase_limit"] = _purchases(given, reading)
        elif text and name not in ("filter", *NUMBERS, *OF_PURCHASES):
            entry[name] = text
    return entry


def _purchases(given: Mapping[str, str], reading: Reading) -> Json:
    shown = {name.removeprefix("purchase_limit."): (name, given[name]) for name in OF_PURCHASES if given[name]}
    return {key: text if key == "interval" else reading.number(name, text) for key, (name, text) in shown.items()}
