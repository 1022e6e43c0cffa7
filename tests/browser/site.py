"""The dashboard over real HTTP, and people in front of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from api.dashboard import assets
from api.sessions import sign_in_link
from api.users import add_user
from ledger.core.access import UserRole
from ledger.store.ledger import Store
from tests.api.client import TESTER, Api

PATIENCE_MS: Final = 15_000
WIDE: Final = {"width": 1440, "height": 900}
NARROW: Final = {"width": 360, "height": 800}
AXE: Final = assets.BROUGHT / "axe-core/axe.min.js"
"""What checks pages for people who cannot see, hear or point. Comes with set-up and is served to nobody."""

expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """An application on a free port of this machine; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="site", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Site:
    """One ledger's dashboard. `api` is an admin's client of the same ledger."""

    url: str
    store: Store
    api: Api
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    def person(
        self,
        role: UserRole = UserRole.FINANCE,
        name: str = "anna",
        *,
        at: str = "/customers",
        signed_in: bool = True,
        **options: Any,
    ) -> Page:
        """A new browser in which a new user has signed in and gone to an address. `options` are those of a context."""
        context = self.browser.new_context(
            base_url=self.url, **{"viewport": WIDE, "reduced_motion": "reduce", **options}
        )
        context.set_default_timeout(PATIENCE_MS)
        self.contexts.append(context)
        page = context.new_page()
        if signed_in:
            user = add_user(self.store, self.api.ledger_id, name, role, None, by=TESTER)
            # What the button of the link's page sends; that the button does is tests/browser/test_access.py's to show.
            link = sign_in_link(self.store, self.api.ledger_id, user.user_id)
            assert context.request.post(f"/sign-in/{link}", max_redirects=0).status == HTTPStatus.SEE_OTHER
            page.goto(at)
        return page

    def close(self) -> None:
        """Every browser that was opened here."""
        for context in self.contexts:
            context.close()


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with a page as it is now: the rule, and where."""
    # Read by the debugger and not by the page, whose policy would refuse it. It stays for as long as the page does.
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE.read_text() + ";undefined")
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{each['id']}: {node['html'][:200]} {node['failureSummary']}" for each in found for node in each["nodes"]]
