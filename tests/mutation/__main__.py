"""Change the core in every way mutmut knows, and see which changes the tests of the core notice.

`python -m tests.mutation run mutmut.jsonl` goes on where the last run into that file stopped; `table` and `show`
read it.
Nothing is written to the code: every change is made in a process of its own, forked from one that has all tests loaded.
"""

import argparse
import sys
from pathlib import Path

from tests.mutation import results
from tests.mutation.explained import kind_of


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("action", choices=("run", "table", "show"))
    parser.add_argument("results", type=Path)
    parser.add_argument("modules", nargs="*", help="such as ledger.core.money or ledger.core.invoices; all, if none")
    parser.add_argument("--children", type=int, default=2, help="changes tried at a time")
    parser.add_argument("--examples", type=int, default=8, help="at most, for a property")
    parser.add_argument("--again", action="store_true", help="run: only what was not killed before, once more")
    asked = parser.parse_args()
    if asked.action == "run":
        from tests.mutation.running import run  # needs mutmut, which is no dependency of the project

        sys.exit(run(asked))
    found = [each for each in results.read(asked.results).values() if results.within(each["module"], asked.modules)]
    if asked.action == "table":
        print("\n".join([*results.table(found), "", *results.kinds(found)]))  # noqa: T201
    for each in found if asked.action == "show" else ():
        if each["outcome"] not in {"killed", "timed out"} and kind_of(each) is None:
            print("\n".join(results.shown(each)))  # noqa: T201


if __name__ == "__main__":
    main()
