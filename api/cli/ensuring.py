"""The ledgers and keys that must be there before the first request."""

from typing import Final

import click

from api.keys import ensure_key
from ledger.core.access import UserRole
from ledger.core.errors import InvalidRequest
from ledger.core.settings import CHANGEABLE, CreateLedger, Env
from ledger.errors import OperatorError
from ledger.settings import Settings
from ledger.store.ledger import Caller, Ledger, SettingsAddress, Store

MAIN: Final = "main"
OWNER: Final = "owner"
OPERATOR: Final = Caller("operator")  # whoever has the machine; the command line asks for no name


def make_ledger(
    store: Store, ledger_id: str, env: Env, *, name: str = "", timezone: str = "UTC", currency: str = "usd"
) -> bool:
    """Make a ledger and the first event of its settings; False when it was there. Finishes what a crash left half."""
    CHANGEABLE["timezone"](timezone)  # refused before there is a row
    made = store.create_ledger(ledger_id, env, name)
    ledger = store.ledger(ledger_id)
    if made or ledger.look(SettingsAddress(), by=OPERATOR).state.created_at is None:
        begin = CreateLedger(ledger_id=ledger_id, env=env, timezone=timezone, currency=currency)
        try:
            ledger.execute(SettingsAddress(), begin, by=OPERATOR)
        except InvalidRequest:
            if made or ledger.look(SettingsAddress(), by=OPERATOR).state.created_at is None:
                raise  # not because another server was faster
        return True
    return False


def ensure_ledgers(store: Store, settings: Settings, ledger_id: str | None, *, make_main: bool) -> str:
    """The ledger to show in the ready line, after the bootstrap ledger and key are there. Raises OperatorError."""
    if settings.bootstrap_key is not None:
        make_ledger(store, MAIN, Env.SANDBOX)
        _ensure_bootstrap_key(store, settings.bootstrap_key)
    elif make_main and not store.ledgers():
        make_ledger(store, MAIN, Env.SANDBOX)
        click.echo(
            "Made the sandbox ledger main. A key to it: tallystick keys create --name NAME --role admin", err=True
        )
    return _shown([row.ledger_id for row in store.ledgers()], ledger_id)


def owners_link(store: Store, ledger_id: str) -> str:
    """A secret that signs the ledger's owner in once: an admin who is made where the ledger has none yet."""
    from api.sessions import sign_in_link
    from api.users import add_user, list_users

    admins = [
        each
        for each in list_users(store, ledger_id, by=OPERATOR)
        if each.role is UserRole.ADMIN and each.disabled_at is None
    ]
    owner = admins[0] if admins else add_user(store, ledger_id, OWNER, UserRole.ADMIN, None, by=OPERATOR)
    return sign_in_link(store, ledger_id, owner.user_id)


def _ensure_bootstrap_key(store: Store, secret: str) -> None:
    try:
        ensure_key(store, MAIN, secret, by=OPERATOR)
    except InvalidRequest:  # another server made it in this moment
        ensure_key(store, MAIN, secret, by=OPERATOR)


def _shown(found: list[str], asked: str | None) -> str:
    if asked is not None and asked not in found:
        raise OperatorError(f"There is no ledger {asked}: `tallystick ledgers list` says which there are.")
    if not found:
        raise OperatorError("This database has no ledger yet: make one with `tallystick ledgers create main`.")
    return asked or (MAIN if MAIN in found else found[0])


def chosen(store: Store, asked: str | None) -> Ledger:
    """The ledger a command is about: the one asked for, or the only one. Raises OperatorError."""
    found = [row.ledger_id for row in store.ledgers()]
    if asked is None and len(found) > 1:
        raise OperatorError(f"There are several ledgers: say which with --ledger ({', '.join(found)}).")
    return store.ledger(_shown(found, asked))


def chosen_ids(store: Store, asked: str | None) -> list[str]:
    """The ledgers a command is about: the one asked for, or all. Raises OperatorError."""
    found = [row.ledger_id for row in store.ledgers()]
    return [_shown(found, asked)] if asked is not None else found
