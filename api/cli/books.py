"""`tallystick books`: the trial balance, and the journal for accounting programs."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from api.cli.options import Place, at_a_place, reporting
from api.cli.output import report

if TYPE_CHECKING:
    from api.reads.book_queries import Asked
    from projections.reads import View

R = TypeVar("R")
FORMATS = ("hledger", "beancount", "csv", "ndjson")


@click.group()
def books() -> None:
    """The books: what stands on every account, and the journal as accounting programs read it."""


def asking(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command the options that say which part of the books is meant."""
    for option in reversed(
        (
            click.option("--from", "from_", metavar="DAY", help="From this day on."),
            click.option("--to", metavar="DAY", help="Up to this day, and it too; else the present."),
            click.option("--account", help="Only this account, or those below it: Assets:Cash."),
            click.option("--currency", metavar="CODE", help="Only amounts in this currency: eur."),
            click.option("--as-of", metavar="MOMENT", help="What was known then: an instant, a day, or position:N."),
            click.option("--at", metavar="MOMENT", help="How it stood in business then: an instant, or a day."),
        )
    ):
        command = option(command)
    return command


@books.command(name="trial-balance")
@asking
@reporting
@at_a_place
def trial_balance(place: Place, *, as_json: bool, **given: str | None) -> int:
    """What stands on each account, debits above zero. Exits with 1 where the books are not in balance."""
    from api.views.books import standing
    from projections.queries import journal

    with _opened(place, given) as (view, question):
        found = journal.trial_balance(view, question.within(view))
    report([standing(each) for each in found], as_json=as_json, none="The books are empty.")
    if given["account"] is not None:
        return 0
    sums = Counter[str]()
    for each in found:
        sums[each.currency] += int(each.balance_minor)
    wrong = sorted(currency for currency, amount in sums.items() if amount)
    for currency in wrong:
        click.echo(f"tallystick: the books are not in balance in {currency}", err=True)
    return 1 if wrong else 0


@books.command()
@click.option("--format", "format_", type=click.Choice(FORMATS), default="hledger", show_default=True)
@asking
@at_a_place
def export(place: Place, *, format_: str, **given: str | None) -> None:
    """Write the journal to standard output: tallystick books export | hledger -f - balance."""
    from api.exports.about import About
    from api.exports.formats import ALSO, CSV, NDJSON, Format, batches
    from api.reads.book_files import JOURNAL_COLUMNS, line_row
    from projections.queries import journal

    known: tuple[Format, ...] = (CSV, NDJSON, *ALSO.values())
    (chosen,) = [each for each in known if each.name == format_]
    with _opened(place, given) as (view, question):
        rows = (line_row(each) for each in journal.every_line(view, question.within(view), question.of_lines))
        about = About(view.ledger_id, "journal", question.position(view), question.due(view))
        out = sys.stdout.buffer
        for piece in chosen.write(JOURNAL_COLUMNS, batches(rows), about):
            out.write(piece)
        out.flush()


@contextmanager
def _opened(place: Place, given: dict[str, str | None]) -> "Iterator[tuple[View, Asked]]":
    """A view of the books with everything that is in the log, also where no worker runs; and what is asked of it."""
    from api.cli.database import opened
    from api.cli.ensuring import OPERATOR, chosen
    from api.reads.book_queries import ACCOUNT, CURRENCY, FROM, TO, question
    from ledger.store.ledger import SettingsAddress
    from projections.queries import journal
    from projections.reads import Reads
    from projections.runner import Runner
    from replay.past import Past
    from replay.when import resolve

    names = {"from_": FROM, "to": TO, "account": ACCOUNT, "currency": CURRENCY}
    query = {each.name: _read(each, given[name]) for name, each in names.items()}
    with opened(place) as store:
        ledger = chosen(store, place.ledger_id)
        settings = ledger.look(SettingsAddress(), by=OPERATOR).state
        Runner(store.database_url, store.operator).catch_up()
        with store.pool.connection() as conn:
            when = resolve(conn, ledger.ledger_id, settings, as_of=given["as_of"], at=given["at"])
            if when is not None:
                settings = Past(conn, store.operator, ledger.ledger_id).settings(when, settings)
        with Reads(store.pool).open(ledger.ledger_id, models=journal.MODELS) as view:
            yield view, question(settings, when, query)


def _read(parameter: Any, text: str | None) -> Any:
    from ledger.core.errors import InvalidInput

    if text is None:
        return None
    try:
        return parameter.read(text)
    except ValueError:
        raise InvalidInput(f"--{parameter.name} was {text!r} and must be {parameter.must_be}") from None
