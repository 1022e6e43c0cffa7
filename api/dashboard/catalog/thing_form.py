"""The form of a thing of the catalog, a plan or a feature: new or as it is, with rows that come and go, and saved.

What both have in common is here; a `Kind` says what is a plan's or a feature's own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from flask import Response

from api.dashboard.catalog.rows import Shape, Tree, act, flat, tree
from api.dashboard.catalog.wrong import placed
from api.dashboard.confirming import Change, Sheet, nothing, settle, show
from api.dashboard.doing import ForeseenCatalog
from api.dashboard.paths import segment
from api.dashboard.seen import Row, seen_by
from api.dashboard.visitor import Visitor
from api.views.shapes import Json
from ledger.core.offers.catalog import Catalog
from ledger.core.terms import Feature, Plan

T = TypeVar("T", Plan, Feature)
Said = Mapping[str, str]


class Kind(NamedTuple, Generic[T]):
    """A kind of thing: its words, its paths, and how it becomes a form and a form a request.

    `find` is given the catalog, an id, and what else the form says; `request` everything that a form asks for, and
    `more` what it asks beside that of a thing that is there. `part` says which part of the form stands for a field of
    the request, where that has another name. `facts` says a thing in words, one that is gone too; `rows` what saving
    it would do. A kind that is `previewed` shows that before it is saved.
    """

    noun: str
    template: str
    here: str
    back: Callable[[str], str]
    shape: Shape
    empty: Callable[[Catalog], Tree]
    find: Callable[[Catalog, str, Said], T]
    fields: Callable[[T], Tree]
    request: Callable[[Tree, Catalog], Json]
    facts: Callable[[Catalog, str, Said], Sequence[Row]]
    names: Callable[[Tree], Sequence[str]]
    shown: Callable[[Visitor, T | None, Tree], Json]
    saved: Callable[[Json], str]
    part: Mapping[str, str] = {}
    more: Callable[[Catalog, T, Tree], Json] = lambda _catalog, _found, _form: {}
    rows: Callable[[Catalog, T, ForeseenCatalog], Sequence[Row]] | None = None


def form_page(visitor: Visitor, kind: Kind[T], thing_id: str | None = None) -> Response:
    """The form of a thing, or of a new one; as it was written where the address says so."""
    sheet, _ = _form(visitor, kind, thing_id)
    return show(visitor, sheet)


def form_sent(visitor: Visitor, kind: Kind[T], thing_id: str | None = None) -> Response:
    """Another row, or what saving would do, or what is wrong; else the thing is saved, and one goes to where it is."""
    sheet, change = _form(visitor, kind, thing_id)
    return show(visitor, sheet) if change is None else settle(visitor, sheet, change)


def _form(visitor: Visitor, kind: Kind[T], thing_id: str | None) -> tuple[Sheet, Change | None]:
    """The sheet, and what it asks for; None where it is only looked at, or gets or loses a row."""
    request, catalog = visitor.call.request, catalog_of(visitor)
    said = request.form if request.method == "POST" else request.args
    found = None if thing_id is None else kind.find(catalog, thing_id, said)
    stood = kind.empty(catalog) if found is None else kind.fields(found)
    if "name" not in said and request.method != "POST":
        return _sheet(visitor, kind, found, stood, stood, said), None
    form = tree(said, kind.shape)
    acted = act(form, said, kind.shape)
    changes = _changes(visitor, kind, stood, form, new=found is None)
    if found is not None:
        form = _merged(visitor, kind, found, form, changes)
    sheet = _sheet(visitor, kind, found, stood, form, said)
    if acted or request.method != "POST":
        return sheet, None
    return sheet, _change(catalog, kind, found, form, changes)


def _changes(visitor: Visitor, kind: Kind[T], stood: Tree, form: Tree, *, new: bool) -> Json:
    """What the form asks for, of a thing that is there only what was not so when it was opened: what somebody else
    changed meanwhile, and this form leaves alone, stays changed.
    """
    catalog = catalog_of(visitor)
    becomes = kind.request(form, catalog)
    if new:
        return {name: each for name, each in becomes.items() if each is not None}
    then = seen_by(visitor.call.request)
    was = kind.request(stood if then is None else tree(then.starts, kind.shape), catalog)
    return {name: each for name, each in becomes.items() if name not in was or each != was[name]}


def _merged(visitor: Visitor, kind: Kind[T], found: T, form: Tree, changes: Json) -> Tree:
    """The form as it was written but for what it leaves alone, which is as it is now."""
    request = visitor.call.request
    then, facts = seen_by(request), kind.facts(catalog_of(visitor), id_of(found), request.form)
    if then is None or request.method != "POST" or then.facts == tuple(facts):
        return form
    stood, touched = kind.fields(found), {kind.part.get(name, name) for name in changes}
    left = {name: each for name, each in stood.items() if name not in touched}
    return {**form, **left}


def _sheet(visitor: Visitor, kind: Kind[T], found: T | None, stood: Tree, form: Tree, said: Said) -> Sheet:
    catalog, thing_id = catalog_of(visitor), None if found is None else id_of(found)
    shown = {
        **kind.shown(visitor, found, form),
        kind.noun: found,
        "form": form,
        "given": dict(flat(form)),
    }
    return Sheet(
        f"catalog/{kind.template}",
        f"/new/{kind.noun}" if thing_id is None else f"{kind.here}/{segment(thing_id)}/edit",
        kind.here if thing_id is None else kind.back(thing_id),
        catalog,
        nothing if thing_id is None else lambda now: kind.facts(now, thing_id, said),
        shown,
        about=kind.noun,
        here=kind.here,
        starts={} if found is None else dict(flat(stood)),
        beside=lambda refusal: placed(refusal, kind.names(form), form.get("items", [])),
        previewed=found is not None and kind.rows is not None,
    )


def _change(catalog: Catalog, kind: Kind[T], found: T | None, form: Tree, changes: Json) -> Change:
    operation, rows = f"{kind.noun}s", kind.rows
    if found is None:
        thing_id = form.get(f"{kind.noun}_id", "")
        asked = {f"{kind.noun}_id": thing_id, **changes}
        done = f"{kind.noun.capitalize()} {form.get('name', '')} created"
        return Change(f"{operation}.create", asked, done=done, back=kind.back(thing_id))
    asked = {f"{kind.noun}_id": id_of(found), **changes, **kind.more(catalog, found, form)}
    foreseen = nothing if rows is None else lambda each: rows(each.found, found, each)
    return Change(f"{operation}.update", asked, foreseen, kind.saved)


def id_of(found: Plan | Feature) -> str:
    """The id of a thing."""
    return found.plan_id if isinstance(found, Plan) else found.feature_id


def catalog_of(visitor: Visitor) -> Catalog:
    """The catalog as it was looked at."""
    found: Any = visitor.call.background.catalog
    assert isinstance(found, Catalog)
    return found
