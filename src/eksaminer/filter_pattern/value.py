"""What a field is compared with, and the comparison."""

import operator
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from eksaminer.filter_pattern.policy import Ask, Question
from eksaminer.filter_pattern.reader import Reader, quote
from eksaminer.filter_pattern.regex import Regex

NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
WORD = re.compile(r"[+-]?[A-Za-z0-9_.*]+(?:(?<=[eE])[+-][0-9]+)?")
"""A value without quotes; the asterisk and the dot stand in the examples (`123.123.*`, `*.html*`)."""
OPERATORS = ("!=", "<=", ">=", "=", "<", ">")
ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a message, as it is written there."""

    text: str


Scalar = str | bool | Number | None
"""A value of a message that can be compared."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A text or a number of a pattern."""

    text: str
    quoted: bool

    @property
    def numeric(self) -> bool:
        """Whether it is a number: in quotes it is none."""
        return not self.quoted and NUMBER.fullmatch(self.text) is not None

    def __str__(self) -> str:
        return quote(self.text) if self.quoted else self.text


Value = Literal | Regex


def read_value(reader: Reader) -> Value:
    """Read a text, a number or a regular expression. Raises `FilterPatternError`."""
    if reader.sees('"'):
        return Literal(reader.quoted(), quoted=True)
    if reader.sees("%"):
        return reader.regex()
    start = reader.at
    word = reader.match(WORD)
    if not word:
        reader.fail(f"a value is expected{reader.instead()}")
    if word[0] in "+-" and not NUMBER.fullmatch(word):
        reader.fail(f"{word} is no number; texts with such characters stand in double quotes", start)
    return Literal(word, quoted=False)


def read_comparison(reader: Reader) -> tuple[str, Value]:
    """Read an operator and what follows it. Raises `FilterPatternError`."""
    sign = reader.accept(*OPERATORS)
    if not sign:
        reader.fail(f"an operator (= != < <= > >=) is expected{reader.instead()}")
    reader.skip()
    start = reader.at
    if reader.text.startswith(("=", "!"), start):
        reader.fail("equality is written =, inequality !=")
    value = read_value(reader)
    if sign in ORDER and not (isinstance(value, Literal) and value.numeric):
        reader.fail(f"{sign} compares numbers", start)
    return sign, value


def print_value(value: Value) -> str:
    """Return *value* as it is written in a pattern."""
    return f"%{value.source}%" if isinstance(value, Regex) else str(value)


def compares(found: Scalar, sign: str, value: Value, ask: Ask) -> bool:
    """Tell whether *found* stands in the relation *sign* to *value*."""
    if isinstance(found, bool):
        if not ask(Question.BOOLEAN_TEXT):
            return False
        found = "true" if found else "false"
    if found is None:
        return False
    if sign in ORDER:
        return isinstance(value, Literal) and _ordered(found, sign, value, ask)
    return _equal(found, value, ask) is (sign == "=")


def _equal(found: str | Number, value: Value, ask: Ask) -> bool:
    text = found.text if isinstance(found, Number) else found
    if isinstance(value, Regex):
        line_break = "\n" in text and value.has_dot and ask(Question.DOT_LINE_BREAK)
        return value.search(text, dot_line_break=line_break)
    if "*" in value.text:
        return _like(text, value.text, ask)
    if isinstance(found, Number):
        return _same_number(found, value, ask)
    return text == value.text and (not value.numeric or ask(Question.QUOTED_NUMBER))


def _same_number(found: Number, value: Literal, ask: Ask) -> bool:
    if not NUMBER.fullmatch(value.text):
        return False
    return number(found.text) == number(value.text) and (value.numeric or ask(Question.QUOTED_NUMBER))


def _ordered(found: str | Number, sign: str, value: Literal, ask: Ask) -> bool:
    if isinstance(found, str) and not NUMBER.fullmatch(found):
        return False
    left, right = number(found if isinstance(found, str) else found.text), number(value.text)
    holds = left is not None and right is not None and ORDER[sign](left, right)
    return holds and (isinstance(found, Number) or ask(Question.QUOTED_NUMBER))


def number(text: str) -> Decimal | None:
    """Return the number that *text* writes; None if it is none, or beyond what can be computed."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _like(text: str, pattern: str, ask: Ask) -> bool:
    inner = pattern.strip("*")
    if "*" in inner and not ask(Question.INNER_ASTERISK):
        return _glob(text, [inner], starts=pattern.startswith("*"), ends=pattern.endswith("*"))
    parts = [part for part in inner.split("*") if part]
    return _glob(text, parts, starts=pattern.startswith("*"), ends=pattern.endswith("*"))


def _glob(text: str, parts: list[str], *, starts: bool, ends: bool) -> bool:
    """Tell whether the parts stand in *text* in this order; at its ends unless the pattern is open there."""
    at, limit = 0, len(text)
    if parts and not starts:
        first, *parts = parts
        if not text.startswith(first):
            return False
        at = len(first)
        if not parts and not ends:
            return at == limit
    if parts and not ends:
        *parts, last = parts
        limit -= len(last)
        if limit < at or not text.endswith(last):
            return False
    for part in parts:
        found = text.find(part, at, limit)
        if found < 0:
            return False
        at = found + len(part)
    return True
