"""A form that is shown again with what somebody had written into it, whichever form of whichever room it is.

What people fill in is filled in: texts, choices, ticks. What a form carries unseen is its own, and a password is
written anew: none of these is touched.
"""

from collections.abc import Mapping, Sequence
from html import escape
from html.parser import HTMLParser
from typing import Final
from urllib.parse import unquote, urlsplit

UNTOUCHED: Final = frozenset({"hidden", "password", "submit", "button", "reset", "image", "file"})
Pairs = Sequence[tuple[str, str]]


def filled(page: str, path: str, written: Pairs, notice: str) -> str | None:
    """The page with `written` in its form that is sent to `path`, and `notice` at the form's beginning, as markup.

    None where the page has no such form.
    """
    form = _Form(page, path, written, notice)
    form.feed(page)
    form.close()
    if not form.found:
        return None
    for start, end, text in sorted(form.edits, reverse=True):
        page = page[:start] + text + page[end:]
    return page


class _Form(HTMLParser):
    """Goes through a page and notes what has to be written differently, and where."""

    def __init__(self, page: str, path: str, written: Pairs, notice: str) -> None:
        super().__init__(convert_charrefs=True)
        self._lines = _beginnings(page)
        self._path, self._notice = path, notice
        self._written: dict[str, list[str]] = {}
        for name, value in written:
            self._written.setdefault(name, []).append(value)
        self._chosen: list[str] | None = None
        self._area: tuple[int, str] | None = None
        self._inside = self.found = False
        self.edits: list[tuple[int, int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form":
            self._inside = (found.get("method") or "").lower() == "post" and self._is_it(found.get("action") or "")
            if self._inside:
                self.found = True
                self.edits.append((self._end, self._end, self._notice))
        elif self._inside:
            self._field(tag, found)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._chosen = None
        elif tag == "textarea" and self._area is not None:
            start, text = self._area
            self.edits.append((start, self._start, escape(text)))
            self._area = None

    def _field(self, tag: str, found: Mapping[str, str | None]) -> None:
        name = found.get("name") or ""
        match tag:
            case "input":
                self._input(name, found)
            case "select":
                self._chosen = self._written.get(name)
            case "option" if self._chosen is not None and "value" in found:
                self._rewrite(tag, found, selected=found["value"] in self._chosen)
            case "textarea" if self._written.get(name):
                self._area = (self._end, self._written[name].pop(0))

    def _input(self, name: str, found: Mapping[str, str | None]) -> None:
        kind = (found.get("type") or "text").lower()
        if kind in UNTOUCHED or not name:
            return
        if kind in ("checkbox", "radio"):
            self._rewrite("input", found, checked=(found.get("value") or "on") in self._written.get(name, []))
        elif self._written.get(name):
            self._rewrite("input", {**found, "value": self._written[name].pop(0)})

    def _rewrite(self, tag: str, found: Mapping[str, str | None], **switches: bool) -> None:
        kept = {name: value for name, value in found.items() if name not in switches}
        kept |= {name: None for name, on in switches.items() if on}
        said = "".join(f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in kept.items())
        self.edits.append((self._start, self._end, f"<{tag}{said}>"))

    def _is_it(self, action: str) -> bool:
        return unquote(urlsplit(action).path) == unquote(urlsplit(self._path).path)

    @property
    def _start(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    @property
    def _end(self) -> int:
        return self._start + len(self.get_starttag_text() or "")


def _beginnings(page: str) -> list[int]:
    """Where each line of a page begins."""
    found = [0]
    while (at := page.find("\n", found[-1])) >= 0:
        found.append(at + 1)
    return found
