"""The list of customers, and making a new one."""

from typing import Final

from api.dashboard.customers import creating, listing
from api.dashboard.route import Route, form
from ledger.core.access import UserRole

ROUTES: Final = (
    Route("GET", "/customers", "customers", listing.list_page),
    *form("/customers/new", "new_customer", creating.new_page, creating.new_form, UserRole.FINANCE),
)
