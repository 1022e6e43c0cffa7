"""The pins are what the rules of the house say they are."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements"
INPUTS = sorted(REQUIREMENTS.glob("*.in"))
ASSETS = ROOT / "api" / "dashboard" / "assets"


def asked_for(path: Path) -> set[str]:
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return {line.partition("==")[0] for line in lines if line and not line.startswith("-")}


@pytest.mark.parametrize("path", INPUTS, ids=[path.name for path in INPUTS])
def test_every_direct_dependency_has_its_reason_and_a_pin(path: Path) -> None:
    reasons = set(re.findall(r"^\| ([\w.\[\],-]+)", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE))
    assert asked_for(path) <= reasons
    pinned = path.with_suffix(".txt").read_text()
    for name in asked_for(path):
        assert re.search(rf"^{re.escape(name.partition('[')[0])}==", pinned, re.MULTILINE), f"{name}: run make pins"


def test_no_reason_is_left_over_from_a_dependency_that_is_gone() -> None:
    rows = re.findall(
        r"^\| ([@\w./\[\],-]+)(?: \(`[^)]*`\))? \| ", (ROOT / "docs" / "dependencies.md").read_text(), re.M
    )
    assert set(rows) - {"package", "---"} == set().union(*map(asked_for, INPUTS), assets())


def assets() -> dict[str, str]:
    """What npm brings: what pages are made of, and what only tests use."""
    asked = json.loads((ASSETS / "package.json").read_text())
    return {**asked["dependencies"], **asked["devDependencies"]}


def test_what_npm_brings_is_of_one_version_with_a_hash_and_from_no_named_host() -> None:
    lock = json.loads((ASSETS / "package-lock.json").read_text())
    asked = lock["packages"][""]
    assert {**asked["dependencies"], **asked["devDependencies"]} == assets()
    brought = {name: each for name, each in lock["packages"].items() if name}
    assert {name.removeprefix("node_modules/") for name in brought} == assets().keys()
    for name, each in brought.items():
        assert each["version"] == assets()[name.removeprefix("node_modules/")]
        assert each["integrity"].startswith("sha512-")
        assert "resolved" not in each


@pytest.mark.parametrize("path", sorted(REQUIREMENTS.glob("*.txt")), ids=lambda path: path.name)
def test_every_pin_is_exact_has_hashes_and_names_no_host(path: Path) -> None:
    text = path.read_text()
    assert "://" not in text
    assert "--index-url" not in text
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if entry and not entry.startswith("#")]
    assert entries
    for entry in entries:
        assert re.match(r"[\w.\[\]-]+==[\w.]+( ;[^\\]*)? \\\n\s+--hash=sha256:[0-9a-f]{64}", entry), entry[:80]
