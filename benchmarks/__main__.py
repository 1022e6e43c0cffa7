"""`python -m benchmarks`: measure, print the table, say what was missed.

Exit status: 0 when every scenario ran or said why it could not, 1 when one broke. A missed target is marked in the
table and does not change the status: figures belong to a machine.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from benchmarks import report
from benchmarks.bench import Bench, Scenario, Skipped
from benchmarks.figures import Figure
from benchmarks.machine import describe
from benchmarks.scenarios import SCENARIOS


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    if options.list:
        print("\n".join(f"{scenario.name:16} {scenario.summary}" for scenario in SCENARIOS))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are stopped and directories removed
    directory = Path(tempfile.mkdtemp(prefix="tallystick-bench-", dir=options.directory))
    directory.chmod(0o755)  # PostgreSQL runs under its own user when we are root, and must reach its data
    try:
        return _run(options, directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _run(options: argparse.Namespace, directory: Path) -> int:
    machine = describe(directory)
    _say(machine.sentence())
    if machine.sync_is_free:
        _say(f"WARNING: {directory} is on {machine.file_system}: nothing here is durable. Use --directory on a disk.")
    figures, skipped, broken = _measure(_chosen(options.only), _bench(options, directory))
    print(report.table(figures))
    for name, why in skipped:
        _say(f"SKIPPED {name}: {why}")
    if options.json:
        options.json.write_text(report.document(figures, machine, skipped, options.quick) + "\n")
    return 1 if broken else 0


def _bench(options: argparse.Namespace, directory: Path) -> Bench:
    return Bench(directory, options.quick, options.crowd, options.customers, options.events)


def _measure(scenarios: Sequence[Scenario], bench: Bench) -> tuple[list[Figure], list[tuple[str, str]], bool]:
    figures: list[Figure] = []
    skipped: list[tuple[str, str]] = []
    broken = False
    for scenario in scenarios:
        _say(f"{scenario.name}: {scenario.summary}")
        try:
            for figure in scenario.run(bench):
                figures.append(figure)
                _say(f"  {figure.title}: {figure.value:,.1f} {figure.unit}")
        except Skipped as why:
            skipped.append((scenario.name, str(why)))
        except Exception:  # noqa: BLE001 - one broken scenario must not take the figures of the others
            broken = True
            skipped.append((scenario.name, "it broke; the traceback is above"))
            traceback.print_exc()
    return figures, skipped, broken


def _chosen(names: Sequence[str]) -> list[Scenario]:
    """In the order of the registry, so that what is compared is measured close together."""
    known = {scenario.name for scenario in SCENARIOS}
    if unknown := set(names) - known:
        raise SystemExit(f"no scenario is called {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    return [scenario for scenario in SCENARIOS if not names or scenario.name in names]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure, print the table, say what was missed."
    )
    parser.add_argument("--only", action="extend", nargs="+", default=[], metavar="NAME", help="run these scenarios")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the sizes, two seconds a loop")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--directory", type=Path, help="put the databases in a directory under this one")
    parser.add_argument("--crowd", type=Path, metavar="DIR", help="keep the ledger with a crowd here, and use it again")
    parser.add_argument("--customers", type=int, help="customers of the crowd (100,000)")
    parser.add_argument("--events", type=int, help="events of the crowd's ledger, about (1,000,000)")
    parser.add_argument("--list", action="store_true", help="name the scenarios and stop")
    return parser.parse_args(arguments)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
