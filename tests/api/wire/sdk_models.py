"""The official SDK's own models, walked by machine: what its client sends, what it insists on being told.

A model of the SDK is reduced to the few facts that matter on the wire: which fields there are, which of them
are required, which may be null, which words an enumeration has, which objects are inside.
"""

import typing
from dataclasses import dataclass
from typing import Any

import pydantic

from tests.api.wire.official_sdk import official

SDK_MODELS: dict[str, tuple[str, str]] = {
    "customers.get_or_create": ("GetOrCreateCustomerParams", "Customer"),
    "customers.get": ("GetCustomerParams", "GetCustomerResponse"),
    "customers.list": ("ListCustomersParams", "ListCustomersResponse"),
    "customers.update": ("UpdateCustomerParams", "UpdateCustomerResponse"),
    "customers.delete": ("DeleteCustomerParams", "DeleteCustomerResponse"),
    "customers.advance_test_clock": ("AdvanceTestClockParams", "AdvanceTestClockResponse"),
    "subscriptions.list": ("ListSubscriptionsParams", "ListSubscriptionsResponse"),
    "purchases.list": ("ListPurchasesParams", "ListPurchasesResponse"),
    "entities.create": ("CreateEntityParams", "CreateEntityResponse"),
    "entities.get": ("GetEntityParams", "GetEntityResponse"),
    "entities.list": ("ListEntitiesParams", "ListEntitiesResponse"),
    "entities.update": ("UpdateEntityParams", "UpdateEntityResponse"),
    "entities.delete": ("DeleteEntityParams", "DeleteEntityResponse"),
    "features.create": ("CreateFeatureParams", "CreateFeatureResponse"),
    "features.get": ("GetFeatureParams", "GetFeatureResponse"),
    "features.list": ("", "ListFeaturesResponse"),
    "features.update": ("UpdateFeatureParams", "UpdateFeatureResponse"),
    "features.delete": ("DeleteFeatureParams", "DeleteFeatureResponse"),
    "plans.create": ("CreatePlanParams", "CreatePlanResponse"),
    "plans.get": ("GetPlanParams", "GetPlanResponse"),
    "plans.list": ("ListPlansParams", "ListPlansResponse"),
    "plans.update": ("UpdatePlanParams", "UpdatePlanResponse"),
    "plans.delete": ("DeletePlanParams", "DeletePlanResponse"),
    "billing.attach": ("AttachParams", "AttachResponse"),
    "billing.preview_attach": ("PreviewAttachParams", "PreviewAttachResponse"),
    "billing.update": ("UpdateSubscriptionParams", "BillingUpdateResponse"),
    "billing.preview_update": ("PreviewUpdateParams", "PreviewUpdateResponse"),
    "billing.multi_attach": ("MultiAttachParams", "MultiAttachResponse"),
    "billing.preview_multi_attach": ("PreviewMultiAttachParams", "PreviewMultiAttachResponse"),
    "billing.create_schedule": ("CreateScheduleParams", "CreateScheduleResponse"),
    "billing.import": ("DfuFlashParams", "DfuFlashResult"),
    "balances.create": ("CreateBalanceParams", "CreateBalanceResponse"),
    "balances.list": ("ListBalancesParams", "ListBalancesResponse"),
    "balances.update": ("UpdateBalanceParams", "UpdateBalanceResponse"),
    "balances.delete": ("DeleteBalanceParams", "DeleteBalanceResponse"),
    "balances.finalize": ("FinalizeBalanceParams", "FinalizeLockResponseBody1"),
    "balances.check": ("CheckParams", "CheckResponseBody1"),
    "balances.track": ("TrackParams", "TrackResponseBody1"),
    "balances.batch_track": ("RequestBody", "BatchTrackResponseBody1"),
    "events.list": ("EventsListParams", "ListEventsResponse"),
    "events.aggregate": ("EventsAggregateParams", "AggregateEventsResponse"),
    "invoices.create": ("CreateInvoiceParams", "CreateInvoiceResponse"),
    "invoices.insert": ("InsertInvoicesParams", "InsertInvoicesResponse"),
    "invoices.finalize": ("FinalizeInvoiceParams", "FinalizeInvoiceResponse"),
    "invoices.pay": ("PayInvoiceParams", "PayInvoiceResponse"),
    "invoices.void": ("VoidInvoiceParams", "VoidInvoiceResponse"),
    "invoices.update": ("UpdateInvoiceParams", "UpdateInvoiceResponse"),
    "invoices.issue_credit_note": ("IssueCreditNoteParams", "IssueCreditNoteResponse"),
    "invoices.list": ("ListInvoicesParams", "ListInvoicesResponse"),
}
"""Operation to the names of the SDK's request and response models."""


@dataclass(frozen=True)
class Type:
    """What the SDK accepts in one place."""

    models: tuple[type[pydantic.BaseModel], ...]
    words: frozenset[str]
    null: bool
    kinds: frozenset[type]


def model(name: str) -> type[pydantic.BaseModel]:
    """A model by name."""
    found = getattr(official().models, name)
    assert isinstance(found, type)
    assert issubclass(found, pydantic.BaseModel), name
    return found


def fields(of: type[pydantic.BaseModel]) -> dict[str, tuple[bool, Type]]:
    """Each field's wire name, whether it is required, and its type."""
    return {info.alias or name: (info.is_required(), _type(info.annotation)) for name, info in of.model_fields.items()}


def _type(annotation: Any) -> Type:
    found: list[type[pydantic.BaseModel]] = []
    words: set[str] = set()
    kinds: set[type] = set()
    _collect(annotation, found, words, kinds)
    return Type(tuple(found), frozenset(words), type(None) in kinds, frozenset(kinds))


def _collect(annotation: Any, found: list[type[pydantic.BaseModel]], words: set[str], kinds: set[type]) -> None:
    if hasattr(annotation, "__value__"):  # an alias, perhaps of something, such as Nullable[Reset]
        for each in (annotation.__value__, *typing.get_args(annotation)):
            _collect(each, found, words, kinds)
        return
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        words.update(word for word in typing.get_args(annotation) if isinstance(word, str))
        kinds.update(map(type, typing.get_args(annotation)))
    elif origin in (list, dict):
        kinds.add(origin)
        _collect(typing.get_args(annotation)[-1], found, words, set())
    elif isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        if annotation.__name__ != "Unset":
            found.append(annotation)
            kinds.add(dict)
    elif typing.get_args(annotation):
        for each in typing.get_args(annotation):
            _collect(each, found, words, kinds)
    elif isinstance(annotation, type):
        kinds.add(annotation)
