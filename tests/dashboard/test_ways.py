"""Where the pages lead: to nothing that is refused, and everywhere without a script too."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import pytest

from api.auth import RANK
from api.dashboard.gate import REACH
from api.dashboard.route import Route
from api.dashboard.routes import ROOMS
from ledger.core.access import UserRole
from tests.dashboard.conftest import Browser, Desk
from tests.dashboard.test_markup import PAGES, address, desk, values

__all__ = ["desk", "values"]

ROUTES: Final = [route for room in ROOMS for route in room.ROUTES]
OF_USERS: Final = ("<user_id>", "<key_id>")


class Way(NamedTuple):
    """A link or a form, and how a script would go there."""

    method: str
    path: str
    scripted: str | None
    marked: bool


class Ways(HTMLParser):
    """The links and forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Way] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "form":
            method = (said.get("method") or "get").upper()
            self.found.append(Way(method, said.get("action") or "", said.get(f"hx-{method.lower()}"), marked=False))
        elif tag == "input" and said.get("name") == "form_token":
            self.found[-1] = self.found[-1]._replace(marked=True)
        elif tag == "a":
            self.found.append(Way("GET", said.get("href") or "", said.get("hx-get"), marked=False))
        elif tag == "button" and ("hx-get" in said or "hx-post" in said):
            method = "GET" if "hx-get" in said else "POST"
            self.found.append(Way(method, said.get("formaction") or "", said[f"hx-{method.lower()}"], marked=False))


def ways(page: str) -> list[Way]:
    found = Ways()
    found.feed(page)
    found.close()
    return found.found


def leads_to(way: Way) -> Route | None:
    """The route of a way; the one with the fewest names in its path where several are like it."""
    path = urlsplit(way.path).path
    fitting = [each for each in ROUTES if each.method == way.method and re.fullmatch(pattern(each), path)]
    return min(fitting, key=lambda each: each.path.count("<"), default=None)


def pattern(route: Route) -> str:
    return re.sub(r"<\w+>", "[^/]+", route.path)


@pytest.fixture(scope="module", params=list(UserRole))
def role(request: pytest.FixtureRequest) -> UserRole:
    found: UserRole = request.param
    return found


@pytest.fixture(scope="module")
def reader(desk: Desk, values: dict[str, str], role: UserRole) -> Browser:
    return desk.browser(role, f"a {role.value}")


@pytest.fixture(scope="module")
def pages(reader: Browser, values: dict[str, str], role: UserRole) -> dict[str, str]:
    """Every page that the role reaches, as it is sent; those of users and keys are the admin's own page of them."""
    return dict(_pages(reader, values, role))


def _pages(reader: Browser, values: dict[str, str], role: UserRole) -> Iterator[tuple[str, str]]:
    for route in PAGES:
        reaches = RANK[REACH[route.needs]] <= RANK[REACH[role]]
        if not reaches or any(name in route.path for name in OF_USERS):
            continue
        answer = reader.get(address(route, values))
        if answer.mimetype == "text/html":
            yield route.path, reader.last_raw()


def test_no_page_leads_to_what_its_reader_may_not_do(pages: dict[str, str], role: UserRole) -> None:
    refused = [
        f"{page}: {way.method} {way.path}"
        for page, text in pages.items()
        for way in ways(text)
        if (route := leads_to(way)) is not None and RANK[REACH[route.needs]] > RANK[REACH[role]]
    ]
    assert refused == []


def test_what_a_script_does_is_done_without_one_too(pages: dict[str, str]) -> None:
    """A link that opens a sheet is a link to the same page, and a form that is sent by a script is a form to there."""
    scripted = [(page, way) for page, text in pages.items() for way in ways(text) if way.scripted is not None]
    assert scripted
    assert [f"{page}: {way}" for page, way in scripted if urlsplit(way.path).path != urlsplit(way.scripted).path] == []


def test_every_way_leads_somewhere_and_every_form_is_marked(pages: dict[str, str]) -> None:
    found = [(page, way) for page, text in pages.items() for way in ways(text)]
    ours = [(page, way) for page, way in found if way.path.startswith("/") and not way.path.startswith("/files/")]
    assert [f"{page}: {way.path}" for page, way in ours if way.path != "/" and leads_to(way) is None] == []
    assert [page for page, way in found if way.method == "POST" and not way.marked] == []
