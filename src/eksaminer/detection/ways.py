"""All ways to satisfy a predicate: which tests have to be right together."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from eksaminer.detection.evaluate import satisfies
from eksaminer.detection.predicate import And, Each, Eq, Exists, In, Not, Or, Predicate, Ref, Test

MOST_WAYS = 5_000


@dataclass(frozen=True, slots=True)
class Literal:
    """A test that has to hold, or (not *positive*) must not."""

    test: Test | Each
    positive: bool


Way = tuple[Literal, ...]
"""Literals that have to be right together."""


def ways(predicate: Predicate) -> tuple[Way, ...] | None:
    """Return all ways to satisfy *predicate*; None where they are too many to look at."""
    try:
        return tuple(_ways(predicate, positive=True))
    except OverflowError:
        return None


def _ways(predicate: Predicate, *, positive: bool) -> list[Way]:
    match predicate:
        case Not(part=part):
            return _ways(part, positive=not positive)
        case And(parts=parts) if positive:
            return _together(parts, positive=True)
        case Or(parts=parts) if not positive:
            return _together(parts, positive=False)
        case And(parts=parts) | Or(parts=parts):
            return [way for part in parts for way in _ways(part, positive=positive)]
        case _:
            return [(Literal(predicate, positive),)]


def _together(parts: Iterable[Predicate], *, positive: bool) -> list[Way]:
    found: list[Way] = [()]
    for part in parts:
        other = _ways(part, positive=positive)
        if len(found) * len(other) > MOST_WAYS:
            raise OverflowError
        found = [(*one, *two) for one in found for two in other]
    return found


def right(literal: Literal, value: str) -> bool:
    """Tell whether a field that holds *value* (empty: is missing, or empty) satisfies *literal*."""
    test = literal.test
    if isinstance(test, Ref | Each):
        return True
    holds = bool(value) if isinstance(test, Exists) else satisfies(test, value)
    return holds is literal.positive


def by_field(way: Way, wanted: Callable[[str], bool]) -> dict[str, list[Literal]]:
    """Return the literals of *way* about the *wanted* fields, by field; references and array blocks left out."""
    found: dict[str, list[Literal]] = defaultdict(list)
    for literal in way:
        if not isinstance(literal.test, Ref | Each) and wanted(literal.test.field):
            found[literal.test.field].append(literal)
    return found


def values_of(test: Test | Each) -> tuple[str, ...]:
    """Return the values of which *test* asks for one; none of any other kind of test."""
    match test:
        case Eq(value=value):
            return (value,)
        case In(values=values):
            return values
        case _:
            return ()
