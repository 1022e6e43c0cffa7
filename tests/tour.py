"""Runs the README's tour against a server of its own: `python -m tests.tour`. Every block must do what the page says.

Shell blocks run in bash, Python blocks in one interpreter, and a text block is what the block before it must print.
"""

import contextlib
import io
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.cli.program import ROOT, serving

README = ROOT / "README.md"
TOUR = re.compile(r"^## A five-minute tour\n(.*?)^## ", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECRET = re.compile(r"TALLYSTICK_BOOTSTRAP_KEY=(\S+)")
SHOWN_URL = "http://127.0.0.1:8000"
SECONDS = 120


class Block(NamedTuple):
    """A block of code of the page, with what it must print, where the page says so."""

    language: str
    code: str
    line: int
    expected: str | None


class TourBroken(Exception):
    """The page promises what does not happen."""


def tour(page: str) -> str:
    """The tour's part of the page."""
    found = TOUR.search(page + "\n## ")
    if found is None:
        raise TourBroken("the README has no tour")
    return found[1]


def blocks(page: str) -> Iterator[Block]:
    """The blocks to run, in order."""
    found = list(BLOCK.finditer(page))
    for number, match in enumerate(found):
        language, code = match.groups()
        if language == "text":
            continue
        after = found[number + 1] if number + 1 < len(found) else None
        expected = after[2] if after is not None and after[1] == "text" else None
        yield Block(language, code, page[: match.start()].count("\n") + 1, expected)


def run_block(block: Block, url: str, names: dict[str, Any], environment: Mapping[str, str]) -> str:
    """What a block prints when it is run."""
    code = block.code.replace(SHOWN_URL, url)
    match block.language:
        case "python":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(code, f"README.md, tour line {block.line}", "exec"), names)
            return printed.getvalue()
        case "sh":
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", code], env=environment, capture_output=True, text=True,
                timeout=SECONDS, check=False,
            )  # fmt: skip
            if done.returncode != 0:
                raise TourBroken(f"tour line {block.line} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
            if '"code":' in done.stdout and block.expected is None:
                raise TourBroken(f"tour line {block.line} was refused: {done.stdout}")
            return done.stdout
        case other:
            raise TourBroken(f"tour line {block.line} is in a language that is not run: {other}")


def check(block: Block, printed: str) -> None:
    """Hold what was printed to what the page shows; `...` on the page stands for anything on its line."""
    if block.expected is None:
        return
    pattern = "".join(
        ".*".join(re.escape(part) for part in line.split("...")) + "\n" for line in block.expected.splitlines()
    )
    if re.fullmatch(pattern, printed) is None:
        raise TourBroken(f"tour line {block.line} printed:\n{printed}and the page says:\n{block.expected}")


def main() -> int:
    """Run the tour; the exit status."""
    page = tour(README.read_text())
    secret = SECRET.search(page)
    if secret is None:
        raise TourBroken("the tour does not say which key it uses")
    with tempfile.TemporaryDirectory(prefix="tallystick-tour-") as folder:
        Path(folder).chmod(0o711)
        data, names = Path(folder) / "data", {"__name__": "tour"}
        given = {"TALLYSTICK_BOOTSTRAP_KEY": secret[1], "TALLYSTICK_DATA": str(data), "TALLYSTICK_MASTER_KEY": ""}
        path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
        kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment = {**kept, **given, "PATH": path}
        with serving(Path(folder) / "log", **given) as server, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the SDK's own
            count = 0
            for block in blocks(page):
                check(block, run_block(block, server.url, names, environment))
                count += 1
    if count == 0:
        raise TourBroken("the tour has nothing to run")
    sys.stdout.write(f"the README's tour holds: {count} blocks\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except TourBroken as broken:
        sys.exit(f"{README.name}: {broken}")
