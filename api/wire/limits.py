"""The named limits of the wire: how long, how many, how deep, how large.

Everything a caller can send is bounded here, so that no single request can exhaust the server, and so that
the sentence that refuses one can name the limit. Characters are Unicode code points.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

BODY_BYTES: Final = 1_000_000
"""The largest request body; a longer one is 413."""
BODY_DEPTH: Final = 32
"""Objects and lists inside each other, in any body."""

ID_CHARS: Final = 255
LOCK_ID_CHARS: Final = 256
NAME_CHARS: Final = 255
EMAIL_CHARS: Final = 320
TEXT_CHARS: Final = 2_000
CURSOR_CHARS: Final = 2_000
IDEMPOTENCY_KEY_CHARS: Final = 255

PAGE_ROWS: Final = 50
"""Rows on a page where the caller names no number."""
PAGE_ROWS_MAX: Final = 5_000
ROW_PAGE_ROWS_MAX: Final = 200
"""The ceiling of subscriptions.list, purchases.list and balances.list."""
BATCH_ROWS: Final = 1_000
LIST_ENTRIES: Final = 200
"""Entries of any list inside a request, such as a plan's items."""

FREE_ENTRIES: Final = 500
"""Values in one free-form object (metadata, properties), counted at every depth."""
FREE_DEPTH: Final = 8
FREE_KEY_CHARS: Final = 100
FREE_TEXT_CHARS: Final = 5_000
FREE_NUMBER_DIGITS: Final = 39
"""Digits of a free-form number written out in full; such numbers are kept exactly as sent."""

NUMBER_MAX: Final = Decimal(10) ** 15
NUMBER_PLACES: Final = 12
"""Quantities and amounts are rounded half-even past this many places (docs/api.md, the table of differences)."""
INTERVAL_COUNT_MAX: Final = 1_000
PLAN_VERSION_MAX: Final = 2**31 - 1
"""What the database's integer holds."""

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2500, 1, 1, tzinfo=UTC)
"""Instants on the wire lie from `EARLIEST` to before `LATEST`."""

PROBLEMS_SHOWN: Final = 20
"""How many bad fields one refusal lists before it only counts them."""
VALUE_SHOWN_CHARS: Final = 40
"""How much of a wrong value its sentence repeats."""
