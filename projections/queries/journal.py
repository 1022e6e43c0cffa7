"""The books: entries with their lines, what stands on each account, and the lines of one account."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, Final, NamedTuple
from uuid import UUID

from projections.cursors import Parse, Question, from_cursor, to_cursor
from projections.journal.entries import EntryKind
from projections.queries.rows import Page
from projections.statements import in_order
from projections.view import View

MODELS: Final = ("customers", "journal")
COMMON_KINDS: Final = (EntryKind.INVOICE, EntryKind.PAYMENT)
FEW_LINES: Final = 500
BY_ENTRY: Final[tuple[Parse, ...]] = (date.fromisoformat, int, int, date.fromisoformat)
BY_LINE: Final[tuple[Parse, ...]] = (*BY_ENTRY, int, str)
_ENTRY_KEY: Final = ("after_day", "after_position", "after_part", "after_natural")
_LINE_KEY: Final = (*_ENTRY_KEY, "after_line", "after_account")


class BooksFilter(NamedTuple):
    """What of the books is asked for; None is everything. Days are days of the ledger, both of them inside.

    `implied` says that nobody asked for `to_day`, and `ahead` that nobody asked for `upto_position`: pages go on where
    they are others meanwhile.
    """

    from_day: date | None = None
    to_day: date | None = None
    upto_position: int | None = None
    accounts: tuple[str, ...] | None = None
    currency: str | None = None
    stream_id: UUID | None = None
    implied: bool = False
    ahead: bool = False

    def asked(self) -> dict[str, Any]:
        """As statements take it."""
        found = self._asdict() | {"accounts": None if self.accounts is None else list(self.accounts)}
        del found["implied"], found["ahead"]
        return found

    def question(self) -> "BooksFilter":
        """As cursors take it."""
        to_day = None if self.implied else self.to_day
        return self._replace(to_day=to_day, upto_position=None if self.ahead else self.upto_position, ahead=False)

    def known_to(self, view: View) -> "BooksFilter":
        """The same, without a position where the view knows nothing after it."""
        known = self.upto_position is not None and self.upto_position >= view.position
        return self._replace(upto_position=None) if known else self


class LinesFilter(NamedTuple):
    """Of entries, those that have a line of this invoice (its local id), plan, feature or kind."""

    invoice_id: str | None = None
    plan_id: str | None = None
    feature_id: str | None = None
    kind: str | None = None

    def asked(self) -> dict[str, Any]:
        """As statements take it. That revenue is recognised is said of its part of an entry, and by no line."""
        line_kind = None if self.kind == EntryKind.RECOGNITION else self.kind
        of_lines = self._replace(kind=line_kind) != LinesFilter()
        common = self.kind in COMMON_KINDS and self[:-1] == LinesFilter()[:-1]
        return self._asdict() | {"line_kind": line_kind, "of_lines": of_lines, "kind_is_common": common}


class JournalLine(NamedTuple):
    """One line of an entry, amounts in minor units and a debit above zero.

    The entry is all lines of one position, part and natural day. `position`, `part` and `line` are the same for the
    two lines by which one amount becomes revenue. `about_position` is the event that the books know the invoice from.
    """

    posted_on: date
    position: int
    part: int
    natural_on: date
    line: int
    account: str
    currency: str
    amount_minor: int
    stream_id: UUID
    customer_id: str | None
    version: int
    kind: str
    invoice_id: str | None
    number: int | None
    item: int | None
    plan_id: str | None
    feature_id: str | None
    entity_id: str | None
    period_start: datetime | None
    period_end: datetime | None
    about_position: int | None

    @property
    def entry(self) -> tuple[date, int, int, date]:
        """What tells its entry from others, in the order of the journal."""
        return self[:4]


class StatedLine(NamedTuple):
    """A line of a statement, with what stands on the account after it."""

    line: JournalLine
    balance_minor: Decimal


class AccountStanding(NamedTuple):
    """An account in one currency, in minor units: before, what came on either side, and after."""

    account: str
    currency: str
    opening_minor: Decimal
    debits_minor: Decimal
    credits_minor: Decimal

    @property
    def balance_minor(self) -> Decimal:
        return self.opening_minor + self.debits_minor - self.credits_minor


class Statement(NamedTuple):
    """One page of a statement: what stands before the first day, before the page, and at the end."""

    opening_minor: Decimal
    carried_minor: Decimal
    closing_minor: Decimal
    page: Page[StatedLine]


def entries(
    view: View,
    keep: BooksFilter,
    of_lines: LinesFilter,
    *,
    oldest_first: bool = True,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Sequence[JournalLine]]:
    """Entries by day and position, each with all of its lines. Needs the models customers and journal."""
    question = _question(view, "journal", (keep.question(), of_lines, oldest_first))
    after = from_cursor(question, cursor, BY_ENTRY) or (None,) * len(BY_ENTRY)
    listing = in_order("list_journal", oldest_first=oldest_first)
    keys = dict(zip(_ENTRY_KEY, after, strict=True))
    asked = {**keep.asked(), **of_lines.asked()}
    streams = _streams(view, asked) if keep.stream_id is None and asked["of_lines"] else None
    rows = view.rows(listing, MODELS, limit=limit + 1, **keys, **asked, stream_ids=streams)
    found = [list(lines) for _, lines in groupby(map(JournalLine._make, rows), key=lambda line: line.entry)]
    more = len(found) > limit
    return Page(found[:limit], to_cursor(question, found[limit - 1][0].entry) if more else None)


def _streams(view: View, asked: dict[str, Any]) -> list[UUID] | None:
    """Whose lines are asked for, where these are few: the books are read by day, and few may be anywhere in them."""
    rows = view.rows("find_journal_streams", MODELS, **asked, limit=FEW_LINES + 1)
    return None if len(rows) > FEW_LINES else list({stream_id for (stream_id,) in rows})


def every_line(view: View, keep: BooksFilter, of_lines: LinesFilter) -> Iterator[JournalLine]:
    """The lines of all entries, an entry after the other, a few at a time."""
    some = keep.accounts is not None or keep.currency is not None or of_lines != LinesFilter()
    rows = view.stream("export_journal", MODELS, some=some, **keep.asked(), **of_lines.asked())
    return map(JournalLine._make, rows)


def trial_balance(view: View, keep: BooksFilter) -> Sequence[AccountStanding]:
    """What stands on each account that has lines."""
    keep = keep.known_to(view)
    # The sums of days know nothing of positions and customers; for those the postings are added up.
    summed = keep.upto_position is None and keep.stream_id is None
    name = "read_trial_balance_sums" if summed else "read_trial_balance"
    return [AccountStanding._make(row) for row in view.rows(name, MODELS, **keep.asked())]


def statement(view: View, keep: BooksFilter, *, limit: int = 50, cursor: str | None = None) -> Statement:
    """A page of the lines of some accounts in one currency: `keep` names both."""
    question = _question(view, "statement", keep.question())
    after = from_cursor(question, cursor, BY_LINE)
    keys = dict(zip(_LINE_KEY, after or (None,) * len(_LINE_KEY), strict=True))
    (opening, carried, closing), carried_here = _sums(view, keep, keys)
    rows = view.rows("list_statement", MODELS, limit=limit + 1, carried=carried_here, **keys, **keep.asked())
    lines = [_stated(row) for row in rows[:limit]]
    following = to_cursor(question, lines[-1].line[: len(BY_LINE)]) if len(rows) > limit else None
    return Statement(opening, carried if after else opening, closing, Page(lines, following))


def every_stated_line(view: View, keep: BooksFilter) -> Iterator[StatedLine]:
    """All lines of a statement, a few at a time."""
    keys = dict.fromkeys(_LINE_KEY)
    _, carried = _sums(view, keep, keys)
    rows = view.stream("list_statement", MODELS, limit=None, carried=carried, **keys, **keep.asked())
    return map(_stated, rows)


def last_entry_at(view: View, upto_position: int | None) -> datetime | None:
    """The latest instant of business at which something moved money; None in empty books."""
    found: datetime | None = view.rows("read_last_entry", MODELS, upto_position=upto_position)[0][0]
    return found


def _sums(view: View, keep: BooksFilter, keys: dict[str, Any]) -> tuple[tuple[Decimal, Decimal, Decimal], Decimal]:
    """What a statement opens with, what is carried to a page, what it closes with; and what is carried to this one."""
    (row,) = view.rows("read_statement_sums", MODELS, **keys, **keep.asked())
    opening, carried, closing = row
    return (opening, carried, closing), opening if keys["after_day"] is None else carried


def _question(view: View, name: str, asked: object) -> Question:
    return Question(view.ledger_id, name, asked)


def _stated(row: Sequence[Any]) -> StatedLine:
    return StatedLine(JournalLine._make(row[:-1]), row[-1])
