"""The same price in other currencies, as one line of a form: `eur 18, gbp 15.50`, of a tier `eur 0.10 + 5`."""

from typing import Any

from api.dashboard.catalog.rows import said
from api.wire.json import plain


def line(found: Any) -> str:
    """The prices of the wire in one line."""
    return ", ".join(_entry(each) for each in found)


def _entry(found: Any) -> str:
    flat = found.get("flat_amount")
    return f"{found['currency']} {plain(found['amount'])}" + (f" + {plain(flat)}" if flat else "")


def prices(text: str) -> list[dict[str, Any]]:
    """The prices of a line as the wire has them; what cannot be read is left for the wire to refuse."""
    return [_price(each.strip()) for each in text.split(",") if each.strip()]


def _price(text: str) -> dict[str, Any]:
    currency, _, rest = text.partition(" ")
    amount, plus, flat = rest.partition("+")
    found: dict[str, Any] = {"currency": currency, "amount": said(amount.strip())}
    return {**found, "flat_amount": said(flat.strip())} if plus else found
