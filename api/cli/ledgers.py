"""`tallystick ledgers`: make ledgers, list them, change how they behave."""

import click

from api.cli.options import Place, at_a_place, reporting
from api.cli.output import report


@click.group()
def ledgers() -> None:
    """Ledgers: one for each organisation and environment."""


@ledgers.command()
@click.argument("new_id", metavar="ID")
@click.option("--env", type=click.Choice(["sandbox", "live"]), default="sandbox", show_default=True)
@click.option("--name", default="", help="For people.")
@click.option("--timezone", default="UTC", show_default=True, help="IANA name; periods are counted in it.")
@click.option("--currency", default="usd", show_default=True, help="ISO 4217.")
@reporting
@at_a_place
def create(place: Place, *, new_id: str, env: str, name: str, timezone: str, currency: str, as_json: bool) -> None:
    """Make the ledger ID: lowercase letters, digits, - and _. Fails when it exists."""
    from api.cli.database import opened
    from api.cli.ensuring import make_ledger
    from ledger.core.settings import Env
    from ledger.errors import OperatorError

    if place.ledger_id not in {None, new_id}:
        raise click.UsageError(f"The ledger to make is either {new_id} or {place.ledger_id}.")
    with opened(place, create=True) as store:
        if not make_ledger(store, new_id, Env(env), name=name, timezone=timezone, currency=currency):
            raise OperatorError(f"There is a ledger {new_id} already.")
    report([{"ledger": new_id, "env": env, "timezone": timezone, "currency": currency}], as_json=as_json)


@ledgers.command(name="list")
@reporting
@at_a_place
def list_(place: Place, *, as_json: bool) -> None:
    """List the ledgers with their settings and how many events they hold."""
    from api.cli.database import opened
    from api.cli.ensuring import OPERATOR, chosen_ids
    from ledger.core.settings import CHANGEABLE, in_force
    from ledger.store.ledger import SettingsAddress

    rows = []
    with opened(place) as store:
        known = {row.ledger_id: row for row in store.ledgers()}
        for ledger_id in chosen_ids(store, place.ledger_id):
            found, state = known[ledger_id], store.ledger(ledger_id).look(SettingsAddress(), by=OPERATOR).state
            row = {"ledger": ledger_id, "env": found.env, "name": found.name, "events": found.position}
            row |= {"currency": state.currency} | {name: in_force(state, name) for name in CHANGEABLE}
            rows.append(row | {"created_at": found.created_at})
    report(rows, as_json=as_json, none="There is no ledger yet: tallystick ledgers create main")


@ledgers.command(name="set")
@click.argument("setting")
@click.argument("value")
@click.option("--reason", help="Why; kept on the event.")
@reporting
@at_a_place
def set_(place: Place, *, setting: str, value: str, reason: str | None, as_json: bool) -> None:
    """Change SETTING of a ledger to VALUE.

    \b
    timezone                 IANA name; calendar periods are counted in it
    gateway                  simulated or manual: who moves the money
    net_terms_days           how long an invoice that is not charged at once may stay open
    books_closed_until       the last day of closed accounting periods, or never
    late_usage_days          how old usage may be and still go on the next invoice
    persist_free_overage     true: what was used beyond a free grant is taken off the next one
    reverse_deduction_order  true: the balance with the longer interval is used first
    require_reason           true: balances and cancellations need a reason
    """  # noqa: D301  click's mark for lines to be left as they are is the character itself
    from api.cli.database import opened
    from api.cli.ensuring import OPERATOR, chosen
    from ledger.core.sealed import Sealed
    from ledger.core.settings import ChangeSetting, in_force
    from ledger.store.ledger import Caller, SettingsAddress

    with opened(place) as store:
        ledger = chosen(store, place.ledger_id)
        by = Caller(OPERATOR.actor, reason=None if reason is None else Sealed(reason))
        state = ledger.execute(SettingsAddress(), ChangeSetting(setting=setting, value=value), by=by).state
    report([{"ledger": ledger.ledger_id, "setting": setting, "value": in_force(state, setting)}], as_json=as_json)
