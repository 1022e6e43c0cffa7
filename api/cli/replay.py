"""`tallystick replay`: prove the history, rebuild what is folded from it, and look into the past."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from api.cli.options import Place, at_a_place, reporting
from api.cli.output import Progress, progress, say_json

if TYPE_CHECKING:
    from replay.report import Stage


@click.group()
def replay() -> None:
    """Replay the history: verify it, rebuild from it, see an account as it stood."""


@replay.command()
@reporting
@at_a_place
def verify(place: Place, *, as_json: bool) -> int:
    """Prove that nothing was changed.

    Follows the chain of hashes from event 1, folds everything again and compares it row by row, while the server runs.
    Says the first difference and exits with 1 where there is one.
    """
    from api.cli.database import opened
    from api.cli.ensuring import chosen_ids
    from replay.verify import verify as verify_ledger

    found = []
    with opened(place) as store:
        for ledger_id in chosen_ids(store, place.ledger_id):
            with progress(f"verifying {ledger_id}") as shown:
                found.append(verify_ledger(store.database_url, store.operator, ledger_id, progress=_by_stage(shown)))
            if not as_json:
                click.echo(found[-1].as_text())
    if as_json:
        say_json([each.as_json() for each in found])
    broken = [each for each in found if not each.whole]
    for each in broken:
        click.echo(f"tallystick: {each.ledger_id}: {each.difference}", err=True)
    return 1 if broken else 0


@replay.command()
@click.argument("name", default="all")
@reporting
@at_a_place
def rebuild(place: Place, *, name: str, as_json: bool) -> None:
    """Rebuild the projection NAME, or all of them, beside the one in use, and swap it in while writes go on."""
    from api.cli.database import opened
    from api.cli.ensuring import chosen_ids
    from ledger.errors import OperatorError
    from replay.rebuild import UnknownModel
    from replay.rebuild import rebuild as rebuild_models

    done = []
    with opened(place) as store:
        for ledger_id in chosen_ids(store, place.ledger_id):
            with progress(f"rebuilding {name} of {ledger_id}") as shown:
                try:
                    told = _by_stage(shown)
                    done.append(rebuild_models(store.database_url, store.operator, ledger_id, name, progress=told))
                except UnknownModel as error:
                    raise OperatorError(str(error)) from error
            if not as_json:
                click.echo(done[-1].as_text())
    if as_json:
        say_json([each.as_json() for each in done])


@replay.command()
@click.argument("moment")
@click.argument("customer")
@click.option("--recorded", is_flag=True, help="By when we learned it, not by when it was true.")
@click.option("--as-of", help="Only what was known then: an instant, a day or position:N.")
@reporting
@at_a_place
def at(place: Place, *, moment: str, customer: str, recorded: bool, as_of: str | None, as_json: bool) -> None:
    """Show CUSTOMER as it stood at MOMENT.

    MOMENT is an instant (2026-01-31T12:00:00Z), a day (2026-01-31, its first instant in the ledger's time zone) or
    position:N. `replay at 2026-02-15 acme --as-of 2026-03-01` shows what was known on 1 March about 15 February.
    """
    from api.cli.database import opened
    from api.cli.ensuring import chosen
    from replay.at import at as account_at

    with opened(place) as store:
        ledger_id = chosen(store, place.ledger_id).ledger_id
        asked = (store.database_url, store.operator, ledger_id, customer, moment)
        stood = account_at(*asked, recorded=recorded, as_of=as_of)
    if as_json:
        say_json(stood.as_json())
    else:
        click.echo(stood.as_text())


def _by_stage(shown: Progress) -> "Callable[[Stage, int, int], None]":
    """Progress as replay reports it; its stages follow each other on the one line."""
    return lambda _stage, done, total: shown(done, total)
