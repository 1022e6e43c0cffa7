"""The list of customers, its saved views, and making a new customer."""

from typing import Final

from api.dashboard.customers import creating, finding, listing, viewing
from api.dashboard.route import Route, form
from ledger.core.access import UserRole

VIEW: Final = "/views/<view_id>"
ROUTES: Final = (
    Route("GET", "/customers", "customers", listing.list_page),
    *form("/customers/new", "new_customer", creating.new_page, creating.new_form, UserRole.FINANCE),
    Route("GET", "/find", "find", finding.find_page),
    *form("/views/new", "new_view", viewing.new_page, viewing.new_form, UserRole.FINANCE),
    *form(VIEW, "view", viewing.edit_page, viewing.edit_form, UserRole.FINANCE),
    *form(f"{VIEW}/delete", "delete_view", viewing.delete_page, viewing.delete_form, UserRole.FINANCE),
)
