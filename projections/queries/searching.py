"""Which piece of what is searched for is worth asking an index of three letters at a time about."""

import re
from collections.abc import Sequence
from typing import Final

MOST_PIECES: Final = 2  # the planner takes half a millisecond to say how many customers have one
_PIECE: Final = re.compile(r"[^\W_]{3,}")


def pieces(search: str) -> Sequence[str]:
    """Words and numbers in what is searched for, those first that few may have; none where it is all one."""
    found = dict.fromkeys(_PIECE.findall(search.lower()))
    if len(found) == 1:
        return ()
    return sorted(found, key=lambda piece: (piece.isalpha(), -len(piece)))[:MOST_PIECES]
