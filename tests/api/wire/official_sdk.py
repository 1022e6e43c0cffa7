"""autumn-sdk 1.2.0, made usable, and loaded by whoever asks for it first: it takes a third of a second, and its models
several.
"""

import builtins
import importlib
from functools import cache
from types import ModuleType
from typing import Any

import pydantic

_made: dict[tuple[str, int], tuple[Any, Any]] = {}


@cache
def official() -> ModuleType:
    """The package `autumn_sdk`."""
    # It names four types that it does not define, and fails on the first use of its features.
    for missing_name in ("CreateFeatureDimensionsResponse5", "UpdateFeatureDimensionsResponse5"):
        for suffix in ("", "TypedDict"):
            setattr(builtins, missing_name + suffix, Any)
    serializers: Any = importlib.import_module("autumn_sdk.utils.serializers")
    serializers.create_model = _make_once
    return importlib.import_module("autumn_sdk")


def _make_once(name: str, *, body: tuple[Any, Any], **settings: Any) -> Any:
    # For every value that it writes or reads it has pydantic build a model, always the same few: a quarter of the time
    # of the tests that use it. A type is known by its identity: those that differ in their order alone are equal.
    key = (name, id(body[0]))
    if key not in _made:
        _made[key] = (body[0], pydantic.create_model(name, body=body, **settings))
    return _made[key][1]
