"""The forms of billing controls: from an entry of the wire to the fields of a form, and back."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

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
FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "spend_limits": {"overage_limit": "", "limit_type": "absolute", "skip_overage_billing": ""},
    "usage_limits": {"limit": "", "interval": "month", "anchor": "billing_cycle", "properties": ""},
    "usage_alerts": {
        "threshold": "80",
        "threshold_type": "usage_percentage",
        "basis": "balance",
        "name": "",
        "properties": "",
    },
    "auto_topups": {"threshold": "", "quantity": "", "most": "", "most_interval": "month"},
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
    found = {name: _text(entry[name]) for name in empty if name in entry}
    if "filter" in entry:
        found["properties"] = "\n".join(f"{key}={value}" for key, value in entry["filter"]["properties"].items())
    limit = entry.get("purchase_limit")
    if limit is not None:
        found |= {"most": _text(limit["limit"]), "most_interval": limit["interval"]}
    return {**empty, **found}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    return plain(Decimal(value)) if isinstance(value, int | Decimal) else str(value)


def payload_of(kind: str, given: Mapping[str, str]) -> Json:
    """The entry that the form stands for. Raises `InvalidInputs`."""
    entry: Json = {"enabled": bool(given["enabled"])}
    if given["feature_id"]:
        entry["feature_id"] = given["feature_id"]
    for name in FIELDS[kind]:
        text = given[name]
        if name in TICKS:
            entry[name] = bool(text)
        elif name in NUMBERS and text:
            entry[name] = number(name, text)
        elif name == "properties" and text:
            entry["filter"] = {"properties": _properties(text)}
        elif name == "most" and text:
            entry["purchase_limit"] = {"interval": given["most_interval"], "limit": number("most", text)}
        elif text and name not in ("most_interval", "properties", "most", *NUMBERS):
            entry[name] = text
    return entry


def _properties(text: str) -> dict[str, str]:
    """A property a line, `region=eu`."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        key, mark, value = line.partition("=")
        if not mark or not key.strip():
            raise InvalidInputs({"properties": f"had {line[:40]!r} and must have a property=value on each line"})
        found[key.strip()] = value.strip()
    return found
