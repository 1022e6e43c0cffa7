"""autumn-sdk 1.2.0 as its users have it, with a recorder that holds every answer to our schemas as well."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import httpx
import pytest

from api.errors import STATUSES
from api.wire.common import ErrorSchema
from api.wire.json import parse
from api.wire.operations import OPERATIONS
from api.wire.schema import check_answer
from tests.api.wire.official_sdk import official

Client = Any  # the SDK builds its methods' types at run time
TIMEOUT_SECONDS = 30.0


def check_recorded(answer: httpx.Response) -> None:
    """Fail on an answer that is not as our OpenAPI document says."""
    answer.read()
    operation = OPERATIONS.get(answer.request.url.path.removeprefix("/v1/"))
    assert answer.headers["content-type"] == "application/json", answer.headers
    body = parse(answer.content)
    if operation is not None and answer.status_code < 400:
        assert answer.status_code in operation.statuses, answer.status_code
        assert int(answer.headers["Ledger-Position"]) > 0
        check_answer(operation.response, body)
    else:
        check_answer(ErrorSchema, body)
        assert STATUSES.get(body["code"], 400) == answer.status_code or body["code"] == "not_supported", body


@contextmanager
def open_client(url: str, secret: str) -> Iterator[Client]:
    """The SDK's client, never failing open."""
    transport = httpx.Client(timeout=TIMEOUT_SECONDS, event_hooks={"response": [check_recorded]})
    with (
        transport,
        official().Autumn(
            secret_key=secret,
            server_url=url,
            fail_open=False,
            client=transport,
            timeout_ms=int(TIMEOUT_SECONDS * 1_000),
        ) as client,
    ):
        yield client


class Refused:
    """Expects a refusal: `with refused(404, "customer_not_found") as it:`; afterwards `it.message` is its sentence."""

    def __init__(self, status: int, code: str) -> None:
        from autumn_sdk.errors import AutumnError

        self._expected = (status, code)
        self._raises = pytest.raises(AutumnError)
        self.message = ""

    def __enter__(self) -> Self:
        self._info = self._raises.__enter__()
        return self

    def __exit__(self, *exception: Any) -> bool:  # noqa: PYI036 - handed on as it comes
        expected = self._raises.__exit__(*exception)
        if expected:
            body = json.loads(self._info.value.body)
            assert (self._info.value.status_code, body["code"]) == self._expected, body
            self.message = body["message"]
        return expected


refused = Refused
