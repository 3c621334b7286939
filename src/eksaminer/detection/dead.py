"""Find out whether a rule can ever match: every way to satisfy it, tried against what events can hold.

A way counts as dead only where that is certain, save for two things that a rule has to name to mean them: the
second group of a resource (`events` of events.k8s.io, which no usual client asks), and the one object of which the
guide's audit policy logs more than of its kind (the ConfigMap aws-auth). Users that the policy names are left out.
"""

from collections.abc import Iterable, Sequence

from eksaminer.detection.fields import Field, Kind, Log, field_of
from eksaminer.detection.legal import ALWAYS, SINGLE, VALUES
from eksaminer.detection.never import Cause, Dead, never
from eksaminer.detection.predicate import Each, Exists, Test
from eksaminer.detection.unlogged import unlogged
from eksaminer.detection.ways import Literal, Way, by_field, right, values_of


def dead_ways(found: Iterable[Way], log: Log) -> list[Dead | None]:
    """Return for each way why it never matches; None where it may."""
    return [_dead(way, log) for way in found]


def _dead(way: Way, log: Log) -> Dead | None:
    for literal in way:
        dead = never(literal.test, log) if literal.positive else _absent(literal.test, log)
        if dead is not None:
            return dead
    return _conflict(way, log) or (unlogged(way) if log is Log.AUDIT else None)


def _absent(test: Test | Each, log: Log) -> Dead | None:
    if isinstance(test, Exists) and test.field in ALWAYS[log]:
        return Dead(
            Cause.IMPOSSIBLE_VALUE,
            test.field,
            f"{test.field} is never missing.",
            "Every event has it.",
            "Take the test away.",
        )
    return None


def _conflict(way: Way, log: Log) -> Dead | None:
    """Return the field of which one event would need two values, or a value and none."""
    for field, literals in by_field(way, lambda path: _is_single(field_of(path, log), log)).items():
        if not (field in ALWAYS[log] or any(literal.positive for literal in literals)):
            continue
        if not all(_possible(literal) for literal in literals) or _left(field, literals, log) == []:
            return Dead(
                Cause.CONTRADICTION,
                field,
                f"What is asked of {field} contradicts itself.",
                "No single event has what all parts of the condition ask of it together.",
                "Join with or what need not hold together, or take one of the tests away.",
            )
    return None


def _is_single(field: Field, log: Log) -> bool:
    if log is Log.TRAIL:
        return field.path in SINGLE
    return field.kind in {Kind.TEXT, Kind.NUMBER, Kind.FLAG}


def _possible(literal: Literal) -> bool:
    return literal.positive or not isinstance(literal.test, Exists)


def _left(field: str, literals: Sequence[Literal], log: Log) -> list[str] | None:
    """Return the values of *field* that satisfy all *literals*; None where they cannot be listed."""
    named = [values_of(literal.test) for literal in literals if literal.positive and values_of(literal.test)]
    values = named[0] if named else VALUES[log].get(field)
    return None if values is None else [value for value in values if all(right(each, value) for each in literals)]
