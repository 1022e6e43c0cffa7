"""A database that was away for long is used again as soon as it is back; until then every answer says to try again."""

import time
from pathlib import Path

import httpx

from tests.support.serving import serving, with_secret

AWAY_SECONDS = 17.0
BACK_SECONDS = 7.0
"""The database's own start, and a margin for a busy machine."""


def test_a_long_outage_is_over_when_the_database_is_back(data_dir: Path) -> None:
    with serving(data_dir) as server, httpx.Client(base_url=server.url, headers=with_secret(), timeout=30) as client:

        def ask() -> httpx.Response:
            return client.post("/v1/customers.get_or_create", json={"customer_id": "patient"})

        assert ask().status_code == 200
        server.process.suspend()  # who would start the database again
        server.postmaster().kill()
        try:
            while ask().status_code == 200:  # its last processes take a moment to notice
                time.sleep(0.05)
            until = time.monotonic() + AWAY_SECONDS
            while time.monotonic() < until:
                answer = ask()
                assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
                assert int(answer.headers["Retry-After"]) >= 1
        finally:
            server.process.resume()
        back = time.monotonic()
        while ask().status_code != 200:
            assert time.monotonic() < back + BACK_SECONDS
            time.sleep(0.2)
