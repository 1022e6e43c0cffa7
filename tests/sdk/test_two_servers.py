"""Two servers on one data directory are one ledger: nothing that one has answered is unknown to the other."""

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.serving import Serving, command_line, with_secret

ALTERNATIONS = 200
Pair = tuple[httpx.Client, httpx.Client]


@pytest.fixture(scope="module")
def second(server: Serving) -> Iterator[Serving]:
    """Another server on the data directory of the first, on a port of its own."""
    joined = Serving(server.data_dir, name="second")
    try:
        yield joined.start()
    finally:
        assert joined.stop() == 0
        joined.log.unlink(missing_ok=True)


@pytest.fixture
def pair(server: Serving, second: Serving, features: None) -> Iterator[Pair]:
    """A client of each."""
    with (
        httpx.Client(base_url=server.url, headers=with_secret(), timeout=30) as one,
        httpx.Client(base_url=second.url, headers=with_secret(), timeout=30) as other,
    ):
        yield one, other


def post(client: httpx.Client, operation: str, /, **sent: Any) -> Any:
    answer = client.post(f"/v1/{operation}", json=sent)
    assert answer.status_code == 200, answer.text
    return answer.json()


def new_customer(client: httpx.Client, customer_id: str, messages: int) -> dict[str, Any]:
    """A customer with so many messages; what every request about them says."""
    post(client, "customers.get_or_create", customer_id=customer_id)
    about = {"customer_id": customer_id, "feature_id": "messages"}
    post(client, "balances.create", **about, included_grant=messages)
    return about


def test_a_check_is_never_behind_a_track_that_the_other_answered(pair: Pair) -> None:
    about = new_customer(pair[0], "of two servers", ALTERNATIONS)
    for number, (writer, reader) in zip(range(1, ALTERNATIONS + 1), itertools.cycle([pair, pair[::-1]]), strict=False):
        written = post(writer, "balances.track", **about, **{"async": False})
        read = post(reader, "balances.check", **about)["balance"]
        assert (written["balance"]["usage"], read["usage"]) == (number, number)
    assert post(pair[1], "balances.check", **about)["allowed"] is False


def test_two_servers_together_take_what_there_is_and_no_more(pair: Pair) -> None:
    about = new_customer(pair[0], "of two crowds", 100)

    def take(client: httpx.Client) -> int:
        asked = [post(client, "balances.check", **about, send_event=True)["allowed"] for _ in range(40)]
        return sum(asked)

    with ThreadPoolExecutor(4) as pool:
        taken = sum(pool.map(take, [*pair, *pair]))
    assert taken == 100
    assert post(pair[0], "balances.check", **about)["balance"]["remaining"] == 0


def test_a_customer_created_on_one_is_on_the_lists_of_the_other_at_once(pair: Pair) -> None:
    for number, (writer, reader) in zip(range(20), itertools.cycle([pair, pair[::-1]]), strict=False):
        name = f"listed by the other {number}"
        post(writer, "customers.get_or_create", customer_id=name, name=name)
        assert [each["id"] for each in post(reader, "customers.list", limit=1)["list"]] == [name]
        assert post(reader, "customers.get", customer_id=name)["name"] == name


def test_a_key_revoked_on_one_is_refused_by_the_other_within_a_second(pair: Pair, server: Serving) -> None:
    secret = command_line(server.data_dir, "keys", "create", "--ledger", "main", "--name", "short-lived").strip()
    holder = with_secret(secret=secret)
    for client in pair:
        assert client.post("/v1/features.list", headers=holder).status_code == 200
    command_line(server.data_dir, "keys", "revoke", "--ledger", "main", "short-lived")
    time.sleep(1)
    for client in pair:
        assert client.post("/v1/features.list", headers=holder).status_code == 401


def test_the_end_of_one_server_is_not_the_end_of_the_other(pair: Pair, server: Serving) -> None:
    third = Serving(server.data_dir, name="third").start()
    about = new_customer(pair[0], "of the survivor", 10)
    assert third.stop() == 0
    third.log.unlink()
    for client in pair:
        post(client, "balances.track", **about)
    assert post(pair[0], "balances.check", **about)["balance"]["usage"] == 2
