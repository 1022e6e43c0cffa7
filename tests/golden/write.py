"""Adds the golden files that are missing; one that exists is never written again.

Run as `python -m tests.golden.write` after adding a version of an event and its example.
"""

import sys

from ledger.core.events import stored_name
from tests.golden.codec import STREAM, golden_codec, golden_file
from tests.golden.examples import EXAMPLES, VARIANTS


def main() -> None:
    """Write what is missing and say so."""
    codec = golden_codec()
    for name, event in {**{stored_name(each): each for each in EXAMPLES}, **VARIANTS}.items():
        file = golden_file(name)
        if not file.exists():
            file.write_bytes(codec.encode(event, STREAM))
            sys.stdout.write(f"added {file.name}\n")


if __name__ == "__main__":
    main()
