"""Patterns for messages of fields with white space between them: `[ip, ..., status = 4*, bytes]`."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from eksaminer.filter_pattern.expression import (
    Expression,
    conditions,
    holds,
    print_expression,
    read_expression,
)
from eksaminer.filter_pattern.limits import MOST_REGEXES
from eksaminer.filter_pattern.policy import Ask
from eksaminer.filter_pattern.reader import Reader
from eksaminer.filter_pattern.regex import Regex
from eksaminer.filter_pattern.value import (
    NUMBER,
    OPERATORS,
    Literal,
    Number,
    Value,
    compares,
    print_value,
    read_comparison,
)

NAME = re.compile(r"[A-Za-z0-9_-]*")
START = re.compile(r"\S")
PLAIN = re.compile(r"\S+")
CLOSING = {"[": "]", '"': '"'}
"""What stands in brackets or double quotes is one field."""
ELLIPSIS = "..."


@dataclass(frozen=True, slots=True)
class Test:
    """A field stands in a relation to a value of the pattern."""

    name: str
    sign: str
    value: Value

    def __str__(self) -> str:
        return f"{self.name} {self.sign} {print_value(self.value)}"

    def holds(self, field: str, ask: Ask) -> bool:
        """Tell whether it holds for the text of a field, which may be a number."""
        quoted = isinstance(self.value, Literal) and self.value.quoted
        found = field if quoted or not NUMBER.fullmatch(field) else Number(field)
        return compares(found, self.sign, self.value, ask)


@dataclass(frozen=True, slots=True)
class Field:
    """One field, with or without conditions."""

    name: str
    expression: Expression[Test] | None = None

    def __str__(self) -> str:
        return self.name if self.expression is None else print_expression(self.expression, str)

    def holds(self, field: str, ask: Ask) -> bool:
        """Tell whether the conditions hold for the text of a field."""
        return self.expression is None or holds(self.expression, lambda test: test.holds(field, ask))


@dataclass(frozen=True, slots=True)
class FieldsPattern:
    """Fields in order. An ellipsis stands for any number of them; else the last field is all that is left."""

    first: tuple[Field, ...]
    last: tuple[Field, ...] | None = None
    """The fields behind the ellipsis; None: there is no ellipsis."""

    @property
    def regexes(self) -> int:
        """How many regular expressions it holds."""
        expressions = [field.expression for field in self._fields() if field.expression is not None]
        return sum(isinstance(test.value, Regex) for each in expressions for test in conditions(each))

    def _fields(self) -> tuple[Field, ...]:
        return self.first + (self.last or ())

    def text(self) -> str:
        """Return it as it is written."""
        behind = () if self.last is None else (ELLIPSIS, *self.last)
        return f"[{', '.join(map(str, (*self.first, *behind)))}]"

    def reading(self, message: str) -> Callable[[Ask], bool]:
        """Split *message* once; return what tells whether it matches, for the answers to open questions."""
        pairs = self._pairs(message)
        return (lambda _: False) if pairs is None else partial(_all_hold, pairs)

    def _pairs(self, message: str) -> list[tuple[Field, str]] | None:
        """Return each field with its text; None where the message has too few."""
        spans = list(split(message))
        if len(spans) < len(self._fields()):
            return None
        texts = [text for _, text in spans]
        if self.last is None:
            texts = [*texts[: len(self.first) - 1], _rest(message, spans, len(self.first) - 1)]
            return list(zip(self.first, texts, strict=True))
        behind = texts[len(texts) - len(self.last) :]
        return [*zip(self.first, texts, strict=False), *zip(self.last, behind, strict=True)]


def split(message: str) -> Iterator[tuple[int, str]]:
    """Give the fields of *message*: where each begins, and its text without the brackets or quotes around it."""
    never: set[str] = set()
    at = 0
    while found := START.search(message, at):
        start = found.start()
        closing = CLOSING.get(message[start], "")
        # One search that finds nothing holds for the rest of the message: many open brackets cost no more than one.
        end = message.find(closing, start + 1) if closing and closing not in never else -1
        if end >= 0:
            yield start, message[start + 1 : end]
            at = end + 1
            continue
        never.add(closing)
        plain = PLAIN.match(message, start)
        at = plain.end() if plain else start + 1
        yield start, message[start:at]


def _rest(message: str, spans: list[tuple[int, str]], index: int) -> str:
    """Return what the last field holds: its text, or all from there if more follows."""
    return spans[index][1] if index == len(spans) - 1 else message[spans[index][0] :].rstrip()


def _all_hold(pairs: list[tuple[Field, str]], ask: Ask) -> bool:
    held = [field.holds(text, ask) for field, text in pairs]
    return all(held)


def read_fields(reader: Reader) -> FieldsPattern:
    """Read `[fields]`. Raises `FilterPatternError`."""
    reader.expect("[")
    found = list(_read(reader))
    if found.count(None) > 1:
        reader.fail("one ellipsis stands for all fields that are not named", 0)
    reader.expect("]")
    at = found.index(None) if None in found else len(found)
    first = tuple(field for field in found[:at] if field)
    last = tuple(field for field in found[at + 1 :] if field) if None in found else None
    pattern = FieldsPattern(first, last)
    if pattern.regexes > MOST_REGEXES:
        reader.fail(f"a pattern has {MOST_REGEXES} regular expressions at most", 0)
    return pattern


def _read(reader: Reader) -> Iterator[Field | None]:
    """Give the fields; None for an ellipsis."""
    while True:
        yield None if reader.accept(ELLIPSIS) else _field(reader)
        if not reader.accept(","):
            return


def _field(reader: Reader) -> Field:
    reader.skip()
    start, name = reader.at, reader.match(NAME)
    if not any(reader.sees(sign) for sign in OPERATORS):
        return Field(name)
    reader.at = start
    return Field(name, read_expression(reader, partial(_test, name)))


def _test(name: str, reader: Reader) -> Test:
    reader.skip()
    start, found = reader.at, reader.match(NAME)
    if name and not found:
        reader.fail(f"the field {name} is expected{reader.instead()}", start)
    if not name and found:
        reader.fail(f"a condition of a field without a name names the field {found}", start)
    if found != name:
        reader.fail(f"a condition of the field {name} names the field {found}", start)
    return Test(name, *read_comparison(reader))
