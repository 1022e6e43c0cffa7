"""The stories by their operation."""

from collections.abc import Callable

from tests.sdk.shop import Shop

Story = Callable[[Shop], None]
STORIES: dict[str, Story] = {}


def story(name: str) -> Callable[[Story], Story]:
    """Keeps a function as the story of an operation."""

    def keep(function: Story) -> Story:
        STORIES[name] = function
        return function

    return keep
