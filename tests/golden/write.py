"""Adds the golden files that are missing; one that exists is never written again.

Run as `python -m tests.golden.write` after adding a version of an event and its example.
"""

import sys

from ledger.core.events import stored_name
from tests.golden.codec import STREAM, golden_codec, golden_file
from tests.golden.examples import EXAMPLES


def main() -> None:
    """Write what is missing and say so."""
    codec = golden_codec()
    for event in EXAMPLES:
        file = golden_file(stored_name(event))
        if not file.exists():
            file.write_bytes(codec.encode(event, STREAM))
            sys.stdout.write(f"added {file.name}\n")


if __name__ == "__main__":
    main()
