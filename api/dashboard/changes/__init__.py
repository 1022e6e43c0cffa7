"""What can be done to a customer: sheets that show what they would do before they do it.

A sheet is a `Sheet` (its form) and a `Change` (what of the API it asks for, and how that is shown), given to
`confirming.show` and `confirming.settle`. Those alone decide whether what was confirmed is what was shown.
"""

from typing import Final

from api.dashboard.changes import attaching, balances, canceling, updating, voiding
from api.dashboard.route import form
from ledger.core.access import UserRole

ONE: Final = "/customers/<customer_id>"
PLAN: Final = f"{ONE}/plans/<subscription_id>"
WHO: Final = UserRole.FINANCE
ROUTES: Final = (
    *form(f"{ONE}/attach", "attach", attaching.attach_page, attaching.attach_form, WHO),
    *form(f"{PLAN}/change", "change_plan", attaching.switch_page, attaching.switch_form, WHO),
    *form(f"{PLAN}/update", "update_plan", updating.update_page, updating.update_form, WHO),
    *form(f"{PLAN}/cancel", "cancel", canceling.cancel_page, canceling.cancel_form, WHO),
    *form(f"{PLAN}/uncancel", "uncancel", canceling.uncancel_page, canceling.uncancel_form, WHO),
    *form(f"{ONE}/balances/<feature_id>", "balance", balances.balance_page, balances.balance_form, WHO),
    *form(f"{ONE}/events/<position>/void", "void", voiding.void_page, voiding.void_form, WHO),
)
