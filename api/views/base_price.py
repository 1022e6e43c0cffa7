"""What a plan is sold at, as much a month, so that plans of different intervals compare."""

from decimal import Decimal
from typing import Final

from ledger.core.money import round_minor, to_major
from ledger.core.offers.catalog import Catalog
from ledger.core.period import MONTHS, Interval
from ledger.core.terms import BasePrice, Plan

YEAR_OF_WEEKS: Final = 52
YEAR_OF_MONTHS: Final = 12


def sold(catalog: Catalog, plan_id: str | None, version: int | None) -> Plan | None:
    """The version of a plan that somebody is on; None where the catalog has forgotten it."""
    versions = catalog.plans.get(plan_id or "", ())
    return next((each for each in reversed(versions) if each.version == version), None)


def base_amount(plan: Plan, currency: str) -> Decimal | None:
    """The base price of a plan in major units, for its own interval; None where there is none in this currency."""
    minor = None if plan.base is None else _minor(plan.base, plan.currency, currency)
    return None if minor is None else to_major(minor, currency)


def monthly_base(plan: Plan, currency: str) -> Decimal | None:
    """The base price in major units, as much of it as falls to a month: 0 where only use is paid, or nothing.

    A year has 12 months and 52 weeks. None for what is paid once, and for what is not sold in this currency.
    """
    base = plan.base
    if base is None:
        return None if plan.one_off else Decimal(0)
    minor = _minor(base, plan.currency, currency)
    if minor is None or not base.every.repeats:
        return None
    count = base.every.count
    if base.every.interval is Interval.WEEK:
        a_month = Decimal(minor * YEAR_OF_WEEKS) / (YEAR_OF_MONTHS * count)
    else:
        a_month = Decimal(minor) / (MONTHS[base.every.interval] * count)
    return to_major(round_minor(a_month), currency)


def _minor(base: BasePrice, own: str, currency: str) -> int | None:
    return base.amount_minor if currency == own else base.currencies.get(currency)
