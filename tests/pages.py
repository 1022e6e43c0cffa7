"""Pages whose code is run. A text block is what the block before it must print; `...` in it is anything on its line."""

import re
from collections.abc import Iterator
from typing import NamedTuple

BLOCK = re.compile(r"^```(\w+)(?: needs=(\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN_URL = "http://127.0.0.1:8000"
SECONDS = 120


class Block(NamedTuple):
    """A block of code of a page, what it must print where the page says so, and the program that it needs."""

    language: str
    code: str
    line: int
    expected: str | None
    needs: str | None = None


class PageBroken(Exception):
    """The page promises what does not happen."""


def blocks(page: str) -> Iterator[Block]:
    """The blocks to run, in order."""
    found = list(BLOCK.finditer(page))
    for number, match in enumerate(found):
        language, needs, code = match.groups()
        if language == "text":
            continue
        after = found[number + 1] if number + 1 < len(found) else None
        expected = after[3] if after is not None and after[1] == "text" else None
        yield Block(language, code, page[: match.start()].count("\n") + 1, expected, needs)


def check(block: Block, printed: str) -> None:
    """Hold what was printed to what the page shows. Raises `PageBroken`."""
    if block.expected is None:
        return
    pattern = "".join(
        ".*".join(re.escape(part) for part in line.split("...")) + "\n" for line in block.expected.splitlines()
    )
    if re.fullmatch(pattern, printed) is None:
        raise PageBroken(f"the block of line {block.line} printed:\n{printed}and the page says:\n{block.expected}")


def check_done(block: Block, status: int, printed: str, errors: str) -> None:
    """Hold a shell block to having succeeded, and to no refusal that the page does not show. Raises `PageBroken`."""
    if status != 0:
        raise PageBroken(f"the block of line {block.line} ended with {status}:\n{printed}{errors}")
    if '"code":' in printed and block.expected is None:
        raise PageBroken(f"the block of line {block.line} was refused: {printed}")
