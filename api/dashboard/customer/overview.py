"""One customer: what it is on, what it may use and has used, what it owes, and everything that happened to it."""

from typing import Final

from flask import Response

from api.dashboard.activity.timeline import told
from api.dashboard.customer.controls import control_section
from api.dashboard.customer.heading import heading
from api.dashboard.customer.invoices import invoice_section
from api.dashboard.customer.plans import ended_plans, plan_section
from api.dashboard.customer.subject import sheet, subject
from api.dashboard.customer.usage import usage_section
from api.dashboard.gate import Visitor
from api.dashboard.live.changes import live_path
from api.views.invoice import upcoming
from projections import reads
from projections.reads import TimelineFilter

RECENT: Final = 20
MOST_ENTRIES: Final = 60  # however much one command did
MODELS: Final = ("subscriptions", "timeline")


def customer_page(visitor: Visitor, customer_id: str) -> Response:
    """The page of a customer, or with `?entity=` of one of its entities.

    What is true now comes from the write side, which holds the customer whole; two statements read what is over.
    """
    found = subject(visitor, customer_id)
    live = None if found.deleted else live_path(visitor.call, customer_id)  # what comes after the customer was is news
    cycles = [] if found.deleted else upcoming(found.scene)
    with visitor.call.view(MODELS) as view:
        ended = ended_plans(found, view)
        keep = TimelineFilter(stream_id=found.stream_id, entity_id=found.entity_id)
        recent = reads.timeline_groups(view, keep, limit=RECENT, most_entries=MOST_ENTRIES)
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
        # What the parts that other rooms own are told by.
        customer_id=customer_id,
        address=customer_id,
        entity_id=found.entity_id,
    )
