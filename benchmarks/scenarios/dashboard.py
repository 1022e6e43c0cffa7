"""What somebody in front of the dashboard waits for, on a ledger with a crowd in it (`--crowd`, as for `reads`).

Server time is what one page takes over HTTP on a kept connection, its transport included. The largest contentful paint
is what Chromium itself reports for a page of a browser that has the files already, and for the first visit.
"""

import contextlib
import gzip
import http.client
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from playwright.sync_api import Browser, BrowserContext

from api.dashboard import assets
from api.sessions import sign_in_link
from api.users import add_user
from benchmarks.bench import Bench, Skipped
from benchmarks.crowd import crowded
from benchmarks.database import Database
from benchmarks.figures import Figure, Target
from benchmarks.harness import percentile
from benchmarks.ours import BY, LEDGER_ID
from benchmarks.scenarios.reads import until_built
from benchmarks.server import MASTER_KEY_BYTES, Server, serving
from benchmarks.warming import settle
from ledger.clock import monotonic
from ledger.core.access import UserRole
from ledger.store.ledger import Store
from tests.browser.chromium import NoChromium, chromium

TIMES, VISITS = 40, 9
LIST, CUSTOMER, PAINT, KILOBYTES = Target(30, "under"), Target(40, "under"), Target(600, "under"), Target(150, "under")
COOKIE = "tallystick_session"
LISTS = (
    "/customers",
    "/customers?status=active&sort=name&order=asc",
    "/customers?search=harbor",
    "/customers?plan=pro&metadata.region=eu-west",
    "/customers?feature=messages&sort=remaining&order=asc",
)
CUSTOMERS = ("/customers/c77", "/customers/busy", "/customers/heavy")
LCP = """() => new Promise((done) => new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime))
  .observe({type: "largest-contentful-paint", buffered: true}))"""


def run(bench: Bench) -> Iterator[Figure]:
    with crowded(bench) as (database, size), serving(database, size.customers) as server:
        until_built(server)
        settle(database)
        session = _session(database, server)
        title = f"a page of the list, {len(LISTS)} filters, {size.customers:,} customers"
        yield _pages(server, session, "dashboard.list", title, LISTS, LIST)
        yield _pages(server, session, "dashboard.customer", "the page of a customer", CUSTOMERS, CUSTOMER)
        yield from _painted(server, session)
    yield _weight()


def _session(database: Database, server: Server) -> str:
    """The cookie of a new user who has used a link."""
    with contextlib.closing(Store(database.url, operator_key=MASTER_KEY_BYTES)) as store:
        name = f"bench-{uuid.uuid4().hex[:8]}"
        link = sign_in_link(store, LEDGER_ID, add_user(store, LEDGER_ID, name, UserRole.ADMIN, None, by=BY).user_id)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", f"/sign-in/{link}")
    response = connection.getresponse()
    response.read()
    connection.close()
    cookie = response.headers.get("Set-Cookie", "")
    if not cookie.startswith(f"{COOKIE}="):
        raise RuntimeError(f"the sign-in link answered {response.status}")
    return cookie.removeprefix(f"{COOKIE}=").split(";")[0]


def _pages(server: Server, session: str, key: str, title: str, paths: Sequence[str], target: Target) -> Figure:
    """The slowest page's median, and the 99th percentile of all of them."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    took: dict[str, list[float]] = {}
    for path in paths:
        _seconds(connection, session, path)
        took[path] = sorted(_seconds(connection, session, path) for _ in range(TIMES))
    connection.close()
    slowest = max(took, key=lambda path: percentile(took[path], 50))
    together = sorted(each for seconds in took.values() for each in seconds)
    note = f"median of all {percentile(together, 50) * 1000:.1f} ms; slowest {slowest}"
    value, p99_ms = percentile(took[slowest], 50) * 1000, percentile(together, 99) * 1000
    return Figure(key, title, value, "ms", p99_ms=p99_ms, target=target, note=note)


def _seconds(connection: http.client.HTTPConnection, session: str, path: str) -> float:
    begin = monotonic()
    connection.request("GET", path, headers={"Cookie": f"{COOKIE}={session}"})
    response = connection.getresponse()
    response.read()
    if response.status != 200:
        raise RuntimeError(f"{path} answered {response.status}")
    return monotonic() - begin


def _painted(server: Server, session: str) -> Iterator[Figure]:
    try:
        with chromium() as browser:
            for key, path in (("list", LISTS[0]), ("customer", CUSTOMERS[0])):
                first, again = _paints(browser, server, session, path)
                note = f"first visit of a new browser {first:.0f} ms"
                title = f"largest contentful paint, {key}"
                yield Figure(f"dashboard.paint.{key}", title, again, "ms", target=PAINT, note=note)
    except NoChromium as why:
        raise Skipped(str(why)) from None


def _paints(browser: Browser, server: Server, session: str, path: str) -> tuple[float, float]:
    """Milliseconds of the first visit of a new browser, and the median of the next ones."""
    context = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": COOKIE, "value": session, "url": server.url}])
    seen = [_paint(context, path) for _ in range(VISITS)]
    context.close()
    return seen[0], percentile(sorted(seen[1:]), 50)


def _paint(context: BrowserContext, path: str) -> float:
    page = context.new_page()
    page.goto(path, wait_until="load")
    found: Any = page.evaluate(LCP)
    page.close()
    return float(found)


def _weight() -> Figure:
    """All script and style that any page may ask for, packed."""
    names = [name for name in (assets.STYLE, *assets.FILES) if name.endswith((".css", ".js"))]
    packed = [found.packed or gzip.compress(found.plain) for found in map(assets.asset, names) if found is not None]
    return Figure("dashboard.weight", "script and style, packed", sum(map(len, packed)) / 1000, "kB", target=KILOBYTES)
