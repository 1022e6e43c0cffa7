"""The real programs read our books: hledger and beancount find all in balance, and on every account what we do."""

import subprocess
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from beancount import loader
from beancount.core.data import Transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from api.exports import beancount_file, hledger_file
from api.exports.about import About
from api.exports.formats import Batch, batches
from api.reads.book_files import JOURNAL_COLUMNS, line_row
from ledger.core.events import InvoiceCreated, InvoiceFinalized, Line, LineKind, Origin
from ledger.core.money import to_major
from projections.queries.journal import BooksFilter, LinesFilter, every_line, trial_balance
from tests.projections.given import STREAM
from tests.projections.posted import Posting, posting
from tests.properties.generator import History, histories
from tests.properties.life import lived

ABOUT = About("main", "journal", 1, None)
Balances = dict[tuple[str, str], Decimal]


def rows(books: Posting) -> Iterator[Batch]:
    """The lines of a ledger's books as an export has them."""
    return batches(iter(map(line_row, every_line(books.view(), BooksFilter(), LinesFilter()))))


def written(write: Any, books: Posting, place: Path) -> Path:
    place.write_bytes(b"".join(write(JOURNAL_COLUMNS, rows(books), ABOUT)))
    return place


def ours(books: Posting) -> Balances:
    """What our trial balance says, without accounts on which nothing is left."""
    found = trial_balance(books.view(), BooksFilter())
    return {
        (each.account, each.currency.upper()): to_major(each.balance_minor, each.currency)
        for each in found
        if each.balance_minor
    }


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def hledgers(journal: Path) -> Balances:
    """What hledger says of each account, after its own strict checks."""
    run("hledger", "-f", str(journal), "check", "--strict")
    told = run("hledger", "-f", str(journal), "balance", "--flat", "--no-total", "--layout=bare", "-O", "csv")
    found: Balances = {}
    for line in told.splitlines()[1:]:
        account, commodity, amount = (each.strip('"') for each in line.split('","'))
        if Decimal(amount):
            found[account, commodity] = Decimal(amount)
    return found


def beancounts(journal: Path) -> Balances:
    """What beancount says of each account, when it has found no error."""
    directives, errors, _ = loader.load_file(str(journal))
    assert not errors
    found: Balances = {}
    for each in directives:
        for line in each.postings if isinstance(each, Transaction) else ():
            assert line.units is not None
            assert line.units.number is not None
            key = line.account, line.units.currency
            found[key] = found.get(key, Decimal(0)) + line.units.number
    return {key: amount for key, amount in found.items() if amount}


@settings(max_examples=3, deadline=None)
@given(st.lists(histories(most=10), min_size=4, max_size=6))
def test_both_programs_find_any_lives_in_balance_and_agree_with_us(
    books_url: str, tmp_path_factory: pytest.TempPathFactory, lives: Sequence[History]
) -> None:
    place = tmp_path_factory.mktemp("books")
    with posting(books_url, "Europe/Berlin") as books:
        for number, history in enumerate(lives, start=1):
            books.live(UUID(int=STREAM.int + number), lived(history).log)
        expected = ours(books)
        assert hledgers(written(hledger_file.write, books, place / "books.journal")) == expected
        assert beancounts(written(beancount_file.write, books, place / "books.beancount")) == expected


NASTY = 'a,b; "c" \\ d:e|f #g\t%41 {h} ünïcode\u2028 é'


def test_ids_of_any_text_end_no_line_tag_or_string(books_url: str, tmp_path: Path) -> None:
    now = datetime.fromisoformat("2026-01-01T00:00:00Z")
    with posting(books_url, "UTC") as books:
        for number, currency in enumerate(("usd", "jpy", "kwd"), start=1):
            end = now + timedelta(90)
            line = Line(LineKind.BASE, 12_345, NASTY, feature_id=NASTY, period_start=now, period_end=end)
            created = InvoiceCreated(f"{number}.0", Origin.CYCLE, currency, now, (line,))
            books.happen(STREAM, now, created, InvoiceFinalized(f"{number}.0", number, now))
        journal = written(hledger_file.write, books, tmp_path / "books.journal")
        beans = written(beancount_file.write, books, tmp_path / "books.beancount")
        assert hledgers(journal) == beancounts(beans) == ours(books)
        assert ours(books)["Assets:Receivables", "JPY"] == 12_345
        assert ours(books)["Assets:Receivables", "KWD"] == Decimal("12.345")
    (plan,) = {each for each in run("hledger", "-f", str(journal), "tags", "plan", "--values").splitlines() if each}
    assert plan == hledger_file.quoted(NASTY)
    found, _, _ = loader.load_file(str(beans))
    told = [line.meta or {} for each in found if isinstance(each, Transaction) for line in each.postings]
    assert {each["plan"] for each in told if "plan" in each} == {NASTY}


@pytest.mark.parametrize("write", [hledger_file, beancount_file], ids=["hledger", "beancount"])
def test_a_file_that_failed_half_way_is_read_by_neither(books_url: str, tmp_path: Path, write: Any) -> None:
    now = datetime.fromisoformat("2026-01-01T00:00:00Z")
    with posting(books_url, "UTC") as books:
        created = InvoiceCreated("1.0", Origin.CYCLE, "usd", now, (Line(LineKind.CUSTOM, 100),))
        books.happen(STREAM, now, created, InvoiceFinalized("1.0", 1, now))
        place = written(write.write, books, tmp_path / "books")
    place.write_bytes(place.read_bytes() + write.broken("req_1"))
    if write is hledger_file:
        assert subprocess.run(["hledger", "-f", str(place), "check"], capture_output=True, check=False).returncode
    else:
        assert loader.load_file(str(place))[1]
