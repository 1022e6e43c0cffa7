"""GET reads of the timeline: everything that happened, of the ledger or of one customer; in pages or as a stream."""

from datetime import datetime
from typing import Any, Final

from flask import Response

from api.call import Call
from api.dispatch import answer
from api.reads.following import EVENT_STREAM, PositionAhead, follow, refuse_beside
from api.reads.moments import PAST, when_of
from api.reads.past import stream_of, then_of
from api.reads.query import CURSOR, LIMIT, ORDER, Parameter, choice, day_or_instant, first_instant, number, text, whole
from api.reads.resource import Resource
from api.reads.timeline_files import timeline_export
from api.views.timeline import timeline_entry, timeline_group
from api.wire.limits import NAME_CHARS
from api.wire.refusals import InvalidInputs
from ledger.core.errors import InvalidRequest
from projections import reads
from projections.queries.timeline import KINDS, kinds_of
from projections.reads import TIMELINE_MODELS, TimelineFilter

POSITIONS: Final = 10**15 - 1
INSTANTS: Final = ("at_from", "at_to", "recorded_from", "recorded_to")
LEAST_WORDS_CHARS: Final = 3
MOST_WORDS_CHARS: Final = 200


def get_timeline(call: Call, query: dict[str, Any]) -> Response:
    """The whole ledger's timeline, or what `customer_id` keeps of it."""
    return _answer(call, query, kept(call, query, {}))


def get_customer_timeline(call: Call, query: dict[str, Any], customer_id: str) -> Response:
    """One customer's timeline."""
    return _answer(call, query, kept(call, query, {"customer_id": customer_id}))


def kept(call: Call, query: dict[str, Any], path: dict[str, str]) -> TimelineFilter:
    """What a request keeps of the timeline. Raises `CustomerNotFound`, `InvalidInputs`."""
    instants = _instants(call, query)
    _check({**query, **instants})
    keep = TimelineFilter(**{name: query[name] for name in FILTERS} | instants)
    customer_id = path.get("customer_id", query.get("customer_id"))
    if customer_id is None:
        return keep
    return keep._replace(stream_id=stream_of(call, query, customer_id))


def _instants(call: Call, query: dict[str, Any]) -> dict[str, datetime | None]:
    """The bounds that were sent; days are those of the zone that the ledger had at the moment that is asked for."""
    if all(query[name] is None for name in INSTANTS):
        return dict.fromkeys(INSTANTS)
    then = then_of(call, query)
    zone = (call.background if then is None else then).settings.zone
    return {name: first_instant(query[name], zone) for name in INSTANTS}


def _check(query: dict[str, Any]) -> None:
    """Raises `InvalidInputs` for a kind that there is not, and for a range that ends before it begins."""
    problems = {
        name: f"was not after {start} and must be"
        for start, name in (INSTANTS[:2], INSTANTS[2:])
        if query[start] and query[name] and query[name] <= query[start]
    }
    least, most = query["amount_from"], query["amount_to"]
    if least is not None and most is not None and most < least:
        problems["amount_to"] = "was below amount_from and must not be"
    if query["kind"] is not None and not kinds_of(query["kind"]):
        problems["kind"] = f"was {query['kind']} and must be one of {', '.join(KINDS)}, or the first word of one"
    if problems:
        raise InvalidInputs(problems)


def _answer(call: Call, query: dict[str, Any], keep: TimelineFilter) -> Response:
    if query["follow"] == "true" or (query["follow"] is None and _accepts_stream(call)):
        refuse_beside(query, PAGES)
        return follow(call, keep, query["after"])
    if query["after"] is not None:
        raise InvalidRequest("after was sent without follow=true: a page goes on from `cursor`")
    when = when_of(call, query)
    asked = {"oldest_first": query["order"] == "asc", "limit": query["limit"] or LIMIT.default, "when": when}
    with call.view(TIMELINE_MODELS, stream_id=keep.stream_id) as view:
        if keep.position is not None and keep.position > view.position:
            raise PositionAhead("position", keep.position, view.position)
        if query["group"] is None:
            page = reads.timeline(view, keep, cursor=query["cursor"], **asked)
            return answer(call, {"list": list(map(timeline_entry, page.items)), "next_cursor": page.next_cursor})
        groups = reads.timeline_groups(view, keep, cursor=query["cursor"], **asked)
        shown = [timeline_group(each.entries) for each in groups.items]
    return answer(call, {"list": shown, "next_cursor": groups.next_cursor})


def _accepts_stream(call: Call) -> bool:
    return call.request.wanted.best_match(("application/json", EVENT_STREAM)) == EVENT_STREAM


def _words() -> Parameter:
    about = (
        "Only what has these words in its sentence, its reason, or the customer's name or e-mail address, in any case; "
        "usage without a reason is not looked through."
    )
    found = text("words", about, MOST_WORDS_CHARS)

    def read(value: str) -> str:
        if len(value) < LEAST_WORDS_CHARS:
            raise ValueError
        words: str = found.read(value)
        return words

    schema = {**found.schema, "minLength": LEAST_WORDS_CHARS}
    return found._replace(
        read=read, schema=schema, must_be=f"text of {LEAST_WORDS_CHARS} to {MOST_WORDS_CHARS} characters"
    )


_TIMELINE: Final = (
    text("kind", "What happened: `balance.deducted`, or `balance` for everything of that kind.", NAME_CHARS),
    text("actor", "Who did it: a key's or a user's name, or `clock`.", NAME_CHARS),
    text("feature_id", "Only what touched this feature."),
    text("entity_id", "Only what touched this entity."),
    text("plan_id", "Only what touched this plan."),
    number("amount_from", "Amounts from this on: units of the feature or money in major units; below zero what left."),
    number("amount_to", "Amounts up to this."),
    day_or_instant("at_from", "From this business instant on; a day begins in the ledger's time zone."),
    day_or_instant("at_to", "Before this business instant."),
    day_or_instant("recorded_from", "Recorded from this instant on."),
    day_or_instant("recorded_to", "Recorded before this instant."),
    _words(),
    whole("position", "Only the entry at this position.", 1, POSITIONS),
)
FILTERS: Final = tuple(parameter.name for parameter in _TIMELINE)
PAGES: Final = ("order", "limit", "cursor", "group", "as_of", "at", "position")
_CUSTOMER: Final = text("customer_id", "Only this customer's timeline.")
_PAGED_TIMELINE: Final = (
    *_TIMELINE,
    choice("group", "`command` for groups: what one command caused, and what fell due at one instant.", ("command",)),
    # Defaults are put in later: following is refused beside what only a page has.
    ORDER._replace(default=None),
    LIMIT._replace(default=None),
    CURSOR,
    *PAST,
    choice(
        "follow",
        "`true` for server-sent events without end; Accept: text/event-stream asks for it too.",
        ("true", "false"),
    ),
    whole("after", "With follow: go on after this position; the header Last-Event-ID counts for more.", 0, POSITIONS),
)
FILE: Final = timeline_export(kept)

RESOURCES: Final = (
    Resource(
        "/v1/customers/{customer_id}/timeline",
        "reads.customer_timeline",
        "Everything that happened to a customer, in words",
        get_customer_timeline,
        _PAGED_TIMELINE,
        export=FILE,
        also=(EVENT_STREAM,),
    ),
    Resource(
        "/v1/timeline",
        "reads.timeline",
        "Everything that happened in the ledger, in words",
        get_timeline,
        (_CUSTOMER, *_PAGED_TIMELINE),
        export=FILE,
        also=(EVENT_STREAM,),
    ),
)
