"""Every operation that is served, driven once through the official client: by its story in `tests/sdk/stories`."""

import pytest

from api.app import SERVED
from tests.sdk.shop import Shop
from tests.sdk.stories import STORIES


@pytest.mark.parametrize("name", [operation.name for operation in SERVED if not operation.ours])
def test_the_client_drives(shop: Shop, name: str) -> None:
    STORIES[name](shop)
