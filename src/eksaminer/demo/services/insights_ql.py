"""Answers queries of Logs Insights that ask for log events, or add up a number of them."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from eksaminer.demo.wire import AwsError
from eksaminer.insights_query import InsightsQuery, InsightsQueryError, Reading, Row, number_of, text_of
from eksaminer.insights_query.evaluate import given, in_python
from eksaminer.insights_query.model import Call, Sums, Value

DEFAULT_LIMIT = 10_000
READING = Reading(negation_of_missing=True, searches=in_python)
"""Python's own regular expressions: what asks the emulator is trusted, and asks of many events."""
NO_READING = "the function "


@dataclass(frozen=True, kw_only=True)
class Request:
    """A query, understood."""

    fields: tuple[str, ...]
    keeps: Callable[[Row], bool]
    """Whether a row passes all filters."""
    order: str
    """The field to sort by."""
    descending: bool
    limit: int | None
    sums: "Total | None" = None
    """What is summed up, in place of single events."""


@dataclass(frozen=True, kw_only=True)
class Total:
    """`stats sum(…) as NAME, count(*) as NAME by FIELD, …`."""

    columns: tuple[tuple[str, Callable[[Row], Any]], ...]
    """What is added up, by the name of the column."""
    by: tuple[str, ...]

    def of(self, rows: Iterable[Row]) -> list[dict[str, str]]:
        """Return a row for each combination of the fields, in their order; a field that no event has is left out."""
        found: dict[tuple[str, ...], list[float]] = {}
        for row in rows:
            totals = found.setdefault(tuple(text_of(row.get(field)) for field in self.by), [0.0 for _ in self.columns])
            for place, (_, value) in enumerate(self.columns):
                totals[place] += number_of(value(row)) or 0.0
        return [
            {field: part for field, part in zip(self.by, key, strict=True) if part}
            | {name: _number(total) for (name, _), total in zip(self.columns, totals, strict=True)}
            for key, totals in sorted(found.items())
        ]


def understand(text: str) -> Request:
    """Read a query. Raises `AwsError` for what is no query, or one that the emulator does not know."""
    try:
        query = InsightsQuery.parse(text)
        passes = query.passing(READING)
    except (InsightsQueryError, re.error) as error:
        raise _malformed(str(error)) from error
    unknown = [part for part in query.unread if part.startswith(NO_READING)]
    if unknown:
        raise _malformed(f"Unknown: {unknown[0]}")
    return Request(
        fields=query.shown,
        keeps=lambda row: passes(row) is True,
        order=query.order,
        descending=query.descending,
        limit=query.limit,
        sums=None if query.sums is None else _total(query.sums),
    )


def _total(sums: Sums) -> Total:
    columns = tuple((name, _added(value)) for name, value in sums.results)
    return Total(columns=columns, by=tuple(column for column, _ in sums.by))


def _added(value: Value) -> Callable[[Row], Any]:
    """Return what one event adds to a column."""
    match value:
        case Call(name="sum", arguments=(argument,)):
            return given(argument)
        case Call(name="count"):
            return lambda _: 1
        case _:
            raise _malformed("The emulator knows stats sum and count alone")


def _number(total: float) -> str:
    return f"{total:g}" if total % 1 else str(int(total))


def sort_key(value: Any, pointer: str) -> tuple[bool, float, str, str]:
    """Order numbers as numbers and the rest as text; what lacks the field comes first, ties go by pointer."""
    return (value is not None, number_of(value) or 0.0, text_of(value), pointer)


def _malformed(why: str) -> AwsError:
    return AwsError("MalformedQueryException", why)
