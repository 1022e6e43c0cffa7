"""`tallystick`: the commands, and how each of them ends: 0 done, 1 a check failed, 2 it could not begin."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Final

import click

from ledger.errors import OperatorError
from ledger.logging import set_up_logging
from ledger.settings import LOG_LEVELS

CANNOT_BEGIN: Final = 2
QUIET: Final = "warning"  # of a command that ends by itself; those that stay set their own
INTERRUPTED: Final = 130  # what a shell says of a program that Ctrl-C ended

COMMANDS: Final = MappingProxyType(
    {
        "serve": "api.cli.serve:serve",
        "worker": "api.cli.worker:worker",
        "ledgers": "api.cli.ledgers:ledgers",
        "keys": "api.cli.keys:keys",
        "users": "api.cli.users:users",
        "books": "api.cli.books:books",
        "catalog": "api.cli.catalog:catalog",
        "export": "api.cli.export:export",
        "replay": "api.cli.replay:replay",
        "demo": "api.cli.demo:demo",
        "version": "api.cli.version:version",
    }
)


class Commands(click.Group):
    """Imports a command when it is asked for, so that none waits for what another one needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def tallystick() -> None:
    """A billing ledger: every change an immutable event, every balance provable.

    Every command works on the database of --database-url (or DATABASE_URL), else on the embedded one in --data, also
    while a server runs on it. Exit status: 0 done, 1 a check failed, 2 wrong usage or set-up.
    """


def main() -> None:
    """The console script."""
    asked = os.environ.get("TALLYSTICK_LOG_LEVEL", "").strip().lower()
    set_up_logging(asked if asked in LOG_LEVELS else QUIET)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Do a command; its exit status. What an operator can put right is one sentence on standard error."""
    try:
        status = tallystick.main(list(arguments), prog_name="tallystick", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return CANNOT_BEGIN
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):  # whoever read our output has had enough; click exits with 1 then
        sys.stderr.close()
        return 0
    except Exception as error:
        if (sentence := _sentence(error)) is None:
            raise
        click.echo(f"tallystick: {sentence}", err=True)
        return CANNOT_BEGIN
    return status if isinstance(status, int) else 0


def _sentence(error: Exception) -> str | None:
    """What to tell the operator; None for what is our mistake."""
    import psycopg

    from ledger.core.errors import ReasonRequired, Refusal
    from ledger.store.requests import StoreUnavailable

    if isinstance(error, psycopg.OperationalError):
        return f"The database does not answer: {str(error).strip().splitlines()[0]}."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'The machine'}: {error.strerror}."
    if isinstance(error, ReasonRequired):
        return f"{error}: give it with --reason"
    return str(error) if isinstance(error, OperatorError | Refusal | StoreUnavailable) else None


if __name__ == "__main__":
    main()
