"""The store as this process's settings ask for it."""

from collections.abc import Callable

from ledger.embedded.sizing import memory_at_hand, warm_streams
from ledger.master_key import load_master_key
from ledger.settings import Settings
from ledger.store.connections import Limits
from ledger.store.ledger import BatchDone, Store, Tuning


def open_store(settings: Settings, observe: Callable[[BatchDone], None] | None = None) -> Store:
    """A store on a database that is there and migrated; whoever opens it closes it."""
    assert settings.database_url is not None, "the embedded database is started first"
    return Store(
        settings.database_url,
        operator_key=load_master_key(settings),
        limits=Limits(
            connect_seconds=settings.connect_timeout_seconds,
            statement_seconds=settings.statement_timeout_seconds,
            lock_seconds=settings.lock_timeout_seconds,
            pool_min=settings.pool_min,
            pool_max=settings.pool_max,
        ),
        tuning=Tuning(
            batch_commands=settings.batch_commands,
            warm_streams=settings.warm_streams or warm_streams(memory_at_hand() // settings.web_workers),
        ),
        observe=observe,
    )
