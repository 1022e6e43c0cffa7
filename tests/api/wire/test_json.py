"""JSON in and out without a float, and every way a body can be unreadable."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.wire import limits
from api.wire.json import BadNumber, check_content_type, parse, plain, render
from api.wire.refusals import BodyTooLarge, MalformedBody, UnsupportedMediaType


def test_an_empty_body_is_an_empty_object() -> None:
    assert parse(b"") == {}


def test_numbers_are_the_decimals_of_their_own_text() -> None:
    read = parse(b'{"a":0.30000000000000004,"b":5,"c":5.0,"d":1e400,"e":-0.1}')
    assert read == {
        "a": Decimal("0.30000000000000004"), "b": 5, "c": Decimal("5.0"), "d": Decimal("1e400"), "e": Decimal("-0.1"),
    }  # fmt: skip
    assert type(read["b"]) is int
    assert type(read["c"]) is Decimal


def test_a_number_that_no_decimal_holds_is_left_to_its_field_to_refuse() -> None:
    bad = parse(b'{"value":1e99999999999999999999}')["value"]
    assert isinstance(bad, BadNumber)
    assert bad.text == "1e99999999999999999999"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"a":"\xff"}', "not UTF-8"),
        (b'{"\xc3\x28":1}', "not UTF-8"),
        (b'{"a":"\\u0000"}', "NUL"),
        (b'{"a\\u0000":1}', "NUL"),
        (b'[{"a":["x\\u0000y"]}]', "NUL"),
        (b'{"a":"\x00"}', "not JSON"),
        (b'{"a":"\\ud800"}', "not JSON"),
        (b'{"a":NaN}', "NaN and Infinity are not JSON"),
        (b'{"a":-Infinity}', "not JSON"),
        (b'{"a":01}', "not JSON"),
        (b"{", "not JSON"),
        (b"   ", "not JSON"),
        (b'{"a":1}x', "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'{"a":1,"a":2}', "names 'a' twice"),
        (b'{"a":{"b:":1,"c":[{"d":1,"d":1}]}}', "names 'd' twice"),
        (b'{"a":"x:y","b":1,"b":1}', "names 'b' twice"),
        (b"[" * 33 + b"]" * 33, "more than 32 deep"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "more than 32 deep"),
        (b"[" * 100_000, "more than 32 deep"),
        (b'{"a":' + b"9" * 5_000 + b"}", "more digits"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_a_sentence(body: bytes, sentence: str) -> None:
    with pytest.raises(MalformedBody, match=sentence) as refused:
        parse(body)
    assert refused.value.code == "invalid_inputs"


@pytest.mark.parametrize(
    "body", [b'{"a":"x:y","b":{"c":":::"}}', b"[" * 32 + b"]" * 32, b'{"a":"\\\\u0000"}', '{"a":"é🙂"}'.encode()]
)
def test_a_body_that_only_looks_odd_is_read(body: bytes) -> None:
    assert parse(body) == json.loads(body)


def test_a_body_past_the_limit_is_refused() -> None:
    filler = b'{"a":"' + b"x" * limits.BODY_BYTES + b'"}'
    with pytest.raises(BodyTooLarge, match="1,000,000 bytes"):
        parse(filler)


@pytest.mark.parametrize(
    "header", ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"]
)
def test_json_is_accepted_under_its_own_name(header: str) -> None:
    check_content_type(header, b"{}")


@pytest.mark.parametrize(
    "header", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
def test_another_content_type_is_refused_unless_there_is_no_body(header: str | None) -> None:
    check_content_type(header, b"")
    with pytest.raises(UnsupportedMediaType, match="must be application/json"):
        check_content_type(header, b"{}")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("5.0", "5"), ("1E+3", "1000"), ("1E-7", "0.0000001"), ("-0", "0"), ("-0.00", "0"), ("0E-12", "0"),
        ("100", "100"),        ("-12.50", "-12.5"), ("999999999999999.999999999999", "999999999999999.999999999999"),
    ],
)  # fmt: skip
def test_a_decimal_is_written_plainly(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text
    assert render({"n": Decimal(number)}) == b'{"n":' + text.encode() + b"}"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_never_written(number: str) -> None:
    with pytest.raises(AssertionError, match="not finite"):
        render(Decimal(number))


def test_an_instant_is_written_in_whole_milliseconds_whatever_its_zone() -> None:
    instant = datetime(2026, 11, 22, 12, 0, 0, 123_999, tzinfo=UTC)
    assert render([instant, instant.astimezone(timezone(timedelta(hours=5)))]) == b"[1795348800123,1795348800123]"
    assert render(datetime(1969, 12, 31, 23, 59, 59, 999_500, tzinfo=UTC)) == b"-1"


@pytest.mark.parametrize("value", [1.5, {"a": [0.1]}, {"a": {"b": 1.0}}])
def test_a_float_is_never_written(value: Any) -> None:
    with pytest.raises(TypeError, match="float"):
        render(value)


def test_a_naive_instant_is_never_written() -> None:
    with pytest.raises(TypeError):
        render(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=12)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | DECIMALS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(VALUES)
def test_what_is_rendered_is_parsed_as_it_was(value: Any) -> None:
    read = parse(render(value))
    assert read == value


@given(st.binary(max_size=60))
def test_no_bytes_make_parse_fail_in_any_other_way(body: bytes) -> None:
    with suppress(MalformedBody):
        parse(body)
