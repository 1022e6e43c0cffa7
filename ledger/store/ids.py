"""Stream ids: UUID version 7, so that customers made one after another lie side by side in the indexes."""

import os
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

UNIX_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def new_stream_id(recorded_at: datetime) -> UUID:
    """A fresh id that sorts by the instant it was made at (RFC 9562, section 5.7)."""
    milliseconds = (recorded_at - UNIX_EPOCH) // timedelta(milliseconds=1)
    random = int.from_bytes(os.urandom(10))
    value = milliseconds << 80 | 0x7 << 76 | (random >> 62 & 0xFFF) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    return UUID(int=value)
