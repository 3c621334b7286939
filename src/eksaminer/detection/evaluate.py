"""Judge one event by a predicate in plain Python: the meaning that every compiler has to keep."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from eksaminer.detection.addresses import network_of, within
from eksaminer.detection.derived import derived, root
from eksaminer.detection.fields import Kind, Log, element_field, field_of
from eksaminer.detection.predicate import (
    And,
    Cidr,
    Cmp,
    Each,
    Eq,
    Exists,
    In,
    Like,
    Not,
    Or,
    Predicate,
    Re,
    Ref,
    Test,
    fold,
)

Event = Mapping[str, Any]
"""An audit event, or a record of CloudTrail, as it was parsed from JSON."""
Lookup = Callable[[str], Any]
"""Gives what stands at the path of a field."""

FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
COMPARE = {"lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge}


def matches(predicate: Predicate, event: Event) -> bool:
    """Tell whether *event* satisfies *predicate*."""
    log = Log.TRAIL if "eventSource" in event and "auditID" not in event else Log.AUDIT
    return _matches(predicate, lambda path: value(event, path, log))


def value(event: Event, path: str, log: Log = Log.AUDIT) -> Any:
    """Return what stands at *path*; None where there is nothing."""
    field = field_of(path, log)
    if field.kind is Kind.NOTHING:
        return None
    if field.derived:
        return derived(path, event)
    return _below(root(field.column, event) if field.kind is Kind.BODY else event, field.steps)


def _below(found: Any, steps: Iterable[str]) -> Any:
    for step in steps:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _matches(predicate: Predicate, lookup: Lookup) -> bool:
    match predicate:
        case And(parts=parts):
            return all(_matches(part, lookup) for part in parts)
        case Or(parts=parts):
            return any(_matches(part, lookup) for part in parts)
        case Not(part=part):
            return not _matches(part, lookup)
        case Each():
            return _each(predicate, lookup(predicate.field))
        case Ref():
            return _refers(predicate, scalars(lookup(predicate.field)), scalars(lookup(predicate.other)))
        case _:
            return _holds(predicate, lookup(predicate.field))


def _each(block: Each, found: Any) -> bool:
    if not isinstance(found, list) or not found:
        return False
    results = (_matches(block.part, _within(item)) for item in found)
    return all(results) if block.every else any(results)


def _within(item: Any) -> Lookup:
    return lambda path: _below(item, element_field(path).steps)


def _refers(test: Ref, texts: list[str], others: list[str]) -> bool:
    change = str if test.cased else fold
    compare = PLACES[test.place]
    return any(compare(change(text), change(other)) for text in texts for other in others)


PLACES: Mapping[str, Callable[[str, str], bool]] = {
    "": operator.eq,
    "contains": operator.contains,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


def scalars(found: Any) -> list[str]:
    """Return the text forms of the scalars in *found*, which is one, a list of them, or nothing."""
    items = found if isinstance(found, list) else [found]
    return [_text(item) for item in items if isinstance(item, str | int | float | bool)]


def pattern_of(parts: tuple[str, ...]) -> str:
    """Return the regular expression that a `Like` pattern means."""
    wild = {"*": ".*", "?": "."}
    return "".join(wild[part] if part in wild else re.escape(part[1:]) for part in parts)


def _holds(test: Test, found: Any) -> bool:
    if isinstance(test, Exists):
        return found is not None
    return any(satisfies(test, text) for text in scalars(found))


def satisfies(test: Test, text: str) -> bool:  # noqa: PLR0911 - one answer for each kind of predicate
    """Tell whether one scalar, in its text form, satisfies *test*."""
    match test:
        case Eq(value=wanted, cased=cased):
            return text == wanted if cased else fold(text) == fold(wanted)
        case In(values=values):
            return fold(text) in {fold(wanted) for wanted in values}
        case Like(pattern=parts, cased=cased):
            pattern = pattern_of(parts)
            subject = text if cased else fold(text)
            return re.fullmatch(pattern if cased else fold(pattern), subject, re.DOTALL) is not None
        case Re(pattern=pattern, flags=flags):
            return re.search(pattern, text, re.ASCII | sum(FLAGS[flag] for flag in flags)) is not None
        case Cmp(operator=name, value=limit):
            number = _number(text)
            return number is not None and COMPARE[name](number, limit)
        case Cidr(network=network):
            return within(text, *network_of(network))
        case Exists() | Ref():
            return True


def _text(scalar: str | float) -> str:
    if isinstance(scalar, bool):
        return "true" if scalar else "false"
    if isinstance(scalar, float) and scalar.is_integer():
        return str(int(scalar))
    return str(scalar)


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[+-]?\d+(\.\d+)?", text, re.ASCII) else None
