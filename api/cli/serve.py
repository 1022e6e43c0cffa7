"""`tallystick serve`: database, web server and worker, started together, watched, and stopped in order."""

import click

from api.cli.options import Place, at_a_place


@click.command()
@click.option("--host", metavar="HOST", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65_535), metavar="PORT", help="0 takes a free one.  [default: 8000]")
@click.option("--demo", is_flag=True, help="Fill an empty sandbox ledger with sample data.")
@click.option("--no-worker", is_flag=True, help="Run no worker beside it; run `tallystick worker` elsewhere.")
@at_a_place
def serve(place: Place, *, host: str | None, port: int | None, demo: bool, no_worker: bool) -> int:
    """Serve the API, with a database of its own unless told of another.

    Prints `ready http://127.0.0.1:8000 ledger=ID` once it answers. SIGTERM and Ctrl-C stop it: requests are answered
    first, nothing is lost. A second server on the same --data and another port shares the database.
    """
    from api.cli.serving import serve_until_told
    from ledger.logging import set_up_logging

    settings = place.settings(host=host, port=port)
    set_up_logging(settings.log_level)
    return serve_until_told(settings, place.ledger_id, demo=demo, with_worker=not no_worker)
