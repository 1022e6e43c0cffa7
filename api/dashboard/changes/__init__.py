"""What can be done to a customer: sheets that show what they would do before they do it."""

from typing import Final

from api.dashboard.changes import attaching, balances, canceling
from api.dashboard.route import form
from ledger.core.access import UserRole

ONE: Final = "/customers/<customer_id>"
PLAN: Final = f"{ONE}/plans/<subscription_id>"
ROUTES: Final = (
    *form(f"{ONE}/attach", "attach", attaching.attach_page, attaching.attach_form, UserRole.FINANCE),
    *form(f"{PLAN}/cancel", "cancel", canceling.cancel_page, canceling.cancel_form, UserRole.FINANCE),
    *form(f"{PLAN}/uncancel", "uncancel", canceling.uncancel_page, canceling.uncancel_form, UserRole.FINANCE),
    *form(f"{ONE}/balances/<feature_id>", "balance", balances.balance_page, balances.balance_form, UserRole.FINANCE),
)
