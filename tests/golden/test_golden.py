"""Every version of every event ever stored is read as it was, and written as it was."""

import msgspec
import pytest

from ledger.core.events import REGISTRY, Event, stored_name, stored_names, today
from ledger.core.sealed import Sealed
from tests.golden.codec import FOLDER, STREAM, golden_codec, golden_file
from tests.golden.examples import EXAMPLES, VARIANTS

BY_NAME = {stored_name(event): event for event in EXAMPLES}
FORMER = sorted(name for name, cls in REGISTRY.items() if today(cls) is not cls)


def test_every_stored_name_has_one_example_and_one_file() -> None:
    assert len(BY_NAME) == len(EXAMPLES)
    assert set(BY_NAME) == set(REGISTRY)
    assert {file.name.removesuffix(".json") for file in FOLDER.glob("*.json")} == {*REGISTRY, *VARIANTS}


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_a_stored_event_is_read_as_it_was(name: str) -> None:
    stored = golden_file(name).read_bytes()
    event = golden_codec().decode(name, stored, STREAM)
    assert event == told_today(BY_NAME[name])
    assert type(event) is today(REGISTRY[name])


@pytest.mark.parametrize("name", FORMER)
def test_a_former_version_is_read_as_the_same_fact_of_today(name: str) -> None:
    before = msgspec.structs.asdict(BY_NAME[name])
    event = golden_codec().decode(name, golden_file(name).read_bytes(), STREAM)
    assert {key: getattr(event, key) for key in before} == before
    gained = [field for field in msgspec.structs.fields(event) if field.name not in before]
    assert gained
    assert all(getattr(event, field.name) == field.default for field in gained)


def test_who_asks_for_an_event_is_given_its_former_versions_too() -> None:
    wanted = {today(REGISTRY[name]) for name in FORMER}
    assert set(FORMER) < set(stored_names(wanted))
    assert {today(REGISTRY[name]) for name in stored_names(wanted)} == wanted


def told_today(event: Event) -> Event:
    while (upcast := getattr(event, "upcast", None)) is not None:
        event = upcast()
    return event


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_a_stored_event_is_written_as_it_was(name: str) -> None:
    assert golden_codec().encode(BY_NAME[name], STREAM) == golden_file(name).read_bytes()


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_values_that_gained_fields_are_read_and_written_as_they_were(name: str) -> None:
    event, stored = VARIANTS[name], golden_file(name).read_bytes()
    assert golden_codec().decode(stored_name(event), stored, STREAM) == event
    assert golden_codec().encode(event, STREAM) == stored


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


def test_every_field_of_every_value_inside_events_is_set_somewhere() -> None:
    used: dict[type[msgspec.Struct], set[str]] = {}
    for event in (*EXAMPLES, *VARIANTS.values()):
        _look(event, used)
    unset = {
        cls.__name__: [name for name in cls.__struct_fields__ if name not in found]
        for cls, found in used.items()
        if set(cls.__struct_fields__) - found
    }
    assert unset == {}


def _look(value: object, used: dict[type[msgspec.Struct], set[str]]) -> None:
    match value:
        case msgspec.Struct():
            found = used.setdefault(type(value), set())
            for field in msgspec.structs.fields(value):
                inside = getattr(value, field.name)
                if inside != field.default and inside not in ((), {}):
                    found.add(field.name)
                _look(inside, used)
        case tuple():
            for each in value:
                _look(each, used)
