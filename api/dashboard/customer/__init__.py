"""The page of one customer: what it is on, what it uses, what it owes."""

from typing import Final

from api.dashboard.customer import overview
from api.dashboard.route import Route

ROUTES: Final = (Route("GET", "/customers/<customer_id>", "customer", overview.customer_page),)
