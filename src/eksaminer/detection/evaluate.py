"""Judge one event by a predicate in plain Python: the meaning that every compiler has to keep."""

import operator
import re
from collections.abc import Mapping
from typing import Any

from eksaminer.detection.fields import FIELDS
from eksaminer.detection.predicate import And, Cmp, Eq, Exists, In, Like, Not, Or, Predicate, Re, Test, fold

Event = Mapping[str, Any]
"""An audit event as it was parsed from JSON."""

FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
COMPARE = {"lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge}


def matches(predicate: Predicate, event: Event) -> bool:
    """Tell whether *event* satisfies *predicate*."""
    match predicate:
        case And(parts=parts):
            return all(matches(part, event) for part in parts)
        case Or(parts=parts):
            return any(matches(part, event) for part in parts)
        case Not(part=part):
            return not matches(part, event)
        case _:
            return _holds(predicate, value(event, predicate.field))


def value(event: Event, path: str) -> Any:
    """Return what stands at *path*; None where there is nothing."""
    found: Any = event
    for step in FIELDS[path].steps:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


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
    return any(_satisfies(test, text) for text in scalars(found))


def _satisfies(test: Test, text: str) -> bool:
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
        case Exists():
            return True


def _text(scalar: str | float) -> str:
    if isinstance(scalar, bool):
        return "true" if scalar else "false"
    if isinstance(scalar, float) and scalar.is_integer():
        return str(int(scalar))
    return str(scalar)


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[+-]?\d+(\.\d+)?", text, re.ASCII) else None
