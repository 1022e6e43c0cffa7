"""What `tallystick serve` does: a database and a ledger, sample data where it is wanted, and a server until told."""

from contextlib import closing
from dataclasses import replace

from api.cli.database import embedded
from api.cli.ports import free_port
from api.cli.running import Server, Stop
from ledger.settings import Settings


def serve_until_told(settings: Settings, ledger_id: str | None, *, demo: bool, with_worker: bool) -> int:
    """Serve until a signal; the exit status. Raises OperatorError for what stops it from beginning."""
    stop = Stop()
    with stop.on_signals():
        settings = replace(settings, port=free_port(settings.host, settings.port))
        with embedded(settings, create=True) as (postgres, ready):
            shown = _ensure_ledger(ready, ledger_id, embedded=postgres is not None, demo=demo)
            if demo:
                from api.cli.filling import fill_if_empty

                fill_if_empty(ready, shown)
            link = None if postgres is None else _owners_link(ready, shown)
            return Server(ready, postgres, stop, with_worker=with_worker).run(shown, link)


def _ensure_ledger(settings: Settings, ledger_id: str | None, *, embedded: bool, demo: bool) -> str:
    """The ledger to name in the ready line, made where the settings or an empty database ask for it."""
    from api.cli.ensuring import ensure_ledgers
    from api.stores import open_store

    with closing(open_store(settings)) as store:
        return ensure_ledgers(store, settings, ledger_id, make_main=embedded or demo)


def _owners_link(settings: Settings, ledger_id: str) -> str:
    """The secret of a sign-in link: whoever can read our output may use the embedded database in any case."""
    from api.cli.ensuring import owners_link
    from api.stores import open_store

    with closing(open_store(settings)) as store:
        return owners_link(store, ledger_id)
