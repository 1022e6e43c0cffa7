"""A ledger's own stream: its settings and who holds a key."""

from datetime import timedelta
from functools import reduce
from zoneinfo import ZoneInfo

import pytest

from ledger.core.decider import SETTINGS_STREAM, Command, Context
from ledger.core.errors import InvalidInput, Refusal
from ledger.core.events import Event, KeyCreated, KeyRevoked, LedgerChanged, LedgerCreated
from ledger.core.settings import (
    SETTINGS,
    ChangeSetting,
    CreateKey,
    CreateLedger,
    Env,
    LedgerSettings,
    RevokeKey,
    Role,
)
from tests.core.offers import CATALOG, START

MADE = LedgerCreated("main", "sandbox", START)


def decide(command: Command, *past: Event, reasoned: bool = True) -> list[Event]:
    state = reduce(SETTINGS.evolve, past, SETTINGS.initial)
    context = Context(START, CATALOG, state, SETTINGS_STREAM, reasoned=reasoned)
    SETTINGS.admit(state, command, context)
    events = list(SETTINGS.decide(state, command, context))
    after = reduce(SETTINGS.evolve, events, state)
    assert after.version == len(past) + len(events)
    return events


def settings(*past: Event) -> LedgerSettings:
    found = reduce(SETTINGS.evolve, past, SETTINGS.initial)
    assert isinstance(found, LedgerSettings)
    return found


def test_a_ledger_is_created_once() -> None:
    command = CreateLedger("main", Env.LIVE, "Europe/Berlin", "EUR")
    assert decide(command) == [LedgerCreated("main", "live", START, "Europe/Berlin", "eur")]
    with pytest.raises(Refusal, match="exists already"):
        decide(command, MADE)
    made = settings(*decide(command))
    assert [made.sandbox, str(made.zone), made.currency, made.ledger_id] == [False, "Europe/Berlin", "eur", "main"]
    assert settings(MADE).sandbox


@pytest.mark.parametrize(
    ("setting", "value", "before", "after"),
    [
        ("timezone", "America/New_York", "UTC", "America/New_York"),
        ("late_usage_days", "30", "7", "30"),
        ("late_usage_days", "3660", "7", "3660"),
        ("require_reason", "on", "False", "True"),
        ("reverse_deduction_order", "yes", "False", "True"),
        ("persist_free_overage", "true", "False", "True"),
        ("net_terms_days", "14", "30", "14"),
        ("gateway", "manual", "simulated", "manual"),
        ("books_closed_until", "2026-03-31", "never", "2026-03-31"),
    ],
)
def test_a_setting_changes_and_says_before_and_after(setting: str, value: str, before: str, after: str) -> None:
    changed = decide(ChangeSetting(setting, value), MADE)
    assert changed == [LedgerChanged(setting, before, after)]
    assert str(getattr(settings(MADE, *changed), setting)) == after
    assert decide(ChangeSetting(setting, value), MADE, *changed) == []


def test_a_switch_can_be_turned_off_again() -> None:
    changed = LedgerChanged("require_reason", "False", "True")
    assert decide(ChangeSetting("require_reason", "no"), MADE, changed) == [
        LedgerChanged("require_reason", "True", "False")
    ]


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("timezone", "Mars/Olympus", "not an IANA time zone"),
        ("timezone", "localtime", "not an IANA time zone"),  # another one on each machine
        ("timezone", "right/UTC", "not an IANA time zone"),  # counts leap seconds
        ("late_usage_days", "-1", "not a number of days"),
        ("late_usage_days", "3661", "not a number of days"),
        ("late_usage_days", "seven", "not a number of days"),
        ("late_usage_days", "\u00b2", "not a number of days"),
        ("late_usage_days", "1" * 5_000, "not a number of days"),
        ("net_terms_days", "-1", "not a number of days"),
        ("books_closed_until", "2026-02-30", "not the last day of a closed period"),
        ("books_closed_until", "31.03.2026", "not the last day of a closed period"),
        ("books_closed_until", "9999-12-31", "not the last day of a closed period"),
        ("gateway", "cash", "choose one of simulated, manual"),
        ("require_reason", "perhaps", "say true or false"),
        ("ledger_id", "other", "is not a setting"),
        ("env", "live", "is not a setting"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(setting: str, value: str, sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence) as refused:
        decide(ChangeSetting(setting, value), MADE)
    assert refused.value.code == "invalid_inputs"


def test_books_are_closed_for_the_first_time_without_a_reason() -> None:
    asked = ChangeSetting("books_closed_until", "2026-03-31")
    assert decide(asked, MADE, reasoned=False) == [LedgerChanged("books_closed_until", "never", "2026-03-31")]


def test_books_are_closed_forward_and_opened_again_only_with_a_reason() -> None:
    closed = LedgerChanged("books_closed_until", "never", "2026-03-31")
    further = ChangeSetting("books_closed_until", "2026-06-30")
    assert decide(further, MADE, closed) == [LedgerChanged("books_closed_until", "2026-03-31", "2026-06-30")]
    for value in ("2026-03-30", "never"):
        back = ChangeSetting("books_closed_until", value)
        with pytest.raises(Refusal, match="which are closed until 2026-03-31, needs a reason") as refused:
            decide(back, MADE, closed, reasoned=False)
        assert refused.value.code == "reason_required"
        assert decide(back, MADE, closed) == [LedgerChanged("books_closed_until", "2026-03-31", value)]


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/New_York"])
def test_a_live_ledger_closes_only_days_that_are_over_in_its_time_zone(zone: str) -> None:
    live = LedgerCreated("main", "live", START, zone)
    today = START.astimezone(ZoneInfo(zone)).date()
    yesterday = (today - timedelta(days=1)).isoformat()
    assert decide(ChangeSetting("books_closed_until", yesterday), live)
    with pytest.raises(Refusal, match=f"is not over: close at most until {yesterday}"):
        decide(ChangeSetting("books_closed_until", today.isoformat()), live)


def test_keys_are_named_and_revoked() -> None:
    created = KeyCreated("k1", "nightly", "write", START)
    assert decide(CreateKey("k1", "nightly", Role.WRITE), MADE) == [created]
    with pytest.raises(Refusal, match="named nightly exists already"):
        decide(CreateKey("k2", "nightly", Role.READ), MADE, created)
    revoked = KeyRevoked("k1", START)
    assert decide(RevokeKey("k1"), MADE, created) == [revoked]
    assert decide(RevokeKey("k1"), MADE, created, revoked) == []
    with pytest.raises(InvalidInput, match="happens by itself"):
        decide(CreateKey("k3", "clock", Role.READ), MADE)
    assert decide(CreateKey("k2", "nightly", Role.READ), MADE, created, revoked)
    with pytest.raises(Refusal, match="Key k9 does not exist"):
        decide(RevokeKey("k9"), MADE)
    key = settings(MADE, created, revoked).keys["k1"]
    assert [key.role, key.revoked_at] == [Role.WRITE, START]


def test_old_settings_are_read_without_the_rules_for_new_ones() -> None:
    abolished = LedgerChanged("timezone", "UTC", "US/Pacific-New")
    many = LedgerChanged("late_usage_days", "7", "99999")
    read = settings(MADE, abolished, many)
    assert [read.timezone, read.late_usage_days] == ["US/Pacific-New", 99999]


def test_an_event_of_another_stream_is_our_mistake() -> None:
    with pytest.raises(AssertionError, match="does not belong to the ledger's own stream"):
        SETTINGS.evolve(LedgerSettings(), Event())
    with pytest.raises(AssertionError, match="not a command of the ledger's own stream"):
        decide(Command())
