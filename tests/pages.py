"""Pages whose code is run. A text block is what the block before it must print; `...` in it is anything on its line."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

BLOCK = re.compile(r"^```(\w+)(?: needs=(\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN_URL = "http://127.0.0.1:8000"
SECONDS = 900  # for what hangs: the longest block takes half a minute, and on a busy machine several


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


def run_shell(
    block: Block, script: str, environment: Mapping[str, str], *, folder: Path | None = None, seconds: float = SECONDS
) -> str:
    """What the script of a shell block prints.

    Raises `PageBroken` where it fails, does not end, or is refused what the page does not show to be refused.
    """
    try:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder, env=environment, capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise PageBroken(f"the block of line {block.line} did not end within {seconds:g} s") from None
    if done.returncode != 0:
        raise PageBroken(f"the block of line {block.line} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    if '"code":' in done.stdout and block.expected is None:
        raise PageBroken(f"the block of line {block.line} was refused: {done.stdout}")
    return done.stdout
