"""CloudWatch Logs Insights: one query over several log groups, to its last row, within a budget."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import Any

from eksaminer.collect.aws.reader import Reader
from eksaminer.collect.gaps import attempt, gap_of
from eksaminer.collect.prices import GB
from eksaminer.collect.session import Answer, CallFailed
from eksaminer.gap import Cause, Gap

MAX_GROUPS = 50
MAX_ROWS = 100_000
WAITS = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds between two looks at a query; the last one stays."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A log event that a query found."""

    log_group: str
    stream: str
    time_ms: int
    message: str
    arrived_ms: int | None
    """When CloudWatch Logs took it in; None: the query did not ask for that."""


class Budget:
    """How many bytes all queries of the run may scan together."""

    def __init__(self, allowed: int) -> None:
        self.allowed = allowed
        self._lock = threading.Lock()
        self._spent: dict[str, int] = {}

    def report(self, query: str, scanned: int) -> bool:
        """Note what *query* has scanned so far, and say whether all is within the budget."""
        with self._lock:
            self._spent[query] = max(scanned, self._spent.get(query, 0))
            return sum(self._spent.values()) <= self.allowed

    def has_room(self, more: int) -> bool:
        """Say whether *more* bytes may be scanned."""
        with self._lock:
            return sum(self._spent.values()) + more <= self.allowed


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a query over some groups came to."""

    scanned: int
    """Log events that were examined, once each."""
    unread: Gap | None
    """Why not everything of the window was read."""


class Insights:
    """Queries of one region."""

    def __init__(self, reader: Reader, budget: Budget, take: Callable[[Row], None]) -> None:
        self.reader = reader
        self._budget = budget
        self._take = take
        self.max_rows = MAX_ROWS

    def read(self, groups: Sequence[str], query: str, start: int, end: int) -> Outcome:
        """Read all rows of *query* from *start* to *end* (seconds since 1970, both included).

        A query that finds more rows than it may return is asked again for each half of its time.

        Raises:
            CallFailed: The query could not be started.
        """
        params = {
            "logGroupNames": list(groups),
            "queryString": query,
            "startTime": start,
            "endTime": end,
            "limit": self.max_rows,
        }
        run = _Run(self.reader, self.reader.call("logs:StartQuery", params))
        unread = attempt(lambda: self._wait(run), "the query results")
        if unread is not None:
            run.stop()
        elif run.status == "Timeout" or run.count("recordsMatched") > self.max_rows:
            unread = self._one_reading(run, start, end)
            if unread is None:
                return self._halves(groups, query, start, end)
        taken = attempt(lambda: self._take_rows(run), "the query results")
        return Outcome(scanned=run.count("recordsScanned"), unread=unread or taken)

    def table(self, groups: Sequence[str], query: str, start: int, end: int) -> list[Mapping[str, str]] | Gap:
        """Return the rows of a query that counts, by the names of their fields; a gap where it came to no end.

        Raises:
            CallFailed: The query could not be started.
        """
        params = {"logGroupNames": list(groups), "queryString": query, "startTime": start, "endTime": end}
        run = _Run(self.reader, self.reader.call("logs:StartQuery", {**params, "limit": self.max_rows}))
        unread = attempt(lambda: self._wait(run), "the query results")
        if unread is not None:
            run.stop()
            return unread
        if run.status == "Timeout":
            return run.gap(Cause.TIMEOUT, "CloudWatch Logs ended the query after 60 minutes: shorten the window.")
        return attempt(lambda: [_named(row) for page in run.pages() for row in page], "the query results")

    def _wait(self, run: "_Run") -> Gap | None:
        """Wait for the end of a query; the gap says why it has none."""
        for wait in chain(WAITS, repeat(WAITS[-1])):
            run.look()
            within = self._budget.report(run.identifier, run.count("bytesScanned"))
            if run.status in {"Complete", "Timeout"}:
                return None
            if run.status not in {"Scheduled", "Running"}:
                return run.gap(Cause.ERROR, f"CloudWatch Logs ended the query with the status {run.status}.")
            if not within:
                said = f"The scan reached the limit of {self._budget.allowed / GB:.1f} GB for this run"
                return run.gap(Cause.CAPPED, f"{said}: raise --max-scan-gb, or shorten the window.")
            self.reader.aws.pause(wait)
        return None

    def _one_reading(self, run: "_Run", start: int, end: int) -> Gap | None:
        """Return why a query with too many rows cannot be asked again in parts; None: it can."""
        if start == end:
            when = datetime.fromtimestamp(start, tz=UTC)
            dense = f"More than {self.max_rows:,} events match within one second ({when:%Y-%m-%d %H:%M:%S} UTC)"
            return run.gap(Cause.CAPPED, f"{dense}: not all of them could be read.")
        again = run.count("bytesScanned")
        if not self._budget.has_room(again):
            large = (
                f"More than {self.max_rows:,} events match; reading them in parts would scan {again / GB:.1f} GB more"
            )
            return run.gap(Cause.CAPPED, f"{large}: raise --max-scan-gb, or shorten the window.")
        return None

    def _halves(self, groups: Sequence[str], query: str, start: int, end: int) -> Outcome:
        middle = (start + end) // 2
        first = self._half(groups, query, start, middle)
        second = self._half(groups, query, middle + 1, end)
        return Outcome(scanned=first.scanned + second.scanned, unread=first.unread or second.unread)

    def _half(self, groups: Sequence[str], query: str, start: int, end: int) -> Outcome:
        try:
            return self.read(groups, query, start, end)
        except CallFailed as failed:
            return Outcome(scanned=0, unread=gap_of(failed))

    def _take_rows(self, run: "_Run") -> Gap | None:
        """Take the rows of a query; the gap says why they are not all."""
        taken = 0
        for rows in run.pages():
            for row in rows:
                self._take(_row(row))
            taken += len(rows)
        wanted = min(run.count("recordsMatched"), self.max_rows)
        if taken < wanted and run.status == "Complete":
            return run.gap(Cause.ERROR, f"CloudWatch Logs gave {taken:,} of {wanted:,} matching events.")
        return None


class _Run:
    """One query under way."""

    def __init__(self, reader: Reader, started: Answer) -> None:
        self._reader = reader
        self._source = started.source.id
        self.identifier = str(started.data["queryId"])
        self._answer: Mapping[str, Any] = {}

    @property
    def status(self) -> str:
        return str(self._answer.get("status", ""))

    def count(self, statistic: str) -> int:
        return int((self._answer.get("statistics") or {}).get(statistic) or 0)

    def gap(self, cause: Cause, detail: str) -> Gap:
        return Gap(cause=cause, detail=detail, sources=(self._source,))

    def look(self) -> None:
        """Ask for the status, and the first page of what there is."""
        self._answer = self._ask(1, {})

    def pages(self) -> Iterator[list[Any]]:
        """Yield the rows page by page."""
        answer, number = self._answer, 1
        seen: set[str] = set()
        while True:
            yield answer.get("results") or []
            token = answer.get("nextToken")
            if not token or token in seen:
                return
            seen.add(token)
            number += 1
            answer = self._ask(number, {"nextToken": token})

    def stop(self) -> None:
        """Stop the query, which costs while it runs; one that has ended already does not mind."""
        attempt(lambda: self._call("logs:StopQuery", {"queryId": self.identifier}, {"query": self._source}), "it")

    def _ask(self, page: int, more: Mapping[str, Any]) -> Mapping[str, Any]:
        shown = {"query": self._source, "page": str(page)}
        return self._call("logs:GetQueryResults", {"queryId": self.identifier, **more}, shown)

    def _call(self, key: str, params: Mapping[str, Any], shown: Mapping[str, str]) -> Mapping[str, Any]:
        return self._reader.call(key, params, again=True, shown=shown).data


def _named(fields: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    return {str(item["field"]): str(item.get("value", "")) for item in fields}


def _row(fields: Sequence[Mapping[str, Any]]) -> Row:
    values = _named(fields)
    arrived = values.get("@ingestionTime")
    return Row(
        log_group=values["@log"].split(":", 1)[-1],
        stream=values.get("@logStream", ""),
        time_ms=_milliseconds(values["@timestamp"]),
        message=values["@message"],
        arrived_ms=None if not arrived else _milliseconds(arrived),
    )


def _milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
