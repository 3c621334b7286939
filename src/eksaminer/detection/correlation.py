"""The correlation section of a Sigma rule."""

import re
from collections.abc import Sequence

from eksaminer.detection.document import Document, mapping_at, text_at, texts_at, value_at
from eksaminer.detection.fields import Kind, field_of, unknown_field
from eksaminer.detection.rule import Base, Bound, Correlation, CorrelationKind
from eksaminer.detection.selection import MAX_NUMBER, Reading

SPAN = re.compile(r"([1-9][0-9]{0,5})(s|m|h|d)")
SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
OPERATORS = frozenset({"lt", "lte", "gt", "gte", "eq"})
COUNTING = frozenset({CorrelationKind.EVENT_COUNT, CorrelationKind.VALUE_COUNT})
KEYS = frozenset({"type", "rules", "group-by", "timespan", "condition", "generate"})


def correlation_of(document: Document, given: Sequence[tuple[Base, Reading]]) -> Correlation:
    """Read the correlation of *document* over the base rules that were *given* before it."""
    section = mapping_at(document, "correlation")
    strange = sorted(map(str, section.keys() - KEYS))
    if strange:
        raise document.error(f"correlation.{strange[0]} is not supported", "correlation", strange[0])
    kind = _kind(document)
    bases = _bases(document, [base for base, _ in given])
    bounds, field = _condition(document, kind, len(bases))
    paths = texts_at(document, "correlation", "group-by")
    for path in (*paths, *filter(None, [field])):
        if field_of(path, given[0][1].log).kind is Kind.NOTHING:
            raise document.error(unknown_field(path, given[0][1].log), "correlation")
    return Correlation(
        kind=kind, bases=bases, group_by=paths, seconds=_seconds(document), bounds=bounds, field=field
    )  # fmt: skip


def _kind(document: Document) -> CorrelationKind:
    given = text_at(document, "correlation", "type")
    try:
        return CorrelationKind(given)
    except ValueError:
        known = ", ".join(CorrelationKind)
        raise document.error(f"correlation.type is {given!r}; known are {known}", "correlation", "type") from None


def _bases(document: Document, given: Sequence[Base]) -> tuple[Base, ...]:
    named = {base.name: base for base in given}
    names = texts_at(document, "correlation", "rules")
    missing = [name for name in names if name not in named]
    if missing or not names or len(set(names)) < len(names):
        which = f"{missing[0]!r}" if missing else "none, or one twice"
        raise document.error(f"correlation.rules names {which}; they stand before it", "correlation", "rules")
    return tuple(named[name] for name in names)


def _seconds(document: Document) -> int:
    given = text_at(document, "correlation", "timespan")
    span = SPAN.fullmatch(given)
    if span is None:
        raise document.error(f"correlation.timespan is {given!r}, and not like 30m", "correlation", "timespan")
    return int(span[1]) * SECONDS[span[2]]


def _condition(document: Document, kind: CorrelationKind, bases: int) -> tuple[tuple[Bound, ...], str]:
    """Return the bounds, and the field whose values are counted."""
    if value_at(document, ("correlation", "condition")) is None and kind not in COUNTING:
        return (Bound(operator="gte", value=bases),), ""
    given = dict(mapping_at(document, "correlation", "condition"))
    field = given.pop("field", "")
    if not isinstance(field, str) or bool(field) is not (kind is CorrelationKind.VALUE_COUNT):
        raise document.error(
            "a field to count is needed by value_count, and by nothing else", "correlation", "condition"
        )
    whole = all(
        isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER for value in given.values()
    )
    if not given or given.keys() - OPERATORS or not whole:
        raise document.error("correlation.condition compares with whole numbers", "correlation", "condition")
    return tuple(Bound(operator=key, value=given[key]) for key in sorted(given)), field
