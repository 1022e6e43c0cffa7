"""A shop with the smallest prices and some discounts, for the examples in which rules of invoices meet."""

from decimal import Decimal

from msgspec.structs import replace

from ledger.core.balances.usage import Track
from ledger.core.terms import BasePrice, Discount, Plan
from tests.core.account import Account
from tests.core.meeting import DAYS, FEBRUARY
from tests.core.offers import EXTRA, FREE, MESSAGES, MONTH, PREMIUM, PRO, START, metered, plan, units

CENT = replace(PRO, plan_id="cent", base=BasePrice(1, MONTH))
USED = plan("used", 0, metered(MESSAGES, 0, 10))


def shop(*more: Plan) -> Account:
    account = Account(FREE, PRO, PREMIUM, EXTRA, CENT, USED, *more)
    tenth = Discount("tenth", "A tenth", percent=Decimal(10))
    account.catalog = replace(
        account.catalog,
        discounts={
            "tenth": tenth,
            "month": replace(tenth, discount_id="month", months=1),
            "five": Discount("five", "Five", amount_minor=500, currency="usd"),
        },
    )
    return account


def corrected(*more: Plan) -> Account:
    """A customer of a plan paid by use, with a charge of 30 that waits for the end of its period."""
    account = shop(*more)
    account.attach("used")
    account.wait_until(FEBRUARY + DAYS)
    account.do(Track("messages", None, units(3), used_at=START + DAYS, backdate=True))
    return account
