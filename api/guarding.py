"""What every answer tells a browser that opens it by itself, unless the answer says otherwise: nothing in it runs,
nobody frames it, nobody keeps it, and it is what it says that it is.

Pages have a policy of their own (`api.dashboard.page`). This is for all the rest, where one does not think of browsers:
files that are exported, redirects, refusals, the JSON API.
"""

from typing import Final

from flask import Response

EVERYWHERE: Final = (
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
)
"""`X-Frame-Options` says what the policy says, to browsers and scanners that read only that."""


def guard(response: Response) -> None:
    """Add what the answer does not say itself."""
    for name, value in EVERYWHERE:
        if name not in response.headers:
            response.headers[name] = value
