"""Following the timeline of a running server: every position once, whatever happens to the follower on the way."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.serving import Serving, serving, with_secret

SECONDS = 30.0


def positions(answer: httpx.Response) -> Iterator[int]:
    """The positions that a follower is told, as they come: ids of events, and not those of heartbeats."""
    last = 0
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if name == "id":
            last = int(value)
        elif name == "data":
            yield last


@contextmanager
def following(url: str, query: str = "", **headers: str) -> Iterator[httpx.Response]:
    # The connection is closed at the end of the block, whatever is still on its way.
    with (
        httpx.Client(base_url=url, timeout=SECONDS) as client,
        client.stream("GET", f"/v1/timeline?follow=true{query}", headers=with_secret(headers)) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        yield answer


@contextmanager
def writing(url: str, threads: int = 3) -> Iterator[Callable[[], int]]:
    """Tracks at full speed until the block ends; what it gives says the last position that was answered."""
    done, last = threading.Event(), [0] * threads

    def write(number: int) -> None:
        body: dict[str, Any] = {"customer_id": f"followed-{number}", "feature_id": "messages", "value": 1}
        with httpx.Client(base_url=url, headers=with_secret(), timeout=SECONDS) as client:
            client.post("/v1/customers.get_or_create", json={"customer_id": body["customer_id"]}).raise_for_status()
            while not done.is_set():
                answer = client.post("/v1/balances.track", json=body).raise_for_status()
                last[number] = int(answer.headers["Ledger-Position"])

    with ExitStack() as stack:
        for number in range(threads):
            thread = threading.Thread(target=write, args=(number,))
            thread.start()
            stack.callback(thread.join)
        stack.callback(done.set)
        yield lambda: max(last)


def test_a_follower_that_is_cut_off_and_comes_back_is_told_every_position_once(
    server: Serving, features: None, head: Callable[[], int]
) -> None:
    start = head()
    told: list[int] = []
    with writing(server.url) as written:
        for cut in (1, 7, 150, 40):
            where = {"Last-Event-ID": str(told[-1])} if told else {}
            with following(server.url, f"&after={start}", **where) as answer:
                for _, position in zip(range(cut), positions(answer), strict=False):
                    told.append(position)
        until = time.monotonic() + SECONDS
        while written() < start + 300:
            assert time.monotonic() < until
            time.sleep(0.01)
    end = head()
    with following(server.url, f"&after={told[-1]}") as answer:
        for position in positions(answer):
            told.append(position)
            if position == end:
                break
    assert told == list(range(start + 1, end + 1))


def test_a_filter_applies_and_what_it_leaves_out_is_not_missed(
    server: Serving, features: None, head: Callable[[], int]
) -> None:
    start = head()
    with following(server.url, "&kind=customer.created&words=lonely") as answer:
        assert int(answer.headers["Ledger-Position"]) >= start
        found = positions(answer)
        with httpx.Client(base_url=server.url, headers=with_secret(), timeout=SECONDS) as client:
            for name in ("crowd-1", "lonely-1", "crowd-2", "lonely-2"):
                client.post("/v1/customers.get_or_create", json={"customer_id": name}).raise_for_status()
            wanted = client.get("/v1/timeline?kind=customer.created&words=lonely&order=asc").json()["list"]
        assert [next(found), next(found)] == [each["position"] for each in wanted[-2:]]


def test_followers_leave_room_for_others_and_their_places_are_free_again(server: Serving) -> None:
    with ExitStack() as stack:
        refused = None
        while refused is None:
            try:
                stack.enter_context(following(server.url))
            except AssertionError as error:
                refused = str(error)
        assert "too_many_followers" in refused
        for _ in range(3):
            answer = httpx.get(f"{server.url}/v1/customers?limit=1", headers=with_secret(), timeout=5)
            assert answer.status_code == 200
    until = time.monotonic() + SECONDS
    while True:
        try:
            with following(server.url):
                return
        except AssertionError:
            assert time.monotonic() < until
            time.sleep(0.2)


@pytest.mark.slow
def test_a_server_that_is_told_to_stop_ends_its_followers_streams_and_the_next_one_goes_on(
    place_for: Callable[[str], Path],
) -> None:
    place = place_for("followed")
    with serving(place) as server:
        with following(server.url, "&after=0") as answer:
            lines = answer.iter_lines()
            assert next(lines) == "retry: 1000"
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            rest = list(lines)
            assert rest[-1] == ""
            assert time.monotonic() - began < 5
        assert server.stop() == 0
    told = [int(line.removeprefix("id: ")) for line in rest if line.startswith("id: ")]
    with serving(place) as server:
        made = httpx.post(
            f"{server.url}/v1/customers.get_or_create", json={"customer_id": "next"}, headers=with_secret()
        )
        end = int(made.raise_for_status().headers["Ledger-Position"])
        with following(server.url, "&after=0", **({"Last-Event-ID": str(told[-1])} if told else {})) as answer:
            for position in positions(answer):
                told.append(position)
                if position >= end:
                    break
    assert sorted(set(told)) == list(range(1, end + 1))
    assert told == sorted(told)
