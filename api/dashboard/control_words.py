"""What a billing control does, in a few words."""

from decimal import Decimal

from api.dashboard.words import units
from api.views.shapes import Json


def control_words(kind: str, entry: Json) -> str:
    """An entry of one of `KINDS`, as the wire has it."""
    match kind:
        case "spend_limits":
            return _spend(entry)
        case "usage_limits":
            since = " of UTC" if entry["anchor"] == "utc" else ""
            return f"at most {units(entry['limit'])} a {entry['interval']}{since}{_only(entry)}"
        case "usage_alerts":
            what = entry["threshold_type"].replace("_percentage", "")
            share = " %" if entry["threshold_type"].endswith("percentage") else ""
            named = f"{entry['name']}: " if entry.get("name") else ""
            basis = "" if entry["basis"] == "balance" else f" of the {entry['basis'].replace('_', ' ')}"
            return f"{named}told at {units(entry['threshold'])}{share} {_verb(what)}{basis}{_only(entry)}"
        case "auto_topups":
            limit = entry.get("purchase_limit")
            most = f", at most {units(limit['limit'])} times {_each(limit)}" if limit else ""
            return f"buys {units(entry['quantity'])} when fewer than {units(entry['threshold'])} remain{most}"
    return "may be used beyond what is granted" if entry["enabled"] else "ends with what is granted"


def _spend(entry: Json) -> str:
    if entry.get("overage_limit") is None or not entry["enabled"]:
        return "no bound on use beyond what is granted"
    limit = units(entry["overage_limit"])
    bound = f"up to {limit} % of" if entry["limit_type"] == "usage_percentage" else f"at most {limit} units beyond"
    free = ", overage not billed" if entry["skip_overage_billing"] else ""
    return f"{bound} what is granted{free}"


def _verb(what: str) -> str:
    return "used" if what == "usage" else "remaining"


def _each(limit: Json) -> str:
    count = limit.get("interval_count", 1)
    return f"a {limit['interval']}" if count == 1 else f"in {units(Decimal(count))} {limit['interval']}s"


def _only(entry: Json) -> str:
    found = entry.get("filter", {}).get("properties", {})
    return ", only " + " and ".join(f"{key} = {value}" for key, value in found.items()) if found else ""
