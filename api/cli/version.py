"""`tallystick version`: which program this is, and which schema it needs."""

import platform
from importlib.metadata import version as installed

import click

from api.cli.options import reporting
from api.cli.output import say_json


@click.command()
@reporting
def version(*, as_json: bool) -> None:
    """Say the version."""
    found = {"tallystick": installed("tallystick"), "python": platform.python_version()}
    if as_json:
        say_json(found)
    else:
        click.echo(f"tallystick {found['tallystick']} (Python {found['python']})")
