"""`tallystick export`: any list of the ledger as a file, the same that it is over HTTP."""

import sys
from pathlib import Path

import click

from api.cli.options import Place, at_a_place, reporting
from api.cli.output import progress, report

LISTS = (
    "customers",
    "balances",
    "subscriptions",
    "entities",
    "invoices",
    "timeline",
    "usage",
    "usage-sums",
    "accounts",
    "trial-balance",
    "journal",
    "statement",
)
FORMATS = ("csv", "ndjson", "parquet", "hledger", "beancount")


@click.command()
@click.argument("what", metavar="LIST", type=click.Choice(LISTS))
@click.option("--format", "format_", type=click.Choice(FORMATS), help="Else what FILE ends in, else csv.")
@click.option("--customer", metavar="ID", help="Of this customer alone.")
@click.option("--where", multiple=True, metavar="NAME=VALUE", help="A filter, by its name over HTTP. Repeat it.")
@click.option("--columns", metavar="NAMES", help="Only these, in this order, with commas between.")
@click.option("--as-of", metavar="MOMENT", help="What was known then: an instant, a day, or position:N.")
@click.option("--at", metavar="MOMENT", help="How it stood in business then: an instant, or a day.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default="-",
    show_default=True,
    metavar="FILE",
    help="A file, or a directory in which it is named after list and position.",
)
@reporting
@at_a_place
def export(place: Place, *, what: str, output: Path, as_json: bool, **given: object) -> None:
    """Write LIST to standard output or to FILE: all rows, as of one position.

    LIST is customers, balances, subscriptions, entities, invoices, timeline, usage, usage-sums, accounts,
    trial-balance, journal or statement. Filters are those of its path over HTTP: `tallystick export invoices --where
    status=open --where due_to=2026-03-31 --output open.csv`.

    FILE is there when it is whole. What could not be finished exits with 2, and on standard output ends in what no
    reader takes for a whole file.
    """
    from api.cli.exporting import STANDARD_OUTPUT, Wanted, exported

    wanted = Wanted(what, output, **given)  # type: ignore[arg-type]  # click's options by their names
    with progress(f"exporting {what}") as shown:
        # On a terminal the rows themselves are to be seen.
        among_rows = output == STANDARD_OUTPUT and sys.stdout.isatty()
        done = exported(place, wanted, _say_nothing if among_rows else shown)
    if output != STANDARD_OUTPUT:
        report([done._asdict()], as_json=as_json)


def _say_nothing(_rows: int) -> None:
    """Progress that nobody is shown."""
