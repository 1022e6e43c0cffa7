"""A stream's events are decoded at once as they are one by one; what is sealed is opened when it is looked at."""

import base64
import threading
from typing import Any

import msgspec
import pytest

from ledger.core.events import REGISTRY, Event
from ledger.core.sealed import Sealed
from ledger.store.codec import Codec, UnknownEvent, Unopened
from ledger.store.keyring import KeyRing
from ledger.store.sealing import OperatorKey, SealBroken
from tests.golden.codec import STREAM, golden_codec, golden_file
from tests.store.conftest import OPERATOR_KEY

NAMES = sorted(REGISTRY)
STORED = [golden_file(name).read_bytes() for name in NAMES]


def ring(keys: dict[Any, bytes | None] | None = None) -> KeyRing:
    return KeyRing(OperatorKey(OPERATOR_KEY), "main", lambda _: {} if keys is None else keys)


def sealed_in(event: Event) -> list[Sealed]:
    return [value for value in msgspec.structs.asdict(event).values() if isinstance(value, Sealed)]


def test_every_event_ever_stored_is_decoded_as_it_is_alone() -> None:
    alone = [golden_codec().decode(name, stored, STREAM) for name, stored in zip(NAMES, STORED, strict=True)]
    at_once = golden_codec().decode_all(b",".join(STORED), STREAM)
    assert at_once == alone
    assert repr(at_once) == repr(alone)
    assert [sealed_in(event) for event in at_once] == [sealed_in(event) for event in alone]
    assert [golden_codec().encode(event, STREAM) for event in at_once] == [
        golden_codec().encode(event, STREAM) for event in alone
    ]


def test_nothing_is_opened_before_somebody_looks() -> None:
    events = golden_codec().decode_all(golden_file("customer.created.v1").read_bytes(), STREAM)
    personal = getattr(events[0], "personal")  # noqa: B009  the field is of one class of many
    assert isinstance(personal, Unopened)
    personal._key = None  # type: ignore[assignment]  # whoever opened it now would fail
    with pytest.raises(AttributeError):
        personal.fields()


@pytest.mark.parametrize("value", [{"email": "ann@example.com"}, "a reason", ["a", 1], None, {"of": {}}])
def test_what_was_left_sealed_is_what_is_opened_at_once(value: object) -> None:
    eager, left = Sealed(value), unopened(value)
    assert left == eager
    assert eager == unopened(value)
    assert hash(unopened(value)) == hash(eager)
    assert repr(unopened(value)) == repr(eager)
    assert (unopened(value).text(), unopened(value).fields()) == (eager.text(), eager.fields())
    assert not unopened(value).forgotten
    assert unopened(value) != Sealed("something else")
    assert msgspec.json.decode(golden_codec().encode_state({"of": left}))["of"] == {"value": value}


def unopened(value: object) -> Sealed:
    key, _ = OperatorKey(OPERATOR_KEY).new_data_key("main", STREAM)
    return Unopened(key, as_text(key.seal(msgspec.json.encode(value))))


def as_text(sealed: bytes) -> str:
    return base64.b64encode(sealed).decode()


def test_who_look_at_the_same_time_find_the_same() -> None:
    left, found = unopened({"name": "Ann"}), list[object]()
    looking = [threading.Thread(target=lambda: found.append(left.fields())) for _ in range(8)]
    for thread in looking:
        thread.start()
    for thread in looking:
        thread.join()
    assert found == [{"name": "Ann"}] * 8


def test_what_was_changed_is_found_out_by_whoever_looks() -> None:
    key, _ = OperatorKey(OPERATOR_KEY).new_data_key("main", STREAM)
    sealed = key.seal(b'"plain"')
    left = Unopened(key, as_text(sealed[:-1] + bytes([sealed[-1] ^ 1])))
    with pytest.raises(SealBroken):
        left.text()


def test_a_person_who_is_forgotten_is_so_from_the_first_look() -> None:
    events = Codec(REGISTRY, ring({STREAM: None})).decode_all(b",".join(STORED), STREAM)
    known = [each for event in events for each in sealed_in(event) if each != Sealed({})]
    assert known
    assert all(each.forgotten for each in known)


def test_an_unknown_name_among_many_is_a_clear_error() -> None:
    with pytest.raises(UnknownEvent, match=r"'os\.system'"):
        Codec(REGISTRY, ring()).decode_all(STORED[0] + b',{"type":"os.system"}', STREAM)


def test_an_event_that_does_not_fit_its_class_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError, match="value"):
        Codec(REGISTRY, ring()).decode_all(b'{"type":"usage.recorded.v2","feature_id":"m"}', STREAM)
