"""Every request that a client may well send is read; every answer we give is one that the SDK accepts."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from api.wire.json import parse, render
from api.wire.operations import OPERATIONS
from api.wire.refusals import InvalidInputs
from api.wire.schema import check_answer, instance_of, load
from tests.api.wire import sdk_models
from tests.api.wire.samples import ANSWERS, REQUESTS

ANSWER_CASES = [(name, answer) for name, answers in ANSWERS.items() for answer in answers]
REQUEST_CASES = [(name, body) for name, bodies in REQUESTS.items() for body in bodies]


def wire(body: Any) -> Any:
    """A body as it comes off the wire."""
    return parse(json.dumps(body).encode())


def required_names(name: str) -> Iterator[str]:
    """The required fields of an operation's answer."""
    for attribute, field in instance_of(OPERATIONS[name].response).fields.items():
        if field.required:
            yield field.data_key or attribute


def test_there_is_a_sample_of_every_operation() -> None:
    assert set(ANSWERS) == set(OPERATIONS)
    assert set(REQUESTS) == set(OPERATIONS) - {"features.list"}


@pytest.mark.parametrize(("name", "answer"), [case for case in ANSWER_CASES if not OPERATIONS[case[0]].ours])
def test_an_answer_passes_our_schema_and_the_sdk(name: str, answer: dict[str, Any]) -> None:
    check_answer(OPERATIONS[name].response, wire(answer))
    sdk_models.model(sdk_models.SDK_MODELS[name][1]).model_validate(answer)


@pytest.mark.parametrize(("name", "answer"), ANSWER_CASES)
def test_an_answer_without_a_required_field_or_with_an_unknown_one_is_noticed(
    name: str, answer: dict[str, Any]
) -> None:
    schema = OPERATIONS[name].response
    for required in required_names(name):
        broken = {key: value for key, value in answer.items() if key != required}
        with pytest.raises(AssertionError, match=f"{required} was not sent"):
            check_answer(schema, wire(broken))
    with pytest.raises(AssertionError, match="surprise is not a field here"):
        check_answer(schema, wire({**answer, "surprise": 1}))


@pytest.mark.parametrize("answer", [[], "text", None, 1])
def test_an_answer_that_is_no_object_is_noticed(answer: Any) -> None:
    with pytest.raises(AssertionError, match="must be an object"):
        check_answer(OPERATIONS["customers.delete"].response, answer)


@pytest.mark.parametrize(("name", "body"), [case for case in REQUEST_CASES if not OPERATIONS[case[0]].ours])
def test_a_request_means_the_same_when_the_sdk_has_written_it(name: str, body: dict[str, Any]) -> None:
    model = sdk_models.model(sdk_models.SDK_MODELS[name][0]).model_validate(body)
    written = model.model_dump(mode="json", by_alias=True)
    added = {key: value for key, value in written.items() if value is not None and key not in body}
    sent = {key: value for key, value in written.items() if value is not None or key in body}
    assert load(OPERATIONS[name].request, wire(sent)) == load(OPERATIONS[name].request, wire({**added, **body}))


@pytest.mark.parametrize(("name", "body"), REQUEST_CASES)
def test_an_unknown_field_is_refused_by_name(name: str, body: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputs, match="surprise is not a field here"):
        load(OPERATIONS[name].request, wire({**body, "surprise": 1}))


@pytest.mark.parametrize(("name", "body"), REQUEST_CASES)
def test_a_hot_schema_reads_what_the_long_way_reads(name: str, body: dict[str, Any]) -> None:
    schema = instance_of(OPERATIONS[name].request)
    assert load(schema, wire(body)) == schema.load(wire(body))


@pytest.mark.parametrize(("name", "answer"), ANSWER_CASES)
def test_what_is_parsed_is_rendered_again_as_the_same_json(name: str, answer: dict[str, Any]) -> None:
    assert json.loads(render(wire(answer))) == answer
