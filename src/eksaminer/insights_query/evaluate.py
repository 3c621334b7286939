"""What a test of a query gives for a log event: true, false, or open.

Open is what rests on a function or an expression that is not read here, and what would be another answer under the
other reading of a field that is missing: the documentation does not say whether `!=`, `not like` and `not in` hold of
a field that an event lacks (CloudWatch Logs User Guide, "filter" and "Supported operations and functions", read
2026-11-23).
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any as Anything
from typing import Literal

from eksaminer.insights_query.model import (
    All,
    Among,
    Any,
    Call,
    Compares,
    Constant,
    Field,
    Fits,
    Holds,
    Leaf,
    Not,
    Tells,
    Test,
    Value,
)
from eksaminer.insights_query.regex import read_regex

Answer = Literal["yes", "no", "open"]
Row = Mapping[str, Anything]
Judged = Callable[[Row], "bool | None"]
"""None: open."""
Given = Callable[[Row], Anything]
Searches = Callable[[str], "Callable[[str], bool | None]"]
"""Makes what searches a text for a regular expression."""


class _Unknown(Enum):
    VALUE = "unknown"


UNKNOWN = _Unknown.VALUE
"""A value that is not worked out here."""


def _in_linear_time(source: str) -> Callable[[str], bool | None]:
    regex = read_regex(source)
    return (lambda _: None) if regex is None else lambda text: regex.search(text, dot_line_break=False)


def in_python(source: str) -> Callable[[str], bool | None]:
    """Search with Python's own expressions: much faster, and only for those who trust who wrote the query."""
    found = re.compile(source.replace("\\/", "/"))
    return lambda text: found.search(text) is not None


@dataclass(frozen=True, slots=True)
class Reading:
    """How what the documentation leaves open is taken."""

    negation_of_missing: bool
    """Whether `!=`, `not like` and `not in` hold of a field that is missing."""
    searches: Searches = _in_linear_time


AS_DOCUMENTED = (Reading(negation_of_missing=True), Reading(negation_of_missing=False))
"""All readings that the documentation admits."""


def judged(test: Test, reading: Reading, *, negated: bool = False) -> Judged:
    """Return what tells whether *test*, or its opposite, holds for a row."""
    match test:
        case Not(part=part):
            return judged(part, reading, negated=not negated)
        case All(parts=parts) | Any(parts=parts):
            each = [judged(part, reading, negated=negated) for part in parts]
            return _every(each) if isinstance(test, All) != negated else _some(each)
        case _:
            return _leaf(test, reading, negated=negated)


def _every(parts: Sequence[Judged]) -> Judged:
    def test(row: Row) -> bool | None:
        unsure = False
        for part in parts:
            found = part(row)
            if found is False:
                return False
            unsure = unsure or found is None
        return None if unsure else True

    return test


def _some(parts: Sequence[Judged]) -> Judged:
    def test(row: Row) -> bool | None:
        unsure = False
        for part in parts:
            found = part(row)
            if found:
                return True
            unsure = unsure or found is None
        return None if unsure else False

    return test


def _leaf(leaf: Leaf, reading: Reading, *, negated: bool) -> Judged:
    if isinstance(leaf, Tells):
        return _told(leaf, negated=negated)
    test = _relation(leaf, reading)
    values = [given(value) for value in values_of(leaf)]
    missing = negated and reading.negation_of_missing

    def holds(row: Row) -> bool | None:
        found = [value(row) for value in values]
        if UNKNOWN in found:
            return None
        if found[0] is None or (len(found) == 2 and found[1] is None):  # noqa: PLR2004 - both sides
            return missing
        answer = test(found)
        return None if answer is None else answer is not negated

    return holds


def values_of(leaf: Leaf) -> tuple[Value, ...]:
    """Return the values that a test looks at."""
    match leaf:
        case Compares(left=left, right=right):
            return left, right
        case Among(left=left, options=options):
            return left, *options
        case Holds(left=left) | Fits(left=left):
            return (left,)
        case Tells(arguments=arguments):
            return arguments


def _relation(leaf: Leaf, reading: Reading) -> Callable[[list[Anything]], bool | None]:
    match leaf:
        case Compares(sign=sign):
            compare = COMPARISONS[sign]
            return lambda found: compare(found[0], found[1])
        case Among():
            return lambda found: any(equal(found[0], option) for option in found[1:])
        case Holds(part=part):
            return lambda found: part in text_of(found[0])
        case Fits(source=source):
            search = reading.searches(source)
            return lambda found: search(text_of(found[0]))
        case Tells():
            return lambda _: None


def _told(leaf: Tells, *, negated: bool) -> Judged:
    tell = TELLING.get(leaf.name)
    arguments = [given(value) for value in leaf.arguments]
    if tell is None or len(arguments) != (2 if leaf.name == "strcontains" else 1):
        return lambda _: None

    def holds(row: Row) -> bool | None:
        found = [argument(row) for argument in arguments]
        return None if UNKNOWN in found else tell(found) is not negated

    return holds


def given(value: Value) -> Given:
    """Return what gives *value* for a row: None where it is missing, `UNKNOWN` where it is not worked out."""
    match value:
        case Constant(value=constant):
            return lambda _: constant
        case Field(name=name):
            return lambda row: row.get(name)
        case Call(name=name, arguments=arguments):
            function = FUNCTIONS.get(name)
            each = [given(argument) for argument in arguments]
            if function is None or not each:
                return lambda _: UNKNOWN
            return lambda row: _called(function, [argument(row) for argument in each])


def _called(function: Callable[[list[Anything]], Anything], values: list[Anything]) -> Anything:
    return UNKNOWN if UNKNOWN in values else function(values)


def text_of(value: Anything) -> str:
    """Return a value as text; a missing one is empty."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def number_of(value: Anything) -> float | None:
    """Return a value as a number; None: it is none."""
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except ValueError:
        return None


def equal(left: Anything, right: Anything) -> bool:
    """Compare as numbers where both are, else as text: the documentation compares `403` and `"403"` alike."""
    if left is None or right is None:
        return False
    first, second = number_of(left), number_of(right)
    if first is not None and second is not None:
        return first == second
    return text_of(left) == text_of(right)


def _ordered(test: Callable[[float, float], bool]) -> Callable[[Anything, Anything], bool]:
    def compare(left: Anything, right: Anything) -> bool:
        first, second = number_of(left), number_of(right)
        return first is not None and second is not None and test(first, second)

    return compare


COMPARISONS: Mapping[str, Callable[[Anything, Anything], bool]] = {
    "=": equal,
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
}
TELLING: Mapping[str, Callable[[list[Anything]], bool]] = {
    "ispresent": lambda values: values[0] is not None,
    "isempty": lambda values: text_of(values[0]) == "",
    "isblank": lambda values: not text_of(values[0]).strip(),
    "strcontains": lambda values: text_of(values[1]) in text_of(values[0]),
}
FUNCTIONS: Mapping[str, Callable[[list[Anything]], Anything]] = {
    "tolower": lambda values: text_of(values[0]).lower(),
    "toupper": lambda values: text_of(values[0]).upper(),
    "strlen": lambda values: len(text_of(values[0])),
    "coalesce": lambda values: next((found for found in values if found is not None), None),
    "concat": lambda values: "".join(map(text_of, values)),
    "trim": lambda values: text_of(values[0]).strip(),
}
