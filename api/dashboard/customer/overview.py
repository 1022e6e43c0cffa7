"""One customer: what it is on, what it may use and has used, what it owes, and everything that happened to it."""

from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from flask import Response

from api.dashboard import past
from api.dashboard.activity.timeline import told
from api.dashboard.customer.controls import control_section
from api.dashboard.customer.heading import heading
from api.dashboard.customer.invoices import invoice_section
from api.dashboard.customer.plans import ended_plans, plan_section
from api.dashboard.customer.subject import Subject, sheet, subject
from api.dashboard.customer.usage import usage_section
from api.dashboard.gate import to
from api.dashboard.live.changes import live_path
from api.dashboard.page import page
from api.dashboard.paths import customer_path
from api.dashboard.visitor import Visitor
from api.errors import status_of
from api.views.invoice import upcoming
from ledger.core.errors import Refusal
from ledger.store.addresses import internal_id
from projections import reads
from projections.reads import TimelineFilter

RECENT: Final = 20
MOST_ENTRIES: Final = 60  # however much one command did
MODELS: Final = ("subscriptions", "timeline")
DRAWN_DAYS: Final = 30  # up to a moment of the past; of the present the card chooses by itself


def customer_page(visitor: Visitor, customer_id: str) -> Response:
    """The page of a customer, or with `?entity=` of one of its entities; with `?as_of=` and `?at=` as it stood."""
    given = list(visitor.call.request.args.items(multi=True))
    clean = past.canonical(given)
    if clean != given:
        return to(f"{customer_path(customer_id)}?{urlencode(clean)}")
    try:
        return _page(visitor, customer_id)
    except Refusal as refusal:
        if not any(name in past.MOMENT for name, _ in clean):
            raise
        return _not_then(visitor, customer_id, clean, refusal)


def _not_then(visitor: Visitor, customer_id: str, clean: past.Pairs, refusal: Refusal) -> Response:
    """The moment is none, or the customer, or its entity, was not there then: what leads on from here."""
    of_moment = isinstance(refusal, past.OF_MOMENT)
    path = customer_path(customer_id)
    look = past.refused(visitor.call, path, clean, refusal) if of_moment else past.missed(path, clean)
    shown = {"visitor": visitor, "here": "/customers", "past": look, "of_moment": of_moment, "address": customer_id}
    return page("customer/not_then.html", status_of(refusal), **shown, said=refusal.sentence)


def _page(visitor: Visitor, customer_id: str) -> Response:
    """What is true now comes from the write side, which holds the customer whole; two statements read what is over."""
    found = subject(visitor, customer_id)
    # What comes after the customer was, or after the moment that is looked at, is news for other pages.
    live = None if found.deleted or found.past else live_path(visitor.call, customer_id)
    cycles = [] if found.deleted else upcoming(found.scene)
    with visitor.call.view(MODELS, stream_id=found.stream_id) as view:
        ended = ended_plans(found, view)
        keep = TimelineFilter(stream_id=found.stream_id, entity_id=found.entity_id)
        recent = reads.timeline_groups(view, keep, limit=RECENT, when=found.when, most_entries=MOST_ENTRIES)
    return sheet(
        found,
        "overview.html",
        top=heading(found, cycles),
        plans=plan_section(found, cycles, ended),
        usage=usage_section(found),
        invoices=invoice_section(found, cycles),
        controls=control_section(found),
        timeline=told(recent),
        more=recent.next_cursor is not None,
        live=live,
        # What the parts that other rooms own are told by; an id is free again once its customer is deleted.
        address=internal_id(found.stream_id) if found.deleted else customer_id,
        entity_id=found.entity_id,
        drawn=_drawn(found),
    )


def _drawn(found: Subject) -> past.Pairs:
    """What the graphs are asked for besides whose they are: of the past, the days up to the moment."""
    if found.past is None:
        return []
    last = found.scene.now.astimezone(found.scene.zone).date()
    days = [("from", str(last - timedelta(days=DRAWN_DAYS - 1))), ("to", str(last))]
    return [*found.moment.pairs, ("range", "custom"), *days]
