"""YAML in and out, with exact numbers: none passes through a float on its way from the text or to it."""

from collections.abc import Hashable
from decimal import Decimal
from typing import Any, Final

import yaml

from api.wire.json import plain
from ledger.core.errors import InvalidInput

MOST_BYTES: Final = 4_000_000


class BadFile(InvalidInput):
    """A catalog file that cannot be read at all."""


class _Reader(yaml.SafeLoader):
    """Only plain values; no name twice, and nothing by reference: what a file says stands where it is said."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.constructor.ConstructorError(None, None, "an alias: write it out", self.get_mark())
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002  its signature
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} is there twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _number(reader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal | str:
    text = str(reader.construct_scalar(node)).replace("_", "")
    return "inf" if text.lower().lstrip("+") == ".inf" else Decimal(text)


def _as_text(reader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    return str(reader.construct_scalar(node))


_Reader.add_constructor("tag:yaml.org,2002:float", _number)
_Reader.add_constructor("tag:yaml.org,2002:timestamp", _as_text)


class _Writer(yaml.SafeDumper):
    """Numbers as people write them, and no references."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  its signature
        return True


def _written(writer: yaml.SafeDumper, number: Decimal) -> yaml.ScalarNode:
    text = plain(number)
    return writer.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in text else 'int'}", text)


def _text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style)


_Writer.add_representer(Decimal, _written)
_Writer.add_representer(str, _text)


def read(text: str) -> Any:
    """The value of a YAML text. Raises `BadFile`."""
    if len(text) > MOST_BYTES:
        raise BadFile(f"The file is longer than {MOST_BYTES:,} characters: a catalog is smaller")
    try:
        return yaml.load(text, _Reader)  # noqa: S506  a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = "" if mark is None else f" (line {mark.line + 1}, column {mark.column + 1})"
        raise BadFile(f"The file is not YAML that can be read: {error.problem}{where}") from None
    except (yaml.YAMLError, ArithmeticError, ValueError) as error:
        raise BadFile(f"The file is not YAML that can be read: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise BadFile("The file is not YAML that can be read: it is nested too deeply") from None


def write(value: Any) -> str:
    """A value as YAML, in the order it has."""
    return yaml.dump(value, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=120)
