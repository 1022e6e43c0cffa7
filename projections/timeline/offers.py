"""Sentences about the catalog and the ledger's own settings, keys and users."""

from collections.abc import Mapping
from typing import Any

from ledger.core.closing_books import NEVER
from ledger.core.events import (
    DiscountCreated,
    DiscountDeleted,
    DiscountUpdated,
    Event,
    FeatureCreated,
    FeatureDeleted,
    FeatureUpdated,
    KeyCreated,
    KeyRevoked,
    LedgerChanged,
    LedgerCreated,
    PlanCreated,
    PlanDeleted,
    PlanUpdated,
    PlanVersionCreated,
    UserAdded,
    UserDisabled,
    UserRoleChanged,
)
from ledger.core.terms import Discount, Feature, Plan
from projections.timeline.memo import Memo
from projections.timeline.telling import Tell, Told, changed, listed

SWITCHES: Mapping[str, str] = {
    "require_reason": "changes of balances and cancellations need a reason",
    "persist_free_overage": "use beyond a free grant is taken off the next one",
    "reverse_deduction_order": "the balance with the longer interval is used first",
}
NAMES: Mapping[str, str] = {
    "timezone": "time zone",
    "gateway": "payment gateway",
    "net_terms_days": "days that an invoice may stay open",
}


def _feature_created(event: FeatureCreated, _before: Memo, _after: Memo) -> Told:
    key = event.feature.feature_id
    return Told(f"created feature {key}", after=event.feature, feature_ids=[key])


def _feature_updated(event: FeatureUpdated, _before: Memo, _after: Memo) -> Told:
    was, now = event.before, event.after
    did = _did(was, now)
    keys = list(dict.fromkeys([was.feature_id, now.feature_id]))
    return Told(f"{did} feature {was.feature_id}", was, now, keys)


def _feature_deleted(event: FeatureDeleted, _before: Memo, _after: Memo) -> Told:
    return Told(f"deleted feature {event.feature_id}", feature_ids=[event.feature_id])


def _plan_created(event: PlanCreated, _before: Memo, _after: Memo) -> Told:
    return _offered(f"created plan {event.plan.name} ({event.plan.plan_id})", event.plan)


def _plan_version(event: PlanVersionCreated, _before: Memo, _after: Memo) -> Told:
    return _offered(f"created version {event.plan.version} of plan {event.plan.name}", event.plan)


def _offered(words: str, plan: Plan) -> Told:
    return Told(words, None, plan, [item.feature_id for item in plan.items], plan_id=plan.plan_id)


def _plan_updated(event: PlanUpdated, _before: Memo, _after: Memo) -> Told:
    was, now = event.before, event.after
    did = _did(was, now)
    keys = list(dict.fromkeys(item.feature_id for item in (*was.items, *now.items)))
    return Told(f"{did} version {now.version} of plan {now.name}", was, now, keys, plan_id=now.plan_id)


def _did(was: Feature | Plan, now: Feature | Plan) -> str:
    if was.archived != now.archived:
        return "archived" if now.archived else "brought back"
    return f"changed {listed(changed(was, now)) or 'nothing'} of"


def _plan_deleted(event: PlanDeleted, _before: Memo, _after: Memo) -> Told:
    return Told(f"deleted version {event.version} of plan {event.plan_id}", plan_id=event.plan_id)


def _discount_created(event: DiscountCreated, _before: Memo, _after: Memo) -> Told:
    return Told(f"created discount {event.discount.name}", after=event.discount, links=_of(event.discount))


def _discount_updated(event: DiscountUpdated, _before: Memo, _after: Memo) -> Told:
    fields = listed(changed(event.before, event.after))
    words = f"changed {fields or 'nothing'} of discount {event.before.name}"
    return Told(words, event.before, event.after, links=_of(event.after))


def _of(discount: Discount) -> dict[str, Any]:
    return {"discount_id": discount.discount_id}


def _discount_deleted(event: DiscountDeleted, _before: Memo, _after: Memo) -> Told:
    return Told(f"deleted discount {event.discount_id}", links={"discount_id": event.discount_id})


def _ledger_created(event: LedgerCreated, _before: Memo, _after: Memo) -> Told:
    settings = {"env": event.env, "timezone": event.timezone, "currency": event.currency}
    return Told(f"opened {event.env} ledger {event.ledger_id}", None, settings)


def _ledger_changed(event: LedgerChanged, _before: Memo, _after: Memo) -> Told:
    return Told(_setting(event), {event.setting: event.before}, {event.setting: event.after})


def _setting(event: LedgerChanged) -> str:
    if event.setting in SWITCHES:
        return f"switched {'on' if event.after == str(True) else 'off'} that {SWITCHES[event.setting]}"
    if event.setting == "books_closed_until" and event.after == NEVER:
        return f"opened the books again, which were closed until {event.before}"
    if event.setting == "books_closed_until":
        instead = "" if event.before == NEVER else f" instead of {event.before}"
        return f"closed the books until {event.after}{instead}"
    name = NAMES.get(event.setting, event.setting.replace("_", " "))
    was = "the usual one" if event.before == str(None) else event.before
    return f"changed the ledger's {name} from {was} to {event.after}"


def _key_created(event: KeyCreated, _before: Memo, _after: Memo) -> Told:
    return Told(
        f"created the {event.role} key {event.name}",
        None,
        {"key_id": event.key_id, "name": event.name, "role": event.role},
    )


def _key_revoked(event: KeyRevoked, before: Memo, _after: Memo) -> Told:
    key = before.keys.get(event.key_id)
    words = f"revoked the key {event.key_id}" if key is None else f"revoked the {key} ({event.key_id})"
    return Told(words, {"key_id": event.key_id})


def _user_added(event: UserAdded, _before: Memo, _after: Memo) -> Told:
    after = {"user_id": event.user_id, "name": event.name, "role": event.role}
    return Told(f"added the user {event.name} as {event.role}", None, after)


def _user_role(event: UserRoleChanged, _before: Memo, _after: Memo) -> Told:
    was, now = ({"user_id": event.user_id, "role": role} for role in (event.before, event.after))
    return Told(f"made the user {event.name} {event.after} instead of {event.before}", was, now)


def _user_disabled(event: UserDisabled, _before: Memo, _after: Memo) -> Told:
    return Told(f"disabled the user {event.name}", {"user_id": event.user_id})


SENTENCES: Mapping[type[Event], Tell] = {
    FeatureCreated: _feature_created,
    FeatureUpdated: _feature_updated,
    FeatureDeleted: _feature_deleted,
    PlanCreated: _plan_created,
    PlanVersionCreated: _plan_version,
    PlanUpdated: _plan_updated,
    PlanDeleted: _plan_deleted,
    DiscountCreated: _discount_created,
    DiscountUpdated: _discount_updated,
    DiscountDeleted: _discount_deleted,
    LedgerCreated: _ledger_created,
    LedgerChanged: _ledger_changed,
    KeyCreated: _key_created,
    KeyRevoked: _key_revoked,
    UserAdded: _user_added,
    UserRoleChanged: _user_role,
    UserDisabled: _user_disabled,
}
