"""The chart of accounts: what there is, what each holds, and on which side it grows.

Amounts of postings are minor units, debits above zero and credits below it. What plans and features make of revenue is
on each line and not in an account's name, so that the chart is the same for every ledger.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from ledger.core.events import LineKind
from ledger.core.settings import Gateway


class Side(StrEnum):
    """The side that an account grows on."""

    DEBIT = "debit"
    CREDIT = "credit"


class AccountType(StrEnum):
    """The first part of an account's name, as plain-text accounting programs know it."""

    ASSETS = "Assets"
    LIABILITIES = "Liabilities"
    INCOME = "Income"
    EXPENSES = "Expenses"


class LedgerAccount(NamedTuple):
    """One account of the chart."""

    name: str
    about: str

    @property
    def type(self) -> AccountType:
        return AccountType(self.name.partition(":")[0])

    @property
    def side(self) -> Side:
        return Side.DEBIT if self.type in (AccountType.ASSETS, AccountType.EXPENSES) else Side.CREDIT


RECEIVABLES: Final = "Assets:Receivables"
CASH: Final = "Assets:Cash"
CLEARING: Final = "Assets:Clearing"
CREDITS: Final = "Liabilities:CustomerCredits"
DEFERRED: Final = "Liabilities:DeferredRevenue"
REFUNDS_PAYABLE: Final = "Liabilities:RefundsPayable"
UNAPPLIED: Final = "Liabilities:UnappliedPayments"
REVENUE: Final = "Income:Revenue"
BAD_DEBT: Final = "Expenses:BadDebt"

ELSEWHERE: Final = "Elsewhere"
INSERTED: Final = f"{REVENUE}:Inserted"

_REVENUES: Final = {
    LineKind.BASE: "base prices of plans",
    LineKind.PREPAID: "units bought ahead",
    LineKind.SEATS: "seats in use",
    LineKind.USAGE: "use beyond what was granted",
    LineKind.CUSTOM: "lines that a caller wrote",
    LineKind.TOP_UP: "units bought by themselves when few were left",
    LineKind.CORRECTION: "corrections of periods that were billed",
}


def cash_of(gateway: str | None) -> str:
    """The account of the money that came in by a gateway; None is money that another system took."""
    return f"{CASH}:{ELSEWHERE if gateway is None else _titled(gateway)}"


def revenue_of(kind: LineKind) -> str:
    """The account of what lines of a kind earn."""
    return f"{REVENUE}:{_titled(kind.value)}"


def _titled(word: str) -> str:
    return "".join(part.title() for part in word.split("_"))


CHART: Final = (
    LedgerAccount(RECEIVABLES, "what final invoices still wait for"),
    *(LedgerAccount(cash_of(each.value), f"what came in by {each.value}, less what went back") for each in Gateway),
    LedgerAccount(cash_of(None), "what another system took in for invoices that were inserted, less what it gave back"),
    LedgerAccount(CLEARING, "what was settled or given back outside the ledger, for its owner's own books to clear"),
    LedgerAccount(CREDITS, "credit that customers have and later invoices use up"),
    LedgerAccount(DEFERRED, "what is invoiced for time that is still to come"),
    LedgerAccount(REFUNDS_PAYABLE, "what credit notes promise back to payers, until it has gone"),
    LedgerAccount(UNAPPLIED, "money that came in and is on no invoice"),
    *(LedgerAccount(revenue_of(kind), about) for kind, about in _REVENUES.items()),
    LedgerAccount(INSERTED, "invoices that another system made"),
    LedgerAccount(BAD_DEBT, "what was written off, less what came in after all"),
)
ACCOUNTS: Final = {each.name: each for each in CHART}
