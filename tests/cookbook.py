"""Runs docs/audit-cookbook.md against a server of its own: `python -m tests.cookbook`. Every answer must be the page's.

The blocks are one session: what one sets, the next ones have. They run in a folder of their own, in the page's order.
"""

import os
import shlex
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.cli.program import ROOT, serving
from tests.pages import SHOWN_URL, Block, PageBroken, blocks, check, run_shell

BOOK = ROOT / "docs" / "audit-cookbook.md"


class Session:
    """A shell that goes on from block to block: its variables and functions are kept in a file between them."""

    def __init__(self, folder: Path, url: str, environment: Mapping[str, str]) -> None:
        self._folder, self._url, self._environment = folder, url, environment
        self._kept = folder / ".session"
        self._kept.touch()

    def run(self, block: Block) -> str:
        """What a block prints. Raises `PageBroken` where it fails or is refused and the page does not show it."""
        code = block.code.replace(SHOWN_URL, self._url)
        if block.language == "python":
            code = f"python -c {shlex.quote(code)}"
        elif block.language != "sh":
            raise PageBroken(f"the block of line {block.line} is in a language that is not run: {block.language}")
        kept = shlex.quote(str(self._kept))
        keep = f"{{ export -p; declare -f; }} > {kept}"
        return run_shell(block, f"set -a\n. {kept}\n{code}\n{keep}", self._environment, folder=self._folder)


def main() -> int:
    """Run the book; the exit status."""
    with tempfile.TemporaryDirectory(prefix="tallystick-cookbook-") as made:
        Path(made).chmod(0o711)
        folder = Path(made) / "book"
        folder.mkdir()
        given = {"TALLYSTICK_DATA": str(Path(made) / "data"), "TALLYSTICK_MASTER_KEY": ""}
        path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
        kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment = {**kept, **given, "PATH": path, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
        ran, left_out = 0, set[str]()
        with serving(Path(made) / "log", **given, TALLYSTICK_BOOTSTRAP_KEY="") as server:
            session = Session(folder, server.url, environment)
            for block in blocks(BOOK.read_text()):
                if block.needs is not None and shutil.which(block.needs) is None:
                    left_out.add(block.needs)
                    continue
                check(block, session.run(block))
                ran += 1
    if ran == 0:
        raise PageBroken("there is nothing to run")
    without = f"; left out what needs {', '.join(sorted(left_out))}" if left_out else ""
    sys.stdout.write(f"the audit cookbook holds: {ran} blocks{without}\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PageBroken as broken:
        sys.exit(f"{BOOK.name}: {broken}")
