"""What a command does to balances: before and after, as the rows of a preview."""

from collections.abc import Iterable, Iterator
from typing import Final

from api.dashboard.doing import Foreseen
from api.dashboard.seen import Row
from api.dashboard.words import day, feature_name, money, units
from api.views.shapes import Scene
from ledger.core.balances.balance import Grant
from ledger.core.balances.standing import standing
from ledger.core.events import InvoiceFinalized
from ledger.core.money import ZERO, to_major

Scope = tuple[str, str | None]
"""A feature, and whose it is: an entity's, or the customer's own."""
BY_HAND: Final = "Granted by hand"


def moved(found: Foreseen) -> list[Row]:
    """What remains of each feature before and after, and of each source where there are several."""
    before, after = found.before.grants, found.after.grants
    changed = [
        key for key in (*before, *(each for each in after if each not in before)) if before.get(key) != after.get(key)
    ]
    scopes = dict.fromkeys(scope_of(after.get(key) or before[key]) for key in changed)
    rows = [row for scope in scopes for row in _scope(found, scope, changed)]
    return [*rows, *_billed(found)]


def scope_of(grant: Grant) -> Scope:
    """Whose balance of what a grant belongs to."""
    return grant.feature_id, grant.terms.entity_id


def level(scene: Scene, grants: Iterable[Grant]) -> str:
    """Where some grants of a feature stand together, in words."""
    found = list(grants)
    if not found:
        return "no balance"
    sums = standing(found, scene.now, scene.zone)
    if sums.unlimited:
        return "unlimited"
    if sums.remaining > sums.granted:
        return f"{units(sums.remaining)}, {units(sums.granted)} granted"
    over = sums.usage - sums.granted
    debt = f", {units(over)} over" if over > ZERO and sums.remaining == ZERO else ""
    return f"{units(sums.remaining)} of {units(sums.granted)}{debt}"


def source(scene: Scene, grant: Grant) -> str:
    """What a grant came with."""
    plan_id = grant.terms.plan_id
    versions = scene.catalog.plans.get(plan_id or "", ())
    name = BY_HAND if plan_id is None else versions[-1].name if versions else plan_id
    ends = f", expires {day(grant.expires_at)}" if grant.expires_at else ""
    left = ", left over from before" if grant.terms.rollover_of is not None else ""
    return f"{name}{left}{ends}"


def _scope(found: Foreseen, scope: Scope, changed: Iterable[str]) -> Iterator[Row]:
    scene, name = found.scene, feature_name(found.scene.catalog, scope[0])
    before = [each for each in found.before.grants.values() if scope_of(each) == scope]
    after = [each for each in found.after.grants.values() if scope_of(each) == scope]
    whose = f" of {scope[1]}" if scope[1] else ""
    yield Row("before", f"{name}{whose}, now", level(scene, before))
    yield Row("after", f"{name}{whose}, afterwards", level(found.scene_after, after))
    if len({*(each.grant_id for each in before), *(each.grant_id for each in after)}) > 1:
        for key in changed:
            yield from _source(found, key, scope)


def _source(found: Foreseen, key: str, scope: Scope) -> Iterator[Row]:
    was, now = found.before.grants.get(key), found.after.grants.get(key)
    grant = now or was
    if grant is not None and scope_of(grant) == scope:
        then = level(found.scene, [was] if was else [])
        yield Row("source", source(found.scene, grant), f"{then} → {level(found.scene_after, [now] if now else [])}")


def _billed(found: Foreseen) -> Iterator[Row]:
    for event in found.events:
        if isinstance(event, InvoiceFinalized):
            invoice = found.after.account.invoices[event.invoice_id]
            amount = money(to_major(invoice.total_minor, invoice.currency), invoice.currency)
            yield Row("warning", "The feature is paid by use: this makes an invoice", amount)
