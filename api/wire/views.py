"""views.create, update and delete: questions to the customer list, kept under a name."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from api.wire.fields import Identifier, Text
from api.wire.quantities import Milliseconds
from api.wire.schema import WireSchema

VIEW_NAME_CHARS = 100
VIEW_ID_CHARS = 64


class CreateViewSchema(WireSchema):
    """A view: the query string of GET /v1/customers, of which it keeps filters, sort and columns."""

    name = Identifier(VIEW_NAME_CHARS, required=True)
    query = Text(empty=True, required=True)


class UpdateViewSchema(WireSchema):
    """Another name for a view, another query, or both."""

    view_id = Identifier(VIEW_ID_CHARS, required=True)
    name = Identifier(VIEW_NAME_CHARS)
    query = Text(empty=True)

    @validates_schema
    def changes_something(self, data: dict[str, Any], **_: Any) -> None:
        """A change says what it changes."""
        if "name" not in data and "query" not in data:
            raise ValidationError("was not sent and must be, unless query is", "name")


class DeleteViewSchema(WireSchema):
    """Names a view."""

    view_id = Identifier(VIEW_ID_CHARS, required=True)


class ViewSchema(WireSchema):
    """A view as it is kept; `url` opens it."""

    id = Identifier(VIEW_ID_CHARS, required=True)
    name = Identifier(VIEW_NAME_CHARS, required=True)
    query = Text(empty=True, required=True)
    url = Text(required=True)
    created_at = Milliseconds(required=True)
    created_by = Text(required=True)
    updated_at = Milliseconds(required=True)
    updated_by = Text(required=True)
