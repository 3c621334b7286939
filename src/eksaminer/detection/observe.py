"""Tell whether a log could have shown what a rule looks for, from the kinds of requests it holds."""

from collections.abc import Iterable, Mapping
from typing import Literal

from eksaminer.detection.evaluate import matches
from eksaminer.detection.predicate import And, Not, Or, Predicate
from eksaminer.evidence.scan import LevelCount

Observable = Literal["yes", "no", "unknown"]
Truth = bool | None
ENOUGH = frozenset({"metadata", "request", "requestresponse"})
"""Every field that a rule may name is logged from this level on."""


def observable(predicate: Predicate, levels: Iterable[LevelCount]) -> Observable:
    """Answer yes if such requests were logged with the fields needed, no if with less, else unknown."""
    seen = [row for row in levels if _possible(predicate, _kind(row)) is not False]
    if any(row.level.lower() in ENOUGH for row in seen):
        return "yes"
    return "no" if seen else "unknown"


def _kind(row: LevelCount) -> Mapping[str, object]:
    given = {"apiGroup": row.group, "resource": row.resource}
    return {"verb": row.verb, "objectRef": {key: value for key, value in given.items() if value}}


def _possible(predicate: Predicate, kind: Mapping[str, object]) -> Truth:
    """Return the truth of *predicate* for requests of *kind*; None where other fields decide."""
    match predicate:
        case And(parts=parts):
            return _all([_possible(part, kind) for part in parts])
        case Or(parts=parts):
            opposite = _all([_negated(_possible(part, kind)) for part in parts])
            return _negated(opposite)
        case Not(part=part):
            return _negated(_possible(part, kind))
        case _ if predicate.field in {"verb", "objectRef.apiGroup", "objectRef.resource"}:
            return matches(predicate, kind)
        case _:
            return None


def _all(parts: list[Truth]) -> Truth:
    if False in parts:
        return False
    return None if None in parts else True


def _negated(truth: Truth) -> Truth:
    return None if truth is None else not truth
