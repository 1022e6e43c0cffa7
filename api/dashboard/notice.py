"""One sentence that a form leaves for the page that follows it, such as that a customer was created."""

from typing import Final
from urllib.parse import quote, unquote

from flask import Response

from api.request import ApiRequest, current_request

COOKIE: Final = "tallystick_said"
SECONDS: Final = 30
MOST_CHARS: Final = 300
SHOWN: Final = "tallystick.said"


def leave(response: Response, said: str) -> Response:
    """Leave a sentence for the next page that this browser is shown."""
    if said:
        response.set_cookie(
            COOKIE, quote(said[:MOST_CHARS], safe=""), max_age=SECONDS, httponly=True, samesite="Lax", path="/"
        )
    return response


def left() -> str:
    """What was left for this page. Asked by the frame, and then it is gone."""
    request = current_request()
    found = unquote(request.cookies.get(COOKIE, ""))[:MOST_CHARS]
    if found:
        request.environ[SHOWN] = True
    return found


def forget(request: ApiRequest, response: Response) -> None:
    """Once a page has said it, nobody says it again."""
    if SHOWN in request.environ:
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="Lax")
