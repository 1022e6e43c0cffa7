"""Who may come in: signing in and out."""

from typing import Final

from api.dashboard.access import signing
from api.dashboard.route import Route

ROUTES: Final = (Route("POST", "/sign-out", "sign_out", signing.sign_out_form),)
