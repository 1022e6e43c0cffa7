"""Who may come in: signing in and out, the users of the dashboard, the keys of programs."""

from typing import Final

from api.dashboard.access import keys, signing, users
from api.dashboard.route import Route, form
from ledger.core.access import UserRole

USER: Final = "/users/<user_id>"
ADMIN: Final = UserRole.ADMIN
ROUTES: Final = (
    Route("POST", "/sign-out", "sign_out", signing.sign_out_form),
    Route("GET", "/users", "users", users.list_page, ADMIN),
    *form("/users/new", "new_user", users.new_page, users.new_form, ADMIN),
    *form(f"{USER}/role", "user_role", users.role_page, users.role_form, ADMIN),
    *form(f"{USER}/password", "user_password", users.password_page, users.password_form, ADMIN),
    *form(f"{USER}/link", "user_link", users.link_page, users.link_form, ADMIN),
    *form(f"{USER}/disable", "disable_user", users.disable_page, users.disable_form, ADMIN),
    Route("GET", "/keys", "keys", keys.list_page, ADMIN),
    *form("/keys/new", "new_key", keys.new_page, keys.new_form, ADMIN),
    *form("/keys/<key_id>/revoke", "revoke_key", keys.revoke_page, keys.revoke_form, ADMIN),
)
