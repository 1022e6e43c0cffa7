"""`tallystick demo`: sample data through the public HTTP API, as any program would send it."""

from pathlib import Path

import click

from api.cli.options import Place, at_a_place, reporting
from api.cli.output import report


@click.command()
@click.option("--customers", type=click.IntRange(min=1), metavar="N", help="Only the first so many.")
@click.option(
    "--cdnow",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Instead: the CDNOW purchase history, sent as real purchases and checked against DuckDB.",
)
@reporting
@at_a_place
def demo(place: Place, *, customers: int | None, cdnow: Path | None, as_json: bool) -> int:
    """Fill an empty sandbox ledger (main, unless --ledger) with sample data, through the public HTTP API.

    Starts a server of its own for it, also beside a running one.
    """
    if cdnow is not None:
        from api.cli.demo_cdnow import run_cdnow

        return run_cdnow(place, cdnow, customers=customers, as_json=as_json)
    from api.cli.database import embedded
    from api.cli.ensuring import MAIN
    from api.cli.filling import fill, make_empty
    from api.cli.running import temporary_server
    from api.cli.sample import COMPANIES, stories

    with embedded(place.settings(), create=True) as (_, settings):
        ledger_id = place.ledger_id or MAIN
        make_empty(settings, ledger_id)
        with temporary_server(settings) as url:
            told = list(stories(len(COMPANIES) if customers is None else customers))
            sent = fill(settings, ledger_id, url, told)
    report([{"ledger": ledger_id, "customers": len(told), "requests": sent}], as_json=as_json)
    return 0
