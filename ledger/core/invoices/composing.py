"""Making an invoice by hand: the prices of plans, and lines of the caller's own (reference: invoices.create)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from ledger.core.draft import Draft
from ledger.core.errors import InvalidInput, InvalidRequest
from ledger.core.events import InvoiceCreated, InvoiceUpdated, Line, LineKind, Origin
from ledger.core.invoices.discounting import applied, discounted, find_discount
from ledger.core.invoices.documents import CreateInvoice, InvoicedPlan, InvoicedQuantity
from ledger.core.invoices.invoicing import currency_of, finalize
from ledger.core.invoices.pricing import cost
from ledger.core.invoices.proration import share
from ledger.core.money import ZERO, round_minor
from ledger.core.period import Every, Period, boundary
from ledger.core.subscriptions.billing import CustomLine, DiscountRef, IssueMethod
from ledger.core.subscriptions.customising import customised
from ledger.core.terms import FeatureKind, Method, Plan, PlanItem

Span = tuple[datetime, datetime] | None


def create(draft: Draft, command: CreateInvoice) -> None:
    """Let an invoice be made in a draft of a change; it stays a draft, or becomes final and waits for its money."""
    if not command.plans and not command.lines:
        raise InvalidInput("plans and custom_line_items were empty: an invoice has at least one line")
    if command.due_at is not None and command.net_terms_days is not None:
        raise InvalidRequest("due_date and net_terms_days both say when it is due: send one of them")
    if command.due_at is not None and command.due_at <= draft.now:
        raise InvalidRequest("due_date must be in the future")
    if command.issue_at is not None and command.issue_at > draft.now:
        raise InvalidRequest("issue_date must not be in the future: leave it out for now")
    if command.entity_id is not None:
        draft.customer.entity(command.entity_id)
    lines, invoice_id = invoice_lines(draft, command), draft.customer.next_id()
    entities = {line.entity_id for line in lines if line.plan_id is not None}
    draft.happen(
        InvoiceCreated(
            invoice_id,
            Origin.MANUAL,
            currency_of(draft.customer, draft.context),
            command.issue_at or draft.now,
            tuple(lines),
            entity_id=command.entity_id if entities <= {command.entity_id} else None,
            net_terms_days=command.net_terms_days,
            due_at=command.due_at,
        )
    )
    if command.payment_method_types:
        draft.happen(InvoiceUpdated(invoice_id, payment_method_types=command.payment_method_types))
    if command.issue is not IssueMethod.DRAFT:
        finalize(draft, invoice_id, charge=False)


def invoice_lines(draft: Draft, command: CreateInvoice) -> list[Line]:
    """The lines of an invoice by hand, with the discounts of its parts and of the whole taken off."""
    whole = _span(command.period_start, command.period_end, None)
    lines: list[Line] = []
    for wanted in command.plans:
        own = list(_plan_lines(draft, wanted, whole))
        lines += _less(draft, own, wanted.discounts)
    lines += [custom_line(draft, each) for each in command.lines]
    return _less(draft, lines, command.discounts)


def custom_line(draft: Draft, wanted: CustomLine) -> Line:
    """A line as its caller wrote it."""
    return Line(
        LineKind.CUSTOM,
        wanted.amount_minor,
        period_start=wanted.period_start,
        period_end=wanted.period_end,
        credit=wanted.amount_minor < 0,
        description=wanted.description,
        first_version=draft.version,
        last_version=draft.version,
    )


def _span(start: datetime | None, end: datetime | None, outer: Span) -> Span:
    """A period of one's own, or the one around it; it must lie inside."""
    if start is None or end is None:
        if start is not end:
            raise InvalidInput("period_start and period_end belong together: send both or none")
        return outer
    if end <= start:
        raise InvalidInput("period_end must be after period_start")
    if outer is not None and not outer[0] <= start < end <= outer[1]:
        raise InvalidRequest("The period of a plan or a line must lie inside the one around it")
    return start, end


def _plan_lines(draft: Draft, wanted: InvoicedPlan, whole: Span) -> Iterator[Line]:
    if wanted.entity_id is not None:
        draft.customer.entity(wanted.entity_id)
    catalog, currency = draft.context.catalog, currency_of(draft.customer, draft.context)
    plan = customised(catalog.plan(wanted.plan_id, wanted.version), wanted.customize, catalog, currency)
    span = _span(wanted.period_start, wanted.period_end, whole)
    if plan.base is not None:
        amount, shared = Decimal(plan.base.amount_minor), wanted.prorate
        yield _line(draft, plan, wanted, LineKind.BASE, amount, plan.base.every, span, shared=shared)
    for index, each in enumerate(wanted.quantities):
        yield _quantity_line(draft, plan, wanted, each, index, span)


def _quantity_line(
    draft: Draft, plan: Plan, wanted: InvoicedPlan, asked: InvoicedQuantity, index: int, outer: Span
) -> Line:
    item = _item(plan, asked, index)
    assert item.price is not None
    prepaid = asked.method is Method.PREPAID
    seats = item.kind is FeatureKind.ALLOCATED
    kind = LineKind.PREPAID if prepaid else LineKind.SEATS if seats else LineKind.USAGE
    span = _span(asked.period_start, asked.period_end, outer)
    shared = prepaid if asked.prorate is None else asked.prorate
    amount = cost(item.price, ZERO, asked.quantity)
    every = item.price.every
    return _line(draft, plan, wanted, kind, amount, every, span, shared=shared, item=item, quantity=asked.quantity)


def _item(plan: Plan, asked: InvoicedQuantity, index: int) -> PlanItem:
    for item in plan.items:
        if item.feature_id == asked.feature_id and item.price is not None and item.price.method is asked.method:
            return item
    raise InvalidRequest(
        f"feature_quantities.{index}: plan {plan.plan_id} has no {asked.method.value} price for feature "
        f"{asked.feature_id}: choose another feature, or customize the plan"
    )


def _line(  # noqa: PLR0913  a line is made of this much
    draft: Draft,
    plan: Plan,
    wanted: InvoicedPlan,
    kind: LineKind,
    amount: Decimal,
    every: Every,
    span: Span,
    *,
    shared: bool,
    item: PlanItem | None = None,
    quantity: Decimal = Decimal(1),
) -> Line:
    part = _share(draft, amount, every, span) if shared else amount
    unit = item.price.unit_price_minor if item is not None and item.price is not None else None
    return Line(
        kind,
        round_minor(part),
        plan.plan_id,
        plan.name,
        None,
        wanted.entity_id,
        item.feature_id if item is not None else None,
        quantity,
        Decimal(plan.base.amount_minor) if kind is LineKind.BASE and plan.base is not None else unit,
        span[0] if span else None,
        span[1] if span else None,
        prorated=part != amount,
        first_version=draft.version,
        last_version=draft.version,
    )


def _share(draft: Draft, amount: Decimal, every: Every, span: Span) -> Decimal:
    """The part of a price that a period is of the price's own; all of it for what is paid once or has no period."""
    if span is None or not every.repeats:
        return amount
    whole = Period(span[0], boundary(span[0], every, 1, draft.context.settings.zone))
    return share(amount, Period(*span), whole)


def _less(draft: Draft, lines: list[Line], refs: Sequence[DiscountRef]) -> list[Line]:
    currency, zone = currency_of(draft.customer, draft.context), draft.context.settings.zone
    for index, ref in enumerate(refs):
        found = find_discount(draft.context.catalog, ref, index)
        if found.amount_minor is not None and found.currency not in (None, currency):
            raise InvalidRequest(f"discounts.{index} is an amount in {found.currency} and the invoice is in {currency}")
        meant = [line for line in lines if not found.plan_ids or line.plan_id in found.plan_ids]
        less = iter(discounted(meant, applied(found, draft.now, zone), [None]))
        lines = [next(less) if not found.plan_ids or line.plan_id in found.plan_ids else line for line in lines]
    return lines
