"""Style, scripts and fonts: our own and those that npm brought at set-up, by names that change with their bytes."""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from flask import Response

from api.request import current_request

STYLE: Final = "style.css"
HERE: Final = Path(__file__).parent
OURS: Final = HERE / "static"
BROUGHT: Final = HERE / "assets" / "node_modules"
INTER: Final = "@fontsource-variable/inter/files/inter-{}-wght-normal.woff2"
FILES: Final[Mapping[str, Path]] = {
    "dashboard.js": OURS / "script/dashboard.js",
    "frame.js": OURS / "script/frame.js",
    "find.js": OURS / "script/find.js",
    "kept.js": OURS / "script/kept.js",
    "changes.js": OURS / "script/changes.js",
    "customers.js": OURS / "script/customers.js",
    "actions.js": OURS / "script/actions.js",
    "live.js": OURS / "script/live.js",
    "graph.js": OURS / "script/graph.js",
    "icon.svg": OURS / "icon.svg",
    "htmx.js": BROUGHT / "htmx.org/dist/htmx.min.js",
    "morph.js": BROUGHT / "idiomorph/dist/idiomorph-ext.min.js",
    "chart.js": BROUGHT / "uplot/dist/uPlot.iife.min.js",
    "chart.css": BROUGHT / "uplot/dist/uPlot.min.css",
    "inter-latin.woff2": BROUGHT / INTER.format("latin"),
    "inter-latin-ext.woff2": BROUGHT / INTER.format("latin-ext"),
}
SHEETS: Final = (
    "tokens", "base", "frame", "over", "controls", "parts", "list", "customers", "customer", "sections",
    "reading", "past", "timeline", "graph", "uses", "books", "dialogs", "changes", "slip", "catalog", "editor", "tiers",
    "access", "actions", "find", "alone", "acts", "words", "sizes", "folding", "print",
)  # fmt: skip
"""The parts of our one style sheet, in their order."""
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
NAMED: Final = re.compile(r'url\("/assets/([^"?]+)"\)')
FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """A file as it is sent."""

    plain: bytes
    packed: bytes | None
    digest: str
    content_type: str


@cache
def asset(name: str) -> Asset | None:
    """A file by its name; None where there is none, or where set-up has not brought it."""
    plain, suffix = _bytes(name), Path(name).suffix
    if plain is None:
        return None
    if suffix == ".css":
        plain = NAMED.sub(lambda match: f'url("{url(match[1])}")', plain.decode()).encode()
    packed = None if suffix == ".woff2" else gzip.compress(plain, mtime=0)
    return Asset(plain, packed, hashlib.sha256(plain).hexdigest()[:12], TYPES[suffix])


def _bytes(name: str) -> bytes | None:
    if name == STYLE:
        return b"\n".join((OURS / "style" / f"{part}.css").read_bytes() for part in SHEETS)
    path = FILES.get(name)
    return path.read_bytes() if path is not None and path.exists() else None


def url(name: str) -> str:
    """Where a page finds a file; another one as soon as it has other bytes."""
    found = asset(name)
    return f"/assets/{name}" if found is None else f"/assets/{name}?{found.digest}"


def serve(name: str) -> Response:
    """A file, packed where the browser takes that."""
    current_request().quiet = True
    found = asset(name)
    if found is None:
        return Response(f"There is no {name} here: `make setup` brings what npm has.\n", 404, content_type="text/plain")
    packed = found.packed is not None and "gzip" in current_request().headers.get("Accept-Encoding", "")
    response = Response(found.packed if packed else found.plain, content_type=found.content_type)
    response.headers["Cache-Control"] = FOR_EVER if current_request().query_string else "no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return response
