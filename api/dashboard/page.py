"""A page: a template with what it shows, and the headers that keep it safe."""

from typing import Any, Final

from flask import Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.dashboard import assets, differences, notice, sentences, words
from api.dashboard.paths import customer_path, segment
from api.request import current_request

HTML: Final = "text/html; charset=utf-8"
# Nothing inline and nothing from elsewhere: what somebody wrote into a name can never run.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("api.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["asset"] = assets.url
    made.globals["notice_left"] = notice.left
    made.globals["zone_name"] = words.zone_name
    made.filters |= {
        **words.FILTERS,
        **differences.FILTERS,
        **sentences.FILTERS,
        "segment": segment,
        "customer_path": customer_path,
    }
    return made


ENVIRONMENT: Final = _environment()


def page(template: str, status: int = 200, **shown: Any) -> Response:
    """A template as an answer. Everything it shows is escaped."""
    response = Response(ENVIRONMENT.get_template(template).render(shown), status, content_type=HTML)
    response.headers.update(HEADERS)
    notice.forget(current_request(), response)
    return response
