"""What people and the wire read from the projections.

    reads = Reads(store.pool, wait_seconds=settings.projection_wait_seconds)
    with reads.open("main", models=CUSTOMER_MODELS, allow_stale=False) as view:
        page = customers(view, search="ada", limit=50, cursor=None)
        headers = {"Ledger-Position": view.position, "Ledger-Due": view.due}

`view.position` is at least the ledger's head when the view was asked for. Every function below takes a view and
answers typed rows holding the core's own structs (`Customer`, `Subscription`, `Grant`, `Entity`), so that the same
functions render them as render the write side. Lists answer a `Page`: `items`, and `next_cursor` (None on the last
page) to be given back with the same filters. Another question's cursor, or another ledger's, is `InvalidCursor`
(code `invalid_cursor`). Raises `ProjectionBehind` and `ProjectionFailed` (503, `code`, `retry_after_seconds`).
"""

from ledger.store.log import LogRow
from projections.cursors import InvalidCursor
from projections.errors import ProjectionBehind, ProjectionFailed, ProjectionUnavailable
from projections.queries.accounts import (
    AccountFilter,
    AccountRow,
    BalanceTest,
    Leaf,
    Ordering,
    accounts,
    leaf,
    stream_accounts,
)
from projections.queries.accounts import models_of as account_models
from projections.queries.alike import MODELS as ALIKE_MODELS
from projections.queries.alike import Alike, alike
from projections.queries.events import events, ndjson
from projections.queries.invoices import invoices, invoices_of
from projections.queries.listing import SORTS
from projections.queries.lists import balances, customers, entities, subscriptions
from projections.queries.people import customer, find_former_stream, find_stream
from projections.queries.rows import (
    BalanceEntry,
    BalanceFilter,
    CreatedRange,
    CustomerEntry,
    Deducted,
    EntityEntry,
    InvoiceEntry,
    InvoiceFilter,
    Page,
    PlanFilter,
    SubscriptionEntry,
    TimelineEntry,
    UsageEntry,
    UsageFilter,
)
from projections.queries.timeline import (
    TimelineFilter,
    TimelineGroup,
    timeline,
    timeline_after,
    timeline_groups,
    timeline_stream,
)
from projections.queries.usage import usage
from projections.view import Standing, View, Views

Reads = Views

CUSTOMER_MODELS = ("customers", "subscriptions", "balances")
TIMELINE_MODELS = ("timeline",)
INVOICE_MODELS = ("customers", "invoices")
USAGE_MODELS = ("customers", "balances", "usage")

__all__ = [
    "ALIKE_MODELS",
    "CUSTOMER_MODELS",
    "INVOICE_MODELS",
    "SORTS",
    "TIMELINE_MODELS",
    "USAGE_MODELS",
    "AccountFilter",
    "AccountRow",
    "Alike",
    "BalanceEntry",
    "BalanceFilter",
    "BalanceTest",
    "CreatedRange",
    "CustomerEntry",
    "Deducted",
    "EntityEntry",
    "InvalidCursor",
    "InvoiceEntry",
    "InvoiceFilter",
    "Leaf",
    "LogRow",
    "Ordering",
    "Page",
    "PlanFilter",
    "ProjectionBehind",
    "ProjectionFailed",
    "ProjectionUnavailable",
    "Reads",
    "Standing",
    "SubscriptionEntry",
    "TimelineEntry",
    "TimelineFilter",
    "TimelineGroup",
    "UsageEntry",
    "UsageFilter",
    "View",
    "account_models",
    "accounts",
    "alike",
    "balances",
    "customer",
    "customers",
    "entities",
    "events",
    "find_former_stream",
    "find_stream",
    "invoices",
    "invoices_of",
    "leaf",
    "ndjson",
    "stream_accounts",
    "subscriptions",
    "timeline",
    "timeline_after",
    "timeline_groups",
    "timeline_stream",
    "usage",
]
