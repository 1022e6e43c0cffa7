"""A running server, the official Python client of it, and a catalog to fill (docs/testing.md)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sdk.client import Client, open_client
from tests.sdk.shop import Shop, create_features
from tests.support.serving import SECRET, Serving, command_line, serving, with_secret

Told = Callable[..., httpx.Response]


@pytest.fixture(scope="session")
def server(place_for: Callable[[str], Path]) -> Iterator[Serving]:
    """One server for all tests of this worker that do not need to stop it; at the end its whole history is verified."""
    with serving(place_for("sdk")) as running:
        yield running
        command_line(running.data_dir, "replay", "verify")


@pytest.fixture(scope="session")
def http(server: Serving) -> Iterator[httpx.Client]:
    """Plain HTTP with the admin key, for what a client library would not send."""
    with httpx.Client(base_url=server.url, headers=with_secret(secret=SECRET), timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def autumn(server: Serving) -> Iterator[Client]:
    """autumn-sdk 1.2.0 against the server, each answer held to our own description of it too."""
    with open_client(server.url, SECRET) as client:
        yield client


@pytest.fixture(scope="session")
def features(autumn: Client) -> None:
    """The features that all plans of these tests are made of, created once."""
    create_features(autumn)


@pytest.fixture
def shop(autumn: Client, features: None) -> Iterator[Shop]:
    """Makes plans and customers for one test."""
    made = Shop(autumn)
    yield made
    made.close()


@pytest.fixture
def head(http: httpx.Client) -> Callable[[], int]:
    """Asks for the position of the ledger's last event."""

    def position() -> int:
        answer = http.post("/v1/features.list")
        assert answer.status_code == 200, answer.text
        return int(answer.headers["Ledger-Position"])

    return position


def code_of(answer: httpx.Response) -> Any:
    """The code of a refusal."""
    return answer.json()["code"]
