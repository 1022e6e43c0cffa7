"""The caller's say in the lines of a change: lines of their own, lines added, lines left out (reference §2.2)."""

from collections.abc import Iterator

from ledger.core.draft import Draft
from ledger.core.errors import InvalidInput, InvalidRequest
from ledger.core.events import Line, LineKind
from ledger.core.invoices.discounting import take_off
from ledger.core.period import Every
from ledger.core.subscriptions.billing import Billing, CustomLine, FeatureLine, LineFilter
from ledger.core.subscriptions.quote import Move
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.terms import Method, Plan


def check_billing(billing: Billing) -> None:
    """Refuse wishes about the lines of a change that contradict each other."""
    if billing.custom_lines is not None:
        if not billing.custom_lines:
            raise InvalidInput("custom_line_items was empty: name a line, or leave it out")
        if billing.add_lines or billing.remove_lines:
            raise InvalidRequest("custom_line_items replace every line: leave out add_lines and remove_lines")
    if billing.no_billing_changes and _says_how(billing):
        raise InvalidRequest("no_billing_changes bills nothing: leave out lines, discounts and invoice_mode")


def _says_how(billing: Billing) -> bool:
    lines = billing.custom_lines is not None or billing.add_lines or billing.remove_lines
    return bool(lines or billing.discounts or billing.remove_discounts or billing.invoice_mode is not None)


def adjust(draft: Draft, billing: Billing) -> None:
    """Give a draft the lines that its caller wants, and take the discounts off them.

    Lines of the caller's own that come to nothing make no invoice (case 55).
    """
    check_billing(billing)
    if billing.no_billing_changes:
        draft.lines = []
        return
    if billing.custom_lines is not None:
        draft.lines = [_custom(draft, each) for each in billing.custom_lines]
    for index, each in enumerate(billing.remove_lines):
        _leave_out(draft, each, index)
    draft.charge([_custom(draft, each) for each in billing.add_lines])
    take_off(draft)
    if billing.custom_lines is not None and not sum(line.amount_minor for line in draft.lines):
        draft.lines = []


def _custom(draft: Draft, wanted: CustomLine) -> Line:
    if (wanted.period_start is None) != (wanted.period_end is None):
        raise InvalidInput("add_lines: period_start and period_end belong together: send both or none")
    if wanted.period_start is not None and wanted.period_end is not None and wanted.period_end <= wanted.period_start:
        raise InvalidInput("add_lines: period_end must be after period_start")
    plan, about = _subject(draft)
    return Line(
        LineKind.CUSTOM,
        wanted.amount_minor,
        plan.plan_id if plan else None,
        plan.name if plan else None,
        about.subscription_id if about else None,
        about.entity_id if about else None,
        period_start=wanted.period_start,
        period_end=wanted.period_end,
        credit=wanted.amount_minor < 0,
        description=wanted.description,
        first_version=draft.before.version + 1,
        # Where the line is all there is to a change, it comes from the event that puts it on its invoice.
        last_version=max(draft.before.version + 1, draft.customer.version),
    )


def _subject(draft: Draft) -> tuple[Plan | None, Subscription | None]:
    """The plan that a change is about, the first to come or else to go, and its subscription where it is in force."""
    moves: list[Move] = [*draft.incoming, *draft.outgoing]
    if not moves:
        return None, None
    plan = moves[0].plan
    return plan, next((each for each in reversed(draft.known.values()) if each.plan == plan), None)


def _leave_out(draft: Draft, which: LineFilter, index: int) -> None:
    kept = [line for line in draft.lines if not _matches(draft, line, which)]
    if len(kept) == len(draft.lines):
        raise InvalidRequest(f"remove_lines.{index} matches no line of this change: see its preview, or leave it out")
    draft.lines = kept


def _matches(draft: Draft, line: Line, which: LineFilter) -> bool:
    if line.plan_id != which.plan_id or which.entity_id != line.entity_id:
        return False
    if which.credit is not None and which.credit != line.credit:
        return False
    if not which.base and not which.features:
        return True
    every = _every(draft, line)
    if line.feature_id is None:
        return which.base and which.base_every in (None, every)
    return any(_names(each, line, every) for each in which.features)


def _names(wanted: FeatureLine, line: Line, every: Every | None) -> bool:
    prepaid = line.kind is LineKind.PREPAID
    return (wanted.feature_id, wanted.prepaid) == (line.feature_id, prepaid) and wanted.every in (None, every)


def _every(draft: Draft, line: Line) -> Every | None:
    """How often the price of a line repeats."""
    found = draft.known.get(line.subscription_id or "")
    if found is None:
        return None
    if line.feature_id is None:
        return found.plan.base.every if found.plan.base else None
    return next(_everys(found.plan, line), None)


def _everys(plan: Plan, line: Line) -> Iterator[Every]:
    method = Method.PREPAID if line.kind is LineKind.PREPAID else Method.USAGE_BASED
    for item in plan.items:
        if item.feature_id == line.feature_id and item.price is not None and item.price.method is method:
            yield item.price.every
