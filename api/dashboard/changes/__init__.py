"""What can be done to a customer: sheets that show what they would do before they do it.

A sheet is a `Sheet` (its form) and a `Change` (what of the API it asks for, and how that is shown), given to
`confirming.show` and `confirming.settle`. Those alone decide whether what was confirmed is what was shown.
"""

from typing import Final

from api.dashboard.changes import (
    attaching,
    attaching_several,
    balances,
    canceling,
    checking,
    deleting_balance,
    recalculating,
    recording,
    scheduling,
    updating,
    voiding,
)
from api.dashboard.confirming import sheet_form
from api.dashboard.route import Route

ONE: Final = "/customers/<customer_id>"
PLAN: Final = f"{ONE}/plans/<subscription_id>"
BALANCE: Final = f"{ONE}/balances/<feature_id>"
ROUTES: Final = (
    *sheet_form(f"{ONE}/attach", "attach", attaching.attach_page, attaching.attach_form),
    *sheet_form(
        f"{ONE}/attach-several", "attach_several", attaching_several.several_page, attaching_several.several_form
    ),
    *sheet_form(f"{ONE}/schedule", "schedule_plans", scheduling.schedule_page, scheduling.schedule_form),
    *sheet_form(f"{PLAN}/change", "change_plan", attaching.switch_page, attaching.switch_form),
    *sheet_form(f"{PLAN}/update", "update_plan", updating.update_page, updating.update_form),
    *sheet_form(f"{PLAN}/cancel", "cancel", canceling.cancel_page, canceling.cancel_form),
    *sheet_form(f"{PLAN}/uncancel", "uncancel", canceling.uncancel_page, canceling.uncancel_form),
    *sheet_form(BALANCE, "balance", balances.balance_page, balances.balance_form),
    *sheet_form(f"{BALANCE}/use", "record_usage", recording.recording_page, recording.recording_form),
    *sheet_form(
        f"{BALANCE}/recalculate", "recalculate", recalculating.recalculating_page, recalculating.recalculating_form
    ),
    *sheet_form(f"{BALANCE}/delete", "delete_balance", deleting_balance.deleting_page, deleting_balance.deleting_form),
    Route("GET", f"{ONE}/check/<feature_id>", "check_balance", checking.checking_page),
    *sheet_form(f"{ONE}/events/<position>/void", "void", voiding.void_page, voiding.void_form),
)
