"""`tallystick books`, on the sample's books: in balance, and what the real programs make of the same file."""

import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from tests.cli.program import refused, report, run

BEAN_CHECK = Path(sys.executable).with_name("bean-check")


def test_the_samples_books_are_in_balance_and_the_real_programs_find_so_too(sample: str, tmp_path: Path) -> None:
    place = ("--database-url", sample)
    balance = report("books", "trial-balance", *place)
    assert {each["account"] for each in balance} >= {"Assets:Receivables", "Liabilities:DeferredRevenue"}
    assert sum(Decimal(each["balance"]) for each in balance) == 0

    for name in ("hledger", "beancount"):
        exported = run("books", "export", "--format", name, *place)
        assert exported.returncode == 0, exported.stderr
        (tmp_path / f"books.{name}").write_text(exported.stdout)
    told = checked("hledger", "-f", str(tmp_path / "books.hledger"), "check", "--strict", "ordereddates")
    assert told == ""
    totals = checked("hledger", "-f", str(tmp_path / "books.hledger"), "balance", "--flat")
    assert totals.splitlines()[-1].strip() == "0"
    checked(str(BEAN_CHECK), str(tmp_path / "books.beancount"))

    nothing = run("books", "trial-balance", "--to", "1999-12-31", "--account", "Assets:Cash", *place)
    assert (nothing.returncode, nothing.stdout) == (0, "The books are empty.\n")
    assert "must be a day" in refused("books", "trial-balance", "--from", "soon", *place)


def checked(*command: str) -> str:
    assert shutil.which(command[0]), f"{command[0]} is not there: .ci/run installs it"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
