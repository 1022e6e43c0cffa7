"""Forms of this room: what a sheet showed is looked at again in the decision; what is wrong stands beside its field."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flask import Response

from api.dashboard.customer.subject import Subject, back_to, sheet
from api.dashboard.doing import Foreseen, do
from api.dashboard.forms import beside, once_after
from api.errors import status_of
from api.views.shapes import Json
from ledger.core.errors import Refusal
from ledger.core.state import Customer


class ChangedMeanwhile(Refusal):
    """What a sheet showed is something else by now; nothing was done."""

    code = "changed_meanwhile"

    def __init__(self) -> None:
        super().__init__("This changed meanwhile, so nothing was done. Look at it again before you confirm.")


class Asked(NamedTuple):
    """What a form asks of the API: `fields` says which of its fields stands for a path of the wire, `done` what the
    page that follows says.
    """

    operation: str
    payload: Json
    fields: Mapping[str, str] = {}
    done: str = ""


class Form(NamedTuple):
    """A sheet with a form. `shows` is what it shows of a customer: where that is something else, nothing is done."""

    template: str
    shows: Callable[[Customer], Any]
    shown: Json
    given: Mapping[str, str]


def opened(
    found: Subject,
    form: Form,
    wrong: Mapping[str, str] | None = None,
    status: int = 200,
    *,
    seen: str | None = None,
    once: str | None = None,
) -> Response:
    """The form as it was written, with what is wrong with it."""
    shown = {"changed": False, "wrong": wrong or {}, "given": form.given, **form.shown}
    return sheet(
        found,
        form.template,
        status,
        **shown,
        once=once or once_after(found.visitor.call.request),
        seen=seen or digest(form.shows(found.customer)),
    )


def settled(found: Subject, form: Form, asked: Asked, to: str | None = None) -> Response:
    """Do what the form asks and go back, or show it again."""
    seen = found.visitor.call.request.form.get("seen", "")
    try:
        do(found.visitor, asked.operation, asked.payload, agrees=as_seen(seen, lambda each: form.shows(each.before)))
    except ChangedMeanwhile as refusal:
        return opened(found, form._replace(shown={**form.shown, "changed": True}), status=status_of(refusal))
    except Refusal as refusal:
        once = once_after(found.visitor.call.request, refusal)
        return opened(found, form, beside(refusal, asked.fields), status_of(refusal), once=once)
    return back_to(found, to, asked.done)


def as_seen(seen: str, shows: Callable[[Foreseen], Any]) -> Callable[[Foreseen], None]:
    """What makes sure, in the decision itself, that a customer is as it was shown. Raises `ChangedMeanwhile`."""

    def agrees(foreseen: Foreseen) -> None:
        if digest(shows(foreseen)) != seen:
            raise ChangedMeanwhile

    return agrees


def digest(shown: Any) -> str:
    """What was shown, in short."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()
