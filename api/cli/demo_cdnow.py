"""`tallystick demo --cdnow FILE`: real purchases in, their books checked against DuckDB, the ledger verified."""

from contextlib import closing
from pathlib import Path
from typing import Final

import click

from api.cli.cdnow import Loaded, load
from api.cli.cdnow_books import books, differences
from api.cli.database import embedded
from api.cli.ensuring import OPERATOR
from api.cli.filling import make_empty
from api.cli.options import Place
from api.cli.output import progress, say_json
from api.cli.running import temporary_server
from api.keys import create_key, revoke_key
from api.stores import open_store
from ledger.core.settings import Role
from ledger.settings import Settings
from replay.verify import verify

LEDGER: Final = "cdnow"
SHOWN_DIFFERENCES: Final = 5


def run_cdnow(place: Place, file: Path, *, customers: int | None, as_json: bool) -> int:
    """The whole of it; the exit status. Raises OperatorError when the ledger is in use."""
    ledger_id = place.ledger_id or LEDGER
    with embedded(place.settings(), create=True) as (_, settings):
        make_empty(settings, ledger_id)
        loaded, wrong = _load_and_check(settings, ledger_id, file, customers)
    _report(ledger_id, loaded, wrong, as_json=as_json)
    return 1 if wrong else 0


def _load_and_check(settings: Settings, ledger_id: str, file: Path, customers: int | None) -> tuple[Loaded, list[str]]:
    with closing(open_store(settings)) as store:
        made = create_key(store, ledger_id, "cdnow", Role.ADMIN, by=OPERATOR)
        try:
            with temporary_server(settings) as url, progress("customers") as shown:
                loaded = load(url, made.secret, file, customers=customers, progress=shown)
                wrong = differences(file, books(url, made.secret), customers=customers)
        finally:
            revoke_key(store, ledger_id, made.key.key_id, by=OPERATOR)
        with progress("verifying") as shown:
            verified = verify(
                store.database_url, store.operator, ledger_id, progress=lambda _, done, total: shown(done, total)
            )
    return loaded, wrong if verified.difference is None else [*wrong, verified.difference]


def _report(ledger_id: str, loaded: Loaded, wrong: list[str], *, as_json: bool) -> None:
    if as_json:
        rest = {"events_per_second": loaded.events_per_second, "differences": wrong}
        say_json({"ledger": ledger_id, **loaded._asdict(), **rest})
        return
    click.echo(
        f"{loaded.purchases:,} purchases of {loaded.customers:,} customers in {loaded.seconds:.1f} s: "
        f"{loaded.events:,} events, {loaded.events_per_second:,.0f} a second"
    )
    if not wrong:
        click.echo("every total and every month's overage is what DuckDB computes from the file; the ledger verifies")
    for difference in wrong[:SHOWN_DIFFERENCES]:
        click.echo(f"tallystick: {difference}", err=True)
    if len(wrong) > SHOWN_DIFFERENCES:
        click.echo(f"tallystick: and {len(wrong) - SHOWN_DIFFERENCES} more differences", err=True)
