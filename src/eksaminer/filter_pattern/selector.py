"""Property selectors: which values of a JSON message a condition is about."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eksaminer.filter_pattern.reader import Reader

NAME = re.compile(r"[A-Za-z0-9_-]+")
INDEX = re.compile(r"\[[ ]*(\d{1,9})[ ]*\]", re.ASCII)
BRACKETS = re.compile(r"\[[ ]*'([^']+)'[ ]*\]")


@dataclass(frozen=True, slots=True)
class Name:
    """The property of this name."""

    name: str

    def __str__(self) -> str:
        return f".{self.name}" if NAME.fullmatch(self.name) else f".['{self.name}']"


@dataclass(frozen=True, slots=True)
class Index:
    """The element of this number, from 0."""

    number: int

    def __str__(self) -> str:
        return f"[{self.number}]"


@dataclass(frozen=True, slots=True)
class AnyProperty:
    """Each property of an object."""

    def __str__(self) -> str:
        return ".*"


@dataclass(frozen=True, slots=True)
class AnyElement:
    """Each element of an array."""

    def __str__(self) -> str:
        return "[*]"


Step = Name | Index | AnyProperty | AnyElement


@dataclass(frozen=True, slots=True)
class Selector:
    """The way from the root of a message to values."""

    steps: tuple[Step, ...]

    @property
    def wild(self) -> bool:
        """Whether it may select several values."""
        return any(isinstance(step, AnyProperty | AnyElement) for step in self.steps)

    def select(self, message: Any) -> list[Any]:
        """Return what it selects in *message*, in order; nothing where a step finds nothing."""
        found = [message]
        for step in self.steps:
            found = [below for value in found for below in _take(step, value)]
        return found

    def __str__(self) -> str:
        return "$" + "".join(map(str, self.steps))


def read_selector(reader: Reader) -> Selector:
    """Read a property selector. Raises `FilterPatternError`."""
    reader.skip()
    start = reader.at
    if not reader.text.startswith("$.", reader.at):
        reader.fail(f"a property selector ($.name) is expected{reader.instead()}")
    reader.at += 1
    steps = [_property(reader), *_steps(reader)]
    if sum(isinstance(step, AnyProperty | AnyElement) for step in steps) > 1:
        reader.fail("a property selector has one wildcard at most", start)
    return Selector(tuple(steps))


def _steps(reader: Reader) -> Iterator[Step]:
    while reader.text.startswith((".", "["), reader.at):
        yield _property(reader) if reader.text.startswith(".", reader.at) else _element(reader)


def _property(reader: Reader) -> Step:
    reader.at += 1
    if reader.text.startswith("*", reader.at):
        reader.at += 1
        return AnyProperty()
    if reader.text.startswith("[", reader.at):
        return _named(reader)
    name = reader.match(NAME)
    if not name:
        reader.fail("the name of a property (letters, digits, - and _) is expected; others go as ['name']")
    return Name(name)


def _element(reader: Reader) -> Step:
    if reader.match(re.compile(r"\[[ ]*\*[ ]*\]")):
        return AnyElement()
    index = reader.match(INDEX)
    return Index(int(index.strip("[ ]"))) if index else _named(reader)


def _named(reader: Reader) -> Step:
    found = BRACKETS.match(reader.text, reader.at)
    if found is None:
        reader.fail("brackets hold the number of an element, * or a 'name'")
    reader.at = found.end()
    return Name(found[1])


def _take(step: Step, value: Any) -> list[Any]:
    match step:
        case Name(name=name):
            return [value[name]] if isinstance(value, Mapping) and name in value else []
        case Index(number=number):
            return [value[number]] if isinstance(value, list) and number < len(value) else []
        case AnyProperty():
            return list(value.values()) if isinstance(value, Mapping) else []
        case AnyElement():
            return list(value) if isinstance(value, list) else []
