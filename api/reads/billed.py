"""Which plans are billed how often, by the catalog at hand: what an interval means to the customer list.

A row says which version of a plan somebody is on, and the catalog what that version is sold at. Terms that a customer
has for itself alone are in neither, so it counts as its version does.
"""

from collections.abc import Iterator

from api.reads.account_query import FREE, ONCE, AccountQuestion
from ledger.core.offers.catalog import Catalog
from ledger.core.terms import Plan
from projections.reads import AccountFilter


def narrowed(asked: AccountQuestion, catalog: Catalog) -> AccountQuestion:
    """The question with the plans that its intervals stand for in this catalog."""
    keep = asked.keep
    return asked._replace(keep=keep._replace(billed=tuple(sorted(_billed(keep, catalog)))) if keep.intervals else keep)


def _billed(keep: AccountFilter, catalog: Catalog) -> Iterator[str]:
    """The plans that are asked for and billed so. One whose every version is goes by its own name: whoever went from
    one version to the next has not left it.
    """
    for plan_id, versions in catalog.plans.items():
        names = [f"{plan_id}@{each.version}" for each in versions if interval_of(each) in keep.intervals]
        if keep.plans and plan_id not in keep.plans:
            names = [name for name in names if name in keep.plans]
        yield from [plan_id] if len(names) == len(versions) else names


def interval_of(plan: Plan) -> str:
    """One of `INTERVALS`: the longest at which anything of the plan is billed."""
    if plan.cycle is None:
        return ONCE if plan.one_off else FREE
    return plan.cycle.interval.value
