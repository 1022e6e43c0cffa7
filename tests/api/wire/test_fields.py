"""Each kind of field: what it accepts, what that becomes, what it refuses and how it says so."""

from datetime import UTC, datetime
from decimal import Context, Decimal, Inexact, Rounded, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from api.wire import limits
from api.wire.fields import Choice, Currency, CustomerId, Email, Flag, Lines, NotOffered, Text, WireField
from api.wire.json import BadNumber, parse, plain
from api.wire.nesting import FreeForm, ListOf, MapOf, OneOf, Unsupported
from api.wire.quantities import Milliseconds, Quantity, Whole, decimal


def read(field: WireField, text: str) -> Any:
    return field.deserialize(parse(b'{"field":' + text.encode() + b"}")["field"])


def refusal(field: WireField, text: str) -> str:
    with pytest.raises(ValidationError) as refused:
        read(field, text)
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5", "5"), ("5.0", "5"), ("-2.50", "-2.5"), ("0.30000000000000004", "0.3"), ("1e3", "1000"), ("0e999999", "0"),
        ("1e15", "1000000000000000"), ("0.0000000000005000000000001", "0.000000000001"), ("-0.0", "0"),
        ("0.0000000000025", "0.000000000002"), ("0.0000000000035", "0.000000000004"),
        ("999999999999999.9999999999994", "999999999999999.999999999999"),
    ],
)  # fmt: skip
def test_a_quantity_is_exact_to_twelve_places_and_rounded_half_even_past_them(text: str, number: str) -> None:
    kept = read(Quantity(), text)
    assert plain(kept) == number
    assert kept == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        "1e400", "1e-400", "1" * 40, "-" + "1" * 40, "1000000000000000.1", "1000000000000001", "0.0000000000004",
        "1e-13", "1e99999999999999999999", "1e-99999999999999999999", '"5"', "true", "null", "[]", "{}",
        "1e15000000",
    ],
)  # fmt: skip
def test_what_is_no_quantity_is_refused_and_said_so(text: str) -> None:
    assert "must be a number, at most 10^15 from zero, with at most 12 places" in refusal(Quantity(), text)


@pytest.mark.parametrize("text", ["0.30000000000000004", "1e38", "123456789012345678901234567890.5", "1e-13", "7.25"])
def test_reading_does_not_depend_on_the_arithmetic_around_it(text: str) -> None:
    def outcome() -> Decimal | None:
        return decimal(Decimal(text))

    expected = outcome()
    with localcontext(Context(prec=3, traps=[Inexact, Rounded])):
        assert outcome() == expected


def test_a_quantity_may_have_a_bound() -> None:
    assert read(Quantity(0), "0") == 0
    assert "a number of at least 0" in refusal(Quantity(0), "-0.1")
    assert "a number above 0" in refusal(Quantity(above=0), "0")
    assert read(Quantity(above=0), "0.1") == Decimal("0.1")


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=12))
def test_every_decimal_of_twelve_places_goes_through_unchanged(number: Decimal) -> None:
    assert read(Quantity(), plain(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_double_is_read_to_within_half_a_place_or_refused(number: float) -> None:
    exact = Decimal(repr(number))
    try:
        kept = read(Quantity(), repr(number))
    except ValidationError:
        assert abs(exact) > 10**15 or 0 < abs(exact) <= Decimal("5e-13")
    else:
        assert abs(kept - exact) <= Decimal("5e-13")


@pytest.mark.parametrize(("text", "number"), [("5", 5), ("5.0", 5), ("5e1", 50), ("-0.0", 0)])
def test_a_whole_number_may_be_written_with_a_point(text: str, number: int) -> None:
    assert read(Whole(), text) == number
    assert type(read(Whole(), text)) is int


@pytest.mark.parametrize("text", ["5.5", '"5"', "true", "-1", "1e400", "1e99999999999999999999", "1" * 40, "null"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    assert "must be a whole number from 0 to" in refusal(Whole(), text)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("0", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1795348800123", datetime(2026, 11, 22, 12, 0, 0, 123_000, tzinfo=UTC)),
        ("1795348800123.0", datetime(2026, 11, 22, 12, 0, 0, 123_000, tzinfo=UTC)),
        ("16725225599999", datetime(2499, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
    ],
)
def test_milliseconds_become_an_aware_instant(text: str, instant: datetime) -> None:
    assert read(Milliseconds(), text) == instant


@pytest.mark.parametrize("text", ["-1", "16725225600000", "0.5", "1e400", '"2026-11-22"', "false", "1e30"])
def test_an_instant_out_of_range_or_of_another_kind_is_refused(text: str) -> None:
    assert "must be an instant in epoch milliseconds" in refusal(Milliseconds(), text)


@pytest.mark.parametrize("text", ["acme", "a b", "Ünïcødé-客户", "org:1/2", "x" * 255, "cus_0123"])
def test_an_id_may_hold_any_visible_character(text: str) -> None:
    assert read(CustomerId(), f'"{text}"') == text


@pytest.mark.parametrize(
    "text", ['""', '" a"', '"a "', '"a\\nb"', '"a\\u200bb"', '"\\u00a0"', f'"{"x" * 256}"', "1", "null"]
)
def test_an_id_holds_nothing_invisible(text: str) -> None:
    assert "must be text of 1 to 255 visible characters" in refusal(CustomerId(), text)


def test_text_has_no_control_characters_and_a_description_may_have_lines() -> None:
    assert "without control characters" in refusal(Text(), '"a\\nb"')
    assert read(Lines(), '"a\\n\\tb"') == "a\n\tb"
    assert "without control characters" in refusal(Lines(), '"a\\u0007b"')
    assert read(Text(empty=True), '""') == ""
    assert "1 to 3 characters" in refusal(Text(3), '"four"')


@pytest.mark.parametrize("text", ['"1"', "1", "0", "null", '"true"', "[]"])
def test_a_flag_is_true_or_false_and_nothing_else(text: str) -> None:
    assert read(Flag(), "true") is True
    assert "must be true or false" in refusal(Flag(), text)


def test_a_choice_is_one_of_its_words() -> None:
    field = Choice("cap", "overflow", not_offered=("reject",))
    assert read(field, '"cap"') == "cap"
    assert 'was "Cap" (text) and must be one of cap, overflow' in refusal(field, '"Cap"')
    with pytest.raises(ValidationError) as refused:
        read(field, '"reject"')
    assert isinstance(refused.value.messages[0], NotOffered)


@pytest.mark.parametrize("text", ["no-at", "a@", "@b", "a b@c", "a@b@c", "a@b\\n", "x" * 320 + "@a"])
def test_an_address_has_two_sides(text: str) -> None:
    assert read(Email(), '"books@acme.test"') == "books@acme.test"
    assert "must be an e-mail address" in refusal(Email(), f'"{text}"')


def test_a_currency_becomes_lower_case() -> None:
    assert read(Currency(), '"EUR"') == "eur"
    assert "three letters" in refusal(Currency(), '"euro"')


def test_null_is_accepted_only_where_it_is_offered() -> None:
    assert read(Text(allow_none=True), "null") is None
    assert "was null" in refusal(Text(), "null")


def test_a_list_names_each_bad_entry() -> None:
    with pytest.raises(ValidationError) as refused:
        read(ListOf(Whole()), '[1, "2", 3, true]')
    problems: dict[Any, Any] = refused.value.messages_dict
    assert set(problems) == {1, 3}
    assert "a list of 1 to 2" in refusal(ListOf(Whole(), least=1, most=2), "[]")
    assert "a list of 1 to 2" in refusal(ListOf(Whole(), least=1, most=2), "[1,2,3]")
    assert "must be a list" in refusal(ListOf(Whole()), "{}")


def test_a_map_names_each_bad_value() -> None:
    assert read(MapOf(Whole()), '{"a":1}') == {"a": 1}
    with pytest.raises(ValidationError) as refused:
        read(MapOf(Whole()), '{"a":1,"b":"x"}')
    assert set(refused.value.messages_dict) == {"b"}


def test_a_union_takes_the_first_that_reads() -> None:
    field = OneOf(Quantity(above=0), Choice("inf"))
    assert read(field, "5") == 5
    assert read(field, '"inf"') == "inf"
    assert "a number above 0, at most" in refusal(field, '"much"')
    assert ", or inf" in refusal(field, '"much"')


def test_free_form_data_is_kept_as_it_was_sent() -> None:
    text = '{"n":0.1234567890123456789,"big":12345678901234567890,"deep":{"list":[1,null,true,"x"]},"":""}'
    with pytest.raises(ValidationError, match="names a value with 0 characters"):
        read(FreeForm(), text)
    kept = read(FreeForm(), text.replace(',"":""', ""))
    assert kept == {
        "n": Decimal("0.1234567890123456789"), "big": 12345678901234567890, "deep": {"list": [1, None, True, "x"]},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[]", "must be an object"),
        ('{"a":1e400}', 'at "a" (text) holds the number 1E+400'),
        ('{"a":1e99999999999999999999}', "write it as text"),
        ('{"a":[' + "1" * 40 + "]}", "write it as text"),
        ('{"a":1e-40}', "write it as text"),
        ('{"' + "k" * 101 + '":1}', "names a value with 101 characters"),
        ('{"a":"' + "x" * 5_001 + '"}', "a text of more than 5000 characters"),
        ('{"a":[' + "0," * 500 + "0]}", "holds more than 500 values"),
        ('{"a":' * 9 + "1" + "}" * 9, "nests more than 8 deep"),
    ],
)
def test_free_form_data_has_limits(text: str, sentence: str) -> None:
    assert sentence in refusal(FreeForm(), text)


def test_flat_data_does_not_nest() -> None:
    assert read(FreeForm(flat=True), '{"a":1,"b":null,"c":"x"}') == {"a": 1, "b": None, "c": "x"}
    assert "nests more than 1 deep" in refusal(FreeForm(flat=True), '{"a":{}}')


@pytest.mark.parametrize(
    "text", ["null", "false", '""', "[]", "{}", '{"enabled":false}', '{"a":{"enabled":false},"b":null}']
)
def test_what_is_not_offered_may_be_sent_as_long_as_it_asks_for_nothing(text: str) -> None:
    from marshmallow import missing

    assert read(Unsupported(), text) is missing


@pytest.mark.parametrize("text", ["true", "0", "1", '"x"', "[null]", '{"enabled":true}'])
def test_what_is_not_offered_is_refused_when_it_asks_for_something(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read(Unsupported(), text)
    assert isinstance(refused.value.messages[0], NotOffered)
    assert read(Unsupported(neutral=(True,)), "true") is not True


def test_a_wrong_value_is_repeated_in_part_only() -> None:
    sentence = refusal(Quantity(), '"' + "x\\n" * 100 + '"')
    assert len(sentence) < 200
    assert "\n" not in sentence
    assert BadNumber("1" * 500).text[: limits.VALUE_SHOWN_CHARS] in str(Quantity().wrong(BadNumber("1" * 500)))
