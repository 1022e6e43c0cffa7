"""Whatever is sent, the wire reads it or refuses it with a sentence: it never fails in any other way."""

from contextlib import suppress
from decimal import Decimal
from functools import cache
from typing import Any

import marshmallow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.wire.fields import Choice
from api.wire.json import BadNumber
from api.wire.nesting import ListOf, MapOf, Shape
from api.wire.operations import OPERATIONS
from api.wire.schema import WireSchema, instance_of
from ledger.core.errors import Refusal

TEXTS = st.text(max_size=6) | st.sampled_from(["acme", " ", "x" * 300, "a\u0000b", "usd", "a@b", "\U0001f642"])
NUMBERS = st.one_of(
    st.integers(), st.integers(-(10**60), 10**60), st.decimals(allow_nan=False, allow_infinity=False),
    st.sampled_from([Decimal(text) for text in ("1e999999", "-1e-999999", "1e15", "0.30000000000000004", "-0")]),
    st.builds(BadNumber, st.just("1e99999999999999999999")),
)  # fmt: skip
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)


def plausible(field: marshmallow.fields.Field[Any]) -> st.SearchStrategy[Any]:
    """Values near to what a field reads, and values far from it."""
    if isinstance(field, Choice):
        return st.sampled_from([*field.words, *field.not_offered]) | ANYTHING
    if isinstance(field, ListOf):
        return st.lists(plausible(field.inner), max_size=2) | ANYTHING
    if isinstance(field, MapOf):
        return st.dictionaries(TEXTS, plausible(field.inner), max_size=2) | ANYTHING
    if isinstance(field, Shape):
        assert isinstance(field.schema, WireSchema)
        return body(field.schema) | ANYTHING
    return ANYTHING


def body(schema: WireSchema) -> st.SearchStrategy[dict[str, Any]]:
    """An object with some of the schema's fields, and now and then one of its own."""
    known = {field.data_key or name: plausible(field) for name, field in schema.fields.items()}
    some = st.fixed_dictionaries({}, optional=known)
    return st.builds(lambda own, others: {**others, **own}, some, st.dictionaries(TEXTS, SCALARS, max_size=1))


@cache  # to put it together takes as long as to draw from it
def payload(name: str) -> st.SearchStrategy[Any]:
    """What may be sent to an operation."""
    operation = OPERATIONS[name]
    one = body(instance_of(operation.request))
    return st.lists(one, max_size=2) | ANYTHING if operation.rows else one | ANYTHING


@pytest.mark.parametrize("name", sorted(OPERATIONS))
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_a_body_is_read_or_refused(name: str, data: st.DataObject) -> None:
    operation, sent = OPERATIONS[name], data.draw(payload(name))
    with suppress(Refusal):
        read = operation.read(sent)
        assert isinstance(read, list if operation.rows else dict)


@given(ANYTHING, st.sampled_from(sorted(OPERATIONS)))
def test_an_answer_is_proved_or_found_wanting(answer: Any, name: str) -> None:
    from api.wire.schema import check_answer

    with suppress(AssertionError):
        check_answer(OPERATIONS[name].response, answer)
