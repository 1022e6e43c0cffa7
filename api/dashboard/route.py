"""A path of the dashboard, as each room lists its own."""

from collections.abc import Callable
from typing import NamedTuple

from flask import Response

from ledger.core.access import UserRole


class Route(NamedTuple):
    """A path, its name in logs and counters, and whose role reaches it. The view gets a `Visitor`."""

    method: str
    path: str
    name: str
    view: Callable[..., Response]
    needs: UserRole = UserRole.VIEWER


def form(
    path: str, name: str, page: Callable[..., Response], sent: Callable[..., Response], needs: UserRole
) -> tuple[Route, Route]:
    """A form: its page, and what becomes of it once it is sent."""
    return Route("GET", path, name, page, needs), Route("POST", path, name, sent, needs)
