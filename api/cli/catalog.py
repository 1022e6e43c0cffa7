"""`tallystick catalog`: the features, plans and discounts of a ledger as a file that people edit."""

import sys
from pathlib import Path

import click

from api.cli.options import Place, at_a_place, reporting
from api.cli.output import report, say_json


@click.group()
def catalog() -> None:
    """The catalog of a ledger as YAML: features, plans and discounts, amounts in major units."""


@catalog.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@reporting
@at_a_place
def pull(place: Place, *, file: Path, as_json: bool) -> None:
    """Write the catalog to FILE (- is standard output): what is offered, the newest version of every plan.

    Archived features and plans, and versions that others have since replaced, are left out.
    """
    from api.catalog.pulled import catalog_values
    from api.catalog.text import write
    from api.cli.database import opened
    from api.cli.ensuring import OPERATOR, chosen
    from ledger.store.ledger import CatalogAddress

    with opened(place) as store:
        ledger = chosen(store, place.ledger_id)
        found = catalog_values(ledger.look(CatalogAddress(), by=OPERATOR).state)
    text = write(found)
    if str(file) == "-":
        say_json(found) if as_json else click.echo(text, nl=False)
        return
    file.write_text(text, "utf-8")
    counts = {section: len(entries) for section, entries in found.items()}
    report([{"ledger": ledger.ledger_id, "file": str(file), **counts}], as_json=as_json)


@catalog.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Say what it would change, and change nothing.")
@click.option("--reason", help="Why; kept on the events.")
@reporting
@at_a_place
def push(place: Place, *, file: Path, dry_run: bool, reason: str | None, as_json: bool) -> None:
    """Make the catalog what FILE says (- is standard input): one request, all of it or nothing.

    Every entry says all of its feature, plan or discount. What the file does not name stays as it is. A plan that
    customers have gets a next version; they stay on theirs.
    """
    from api.catalog.pushed import Push, catalog_file
    from api.catalog.text import read
    from api.cli.database import opened
    from api.cli.ensuring import OPERATOR, chosen
    from ledger.core.sealed import Sealed
    from ledger.store.ledger import Caller, CatalogAddress, Step

    value = read(_text(file))
    by = Caller(OPERATOR.actor, reason=None if reason is None else Sealed(reason))
    with opened(place) as store:
        ledger = chosen(store, place.ledger_id)
        looked = ledger.look(CatalogAddress(), by=by)
        wanted = catalog_file(value, looked.settings.currency)
        found = Push(looked.state, lambda command: ledger.ponder(CatalogAddress(), command, by=by).context)
        found.take(wanted)
        if not as_json:
            report([each._asdict() for each in found.changes], as_json=False, none="nothing to change")
        if found.commands and not dry_run:
            ledger.execute_all([Step(CatalogAddress(), each) for each in found.commands], by=by)
    if as_json:
        report([each._asdict() for each in found.changes], as_json=True)


def _text(file: Path) -> str:
    """What the file holds. Raises `BadFile`."""
    from api.catalog.text import BadFile

    try:
        found = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return found.decode()
    except UnicodeDecodeError:
        raise BadFile(f"{file} is not text in UTF-8") from None
