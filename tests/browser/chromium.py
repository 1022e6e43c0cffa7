"""The Chromium that tests and benchmarks drive: the machine's own, without windows if it can be; else Playwright's."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Playwright, sync_playwright

# The shell draws no window, bar or tab around a page, which costs a browser as much again as the page.
NAMES: Final = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
PLACES: Final = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# Tests look at pages of their own and at nothing else; under root the sandbox does not start.
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


class NoChromium(Exception):
    """There is none; the message says how to get one."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window. Raises `NoChromium`."""
    with sync_playwright() as playwright:
        program = _program(playwright)
        if program is None:
            raise NoChromium(
                "there is no Chromium or Chrome here: `apt-get install chromium`, or `playwright install chromium`"
            )
        # Where a machine has no language the shell would tell pages of one that is none.
        environment: dict[str, str | float | bool] = {**os.environ, "LC_ALL": "en_US.UTF-8"}
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS), env=environment)
        yield browser
        browser.close()


def _program(playwright: Playwright) -> str | None:
    found = next((path for path in map(shutil.which, NAMES) if path is not None), None)
    own = playwright.chromium.executable_path
    return found or next((path for path in (*PLACES, own) if Path(path).exists()), None)
