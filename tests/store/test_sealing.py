"""Personal data lies sealed; destroying a key forgets a person and changes no event."""

from decimal import Decimal
from typing import Any

import msgspec
import psycopg
import pytest

from ledger.core.balances.usage import Track
from ledger.core.errors import CustomerNotFound
from ledger.core.events import REGISTRY, Event, FeatureDeleted
from ledger.core.profile import CreateCustomer
from ledger.core.sealed import Sealed
from ledger.errors import OperatorError
from ledger.store import snapshots
from ledger.store.codec import Codec, UnknownEvent
from ledger.store.housekeeping import forget
from ledger.store.keyring import KeyRing
from ledger.store.kinds import core_kinds
from ledger.store.ledger import (
    Caller,
    CustomerAddress,
    Ledger,
    OpeningAddress,
    Store,
    StreamAddress,
)
from ledger.store.log import read_log, reading_codec
from ledger.store.sealing import OperatorKey, SealBroken
from ledger.store.verifying import verify_chain
from tests.store.conftest import ME, OPERATOR_KEY, open_customer

EMAIL, REASON = "someone.private@example.com", "a very private reason"


@pytest.fixture
def stream_id(ledger: Ledger) -> Any:
    by = Caller("tests", reason=Sealed(REASON))
    command = CreateCustomer(None, name="Private Person", email=EMAIL, metadata={"secret": "treasure"})
    return ledger.execute(OpeningAddress(None, EMAIL), command, by=by).steps[0].stream_id


def test_no_table_holds_personal_data_in_plain(store: Store, stream_id: Any) -> None:
    with psycopg.connect(store.database_url) as conn:
        tables = conn.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        for (table,) in tables:
            for (text,) in conn.execute(f"SELECT t::text FROM {table} AS t").fetchall():
                for plain in (EMAIL, REASON, "treasure", "Private Person"):
                    assert plain not in text, table
                    assert plain.encode().hex() not in text, table


def test_a_reader_opens_what_is_sealed(store: Store, stream_id: Any) -> None:
    with store.pool.connection() as conn:
        codec = reading_codec(conn, "main", store.kinds, store.operator)
        row = read_log(conn, "main", after=0, limit=100)[-1]
        event = codec.decode(row.type, row.state, row.stream_id)
    assert event.reason == Sealed(REASON)
    assert getattr(event, "personal").fields()["email"] == EMAIL  # noqa: B009  the field is of one class of many


def test_a_forgotten_person_cannot_be_read_and_the_chain_still_verifies(
    store: Store, ledger: Ledger, stream_id: Any
) -> None:
    with store.pool.connection() as conn:
        forget(conn, "main", stream_id)
        assert verify_chain(conn, "main").broken is None
        codec = reading_codec(conn, "main", store.kinds, store.operator)
        row = read_log(conn, "main", after=0, limit=100)[-1]
        event = codec.decode(row.type, row.state, row.stream_id)
    assert event.reason is not None
    assert event.reason.forgotten
    other = Store(store.database_url, operator_key=OPERATOR_KEY)
    try:
        assert other.ledger("main").look(StreamAddress(stream_id), by=ME).state.email is None
        with pytest.raises(CustomerNotFound):
            other.ledger("main").look(OpeningAddress(None, EMAIL), by=ME)
    finally:
        other.close()


def test_another_operators_key_opens_nothing_and_says_so(store: Store, stream_id: Any) -> None:
    other = Store(store.database_url, operator_key=b"x" * 32)
    try:
        with store.pool.connection() as conn:
            codec = reading_codec(conn, "main", other.kinds, other.operator)
            with pytest.raises(OperatorError, match="not the one"):
                codec.keys.load([stream_id])
    finally:
        other.close()


def test_sealed_bytes_open_only_where_they_were_sealed(stream_id: Any) -> None:
    operator = OperatorKey(OPERATOR_KEY)
    key, wrapped = operator.new_data_key("main", stream_id)
    sealed = key.seal(b"plain")
    assert operator.unwrap("main", stream_id, wrapped).open(sealed) == b"plain"
    with pytest.raises(SealBroken):
        key.open(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(OperatorError):
        operator.unwrap("other", stream_id, wrapped)


def test_a_short_operator_key_is_refused() -> None:
    with pytest.raises(OperatorError, match="32"):
        OperatorKey(b"short")


def test_an_event_without_personal_data_asks_for_no_key(stream_id: Any) -> None:
    def fetch(_: object) -> Any:
        raise AssertionError("asked for a key")

    codec = Codec(REGISTRY, KeyRing(OperatorKey(OPERATOR_KEY), "main", fetch))
    event = FeatureDeleted("messages")
    stored = codec.encode(event, stream_id)
    assert codec.decode("feature.deleted.v1", stored, stream_id) == event


def test_a_customer_of_whom_nothing_is_known_has_no_key(store: Store, ledger: Ledger) -> None:
    known_by_id = ledger.execute(OpeningAddress("plain", None), CreateCustomer("plain"), by=ME).steps[0].stream_id
    with psycopg.connect(store.database_url) as conn:
        keys = conn.execute("SELECT count(*) FROM data_keys WHERE stream_id = %s", (known_by_id,)).fetchone()
        codec = reading_codec(conn, "main", store.kinds, store.operator)
        row = read_log(conn, "main", after=0, limit=100)[-1]
        assert codec.decode(row.type, row.state, row.stream_id).personal == Sealed({})  # type: ignore[attr-defined]  # it is the customer.created just written
    assert keys == (0,)


def test_an_unknown_name_is_a_clear_error(stream_id: Any) -> None:
    codec = Codec(REGISTRY, KeyRing(OperatorKey(OPERATOR_KEY), "main", lambda _: {}))
    with pytest.raises(UnknownEvent, match=r"'os\.system'"):
        codec.decode("os.system", b"{}", stream_id)


class WidthMeasured(msgspec.Struct, frozen=True, tag="width.measured.v2"):
    millimetres: int


class WidthMeasuredV1(msgspec.Struct, frozen=True, tag="width.measured.v1"):
    centimetres: int

    def upcast(self) -> WidthMeasured:
        return WidthMeasured(self.centimetres * 10)


def test_an_old_version_is_read_as_its_newest(stream_id: Any) -> None:
    registry: Any = {"width.measured.v1": WidthMeasuredV1, "width.measured.v2": WidthMeasured}
    codec = Codec(registry, KeyRing(OperatorKey(OPERATOR_KEY), "main", lambda _: {}))
    old: Any = codec.decode("width.measured.v1", b'{"type":"width.measured.v1","centimetres":4}', stream_id)
    assert old == WidthMeasured(40)


def test_a_cold_start_from_a_snapshot_equals_the_full_fold(store: Store, ledger: Ledger) -> None:
    open_customer(ledger, "ann", messages=10_000)
    by = Caller("tests", reason=Sealed(REASON))
    futures = [
        ledger.submit(CustomerAddress("ann"), Track("messages", value=Decimal(1)), by=by)
        for _ in range(snapshots.EVENTS_BETWEEN + 20)
    ]
    last = [future.result(60) for future in futures][-1]
    warm = ledger.look(CustomerAddress("ann"), by=ME)
    with store.pool.connection() as conn:
        kept = conn.execute("SELECT version, sealed, state FROM snapshots").fetchall()
        assert len(kept) == 1
        assert kept[0][0] >= snapshots.EVENTS_BETWEEN
        assert kept[0][1]
    other = Store(store.database_url, operator_key=OPERATOR_KEY)
    try:
        cold = other.ledger("main").look(CustomerAddress("ann"), by=ME)
        with store.pool.connection() as conn:
            conn.execute("DELETE FROM snapshots")
        third = Store(store.database_url, operator_key=OPERATOR_KEY)
        try:
            folded = third.ledger("main").look(CustomerAddress("ann"), by=ME)
        finally:
            third.close()
    finally:
        other.close()
    assert last.state == warm.state == cold.state == folded.state


def test_a_snapshot_of_other_code_is_not_used(store: Store, ledger: Ledger) -> None:
    open_customer(ledger, "ann", messages=10_000)
    for future in [ledger.submit(CustomerAddress("ann"), Track("messages"), by=ME) for _ in range(600)]:
        future.result(60)
    with store.pool.connection() as conn:
        conn.execute("UPDATE snapshots SET code_version = 'older', state = 'nonsense'")
    other = Store(store.database_url, operator_key=OPERATOR_KEY)
    try:
        assert other.ledger("main").look(CustomerAddress("ann"), by=ME).state.version == 602
    finally:
        other.close()


def test_every_field_of_every_event_can_be_stored() -> None:
    kinds = core_kinds()
    codec = Codec(kinds.registry, KeyRing(OperatorKey(OPERATOR_KEY), "main", lambda _: {}))
    assert set(codec.names) == {name for name in kinds.registry if issubclass(kinds.registry[name], Event)}
