"""Every English sentence that the engine can put into an assessment, read from its source code.

A sentence is given as it would read with `SAMPLE` in each place whose value is known only when the program runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path
from string import Formatter

SAMPLE = "Xy9"
MOST_ALTERNATIVES = 64
DEEPEST = 12
"""How often one expression leads to another: no sentence is composed so deep."""
GAPS = frozenset({"Gap", "NotAssessed"})
Function = ast.FunctionDef


class NotSaidHereError(Exception):
    """What an expression gives cannot be read from the module it stands in."""


@dataclass(frozen=True)
class Said:
    """A sentence, and where it is made."""

    file: str
    line: int
    text: str
    function: str = ""


@dataclass(frozen=True)
class Unread:
    """An expression whose sentence is made elsewhere, and the function it stands in."""

    place: str
    expression: str


@dataclass(frozen=True)
class Module:
    """One source file."""

    name: str
    tree: ast.Module = field(repr=False)

    @classmethod
    def read(cls, root: Path, path: Path) -> Module:
        return cls(path.relative_to(root).as_posix(), ast.parse(path.read_text("utf-8")))

    @cached_property
    def constants(self) -> Mapping[str, ast.expr]:
        """Names that the module itself gives a value."""
        return dict(_assigned(self.tree.body))

    @cached_property
    def functions(self) -> Mapping[str, Function]:
        return {node.name: node for node in ast.walk(self.tree) if isinstance(node, Function)}

    @cached_property
    def calls(self) -> Sequence[tuple[ast.Call, Function | None]]:
        """All calls, each with the innermost function it stands in."""
        return [(node, owner) for node, owner in self.nodes if isinstance(node, ast.Call)]

    @cached_property
    def nodes(self) -> Sequence[tuple[ast.AST, Function | None]]:
        return list(_owned(self.tree, None))


def _owned(node: ast.AST, owner: Function | None) -> Iterator[tuple[ast.AST, Function | None]]:
    for child in ast.iter_child_nodes(node):
        yield child, owner
        yield from _owned(child, child if isinstance(child, Function) else owner)


def _assigned(nodes: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None and isinstance(node.target, ast.Name):
            yield node.target.id, node.value


@dataclass(frozen=True)
class Reader:
    """Reads what expressions of one module say."""

    module: Module
    elsewhere: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """What methods of other modules give, by their name."""

    def said(self, value: ast.expr, owner: Function | None, depth: int = 0) -> list[str]:
        """Return all that *value* can say. Raises `NotSaidHereError`."""
        if depth <= DEEPEST:
            for read in (self._written, self._chosen, self._called, self._looked_up):
                found = read(value, owner, depth + 1)
                if found is not None:
                    return found
        raise NotSaidHereError

    def _written(self, value: ast.expr, owner: Function | None, depth: int) -> list[str] | None:
        match value:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.JoinedStr(values=parts):
                return self._joined([self._part(part, owner, depth) for part in parts])
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._joined([self.said(left, owner, depth), self.said(right, owner, depth)])
            case _:
                return None

    def _chosen(self, value: ast.expr, owner: Function | None, depth: int) -> list[str] | None:
        match value:
            case ast.IfExp(body=one, orelse=other):
                return self.said(one, owner, depth) + self.said(other, owner, depth)
            case ast.BoolOp(op=ast.Or(), values=[*_, one]) | ast.List(elts=[one]):
                return self.said(one, owner, depth)
            case _:
                return None

    def _called(self, value: ast.expr, owner: Function | None, depth: int) -> list[str] | None:
        match value:
            case ast.Call(func=ast.Attribute(value=template, attr="format")):
                return [filled(text) for text in self.said(template, owner, depth)]
            case ast.Call(func=ast.Attribute(value=text, attr="rstrip")):
                return self.said(text, owner, depth)
            case ast.Call(func=ast.Attribute(attr=name)) if name in self.elsewhere:
                return list(self.elsewhere[name])
            case ast.Call(func=ast.Name(id=name)) if name in self.module.functions:
                return self._returned(self.module.functions[name], depth)
            case _:
                return None

    def _looked_up(self, value: ast.expr, owner: Function | None, depth: int) -> list[str] | None:
        match value:
            case ast.Subscript(value=ast.Name(id=name)) if name in self.module.constants:
                return [text for text, _ in self.strings(self.module.constants[name], None)]
            case ast.Name(id=name):
                return self._named(name, owner, depth)
            case _:
                return None

    def strings(self, value: ast.expr, owner: Function | None) -> Iterator[tuple[str, int]]:
        """Yield the sentences that stand in a table: the values of a mapping, the last of each row."""
        match value:
            case ast.Dict(values=rows):
                for row in rows:
                    yield from self.strings(row, owner)
            case ast.Tuple(elts=parts) | ast.List(elts=parts) if parts:
                whole = all(isinstance(part, ast.Tuple) for part in parts)
                for part in parts if whole else parts[-1:]:
                    yield from self.strings(part, owner)
            case _:
                yield from ((text, value.lineno) for text in self.said(value, owner))

    def _part(self, part: ast.expr, owner: Function | None, depth: int) -> list[str]:
        """Return what stands in a place: words of ours, or a sample of what the program will put there."""
        if not isinstance(part, ast.FormattedValue):
            return self.said(part, owner, depth)
        try:
            return self.said(part.value, owner, depth)
        except NotSaidHereError:
            return [SAMPLE]

    def _joined(self, parts: Sequence[Sequence[str]]) -> list[str]:
        found = ["".join(parts) for parts in product(*parts)]
        assert len(found) <= MOST_ALTERNATIVES, "a sentence in too many forms for anyone to translate"
        return found

    def _returned(self, function: Function, depth: int) -> list[str]:
        returns = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None]
        return [text for value in returns for text in self.said(value, function, depth)]

    def _named(self, name: str, owner: Function | None, depth: int) -> list[str]:
        local = [] if owner is None else list(_given(owner, name))
        if local:
            return [text for value in local for text in self.said(value, owner, depth)]
        arguments = [] if owner is None else [*owner.args.posonlyargs, *owner.args.args, *owner.args.kwonlyargs]
        if owner is not None and name in {item.arg for item in arguments}:
            return self._passed(owner, name, depth)
        if name in self.module.constants:
            return self.said(self.module.constants[name], None, depth)
        raise NotSaidHereError

    def _passed(self, function: Function, name: str, depth: int) -> list[str]:
        """Return what the calls within the module give for the parameter *name*."""
        names = [item.arg for item in function.args.args]
        names = names[1:] if names[:1] == ["self"] else names
        found: list[str] = []
        for call, owner in self.module.calls:
            if called(call) == function.name:
                given = [item.value for item in call.keywords if item.arg == name]
                place = names.index(name) if name in names else len(call.args)
                given += call.args[place : place + 1]
                found += [text for value in given for text in self.said(value, owner, depth)]
        defaults = dict(zip(names[::-1], function.args.defaults[::-1], strict=False))
        if name in defaults:
            found += self.said(defaults[name], None, depth)
        if not found:
            raise NotSaidHereError
        return found


def _given(function: Function, name: str) -> Iterator[ast.expr]:
    """Yield what *function* assigns to *name*, also as one of several names."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign):
            continue
        target = node.targets[0]
        if isinstance(target, ast.Name) and target.id == name:
            yield node.value
        elif isinstance(target, ast.Tuple):
            names = [item.id if isinstance(item, ast.Name) else "" for item in target.elts]
            if name in names and isinstance(node.value, ast.Tuple):
                yield node.value.elts[names.index(name)]
            elif name in names:
                yield node.value


def filled(template: str) -> str:
    """Return *template* with a sample in each of its places."""
    return "".join(
        literal + (SAMPLE if name is not None else "") for literal, name, _, _ in Formatter().parse(template)
    )


def modules(root: Path) -> list[Module]:
    return [Module.read(root, path) for path in sorted(root.rglob("*.py"))]


def details(module: Module) -> Iterator[Said | Unread]:
    """Yield the details of all gaps that *module* makes; where one cannot be read, the function and expression."""
    reader = Reader(module)
    for call, owner in module.calls:
        if isinstance(call.func, ast.Name) and call.func.id in GAPS:
            for item in call.keywords:
                if item.arg == "detail" and not (isinstance(item.value, ast.Attribute) and item.value.attr == "detail"):
                    yield from _sentences(reader, item.value, owner)


def after_causes(module: Module) -> Iterator[Said | Unread]:
    """Yield what stands beside a cause: `Cause.DENIED, "…"`."""
    reader = Reader(module)
    for node, owner in module.nodes:
        if isinstance(node, ast.Tuple):
            for cause, value in zip(node.elts, node.elts[1:], strict=False):
                if ast.unparse(cause).startswith("Cause."):
                    yield from _sentences(reader, value, owner)


def arguments(
    module: Module, function: str, place: int, elsewhere: Mapping[str, Sequence[str]] | None = None
) -> Iterator[Said | Unread]:
    """Yield what the calls of *function* are given at *place*."""
    reader = Reader(module, elsewhere or {})
    for call, owner in module.calls:
        if called(call) == function:
            for value in call.args[place : place + 1]:
                yield from _sentences(reader, value, owner)


def called(call: ast.Call) -> str:
    """Return the name of the function or method that is called; empty: it has none."""
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def results(module: Module, function: str) -> Iterator[Said | Unread]:
    """Yield the sentences that *function* returns or yields."""
    reader, own = Reader(module), module.functions[function]
    for node in ast.walk(own):
        if isinstance(node, ast.Return | ast.Yield | ast.YieldFrom) and node.value is not None:
            for value in _parts(node.value):
                yield from _sentences(reader, value, own)


def _parts(value: ast.expr) -> Iterator[ast.expr]:
    match value:
        case ast.Tuple(elts=parts):
            for part in parts:
                yield from _parts(part)
        case ast.IfExp(body=one, orelse=other):
            yield from (*_parts(one), *_parts(other))
        case ast.GeneratorExp(elt=part):
            yield part
        case ast.Starred() | ast.Call() | ast.Name() | ast.Attribute():
            return
        case _:
            yield value


def keywords(module: Module, function: str, names: Sequence[str]) -> Iterator[Said | Unread]:
    """Yield what the calls that *function* makes are given for *names*."""
    reader = Reader(module)
    for call, owner in module.calls:
        if owner is not None and owner.name == function:
            for item in call.keywords:
                if item.arg in names:
                    yield from _sentences(reader, item.value, owner)


def table(module: Module, name: str) -> Iterator[Said]:
    """Yield the sentences of the constant *name*."""
    for text, line in Reader(module).strings(module.constants[name], None):
        yield Said(module.name, line, text)


def _sentences(reader: Reader, value: ast.expr, owner: Function | None) -> Iterator[Said | Unread]:
    try:
        for text in reader.said(value, owner):
            yield Said(reader.module.name, value.lineno, text, owner.name if owner else "")
    except NotSaidHereError:
        yield Unread(f"{reader.module.name}:{owner.name if owner else ''}", ast.unparse(value))
