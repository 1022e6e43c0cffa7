"""The sample data: where it may go, and how it is sent there through the public HTTP API."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timedelta
from typing import Final

from api.catalog.pushed import catalog_file
from api.cli.ensuring import OPERATOR, make_ledger
from api.cli.output import Progress, progress
from api.cli.running import temporary_server
from api.cli.sample import ACTORS, DISCOUNTS, FEATURES, PLANS, Story, stories
from api.cli.sending import Sender
from api.keys import create_key, revoke_key
from api.stores import open_store
from ledger.clock import utc_now
from ledger.core.decider import whole_milliseconds
from ledger.core.offers.catalog import PutDiscount
from ledger.core.settings import Env, Role
from ledger.errors import OperatorError
from ledger.settings import Settings
from ledger.store.ledger import CatalogAddress, Ledger, Store

CONNECTIONS: Final = 8


def make_empty(settings: Settings, ledger_id: str) -> None:
    """Make a sandbox ledger for such data, or find it unused. Raises `OperatorError` for one that is in use."""
    with closing(open_store(settings)) as store:
        make_ledger(store, ledger_id, Env.SANDBOX)
        if not _fits(store, ledger_id):
            raise OperatorError(f"The ledger {ledger_id} is in use already: give a new one with --ledger ID.")


def _fits(store: Store, ledger_id: str) -> bool:
    """Whether sample data may go there: a sandbox in which nothing but keys and settings has happened yet."""
    catalog = store.ledger(ledger_id).look(CatalogAddress(), by=OPERATOR).state
    return store.row(ledger_id).env == Env.SANDBOX.value and catalog.version == 0


def fill_if_empty(settings: Settings, ledger_id: str) -> None:
    """For `serve --demo`: sample data the first time, nothing afterwards. A quiet server of its own takes it in."""
    with closing(open_store(settings)) as store:
        empty = _fits(store, ledger_id)
    if empty:
        with temporary_server(settings) as url:
            fill(settings, ledger_id, url, list(stories()))


def fill(settings: Settings, ledger_id: str, url: str, told: list[Story]) -> int:
    """Send the sample's requests to the server at `url`; how many there were."""
    with closing(open_store(settings)) as store, _keys(store, ledger_id) as secrets, progress("sample data") as shown:
        sent = _offer(url, secrets["catalog"])
        _discount(store.ledger(ledger_id))
        return sent + _send(url, secrets, told, shown)


def _offer(url: str, secret: str) -> int:
    with Sender(url, secret) as catalog:
        for body in FEATURES:
            catalog.post("features.create", body)
        for body in PLANS:
            catalog.post("plans.create", body)
    return len(FEATURES) + len(PLANS)


def _discount(ledger: Ledger) -> None:
    """As `tallystick catalog push` does: the API has no words for discounts."""
    currency = ledger.look(CatalogAddress(), by=OPERATOR).settings.currency
    for discount in catalog_file({"discounts": list(DISCOUNTS)}, currency).discounts:
        ledger.execute(CatalogAddress(), PutDiscount(discount), by=OPERATOR)


@contextmanager
def _keys(store: Store, ledger_id: str) -> Iterator[Mapping[str, str]]:
    """A key for each actor, by name; revoked afterwards, for nobody will know their secrets."""
    made = {name: create_key(store, ledger_id, name, Role.WRITE, by=OPERATOR) for name in ACTORS}
    owner = create_key(store, ledger_id, "catalog", Role.ADMIN, by=OPERATOR)
    try:
        yield {name: each.secret for name, each in made.items()} | {"catalog": owner.secret}
    finally:
        for each in (*made.values(), owner):
            revoke_key(store, ledger_id, each.key.key_id, by=OPERATOR)


def _send(url: str, secrets: Mapping[str, str], told: list[Story], shown: Progress) -> int:
    now = whole_milliseconds(utc_now())
    total, sent = sum(len(story.acts) + 1 for story in told), 0
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for count in pool.map(lambda story: _tell(url, secrets, story, now), told):
            sent += count
            shown(sent, total)
    return sent


def _tell(url: str, secrets: Mapping[str, str], story: Story, now: datetime) -> int:
    with ExitStack() as stack:
        senders = {name: stack.enter_context(Sender(url, secret)) for name, secret in secrets.items()}
        for act in story.acts:
            at = now - timedelta(days=act.days_ago)
            senders[act.actor].post(act.operation, act.body, at=at, reason=act.reason)
        frozen = int(now.timestamp() * 1000)
        clock = {"customer_id": story.customer_id, "frozen_time": frozen}
        senders["catalog"].post("customers.advance_test_clock", clock)
    return len(story.acts) + 1
