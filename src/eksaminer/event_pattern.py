"""EventBridge event patterns: would a rule's pattern match an event?

    parse(text)              the pattern, or EventPatternError where EventBridge would refuse it
    pattern.matches(event)   "yes", "no", or "depends": on a value that the event leaves OPEN

Source: Amazon EventBridge User Guide, "Comparison operators for use in event patterns" (read 2026-11-23). An operator
that is not known here is an error, never a guess.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any, Final, Literal, cast

Answer = Literal["yes", "no", "depends"]
Test = Callable[[object], bool]
MOST_CHARACTERS = 4_096
"""Of a pattern: twice what EventBridge takes by default."""


class EventPatternError(ValueError):
    """The text is no event pattern that is known here."""


class Open:
    """A value that differs from event to event."""


OPEN: Final = Open()
_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class _Leaf:
    """Alternatives for one value; None as a test: it must be absent."""

    tests: tuple[Test, ...]
    absent: bool
    present: bool

    def answer(self, value: object) -> Answer:
        if value is _ABSENT:
            return "yes" if self.absent else "no"
        if self.present:
            return "yes"
        if value is OPEN:
            return "depends" if self.tests else "no"
        values = cast("list[object]", value) if isinstance(value, list) else [value]
        return "yes" if any(test(item) for item in values for test in self.tests) else "no"


@dataclass(frozen=True, slots=True)
class _Node:
    """Conditions on fields, all of which hold; and alternatives, of which one holds."""

    fields: tuple[tuple[str, "_Node | _Leaf"], ...]
    alternatives: tuple["_Node", ...]

    def answer(self, value: object) -> Answer:
        answers: list[Answer] = [child.answer(_field(value, name)) for name, child in self.fields]
        if self.alternatives:
            answers.append(_best(node.answer(value) for node in self.alternatives))
        return _worst(answers)


def _best(answers: Iterable[Answer]) -> Answer:
    found = set(answers)
    return "yes" if "yes" in found else "depends" if "depends" in found else "no"


def _worst(answers: Iterable[Answer]) -> Answer:
    found = set(answers)
    return "no" if "no" in found else "depends" if "depends" in found else "yes"


def _field(value: object, name: str) -> object:
    if value is OPEN or value is _ABSENT:
        return value
    return cast("dict[str, object]", value).get(name, _ABSENT) if isinstance(value, dict) else _ABSENT


@dataclass(frozen=True, slots=True)
class EventPattern:
    """A pattern."""

    root: _Node

    def matches(self, event: Mapping[str, object]) -> Answer:
        """Return whether it matches *event*, whose values may be `OPEN`."""
        return self.root.answer(dict(event))


def parse(text: str) -> EventPattern:
    """Read a pattern.

    Raises:
        EventPatternError: EventBridge would refuse it, or it has an operator that is not known here.
    """
    if len(text) > MOST_CHARACTERS:
        raise EventPatternError(f"it has more than {MOST_CHARACTERS} characters")
    try:
        document = json.loads(text)
        return EventPattern(_node(document))
    except (ValueError, RecursionError) as error:
        raise EventPatternError(str(error) or "it is nested too deeply") from error


def _node(document: Any) -> _Node:
    if not isinstance(document, dict) or not document:
        raise EventPatternError("a pattern is an object with fields")
    fields: list[tuple[str, _Node | _Leaf]] = []
    alternatives: tuple[_Node, ...] = ()
    for name, value in cast("dict[str, Any]", document).items():
        if name == "$or":
            alternatives = tuple(map(_node, _list(value, name)))
        else:
            fields.append((name, _node(value) if isinstance(value, dict) else _leaf(_list(value, name))))
    return _Node(tuple(fields), alternatives)


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise EventPatternError(f"{name!r} is not a list with values")
    return value


def _leaf(values: list[Any]) -> _Leaf:
    absent = present = False
    tests: list[Test] = []
    for value in values:
        if isinstance(value, dict) and "exists" in value:
            wanted = _only(cast("dict[str, Any]", value))[1] is True
            absent, present = absent or not wanted, present or wanted
        elif isinstance(value, dict):
            tests.append(_operator(*_only(cast("dict[str, Any]", value))))
        else:
            tests.append(partial(_equal, value))
    return _Leaf(tuple(tests), absent, present)


def _only(value: dict[str, Any]) -> tuple[str, Any]:
    if len(value) != 1:
        raise EventPatternError("an operator stands alone")
    return next(iter(value.items()))


def _equal(wanted: object, value: object) -> bool:
    """Numbers equal by value; true is no number."""
    same_kind = type(wanted) is type(value) or (_number(wanted) and _number(value))
    return same_kind and wanted == value


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _operator(name: str, wanted: Any) -> Test:
    match name:
        case "prefix" | "suffix":
            return _ending(name, wanted)
        case "equals-ignore-case":
            return partial(_same_letters, _text(wanted))
        case "wildcard":
            return _wildcard(_text(wanted))
        case "numeric":
            return _numeric(wanted)
        case "cidr":
            return _cidr(_text(wanted))
        case "anything-but":
            return _anything_but(wanted)
        case _:
            raise EventPatternError(f"the operator {name!r} is not known")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise EventPatternError(f"{value!r} is no text")
    return value


def _same_letters(wanted: str, value: object) -> bool:
    return isinstance(value, str) and value.casefold() == wanted.casefold()


def _ending(name: str, wanted: Any) -> Test:
    folded = isinstance(wanted, dict)
    if folded:
        inner, wanted = _only(cast("dict[str, Any]", wanted))
        if inner != "equals-ignore-case":
            raise EventPatternError(f"{inner!r} does not stand within {name!r}")
    part = _text(wanted)

    def test(value: object) -> bool:
        if not isinstance(value, str):
            return False
        one, other = (value.casefold(), part.casefold()) if folded else (value, part)
        return one.startswith(other) if name == "prefix" else one.endswith(other)

    return test


def _wildcard(pattern: str) -> Test:
    """`*` stands for any characters; a backslash takes its meaning away."""
    if "**" in pattern:
        raise EventPatternError("** is no wildcard")
    pieces = re.findall(r"\\[*\\]|\*|[^*\\]+|\\", pattern)
    regex = re.compile("".join(".*" if piece == "*" else re.escape(_plain(piece)) for piece in pieces), re.DOTALL)
    return lambda value: isinstance(value, str) and regex.fullmatch(value) is not None


def _plain(piece: str) -> str:
    return piece[1] if piece in {"\\*", "\\\\"} else piece


_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "=": lambda value, wanted: value == wanted,
    "<": lambda value, wanted: value < wanted,
    "<=": lambda value, wanted: value <= wanted,
    ">": lambda value, wanted: value > wanted,
    ">=": lambda value, wanted: value >= wanted,
}


def _numeric(wanted: Any) -> Test:
    parts = _list(wanted, "numeric")
    pairs = list(zip(parts[::2], parts[1::2], strict=False))
    if len(parts) not in (2, 4) or any(sign not in _COMPARISONS or not _number(number) for sign, number in pairs):
        raise EventPatternError("'numeric' takes one or two comparisons")

    def test(value: object) -> bool:
        return _number(value) and all(_COMPARISONS[sign](cast("float", value), number) for sign, number in pairs)

    return test


def _cidr(wanted: str) -> Test:
    network = ip_network(wanted, strict=False)

    def test(value: object) -> bool:
        try:
            return isinstance(value, str) and ip_address(value) in network
        except ValueError:
            return False

    return test


def _anything_but(wanted: Any) -> Test:
    if isinstance(wanted, dict):
        name, inner = _only(cast("dict[str, Any]", wanted))
        if name not in {"prefix", "suffix", "equals-ignore-case", "wildcard"}:
            raise EventPatternError(f"{name!r} does not stand within 'anything-but'")
        tests = [_operator(name, item) for item in _many(inner)]
    else:
        tests = [partial(_equal, item) for item in _many(wanted)]
    return lambda value: not any(test(value) for test in tests)


def _many(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]
