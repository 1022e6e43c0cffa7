"""Every operation of the JSON API: its path, what it reads, what it answers, what it may refuse.

The Flask blueprints take their schemas from here, and the OpenAPI document is generated from it, so that what
is served and what is described cannot differ.
"""

from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from api.wire import (
    aggregate,
    balances,
    billing,
    common,
    credit_notes,
    customers,
    documents,
    entities,
    events,
    features,
    invoices,
    plans,
    several,
    subscriptions,
    usage,
    views,
)
from api.wire.schema import WireSchema, load, load_rows

OK: Final = (HTTPStatus.OK,)
ACCEPTED: Final = (HTTPStatus.ACCEPTED,)
OK_OR_ACCEPTED: Final = (HTTPStatus.OK, HTTPStatus.ACCEPTED)


@dataclass(frozen=True)
class Operation:
    """One POST path. `rows`: the body is a list of `request`. `errors`: codes beside those every path may answer.

    `ours` are those that no SDK knows.
    """

    path: str
    namespace: str
    verb: str
    request: type[WireSchema]
    response: type[WireSchema]
    summary: str
    errors: tuple[str, ...] = ()
    statuses: tuple[HTTPStatus, ...] = OK
    rows: bool = False
    writes: bool = True
    ours: bool = False

    @property
    def name(self) -> str:
        """`namespace.verb`, as in the path."""
        return f"{self.namespace}.{self.verb}"

    def read(self, payload: Any) -> Any:
        """A request body as a dict of Python values, or a list of them where the body is `rows`; see `load`."""
        return load_rows(self.request, payload) if self.rows else load(self.request, payload)


def _operation(
    name: str,
    request: type[WireSchema],
    response: type[WireSchema],
    summary: str,
    *errors: str,
    statuses: tuple[HTTPStatus, ...] = OK,
    rows: bool = False,
    writes: bool = True,
    ours: bool = False,
) -> Operation:
    namespace, verb = name.split(".")
    return Operation(f"/v1/{name}", namespace, verb, request, response, summary, errors, statuses, rows, writes, ours)


_CUSTOMER = "customer_not_found"
_ENTITY = "entity_not_found"
_FEATURE = "feature_not_found"
_PLAN = "product_not_found"
_HELD = "customer_product_not_found"
_PAYMENT = "invoice_payment_failed"
_INVOICE = "invoice_not_found"

_ALL: Final = (
    _operation(
        "customers.get_or_create", customers.GetOrCreateCustomerSchema, customers.CustomerAnswerSchema,
        "Find a customer by id, or by e-mail, or create it", "customer_already_exists", _PLAN,
    ),
    _operation(
        "customers.get", customers.GetCustomerSchema, customers.CustomerAnswerSchema,
        "Read one customer", _CUSTOMER, writes=False,
    ),
    _operation(
        "customers.list", customers.ListCustomersSchema, customers.CustomerListSchema,
        "List customers, filtered, page by page", "invalid_cursor", writes=False,
    ),
    _operation(
        "customers.update", customers.UpdateCustomerSchema, customers.ListedCustomerSchema,
        "Change a customer's own facts", _CUSTOMER, _FEATURE, "customer_already_exists", "currency_mismatch",
    ),
    _operation(
        "customers.delete", customers.DeleteCustomerSchema, common.SuccessSchema,
        "Close a customer for good", _CUSTOMER,
    ),
    _operation(
        "customers.advance_test_clock", customers.AdvanceTestClockSchema, customers.TestClockAnswerSchema,
        "Move a sandbox customer's clock forward", _CUSTOMER, "invalid_request",
    ),
    _operation(
        "subscriptions.list", subscriptions.ListHeldPlansSchema, subscriptions.SubscriptionListSchema,
        "List subscriptions row by row", _CUSTOMER, _ENTITY, "invalid_cursor", writes=False,
    ),
    _operation(
        "purchases.list", subscriptions.ListHeldPlansSchema, subscriptions.PurchaseListSchema,
        "List plans that were paid once, row by row", _CUSTOMER, _ENTITY, "invalid_cursor", writes=False,
    ),
    _operation(
        "entities.create", entities.CreateEntitySchema, entities.EntityAnswerSchema,
        "Create an entity of a customer",
        _CUSTOMER, _FEATURE, "entity_already_exists", "feature_limit_reached", "insufficient_balance", _PAYMENT,
    ),
    _operation(
        "entities.get", entities.EntityRefSchema, entities.EntityAnswerSchema,
        "Read one entity", _CUSTOMER, _ENTITY, writes=False,
    ),
    _operation(
        "entities.list", entities.ListEntitiesSchema, entities.EntityListSchema,
        "List entities, filtered, page by page", _CUSTOMER, "invalid_cursor", writes=False,
    ),
    _operation(
        "entities.update", entities.UpdateEntitySchema, entities.EntityAnswerSchema,
        "Change an entity's billing controls", _CUSTOMER, _ENTITY,
    ),
    _operation(
        "entities.delete", entities.EntityRefSchema, common.SuccessSchema,
        "Delete an entity and free its unit", _CUSTOMER, _ENTITY,
    ),
    _operation(
        "features.create", features.CreateFeatureSchema, features.FeatureAnswerSchema,
        "Create a feature", "duplicate_feature_id",
    ),
    _operation(
        "features.get", features.FeatureRefSchema, features.FeatureAnswerSchema,
        "Read one feature", _FEATURE, writes=False,
    ),
    _operation(
        "features.list", features.ListFeaturesSchema, features.FeatureListSchema,
        "List all features", writes=False,
    ),
    _operation(
        "features.update", features.UpdateFeatureSchema, features.FeatureAnswerSchema,
        "Change a feature", _FEATURE, "duplicate_feature_id", "invalid_request",
    ),
    _operation(
        "features.delete", features.FeatureRefSchema, common.SuccessSchema,
        "Delete a feature that nothing uses", _FEATURE, "invalid_request",
    ),
    _operation(
        "plans.create", plans.CreatePlanSchema, plans.PlanAnswerSchema,
        "Create a plan", "product_already_exists", _FEATURE,
    ),
    _operation(
        "plans.get", plans.GetPlanSchema, plans.PlanAnswerSchema,
        "Read one version of a plan", _PLAN, writes=False,
    ),
    _operation(
        "plans.list", plans.ListPlansSchema, plans.PlanListSchema,
        "List plans, for a customer where one is named", _CUSTOMER, _ENTITY, writes=False,
    ),
    _operation(
        "plans.update", plans.UpdatePlanSchema, plans.PlanAnswerSchema,
        "Change a plan; where customers hold it, as a new version", _PLAN, _FEATURE, "product_already_exists",
    ),
    _operation(
        "plans.delete", plans.DeletePlanSchema, common.SuccessSchema,
        "Delete a plan that nobody holds", _PLAN, "invalid_request",
    ),
    _operation(
        "billing.attach", billing.AttachSchema, billing.ChangeAnswerSchema,
        "Attach a plan to a customer or an entity",
        _CUSTOMER, _ENTITY, _PLAN, "plan_already_attached", "currency_mismatch", _PAYMENT,
    ),
    _operation(
        "billing.preview_attach", billing.AttachSchema, billing.AttachPreviewSchema,
        "What attaching a plan would cost and do", _CUSTOMER, _ENTITY, _PLAN, "plan_already_attached",
        "currency_mismatch", writes=False,
    ),
    _operation(
        "billing.update", billing.UpdateSubscriptionSchema, billing.ChangeAnswerSchema,
        "Change a held plan, cancel it, or take a cancellation back",
        _CUSTOMER, _ENTITY, _PLAN, _HELD, _PAYMENT,
    ),
    _operation(
        "billing.preview_update", billing.UpdateSubscriptionSchema, billing.UpdatePreviewSchema,
        "What such a change would cost and do", _CUSTOMER, _ENTITY, _PLAN, _HELD, writes=False,
    ),
    _operation(
        "billing.multi_attach", several.MultiAttachSchema, several.MultiAttachAnswerSchema,
        "Attach several plans on one invoice, all or none",
        _CUSTOMER, _ENTITY, _PLAN, "plan_already_attached", "currency_mismatch", _PAYMENT,
    ),
    _operation(
        "billing.preview_multi_attach", several.MultiAttachSchema, several.MultiAttachPreviewSchema,
        "What attaching several plans would cost and do",
        _CUSTOMER, _ENTITY, _PLAN, "plan_already_attached", "currency_mismatch", writes=False,
    ),
    _operation(
        "billing.create_schedule", several.CreateScheduleSchema, several.ScheduleAnswerSchema,
        "Put plans in force now and schedule others in phases",
        _CUSTOMER, _ENTITY, _PLAN, "plan_already_attached", "currency_mismatch", _PAYMENT,
    ),
    _operation(
        "billing.import", several.ImportSchema, several.ImportAnswerSchema,
        "Bring a customer over with its plans as they stand elsewhere", _CUSTOMER, _PLAN, _FEATURE,
        "customer_already_exists",
    ),
    _operation(
        "balances.create", balances.CreateBalanceSchema, common.SuccessSchema,
        "Grant a loose balance by hand", _CUSTOMER, _ENTITY, _FEATURE, "balance_already_exists",
    ),
    _operation(
        "balances.list", balances.ListBalancesSchema, balances.BalanceListSchema,
        "List balances row by row", _CUSTOMER, _ENTITY, "invalid_cursor", writes=False,
    ),
    _operation(
        "balances.update", balances.UpdateBalanceSchema, common.SuccessSchema,
        "Set a balance, add to it, or deduct from it by hand",
        _CUSTOMER, _ENTITY, _FEATURE, "balance_not_found", "insufficient_balance", _PAYMENT,
    ),
    _operation(
        "balances.delete", balances.DeleteBalanceSchema, common.SuccessSchema,
        "Delete a loose balance", _CUSTOMER, _ENTITY, _FEATURE, "balance_not_found", "paid_balance",
    ),
    _operation(
        "balances.recalculate", balances.RecalculateBalanceSchema, customers.ListedCustomerSchema,
        "Pay the debts of some balances of a feature from what others have left", _CUSTOMER, _ENTITY, _FEATURE,
        ours=True,
    ),
    _operation(
        "balances.finalize", balances.FinalizeSchema, common.SuccessSchema,
        "Confirm or release what a check locked", statuses=OK_OR_ACCEPTED,
    ),
    _operation(
        "balances.check", usage.CheckSchema, usage.CheckAnswerSchema,
        "May this customer use a feature?", _CUSTOMER, _ENTITY, _FEATURE, "lock_already_exists", _PAYMENT,
        statuses=OK_OR_ACCEPTED,
    ),
    _operation(
        "balances.track", usage.TrackSchema, usage.TrackAnswerSchema,
        "Record the use of a feature", _CUSTOMER, _ENTITY, _FEATURE, "billing_period_closed", "insufficient_balance",
        _PAYMENT,
        statuses=OK_OR_ACCEPTED,
    ),
    _operation(
        "balances.batch_track", usage.BatchTrackRowSchema, common.SuccessSchema,
        "Record many uses, all or none", _CUSTOMER, _ENTITY, _FEATURE, "billing_period_closed", _PAYMENT,
        statuses=ACCEPTED, rows=True,
    ),
    _operation(
        "events.reverse", events.ReverseSchema, events.ReversedSchema,
        "Take back the effect of an event on balances, with a reason", "event_not_found", "already_reversed",
        "invalid_request", ours=True,
    ),
    _operation(
        "events.list", events.ListEventsSchema, events.EventListSchema,
        "List what products used, use by use", _CUSTOMER, _ENTITY, "invalid_cursor", writes=False,
    ),
    _operation(
        "events.aggregate", aggregate.AggregateEventsSchema, aggregate.AggregateAnswerSchema,
        "Sum what products used, by stretch of time and group", _CUSTOMER, _ENTITY, _FEATURE, writes=False,
    ),
    _operation(
        "invoices.create", documents.CreateInvoiceSchema, documents.CreatedInvoiceSchema,
        "Make an invoice by hand, or work it out", _CUSTOMER, _ENTITY, _PLAN, "reward_not_found", "currency_mismatch",
    ),
    _operation(
        "invoices.insert", documents.InsertInvoicesSchema, documents.InsertedInvoicesSchema,
        "Keep invoices that other systems made", _CUSTOMER,
    ),
    _operation(
        "invoices.finalize", documents.InvoiceRefSchema, documents.InvoiceAnswerSchema,
        "Make a draft final: it gets its number, and is owed", _INVOICE,
    ),
    _operation(
        "invoices.pay", documents.InvoiceRefSchema, documents.InvoiceAnswerSchema,
        "Ask for an open invoice's money again, or record that it came in", _INVOICE, _PAYMENT,
    ),
    _operation(
        "invoices.void", documents.InvoiceRefSchema, documents.InvoiceAnswerSchema,
        "Take an open invoice back", _INVOICE,
    ),
    _operation(
        "invoices.write_off", documents.InvoiceRefSchema, documents.InvoiceAnswerSchema,
        "Say that an open invoice will not be paid", _INVOICE, ours=True,
    ),
    _operation(
        "invoices.update", documents.UpdateInvoiceSchema, documents.InvoiceAnswerSchema,
        "Change how an invoice may be paid; of a draft also its lines and when it is due", _INVOICE,
    ),
    _operation(
        "invoices.issue_credit_note", credit_notes.IssueCreditNoteSchema, credit_notes.CreditNoteAnswerSchema,
        "Take part of a final invoice back", _INVOICE,
    ),
    _operation(
        "invoices.list", invoices.ListInvoicesSchema, invoices.InvoiceListSchema,
        "List invoices", _CUSTOMER, _ENTITY, "invalid_cursor", writes=False,
    ),
    _operation(
        "views.create", views.CreateViewSchema, views.ViewSchema,
        "Keep a question to the customer list under a name", "view_already_exists", ours=True,
    ),
    _operation(
        "views.update", views.UpdateViewSchema, views.ViewSchema,
        "Give a saved view another name or another question", "view_not_found", "view_already_exists", ours=True,
    ),
    _operation(
        "views.delete", views.DeleteViewSchema, common.SuccessSchema,
        "Delete a saved view", "view_not_found", ours=True,
    ),
)  # fmt: skip

OPERATIONS: Final = MappingProxyType({operation.name: operation for operation in _ALL})
"""By `namespace.verb`."""
