"""Tell whether a log could have shown what a rule looks for, from the kinds of requests it holds."""

from collections.abc import Iterable, Mapping
from typing import Literal

from eksaminer.detection.evaluate import matches
from eksaminer.detection.fields import Kind, field_of
from eksaminer.detection.guard import guard
from eksaminer.detection.predicate import And, Each, Not, Or, Predicate, Re, Ref, fields
from eksaminer.evidence.scan import LevelCount

Observable = Literal["yes", "no", "unknown"]
ENOUGH = frozenset({"metadata", "request", "requestresponse"})
"""Every field outside the bodies is logged from this level on."""
KIND = frozenset({"verb", "objectRef.apiGroup", "objectRef.resource"})
LEVELS = {"request": ENOUGH - {"metadata"}, "response": frozenset({"requestresponse"})}


def observable(predicate: Predicate, levels: Iterable[LevelCount]) -> Observable:
    """Answer yes if such requests were logged with the fields needed, no if with less, else unknown."""
    if not matches(guard(predicate, _nothing), {}):
        return "no"
    needed = guard(predicate, _told)
    seen = [row for row in levels if matches(needed, _kind(row))]
    enough = _enough(predicate)
    if any(row.level.lower() in enough for row in seen):
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


def _nothing(predicate: Predicate) -> bool:
    """Tell whether no event has what *predicate* tests: it is decided whatever the request is."""
    match predicate:
        case And() | Or() | Not():
            return False
        case _:
            return field_of(predicate.field).kind is Kind.NOTHING


def _told(predicate: Predicate) -> bool:
    """Tell whether the kind of a request decides *predicate*."""
    match predicate:
        case Each() | Ref() | Re() | And() | Or() | Not():
            # An expression is not tried out here: Python's may need years for what RE2 does at once.
            return _nothing(predicate)
        case _:
            return predicate.field in KIND or _nothing(predicate)
