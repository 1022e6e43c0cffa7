"""Reading a body against its schema, and proving an answer against its own.

The schemas of this package are the one place where the wire is described: requests are read through them,
the OpenAPI document is generated from them, and the test suite holds every answer to them. Answers are not
written by marshmallow: a view builds a plain dict and `api.wire.json.render` encodes it, because that is
several times faster on `track` and `check`. `check_answer` is what makes that safe: the suite's HTTP client
calls it on every answer it sees.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any, ClassVar

import marshmallow
from marshmallow import RAISE, Schema, ValidationError, missing

from api.wire import limits
from api.wire.fields import NotOffered, shown
from api.wire.refusals import InvalidInputs, InvalidRows
from ledger.core.errors import NotSupported, Refusal

UNKNOWN = "is not a field here"


class WireSchema(Schema):
    """One JSON object of the wire. Fields it does not name are refused.

    `hot` marks a schema that has no hooks of its own and is read thousands of times a second: a good body is
    then read field by field without marshmallow's bookkeeping. Anything amiss is read again the long way,
    which finds every problem and words it.
    """

    hot: ClassVar[bool] = False
    error_messages = {"unknown": UNKNOWN, "type": "must be an object"}  # noqa: RUF012 - read as marshmallow declares it

    class Meta:
        """What marshmallow asks for its options."""

        unknown = RAISE

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        own = self.fields.items()
        self.by_name = {field.data_key or name: (name, field) for name, field in own}
        self.needed = frozenset(name for name, field in own if field.required)
        self.defaults = {name: field.load_default for name, field in own if field.load_default is not missing}

    def check_whole(self, loaded: dict[str, Any]) -> None:
        """Refuse what each field alone allows: the one rule that a hot schema may have, instead of a hook."""


@cache
def instance_of(schema: type[WireSchema]) -> WireSchema:
    """The one instance of a schema: making one is slow, using one is not."""
    return schema()


def load(schema: type[WireSchema] | WireSchema, payload: Any) -> dict[str, Any]:
    """Read a request body: a dict of Python values under the wire's names (`async` is `async_`).

    Instants are aware datetimes, numbers `Decimal`, whole numbers `int`. Absent fields are absent, unless
    their schema names a default. Raises InvalidInputs (400, names every bad field), or NotSupported where the
    only fault is a field that the SDKs know and this product does not offer.
    """
    schema = schema if isinstance(schema, WireSchema) else instance_of(schema)
    if type(payload) is not dict:
        raise InvalidInputs({"The body": f"was {shown(payload)} and must be an object"})
    loaded = _quickly(schema, payload) if schema.hot else None
    if loaded is None:
        try:
            loaded = schema.load(payload)
        except ValidationError as error:
            raise _refusal(schema, error) from None
    schema.check_whole(loaded)
    return loaded


def load_rows(schema: type[WireSchema] | WireSchema, payload: Any) -> list[dict[str, Any]]:
    """Read a body that is a list of objects: all of its rows, or InvalidRows naming every bad row and why."""
    if type(payload) is not list or not 1 <= len(payload) <= limits.BATCH_ROWS:
        raise InvalidInputs(
            {"The body": f"was {shown(payload)} and must be a list of 1 to {limits.BATCH_ROWS} objects"}
        )
    rows: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for index, each in enumerate(payload):
        try:
            rows.append(load(schema, each))
        except Refusal as refusal:
            results.append({"index": index, "status": 400, "code": refusal.code, "message": refusal.sentence})
    if results:
        raise InvalidRows(results, len(payload))
    return rows


def check_answer(schema: type[WireSchema] | WireSchema, answer: Any) -> None:
    """Prove that a parsed answer has every required field, no unknown one, and each of its type.

    For the test suite: raises AssertionError that lists what does not conform. `answer` must come from
    `api.wire.json.parse`, so that its numbers are as exact as the text.
    """
    schema = schema if isinstance(schema, WireSchema) else instance_of(schema)
    errors = schema.validate(answer) if type(answer) is dict else {"The body": ["must be an object"]}
    problems = [f"{path} {message}" for path, message in _leaves(errors)]
    assert not problems, f"answer does not conform to {type(schema).__name__}: {'; '.join(problems)}"


def _quickly(schema: WireSchema, payload: dict[str, Any]) -> dict[str, Any] | None:
    """What `schema.load` would return, or None where anything is amiss."""
    loaded: dict[str, Any] = {}
    try:
        for name, value in payload.items():
            attribute, field = schema.by_name[name]
            if (read := field.deserialize(value)) is not missing:
                loaded[attribute] = read
    except (KeyError, ValidationError):
        return None
    if not schema.needed <= loaded.keys():
        return None
    for attribute, default in schema.defaults.items():
        if attribute not in loaded:
            loaded[attribute] = default() if callable(default) else default
    return loaded


def _refusal(schema: WireSchema, error: ValidationError) -> Refusal:
    leaves = sorted(_leaves(error.messages))
    if all(isinstance(message, NotOffered) for _, message in leaves):
        return NotSupported("; ".join(f"{path} {message}" for path, message in leaves[: limits.PROBLEMS_SHOWN]))
    return InvalidInputs({path: _with_hint(schema, path, message) for path, message in leaves})


def _with_hint(schema: WireSchema, path: str, message: str) -> str:
    if message != UNKNOWN or "." in path:
        return message
    names = [field.data_key or name for name, field in schema.fields.items()]
    near = get_close_matches(path, names, n=1)
    return f"{message}; did you mean {near[0]}?" if near else message


def _leaves(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Flatten marshmallow's nested messages to (`items.0.price.amount`, what was wrong)."""
    if isinstance(messages, dict):
        for name, inner in messages.items():
            own = "" if name == marshmallow.exceptions.SCHEMA else str(name)[: limits.VALUE_SHOWN_CHARS]
            yield from _leaves(inner, f"{path}.{own}".strip(".") if own else path)
    elif isinstance(messages, Sequence) and not isinstance(messages, str):
        for message in messages:
            yield from _leaves(message, path)
    else:
        yield path or "The body", messages
