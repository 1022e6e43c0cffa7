"""The WSGI application, for a WSGI server of your own: `api.wsgi:build()`, one process with many threads.

It neither starts a database nor migrates: `tallystick ledgers list` with the same DATABASE_URL does the latter.
"""

from api.server import build

__all__ = ["build"]
