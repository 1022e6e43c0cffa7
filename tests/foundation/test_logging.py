import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from ledger.logging import logger, set_up_logging


class Log:
    def __init__(self) -> None:
        self.stream = io.StringIO()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def log() -> Iterator[Log]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    made = Log()
    set_up_logging("info", stream=made.stream)
    yield made
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_is_one_json_object_with_who_and_which_request(log: Log) -> None:
    logger("tests").info("Request answered", status=200, request_id="req-1", actor="billing-bot", ledger_id="main")
    (line,) = log.lines()
    facts = {"event": "Request answered", "level": "info", "status": 200, "logger": "tests"}
    assert line.items() >= (facts | {"request_id": "req-1", "actor": "billing-bot", "ledger_id": "main"}).items()
    assert line["timestamp"].endswith("Z")


def test_personal_data_and_keys_never_reach_the_log(log: Log) -> None:
    secret = "ada@example.com"
    logger("tests").info("Customer made", email=secret, name=secret, authorization=secret, customer_id=secret, status=1)
    logging.getLogger("library").warning("could not parse %s", secret)
    try:
        raise ValueError(secret)
    except ValueError:
        logger("tests").exception("Request failed")
        logging.getLogger("library").exception("failed on %s", secret, extra={"email": secret})
    assert len(log.lines()) == 4
    assert secret not in log.stream.getvalue()


def test_an_exception_is_told_by_its_type_and_places_with_its_cause(log: Log) -> None:
    def inner() -> None:
        raise KeyError("private")

    try:
        try:
            inner()
        except KeyError as error:
            raise RuntimeError("private") from error
    except RuntimeError:
        logger("tests").exception("Request failed")
    (line,) = log.lines()
    assert line["exception"] == "RuntimeError"
    assert "caused by KeyError" in line["where"]
    assert line["where"][-1].endswith(" inner")


def test_below_its_level_nothing_is_logged(log: Log) -> None:
    logger("tests").debug("Detail")
    logging.getLogger("library").debug("detail")
    assert log.lines() == []
