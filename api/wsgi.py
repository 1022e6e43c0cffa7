"""The WSGI application for a server of your own: `gunicorn --threads 64 'api.wsgi:build()'`.

It neither starts a database nor migrates: `tallystick ledgers list` with the same DATABASE_URL does the latter.
"""

from api.server import build

__all__ = ["build"]
