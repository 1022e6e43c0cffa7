"""A start that is cut short at any moment leaves a data directory that the next start completes."""

import random
import time
from pathlib import Path

import httpx

from tests.support.serving import Serving, with_secret

TRIES = 6
LONGEST_SECONDS = 2.5


def test_a_start_killed_again_and_again_is_completed_by_the_next(data_dir: Path) -> None:
    server = Serving(data_dir)
    try:
        for _ in range(TRIES):
            server.begin()
            time.sleep(random.uniform(0, LONGEST_SECONDS))
            server.kill()
        server.start()
        answer = httpx.post(f"{server.url}/v1/features.list", headers=with_secret())
        assert (answer.status_code, answer.json()) == (200, {"list": []})
        assert server.ledger_id == "main"
        server.kill()
        position = int(answer.headers["Ledger-Position"])
        server.start()
        again = httpx.post(f"{server.url}/v1/features.list", headers=with_secret())
        assert int(again.headers["Ledger-Position"]) == position
    finally:
        server.stop()
        server.log.unlink(missing_ok=True)
