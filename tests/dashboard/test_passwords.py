"""What a password costs to guess: here they are hashed as in production."""

import pytest
from argon2 import Type
from argon2.exceptions import VerifyMismatchError

from api.keys import run
from api.sessions import NOBODY, WrongPassword, sign_in
from api.users import HASHER, add_user
from ledger.core.access import UserRole
from ledger.store.ledger import Store
from tests.api.client import TESTER, Api
from tests.dashboard.conftest import PASSWORD


@pytest.fixture(scope="module")
def cheap_passwords() -> None:
    """They are not."""


def test_a_hash_costs_what_rfc_9106_recommends_where_memory_is_short() -> None:
    assert (HASHER.type, HASHER.memory_cost, HASHER.time_cost, HASHER.parallelism) == (Type.ID, 64 * 1024, 3, 4)


def test_a_name_that_nobody_has_is_refused_as_slowly_as_any_other() -> None:
    assert not HASHER.check_needs_rehash(NOBODY)
    with pytest.raises(VerifyMismatchError):
        HASHER.verify(NOBODY, PASSWORD)


def test_what_is_kept_of_a_password_opens_a_session_for_nothing_else(store: Store, api: Api) -> None:
    user = add_user(store, api.ledger_id, "anna", UserRole.VIEWER, PASSWORD, by=TESTER)
    ((kept, _),) = run(store, "select_password", {"ledger_id": api.ledger_id, "user_id": user.user_id})
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    with pytest.raises(WrongPassword):
        sign_in(store, api.ledger_id, "anna", PASSWORD.title(), by=TESTER)
    assert sign_in(store, api.ledger_id, "anna", PASSWORD, by=TESTER)
