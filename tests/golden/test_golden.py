"""Every version of every event ever stored is read as it was, and written as it was."""

import msgspec
import pytest

from ledger.core.events import REGISTRY, Event, stored_name
from ledger.core.sealed import Sealed
from tests.golden.codec import FOLDER, STREAM, golden_codec, golden_file
from tests.golden.examples import EXAMPLES

BY_NAME = {stored_name(event): event for event in EXAMPLES}


def test_every_stored_name_has_one_example_and_one_file() -> None:
    assert len(BY_NAME) == len(EXAMPLES)
    assert set(BY_NAME) == set(REGISTRY)
    assert {file.name.removesuffix(".json") for file in FOLDER.glob("*.json")} == set(REGISTRY)


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_a_stored_event_is_read_as_it_was(name: str) -> None:
    stored = golden_file(name).read_bytes()
    event = golden_codec().decode(name, stored, STREAM)
    assert event == BY_NAME[name]
    assert isinstance(event, REGISTRY[name])


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_a_stored_event_is_written_as_it_was(name: str) -> None:
    assert golden_codec().encode(BY_NAME[name], STREAM) == golden_file(name).read_bytes()


@pytest.mark.parametrize("event", EXAMPLES, ids=stored_name)
def test_an_example_sets_every_field(event: Event) -> None:
    unset = [field.name for field in msgspec.structs.fields(event) if getattr(event, field.name) == field.default]
    assert unset == []


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_nothing_personal_can_be_read_in_the_bytes(name: str) -> None:
    stored = golden_file(name).read_bytes()
    for secret in (b"Ann", b"example.com", b"agreed", b"Blue team", b"large"):
        assert secret not in stored
    sealed = [getattr(BY_NAME[name], each) for each in BY_NAME[name].__struct_fields__]
    assert stored.count(b'"sealed"') == sum(isinstance(each, Sealed) for each in sealed)
