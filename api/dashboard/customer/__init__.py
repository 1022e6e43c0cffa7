"""The page of one customer: who it is, what it is on, what it uses, what it owes; and the sheets that open over it."""

from typing import Final

from api.dashboard.confirming import sheet_form
from api.dashboard.customer import (
    answer,
    clock,
    controls,
    deleting,
    editing,
    granting,
    heading,
    invoices,
    overview,
    plans,
    settling,
    usage,
)
from api.dashboard.route import Route
from ledger.core.access import UserRole

ONE: Final = "/customers/<customer_id>"
FINANCE: Final = UserRole.FINANCE
INVOICE: Final = f"{ONE}/invoices/<invoice_id>"
CONTROL: Final = f"{ONE}/controls/<kind>/<which>"
ROUTES: Final = (
    Route("GET", ONE, "customer", overview.customer_page),
    *sheet_form(f"{ONE}/edit", "edit_customer", editing.edit_page, editing.edit_form),
    *sheet_form(f"{ONE}/delete", "delete_customer", deleting.delete_page, deleting.delete_form),
    *sheet_form(f"{ONE}/delete-entity", "delete_entity", deleting.delete_entity_page, deleting.delete_entity_form),
    *sheet_form(f"{ONE}/clock", "clock", clock.clock_page, clock.clock_form),
    Route("GET", f"{ONE}/json", "customer_json", answer.answer_page),
    Route("GET", f"{ONE}/entities", "entities", heading.entities_page),
    *sheet_form(f"{ONE}/new-entity", "new_entity", granting.new_entity_page, granting.new_entity_form),
    *sheet_form(f"{ONE}/new-balance", "new_balance", granting.new_balance_page, granting.new_balance_form),
    Route("GET", f"{ONE}/plans/<subscription_id>", "plan", plans.plan_page),
    Route("GET", f"{ONE}/explain/<feature_id>", "explain", usage.explain_page, FINANCE),
    Route("GET", f"{ONE}/upcoming/<at>", "upcoming_invoice", invoices.upcoming_page),
    Route("GET", INVOICE, "invoice", invoices.invoice_page),
    *sheet_form(f"{INVOICE}/<action>", "invoice_action", settling.action_page, settling.action_form),
    *sheet_form(CONTROL, "control", controls.control_page, controls.control_form),
)
