"""What changed between two versions of a plan, as pairs of before and after in plain words."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from api.dashboard.catalog.words import base_words, item_words, trial_words
from api.dashboard.control_forms import KINDS
from api.dashboard.control_words import control_words
from api.views.controls import plan_controls
from ledger.core.terms import Controls, Feature, Plan

NOTHING = "none"


class Difference(NamedTuple):
    """A fact of a plan that is another one in the other version; empty where it is not there at all."""

    what: str
    before: str
    after: str


def facts(plan: Plan, features: Mapping[str, Feature]) -> dict[str, str]:
    """Everything a plan says, each fact under its name."""
    found = {
        "Name": plan.name,
        "Description": plan.description or "",
        "Price": base_words(plan.base, plan.currency),
        "Free trial": trial_words(plan.free_trial),
        "Group": plan.group,
        "Add-on": _yes(plan.add_on),
        "Default": _yes(plan.auto_enable),
        "Archived": _yes(plan.archived),
        "While an invoice is unpaid": "stays in force" if plan.ignore_past_due else "as the customer is",
        "Periods": "begin with the month" if plan.anchor_to_month_start else "begin with the subscription",
    }
    for item in plan.items:
        words = item_words(item, features, plan.currency)
        found[_free(found, words.name)] = words.sentence
    for words_of in limits(plan.controls, features):
        found[_free(found, words_of.name)] = words_of.says
    for key, value in plan.metadata.items():
        found[_free(found, f"Metadata {key}")] = str(value)
    return found


def differences(before: Plan | None, after: Plan, features: Mapping[str, Feature]) -> Sequence[Difference]:
    """What is not the same, in the order in which a plan says it."""
    was = {} if before is None else facts(before, features)
    becomes = facts(after, features)
    names = [*becomes, *(name for name in was if name not in becomes)]
    pairs = [Difference(name, was.get(name, ""), becomes.get(name, "")) for name in names]
    return [each for each in pairs if each.before != each.after]


class Limit(NamedTuple):
    """A billing control: which kind, on what, what it says."""

    name: str
    says: str


def limits(controls: Controls | None, features: Mapping[str, Feature]) -> Sequence[Limit]:
    """The billing controls of a plan, one by one."""
    if controls is None:
        return []
    found = list[Limit]()
    for kind, entries in plan_controls(controls).items():
        for entry in entries:
            feature = features.get(entry.get("feature_id", ""))
            of = entry.get("feature_id", "all features") if feature is None else feature.name
            off = "" if entry["enabled"] or kind == "overage_allowed" else ", off"
            found.append(Limit(f"{KINDS[kind]} of {of}", f"{control_words(kind, entry)}{off}"))
    return found


def _free(found: Mapping[str, str], name: str) -> str:
    """The name, or for the second of its kind another one."""
    number, free = 1, name
    while free in found:
        number += 1
        free = f"{name} ({number})"
    return free


def _yes(value: bool) -> str:  # noqa: FBT001 - it is what is said
    return "yes" if value else "no"
