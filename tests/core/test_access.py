"""Who may sign in, and what each may do: users of a ledger."""

from functools import reduce

import pytest

from ledger.core.access import AddUser, ChangeRole, DisableUser, UserRole
from ledger.core.decider import SETTINGS_STREAM, Command, Context
from ledger.core.errors import InvalidInput, InvalidRequest
from ledger.core.events import Event, KeyCreated, LedgerCreated, UserAdded, UserDisabled, UserRoleChanged
from ledger.core.settings import SETTINGS, CreateKey, Role
from tests.core.offers import CATALOG, START

MADE = LedgerCreated("main", "sandbox", START)
ANNA = UserAdded("u1", "anna", "admin", START)
BEN = UserAdded("u2", "ben", "finance", START)


def decide(command: Command, *past: Event) -> list[Event]:
    state = reduce(SETTINGS.evolve, (MADE, *past), SETTINGS.initial)
    return list(SETTINGS.decide(state, command, Context(START, CATALOG, state, SETTINGS_STREAM)))


def test_a_user_is_added_with_a_role_and_kept_under_the_name() -> None:
    assert decide(AddUser("u1", "anna", UserRole.ADMIN)) == [ANNA]
    users = reduce(SETTINGS.evolve, (MADE, ANNA, BEN), SETTINGS.initial).users
    assert {each.name: each.role for each in users.values()} == {"anna": UserRole.ADMIN, "ben": UserRole.FINANCE}


@pytest.mark.parametrize("name", ["", " anna", "anna ", "a\nb", "x" * 101, "clock"])
def test_a_name_that_no_actor_can_have_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="name"):
        decide(AddUser("u9", name, UserRole.VIEWER))


def test_two_who_act_never_share_a_name() -> None:
    with pytest.raises(InvalidRequest, match="anna exists or existed"):
        decide(AddUser("u9", "anna", UserRole.VIEWER), ANNA, BEN, UserDisabled("u1", "anna", START))
    with pytest.raises(InvalidRequest, match="key acts under the name nightly"):
        decide(AddUser("u9", "nightly", UserRole.VIEWER), KeyCreated("k1", "nightly", "write", START))
    with pytest.raises(InvalidRequest, match="user is named anna"):
        decide(CreateKey("k1", "anna", Role.READ), ANNA)


def test_a_role_is_changed_once() -> None:
    changed = UserRoleChanged("u2", "ben", "finance", "viewer")
    assert decide(ChangeRole("u2", UserRole.VIEWER), ANNA, BEN) == [changed]
    assert decide(ChangeRole("u2", UserRole.VIEWER), ANNA, BEN, changed) == []
    assert reduce(SETTINGS.evolve, (MADE, BEN, changed), SETTINGS.initial).users["u2"].role is UserRole.VIEWER


def test_who_is_disabled_stays_so_and_is_known_by_name() -> None:
    gone = UserDisabled("u2", "ben", START)
    assert decide(DisableUser("u2"), ANNA, BEN) == [gone]
    assert decide(DisableUser("u2"), ANNA, BEN, gone) == []
    with pytest.raises(InvalidInput, match="ben was disabled"):
        decide(ChangeRole("u2", UserRole.ADMIN), ANNA, BEN, gone)
    with pytest.raises(InvalidInput, match="u7 does not exist"):
        decide(DisableUser("u7"), ANNA)


def test_one_admin_stays() -> None:
    with pytest.raises(InvalidRequest, match="anna is the only admin"):
        decide(DisableUser("u1"), ANNA, BEN)
    with pytest.raises(InvalidRequest, match="anna is the only admin"):
        decide(ChangeRole("u1", UserRole.VIEWER), ANNA, BEN)
    raised = UserRoleChanged("u2", "ben", "finance", "admin")
    assert decide(DisableUser("u1"), ANNA, BEN, raised) == [UserDisabled("u1", "anna", START)]


@pytest.mark.parametrize("name", ["b", "x" * 100])
def test_a_name_may_be_as_short_and_as_long_as_is_said_beside_those_of_others(name: str) -> None:
    assert decide(AddUser("u9", name, UserRole.VIEWER), ANNA) == [UserAdded("u9", name, "viewer", START)]
