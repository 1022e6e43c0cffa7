"""What mutmut would change in a module, one change at a time, and a way to make a change in a running process."""

import __future__

import difflib
import hashlib
import importlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider
from mutmut.file_mutation import Mutation, MutationVisitor, deep_replace
from mutmut.node_mutation import mutation_operators, operator_string

UNREAD_ANNOTATIONS = __future__.annotations.compiler_flag
"""Some annotations name what is imported for mypy alone."""
# Texts are for people; what a program reads of them is compared with a constant that has a test.
OPERATORS = [(kind, operator) for kind, operator in mutation_operators if operator is not operator_string]


@dataclass(frozen=True)
class Change:
    """One function of a module with one thing in it different."""

    module: str
    owner: str | None
    function: str
    lines: range
    """The lines of the statement that differs: a test that runs none of them cannot notice."""
    before: str
    after: str

    @property
    def place(self) -> str:
        return ".".join(filter(None, (self.module, self.owner, self.function)))

    @property
    def key(self) -> str:
        """A name that stays as long as the function does."""
        both = f"{self.before} -> {self.after}".encode()
        return f"{self.place}:{hashlib.sha256(both).hexdigest()[:12]}"

    def difference(self) -> list[str]:
        """The lines that differ, before and after."""
        compared = difflib.unified_diff(self.before.split("\n"), self.after.split("\n"), lineterm="", n=0)
        return [f"{line[0]} {line[1:].strip()}" for line in list(compared)[2:] if not line.startswith("@@")]

    def make(self) -> None:
        """Let the function run the changed code from now on, wherever in this process it is known."""
        module = sys.modules[self.module]
        scope = dict(vars(module))
        exec(compile(self.after, self.module, "exec", UNREAD_ANNOTATIONS, dont_inherit=True), scope)
        changed = scope[self.function] if self.owner is None else vars(scope[self.owner])[self.function]
        holder = vars(module) if self.owner is None else vars(vars(module)[self.owner])
        target = plain(holder[self.function])
        target.__code__ = plain(changed).__code__
        target.__defaults__ = changed.__defaults__
        target.__kwdefaults__ = changed.__kwdefaults__


def plain(found: Any) -> FunctionType:
    """The function below a property, a cache or another wrapper."""
    found = getattr(found, "fget", found)
    while inner := getattr(found, "__wrapped__", None) or getattr(found, "__func__", None):
        found = inner
    assert isinstance(found, FunctionType)
    return found


class Places(MutationVisitor):  # type: ignore[misc]
    """mutmut's own search, which looks below decorators too, and remembers where it found something."""

    METADATA_DEPENDENCIES = (*MutationVisitor.METADATA_DEPENDENCIES, ParentNodeProvider)

    def __init__(self) -> None:
        super().__init__(OPERATORS, set())
        self.lines: list[range] = []

    def _create_mutations(self, node: cst.CSTNode) -> None:
        before = len(self.mutations)
        super()._create_mutations(node)
        if found := len(self.mutations) - before:
            self.lines += [self._statement(node)] * found

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Decorator):
            return True
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            return node.name.value in {"__getattribute__", "__setattr__", "__new__"}
        return bool(super()._skip_node_and_children(node))

    def _statement(self, node: cst.CSTNode) -> range:
        """The lines of the statement around a node; of a compound one only its head, of a function all."""
        while not isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement | cst.MatchCase):
            node = self.get_metadata(ParentNodeProvider, node)
        span = self.get_metadata(PositionProvider, node)
        last = span.end.line
        if isinstance(node, cst.Match):
            last = span.start.line
        elif not isinstance(node, cst.SimpleStatementLine | cst.FunctionDef):
            last = max(span.start.line, self.get_metadata(PositionProvider, node.body).start.line - 1)
        return range(span.start.line, last + 1)


def changes(path: Path, module: str) -> Iterator[Change]:
    """Everything that mutmut would change in a module's functions, methods and properties."""
    importlib.import_module(module)
    wrapper = MetadataWrapper(cst.parse_module(path.read_text()))
    places = Places()
    tree = wrapper.visit(places)
    owners = {id(each): node.name.value for node in classes(tree.body) for each in node.body.body}
    for mutation, lines in zip(places.mutations, places.lines, strict=True):
        function = mutation.contained_by_top_level_function
        if isinstance(function, cst.FunctionDef):
            owner = owners.get(id(function))
            after = written(changed(function, mutation), owner)
            yield Change(module, owner, function.name.value, lines, written(function, owner), after)


def classes(body: Sequence[cst.CSTNode]) -> Iterator[cst.ClassDef]:
    return (node for node in body if isinstance(node, cst.ClassDef) and isinstance(node.body, cst.IndentedBlock))


def changed(function: cst.FunctionDef, mutation: Mutation) -> cst.FunctionDef:
    different = deep_replace(function, mutation.original_node, mutation.mutated_node)
    assert isinstance(different, cst.FunctionDef)
    return different


def written(function: cst.FunctionDef, owner: str | None) -> str:
    """A function's source, within its class if it has one."""
    bare = function.with_changes(decorators=(), leading_lines=(), lines_after_decorators=())
    node = bare if owner is None else cst.ClassDef(cst.Name(owner), cst.IndentedBlock([bare]))
    return str(cst.Module([node]).code)
