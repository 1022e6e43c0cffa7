"""What became of each change: a line of JSON each, written as it is known, so that a run can go on where it stopped."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from tests.mutation.explained import kind_of

OUTCOMES: Final = ("killed", "survived", "timed out", "not reached")


def read(path: Path) -> dict[str, dict[str, Any]]:
    """The last result of every change, by its key."""
    if not path.exists():
        return {}
    whole = path.read_text()
    # A run that was killed may have left half a line at the end.
    lines = whole[: whole.rfind("\n") + 1].splitlines()
    return {found["key"]: found for found in map(json.loads, lines)}


def forget(path: Path, asked: Callable[[str], bool], known: Collection[str]) -> dict[str, dict[str, Any]]:
    """What is left of the results when those of code that is gone are dropped, from the modules asked for."""
    left = {key: found for key, found in read(path).items() if key in known or not asked(found["module"])}
    whole = path.with_suffix(".new")
    whole.write_text("".join(f"{json.dumps(found)}\n" for found in left.values()))
    whole.replace(path)
    return left


def write(path: Path, **result: Any) -> None:
    with path.open("a") as file:
        file.write(json.dumps(result) + "\n")


def within(module: str, asked: Sequence[str]) -> bool:
    """Whether a module is one of those asked for or lies in one; all of them, when none is asked for."""
    return not asked or any(module == each or module.startswith(f"{each}.") for each in asked)


def room(module: str) -> str:
    """The room of the core that a module lies in; the modules at its top are one room."""
    parts = module.split(".")
    return parts[2] if len(parts) > 3 else "(top)"


def table(results: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A table by room: what was changed, and what became of it."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for found in results:
        for name in (room(found["module"]), "**all**"):
            counted[name][found["outcome"]] += 1
    yield f"| room | run | {' | '.join(OUTCOMES)} |"
    yield "| --- |" + " --- |" * (len(OUTCOMES) + 1)
    for name, row in sorted(counted.items(), key=lambda each: (each[0] == "**all**", each[0])):
        yield f"| {name} | {row.total():,} | {' | '.join(f'{row[each]:,}' for each in OUTCOMES)} |"


def kinds(results: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A table of why the changes that were not noticed were not."""
    unnoticed = [each for each in results if each["outcome"] in {"survived", "not reached"}]
    counted = Counter(kind_of(each) or "not explained" for each in unnoticed)
    yield "| why | number |"
    yield "| --- | --- |"
    yield from (f"| {kind} | {number:,} |" for kind, number in counted.most_common())


def shown(found: dict[str, Any]) -> Iterator[str]:
    """One change, to be read by a person."""
    yield f"## {found['place']} ({found['outcome']}), lines {found['lines'][0]}-{found['lines'][1]}"
    yield from (f"   {line}" for line in found["change"])
