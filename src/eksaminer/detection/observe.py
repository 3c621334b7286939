"""Tell whether a log could have shown what a rule looks for, from the kinds of requests it holds."""

from collections.abc import Iterable, Mapping
from typing import Literal

from eksaminer.detection.evaluate import matches
from eksaminer.detection.fields import Kind, field_of
from eksaminer.detection.predicate import And, Each, Not, Or, Predicate, Re, Ref, fields
from eksaminer.evidence.scan import LevelCount

Observable = Literal["yes", "no", "unknown"]
Truth = bool | None
ENOUGH = frozenset({"metadata", "request", "requestresponse"})
"""Every field outside the bodies is logged from this level on."""
LEVELS = {"request": ENOUGH - {"metadata"}, "response": frozenset({"requestresponse"})}


def observable(predicate: Predicate, levels: Iterable[LevelCount]) -> Observable:
    """Answer yes if such requests were logged with the fields needed, no if with less, else unknown."""
    if _possible(predicate, None) is False:
        return "no"
    seen = [row for row in levels if _possible(predicate, _kind(row)) is not False]
    if any(row.level.lower() in _enough(predicate) for row in seen):
        return "yes"
    return "no" if seen else "unknown"


def _enough(predicate: Predicate) -> frozenset[str]:
    """Return the levels at which all fields of *predicate* are logged; any body will do for `pod` and `rbac`."""
    bodies = {field.column for path in fields(predicate) if (field := field_of(path)).kind is Kind.BODY}
    if "response" in bodies:
        return LEVELS["response"]
    return LEVELS["request"] if bodies else ENOUGH


def _kind(row: LevelCount) -> Mapping[str, object]:
    given = {"apiGroup": row.group, "resource": row.resource}
    return {"verb": row.verb, "objectRef": {key: value for key, value in given.items() if value}}


def _possible(predicate: Predicate, kind: Mapping[str, object] | None) -> Truth:  # noqa: PLR0911 - one answer for each kind of predicate
    """Return the truth of *predicate* for requests of *kind* (None: of any); None where other fields decide."""
    match predicate:
        case And(parts=parts):
            return _all([_possible(part, kind) for part in parts])
        case Or(parts=parts):
            opposite = _all([_negated(_possible(part, kind)) for part in parts])
            return _negated(opposite)
        case Not(part=part):
            return _negated(_possible(part, kind))
        case Each() | Ref() | Re():
            # An expression is not tried out here: Python's may need years for what RE2 does at once.
            return False if field_of(predicate.field).kind is Kind.NOTHING else None
        case _ if field_of(predicate.field).kind is Kind.NOTHING:
            return matches(predicate, {})
        case _ if kind is not None and predicate.field in {"verb", "objectRef.apiGroup", "objectRef.resource"}:
            return matches(predicate, kind)
        case _:
            return None


def _all(parts: list[Truth]) -> Truth:
    if False in parts:
        return False
    return None if None in parts else True


def _negated(truth: Truth) -> Truth:
    return None if truth is None else not truth
