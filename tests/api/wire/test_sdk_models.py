"""Our schemas against the SDK's own models: nothing it insists on is optional here, nothing it sends is unknown."""

import itertools
from collections.abc import Iterator
from typing import Any

import marshmallow
import pydantic
import pytest

from api.wire.fields import Choice, Flag, Identifier, Text, WireField
from api.wire.nesting import FreeForm, ListOf, MapOf, OneOf, Shape, Unsupported
from api.wire.operations import OPERATIONS
from api.wire.quantities import Milliseconds, Quantity, Whole
from api.wire.schema import WireSchema, instance_of
from tests.api.wire import sdk_models

NAMES = sorted(name for name, operation in OPERATIONS.items() if not operation.ours)
OURS_ALONE = frozenset({"entity_feature_id", "internal_id", "refund"})
"""What our answers have beyond the SDK's; its client leaves it aside."""
OURS_TO_SEND = frozenset({"invoices.update.custom_line_items", "invoices.update.due_date"})
"""What may be sent to us beyond what the SDK's client sends."""
OURS_IN_ITEMS = frozenset({"entity_feature_id"})
"""The same, of a plan's items wherever they are sent: the reference has it and its client does not."""
SAID_IN_WORDS_ONLY = frozenset({"multiple"})
"""Words that the SDK's types leave open and its descriptions name."""
KINDS: tuple[tuple[type[marshmallow.fields.Field[Any]], frozenset[type]], ...] = (
    (Flag, frozenset({bool})),
    (Choice, frozenset({str})),
    (Text, frozenset({str})),
    (Identifier, frozenset({str})),
    (Quantity, frozenset({int, float})),
    (Whole, frozenset({int, float})),
    (Milliseconds, frozenset({int, float})),
    (ListOf, frozenset({list})),
    (MapOf, frozenset({dict})),
    (FreeForm, frozenset({dict})),
    (Shape, frozenset({dict})),
)


def nested(field: marshmallow.fields.Field[Any]) -> list[WireSchema]:
    """The schemas inside a field, looking through lists, maps and alternatives."""
    while isinstance(field, ListOf | MapOf):
        field = field.inner
    options = field.options if isinstance(field, OneOf) else (field,)
    found = [option.schema for option in options if isinstance(option, Shape)]
    assert all(isinstance(schema, WireSchema) for schema in found)
    return found  # type: ignore[return-value]  # as asserted


def ours(schema: WireSchema) -> dict[str, marshmallow.fields.Field[Any]]:
    return {field.data_key or name: field for name, field in schema.fields.items()}


def is_of_kind(field: marshmallow.fields.Field[Any], kinds: frozenset[type]) -> bool:
    """Whether our field reads what the SDK has there, as far as JSON's own types go."""
    wanted = next((wanted for own, wanted in KINDS if isinstance(field, own)), None)
    return wanted is None or Any in kinds or bool(wanted & kinds)


def missing_from_answer(schema: WireSchema, theirs: type[pydantic.BaseModel], path: str) -> Iterator[str]:
    """What the SDK would miss, or stumble over, in an answer that just conforms to our schema."""
    own = ours(schema)
    for name, (required, kind) in sdk_models.fields(theirs).items():
        field = own.get(name)
        if required and (field is None or not field.required):
            yield f"{path}.{name} is required by the SDK and not by us"
        if field is None:
            continue
        if field.allow_none and not kind.null:
            yield f"{path}.{name} may be null here and not in the SDK"
        if isinstance(field, Choice) and kind.words and not set(field.words) <= kind.words | SAID_IN_WORDS_ONLY:
            yield f"{path}.{name} has words the SDK does not know: {set(field.words) - kind.words}"
        if not is_of_kind(field, kind.kinds):
            yield f"{path}.{name} is {type(field).__name__} here and {kind.kinds} in the SDK"
        for inner in nested(field) if kind.models else ():
            problems = [list(missing_from_answer(inner, each, f"{path}.{name}")) for each in kind.models]
            yield from min(problems, key=len)
    yield from (
        f"{path}.{name} is unknown to the SDK" for name in own.keys() - sdk_models.fields(theirs).keys() - OURS_ALONE
    )


def refused_of_request(
    schema: WireSchema, theirs: type[pydantic.BaseModel], path: str, *, alternatives: frozenset[str] = frozenset()
) -> Iterator[str]:
    """What the SDK can send and we would call an unknown field, a missing field or a wrong word.

    `alternatives` are fields of the other shapes that the SDK can send in the same place.
    """
    own = ours(schema)
    for name, (required, kind) in sdk_models.fields(theirs).items():
        field = own.get(name)
        if field is None:
            yield f"{path}.{name} is not known here"
            continue
        if field.required and not required:
            yield f"{path}.{name} is required here and not by the SDK"
        if isinstance(field, Choice) and not kind.words <= {*field.words, *field.not_offered}:
            yield f"{path}.{name} lacks {kind.words - set(field.words)}"
        if isinstance(field, Choice) and not {*field.words, *field.not_offered} <= kind.words:
            yield f"{path}.{name} has words that the SDK cannot send"
        if not is_of_kind(field, kind.kinds):
            yield f"{path}.{name} is {type(field).__name__} here and {kind.kinds} in the SDK"
        if kind.null and not field.allow_none and not isinstance(field, Unsupported) and required:
            yield f"{path}.{name} may be null in the SDK and not here"
        together = frozenset(name for model in kind.models for name in sdk_models.fields(model))
        for inner, model in itertools.product(nested(field), kind.models):
            yield from refused_of_request(inner, model, f"{path}.{name}", alternatives=together)
    yield from (
        f"{path}.{name} cannot be sent"
        for name in own.keys() - sdk_models.fields(theirs).keys() - alternatives - OURS_IN_ITEMS
        if f"{path}.{name}" not in OURS_TO_SEND
    )


def test_every_operation_is_compared() -> None:
    assert sorted(sdk_models.SDK_MODELS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_that_conforms_has_all_that_the_sdk_requires(name: str) -> None:
    theirs = sdk_models.model(sdk_models.SDK_MODELS[name][1])
    assert list(missing_from_answer(instance_of(OPERATIONS[name].response), theirs, name)) == []


@pytest.mark.parametrize("name", [name for name in NAMES if sdk_models.SDK_MODELS[name][0]])
def test_every_field_that_the_sdk_can_send_is_known(name: str) -> None:
    theirs = sdk_models.model(sdk_models.SDK_MODELS[name][0])
    assert list(refused_of_request(instance_of(OPERATIONS[name].request), theirs, name)) == []


def test_the_comparison_notices_a_field_that_is_not_required() -> None:
    class Loose(OPERATIONS["customers.delete"].response):  # type: ignore[misc]  # a class made on the spot
        success = WireField(required=False)

    theirs = sdk_models.model("DeleteCustomerResponse")
    assert list(missing_from_answer(Loose(), theirs, "x")) == ["x.success is required by the SDK and not by us"]
    assert list(missing_from_answer(instance_of(OPERATIONS["features.get"].response), theirs, "x"))
