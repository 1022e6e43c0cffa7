"""The rival a Python team would reach for: the `eventsourcing` library as it comes, on the same PostgreSQL.

An aggregate that makes the same decision as ours (enough left on a metered balance? then deduct it), saved with the
library's default PostgreSQL recorder. The repository cache is on; one caller, and 64 that try again when they lose the
race: the better counts. That is `eventsourcing`. `eventsourcing.trusted` is the same with one setting more, for which
the cache is not refreshed from the database before a command: faster, and right only while no second process writes.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import IntegrityError

from benchmarks.bench import Bench
from benchmarks.database import Database, throw_away
from benchmarks.figures import Figure
from benchmarks.harness import Call, Measured, closed_loop
from benchmarks.rivals import STOCK, TRUSTED


class InsufficientBalance(Exception):
    pass


class Account(Aggregate):
    """A customer with one metered balance per feature; mutable, because the library's cache refolds immutable ones."""

    @event("Opened")
    def __init__(self, customer_id: str) -> None:
        self.customer_id = customer_id
        self.remaining: dict[str, Decimal] = {}
        self.usage: dict[str, Decimal] = {}

    @event("Granted")
    def grant(self, feature_id: str, amount: Decimal) -> None:
        self.remaining[feature_id] = self.remaining.get(feature_id, Decimal(0)) + amount
        self.usage.setdefault(feature_id, Decimal(0))

    def track(self, feature_id: str, value: Decimal) -> None:
        if value > self.remaining[feature_id]:
            raise InsufficientBalance(feature_id)
        self._record(feature_id, value)

    @event("UsageRecorded")
    def _record(self, feature_id: str, value: Decimal) -> None:
        self.remaining[feature_id] -= value
        self.usage[feature_id] += value


class Accounts(Application[UUID]):
    def open(self, customer_id: str) -> UUID:
        account = Account(customer_id)
        account.grant("messages", Decimal(10**12))
        self.save(account)
        return account.id

    def track(self, account_id: UUID, feature_id: str, value: Decimal) -> None:
        account: Account = self.repository.get(account_id)
        account.track(feature_id, value)
        self.save(account)


def run(bench: Bench) -> Iterator[Figure]:
    for cache in ("refreshed", "trusted"):
        measured = []
        for callers in (1, 64):
            measured.append(_figure(bench, callers, cache))
            yield measured[-1]
        best = max(measured, key=lambda figure: figure.value)
        title = f"eventsourcing, cache {cache}, the better of the two"
        yield replace(best, key=STOCK if cache == "refreshed" else TRUSTED, title=title, note=best.title)


def _figure(bench: Bench, callers: int, cache: str) -> Figure:
    result, retries = _measure(bench, callers, fast_forward=cache == "refreshed")
    title = f"eventsourcing {callers} caller{'s' if callers > 1 else ''}, cache {cache}"
    note = f"{retries:.2f} retries a command" if callers > 1 else ""
    key = f"{STOCK}.{cache}.{callers}"
    return Figure(key, title, result.per_second, "commands/s", result.p50_ms, result.p99_ms, note=note)


def _measure(bench: Bench, callers: int, fast_forward: bool) -> tuple[Measured, float]:
    """The loop's figures, and how many lost races each command cost on average."""
    with throw_away(bench.directory) as database, Accounts(env=_environment(database, fast_forward)) as accounts:
        account_id = accounts.open("bench")
        retries = [0] * callers
        commands = [0] * callers

        def make_call(index: int) -> Call:
            def call() -> None:
                commands[index] += 1
                while True:
                    try:
                        return accounts.track(account_id, "messages", Decimal(1))
                    except IntegrityError:
                        retries[index] += 1

            return call

        result = closed_loop(bench.load(callers, seconds=8), make_call)
        _check_nothing_was_lost(accounts, account_id, sum(commands))
        return result, sum(retries) / sum(commands)


def _check_nothing_was_lost(accounts: Accounts, account_id: UUID, commands: int) -> None:
    """Fold the aggregate afresh from the table: a rival that loses writes would not be a rival."""
    last = accounts.recorder.max_notification_id()
    account: Account = accounts.repository.get(account_id, version=last)
    if account.usage["messages"] != commands:
        raise RuntimeError(f"{commands} commands were answered but {account.usage['messages']} units recorded")


def _environment(database: Database, fast_forward: bool) -> dict[str, str]:
    """Given to the application itself, where it wins over POSTGRES_* of the process's environment."""
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_HOST": database.host,
        "POSTGRES_PORT": database.port,
        "POSTGRES_DBNAME": database.name,
        "POSTGRES_USER": database.user,
        "POSTGRES_PASSWORD": "",
        "POSTGRES_POOL_SIZE": "5",
        "POSTGRES_MAX_OVERFLOW": "10",
        "POSTGRES_ENABLE_DB_FUNCTIONS": "n",
        "POSTGRES_PRE_PING": "n",
        "POSTGRES_SCHEMA": "",
        "AGGREGATE_CACHE_MAXSIZE": "1000",
        "AGGREGATE_CACHE_FASTFORWARD": "y" if fast_forward else "n",
        "AGGREGATE_CACHE_FASTFORWARD_SKIPPING": "n",
        "DEEPCOPY_FROM_AGGREGATE_CACHE": "y",
        "IS_SNAPSHOTTING_ENABLED": "n",
        "COMPRESSOR_TOPIC": "",
        "CIPHER_TOPIC": "",
    }
