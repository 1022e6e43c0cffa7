"""What the API answers of a customer, to be read and copied."""

import msgspec
from flask import Response

from api.dashboard.customer.subject import sheet, subject
from api.dashboard.doing import do
from api.dashboard.visitor import Visitor
from api.errors import PathNotFound
from api.wire.json import render


def answer_page(visitor: Visitor, customer_id: str) -> Response:
    """What `customers.get` answers now. Raises `CustomerNotFound`, as it does."""
    found = subject(visitor, customer_id)
    if found.past is not None:
        raise PathNotFound
    answer = msgspec.json.format(render(do(visitor, "customers.get", {"customer_id": customer_id})), indent=2)
    return sheet(found, "answer.html", answer=answer.decode())
