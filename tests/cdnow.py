"""Where the CDNOW data file is: prints the path of the copy inside the installed `lifetimes` package."""

import sys
from importlib.util import find_spec
from pathlib import Path


def path() -> Path:
    """The data file, found without importing the package: its dependencies are not installed."""
    found = find_spec("lifetimes")
    if found is None or found.origin is None:
        sys.exit("the development dependency lifetimes is not installed: run `make setup`")
    return Path(found.origin).parent / "datasets" / "CDNOW_master.txt"


if __name__ == "__main__":
    sys.stdout.write(f"{path()}\n")
