"""Trials that go back, phases and plans that wait for their payment, for the examples in which rules of plans meet."""

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from ledger.core.subscriptions.billing import Billing, InvoiceMode
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.phases import Phase
from ledger.core.terms import OnTrialEnd
from tests.core.meeting import WEEK
from tests.core.offers import MESSAGES, included, plan

BACK = replace(plan("back", 50, included(MESSAGES, 900)), free_trial=replace(WEEK, on_end=OnTrialEnd.REVERT))
UNPAID = Billing(invoice_mode=InvoiceMode(enable_plan_immediately=False))


def phase(plan_id: str, at: datetime | None = None, **more: Any) -> Phase:
    return Phase((Attach(plan_id, **more),), at)
