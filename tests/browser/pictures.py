"""The pictures of docs/pictures: the main pages of the sample company, in two widths, light and dark.

    python -m tests.browser.pictures [FOLDER]

Starts a server of its own on a data directory of its own, with the sample data that `tallystick serve --demo` makes,
the same at every run but for its days. Looks at it as its owner; both are gone afterwards.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.chromium import chromium

FOLDER: Final = Path(__file__).parents[2] / "docs" / "pictures"
SIZES: Final[Mapping[str, ViewportSize]] = {
    "": {"width": 1440, "height": 780},
    "-narrow": {"width": 390, "height": 844},
}
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
MOST_BYTES: Final = 180_000
SETTLE_MS: Final = 300
"""What a script draws is drawn by then."""
READY_SECONDS: Final = 180
LINK: Final = re.compile(r"^sign-in (\S+)$")
CUSTOMER: Final = "/customers/umber-studio"
"""A plan with an add-on, what it renews to, entities, invoices, and much in its timeline."""


class Picture(NamedTuple):
    """A page, and what is opened on it by its name before it is looked at."""

    name: str
    path: str
    opens: str | None = None
    chooses: str | None = None


PICTURES: Final = (
    Picture("customers", "/customers"),
    Picture("customer", CUSTOMER),
    Picture("attach", CUSTOMER, opens="Attach plan", chooses="Premium"),
    Picture("invoice", CUSTOMER, opens="No. "),
    Picture("timeline", "/timeline?actor=support-desk"),
    Picture("usage", "/usage"),
    Picture("plan", "/plans/premium"),
    Picture("books", "/books"),
)


@contextmanager
def sample() -> Iterator[str]:
    """The sign-in link of a server with the sample data, for the length of a block."""
    with tempfile.TemporaryDirectory(prefix="tallystick-pictures-") as data:
        Path(data).chmod(0o711)  # under root the database runs as its own user
        command = [sys.executable, "-m", "api.cli.main", "serve", "--demo", "--port", "0", "--data", f"{data}/data"]
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        server = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
        )
        try:
            yield _link(server)
        finally:
            server.terminate()
            server.wait(READY_SECONDS)


def _link(server: "subprocess.Popen[str]") -> str:
    assert server.stdout is not None
    for line in server.stdout:
        found = LINK.match(line.strip())
        if found is not None:
            return found[1]
    raise SystemExit("The server ended before it was ready: start it by hand to see why.")


def signed_in(browser: Browser, link: str) -> Any:
    """The session of the owner, to be used in every look."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.locator("form button").click()
    page.wait_for_url("**/customers*")
    state = context.storage_state()
    context.close()
    return state


def take(page: Page, picture: Picture, path: Path) -> int:
    """Take one picture; its bytes."""
    page.goto(picture.path)
    if picture.opens is not None:
        page.get_by_role("link", name=picture.opens).first.click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        if picture.chooses is not None:
            dialog.get_by_role("radio", name=picture.chooses).check()
            expect(dialog.get_by_role("button", name=re.compile("^Attach and"))).to_be_visible()
            dialog.get_by_text("Due now").scroll_into_view_if_needed()
        page.evaluate("scrollTo(0, 0)")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(SETTLE_MS)
    return len(page.screenshot(path=str(path), animations="disabled"))


def main(folder: Path = FOLDER) -> None:
    """Take all pictures, and say which are larger than they should be."""
    folder.mkdir(parents=True, exist_ok=True)
    with sample() as link, chromium() as browser:
        state, base = signed_in(browser, link), link.partition("/sign-in")[0]
        for (size, viewport), scheme in product(SIZES.items(), SCHEMES):
            context = browser.new_context(
                base_url=base, storage_state=state, viewport=viewport, color_scheme=scheme, reduced_motion="reduce"
            )
            page = context.new_page()
            for picture in PICTURES:
                path = folder / f"{picture.name}{size}-{scheme}.png"
                taken = take(page, picture, path)
                sys.stdout.write(f"{path.name}: {taken:,} bytes{', too large' if taken > MOST_BYTES else ''}\n")
            context.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
