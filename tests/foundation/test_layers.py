"""What import-linter cannot say: an allow-list for the core. Its contracts hold the rest."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = sorted((ROOT / "ledger" / "core").rglob("*.py"))
# Parts of the standard library that read the world; the core is given what it needs to know.
IMPURE = {"asyncio", "io", "logging", "os", "random", "secrets", "socket", "subprocess", "threading", "time"} | {
    "zoneinfo"
}
# A ledger's time zone is one of its settings, found by its name. Its rules may change between two folds, and no fold
# computes a calendar.
EXCUSED = {("settings.py", "zoneinfo"), ("zones.py", "zoneinfo")}


@pytest.mark.parametrize("path", CORE, ids=[path.name for path in CORE])
def test_the_core_imports_only_the_pure_standard_library_msgspec_and_itself(path: Path) -> None:
    for module in imported(path):
        top = module.partition(".")[0]
        if top == "ledger":
            assert module.startswith("ledger.core"), module
        elif (path.name, top) not in EXCUSED:
            assert top == "msgspec" or (top in sys.stdlib_module_names and top not in IMPURE), module


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add(str(node.module))
    return found
