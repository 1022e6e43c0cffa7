"""What the pages of the books have in common: how they are asked, how they refuse, and what stands above each."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from flask import Response

from api.dashboard.forms import beside
from api.dashboard.gate import to
from api.dashboard.live.changes import live_path
from api.dashboard.page import page
from api.dashboard.visitor import Visitor
from api.errors import status_of
from api.reads.query import Parameter, read_query
from api.views.shapes import Json
from ledger.core.closing_books import NEVER
from ledger.core.errors import CustomerNotFound, Refusal
from ledger.core.settings import LedgerSettings
from projections.journal.chart import CHART, AccountType

TABS: Final = (
    ("/books", "Trial balance"),
    ("/books/journal", "Journal"),
    ("/books/statement", "Statement"),
    ("/books/months", "Months"),
)
FIELDS: Final = (
    "account", "currency", "customer_id", "from", "to", "as_of", "at", "invoice_id", "plan_id", "feature_id", "kind",
    "order",
)  # fmt: skip
MOMENTS: Final = ("as_of", "at")
CURSOR: Final = "cursor"
PAGED: Final = (CURSOR, "limit")
WORD: Final = re.compile(r"(?<=[a-z])[A-Z]")
Read = Callable[[Visitor, dict[str, Any]], Json]


def books_page(visitor: Visitor, here: str, template: str, parameters: Iterable[Parameter], read: Read) -> Response:
    """A page of the books: what `read` answers, or what was asked with what is wrong beside it."""
    request = visitor.call.request
    given = list(request.args.items(multi=True))
    clean = [(name, value.strip()) for name, value in given if value.strip()]
    if clean != given:
        return to(f"{here}?{urlencode(clean)}" if clean else here)
    settings: LedgerSettings = visitor.call.background.settings
    shown: Json = {
        "visitor": visitor,
        "here": "/books",
        "tabs": TABS,
        "tab": here,
        "given": dict.fromkeys(FIELDS, "") | dict(clean),
        "asked": clean,
        "exported": urlencode([pair for pair in clean if pair[0] not in PAGED]),
        "closed_until": None if settings.books_closed_until == NEVER else settings.books_closed_until,
        "zone": str(settings.zone),
        "accounts": _accounts(),
        "named": named,
        "wrong": {},
        "found": None,
    }
    try:
        shown["found"] = read(visitor, read_query(request, tuple(parameters)))
    except Refusal as refusal:
        wrong = {"customer_id": refusal.sentence} if isinstance(refusal, CustomerNotFound) else beside(refusal)
        return page(template, status_of(refusal), **{**shown, "wrong": wrong})
    if not any(name in (*MOMENTS, *PAGED) for name, _ in clean):
        shown["live"] = live_path(visitor.call)
    return page(template, **shown)


def _accounts() -> Mapping[str, list[str]]:
    """The chart by its types, for a picker."""
    return {str(each): [account.name for account in CHART if account.type is each] for each in AccountType}


def named(account: str) -> str:
    """An account as people read it: `Liabilities:DeferredRevenue` is deferred revenue."""
    parts = account.split(":")
    words = [WORD.sub(lambda found: f" {found[0].lower()}", part) for part in (parts[1:] or parts)]
    return " · ".join(words)


def address(here: str, pairs: Iterable[tuple[str, str]], **changed: str | None) -> str:
    """A page of the books with some of what is asked changed; None takes it away."""
    kept = [pair for pair in pairs if pair[0] not in changed and pair[0] != CURSOR]
    found = urlencode(kept + [(name, each) for name, each in changed.items() if each is not None])
    return f"{here}?{found}" if found else here


def today(visitor: Visitor) -> date:
    """The day that it is in the ledger's time zone."""
    settings: LedgerSettings = visitor.call.background.settings
    return visitor.call.background.now.astimezone(settings.zone).date()


def month_of(day: date, months: int = 0) -> tuple[date, date]:
    """The first and the last day of a month, counted from the one that a day is in."""
    count = day.year * 12 + day.month - 1 + months
    first = date(count // 12, count % 12 + 1, 1)
    following = date((count + 1) // 12, (count + 1) % 12 + 1, 1)
    return first, following - timedelta(days=1)


def first_instant(day: date) -> datetime:
    """The beginning of a day, for what is shown as a month."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
