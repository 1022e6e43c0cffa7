"""Runs the README's tour against a server of its own: `python -m tests.tour`. Every block must do what the page says.

Shell blocks run in bash, Python blocks in one interpreter, and a text block is what the block before it must print.
"""

import contextlib
import io
import os
import re
import sys
import sysconfig
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cli.program import ROOT, serving
from tests.pages import SHOWN_URL, Block, PageBroken, blocks, check, run_shell

README = ROOT / "README.md"
TOUR = re.compile(r"^## A five-minute tour\n(.*?)^## ", re.MULTILINE | re.DOTALL)
SECRET = re.compile(r"TALLYSTICK_BOOTSTRAP_KEY=(\S+)")


def tour(page: str) -> str:
    """The tour's part of the page."""
    found = TOUR.search(page + "\n## ")
    if found is None:
        raise PageBroken("the README has no tour")
    return found[1]


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
            return run_shell(block, code, environment)
        case other:
            raise PageBroken(f"the block of line {block.line} is in a language that is not run: {other}")


def main() -> int:
    """Run the tour; the exit status."""
    page = tour(README.read_text())
    secret = SECRET.search(page)
    if secret is None:
        raise PageBroken("the tour does not say which key it uses")
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
        raise PageBroken("the tour has nothing to run")
    sys.stdout.write(f"the README's tour holds: {count} blocks\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PageBroken as broken:
        sys.exit(f"{README.name}: {broken}")
