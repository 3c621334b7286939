"""Parts of a log: events as lines of a private file, a size that the engine reads in one go."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import BinaryIO

from eksaminer.detection.fields import Log
from eksaminer.evidence.scan import BadLine, FileAccount
from eksaminer.logs.errors import LogError, Problem

PART = 12 << 20
FIRST_BAD = 100
AUDIT_STREAM = "kube-apiserver-audit"
MOST_NAMES = 10_000
"""Names of streams that are kept of one file; entries of further ones are counted together."""
OTHER_STREAMS = "(further streams)"
LAST_STAMP = 221_845_392_000_000
"""The year 9000, in milliseconds: later is no sensible time."""


@dataclass(slots=True)
class Ledger:
    """What has become of the lines of one file so far."""

    name: str
    form: str
    log_group: str = ""
    lines: int = 0
    blank: int = 0
    other: int = 0
    events: int = 0
    truncated: int = 0
    bad: int = 0
    bad_lines: list[BadLine] = field(default_factory=list[BadLine])
    fed: int = 0
    """Records that were handed on as events; the engine may find some of them bad."""
    streams: dict[tuple[str, str], tuple[int, int, int]] = field(
        default_factory=dict[tuple[str, str], tuple[int, int, int]]
    )
    """First and last time (milliseconds) and number of the entries of each stream, by log group and name."""

    @property
    def stream(self) -> str:
        """The audit stream that the folder of the file is named after, as exports to S3 are; else empty."""
        folder = PurePath(self.name).parent.name
        return folder if folder.startswith(AUDIT_STREAM) else ""

    @property
    def foreign(self) -> bool:
        """Whether the file is, so far, that of another stream: any text is a record of that."""
        return self.other > 0 and self.fed == 0

    def saw(self, log_group: str, stream: str, time: int) -> None:
        """Count an entry of *stream*, by the milliseconds of its *time*."""
        name = (log_group, stream)
        if name not in self.streams and len(self.streams) >= MOST_NAMES:
            name = ("", OTHER_STREAMS)
        first, last, entries = self.streams.get(name, (time, time, 0))
        self.streams[name] = (min(first, time), max(last, time), entries + 1)

    def refuse(self, line: int, reason: str) -> None:
        """Count a bad line."""
        self.bad += 1
        if len(self.bad_lines) < FIRST_BAD:
            self.bad_lines.append(BadLine(line=line, reason=reason))

    def account(self, sha256: str, incomplete: str) -> FileAccount:
        """Close the ledger. Raises where a line is unaccounted for: that would be an error of ours."""
        good = self.events + self.other
        if self.lines != good + self.bad + self.blank:
            raise LogError(
                Problem.UNREADABLE,
                f"{self.name}: {self.lines} lines were read, but {good} good, {self.bad} bad and {self.blank} blank "
                "ones counted. This is an error of eksaminer; please report it.",
            )
        return FileAccount(
            path=self.name, format=self.form, lines=self.lines, good=good, bad=self.bad, blank=self.blank,
            truncated=self.truncated, other=self.other, sha256=sha256,
            bad_lines=tuple(sorted(self.bad_lines, key=lambda bad: bad.line)), incomplete=incomplete,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event came from."""

    ledger: Ledger
    line: int
    log_group: str


@dataclass(slots=True)
class Places:
    """The places of a run of rows: one entry for each stretch of consecutive lines."""

    rows: "array[int]" = field(default_factory=lambda: array("q"))
    lines: "array[int]" = field(default_factory=lambda: array("q"))
    owners: list[tuple[Ledger, str]] = field(default_factory=list[tuple[Ledger, str]])
    end: int = 0
    """The row after the last."""

    def add(self, ledger: Ledger, line: int, log_group: str, count: int = 1) -> None:
        """Say where the next *count* rows come from."""
        if not self._continues(ledger, line, log_group):
            self.rows.append(self.end)
            self.lines.append(line)
            owner = (ledger, log_group)
            self.owners.append(self.owners[-1] if self.owners and self.owners[-1] == owner else owner)
        self.end += count

    def extend(self, others: "Places") -> None:
        """Append the rows of *others*."""
        self.rows.extend(row + self.end for row in others.rows)
        self.lines.extend(others.lines)
        self.owners.extend(others.owners)
        self.end += others.end

    def at(self, row: int) -> Place:
        """Return the place of *row*."""
        index = bisect_right(self.rows, row) - 1
        ledger, log_group = self.owners[index]
        return Place(ledger, self.lines[index] + row - self.rows[index], log_group)

    def stretches(self, first: int) -> Iterator[tuple[Ledger, int]]:
        """Yield each stretch from row *first* on as its ledger and its number of rows."""
        index = max(0, bisect_right(self.rows, first) - 1)
        ends = [*self.rows[index + 1 :], self.end]
        for (ledger, _), start, end in zip(self.owners[index:], self.rows[index:], ends, strict=True):
            yield ledger, end - max(first, start)

    def _continues(self, ledger: Ledger, line: int, log_group: str) -> bool:
        if not self.rows:
            return False
        known, group = self.owners[-1]
        return known is ledger and group == log_group and self.lines[-1] + self.end - self.rows[-1] == line


class Part:
    """A file of events under construction: what one statement reads, and what is judged anew where that fails."""

    def __init__(self, path: Path, log: Log = Log.AUDIT) -> None:
        self.path = path
        self.log = log
        self.places = Places()
        self.times: array[int] = array("q")
        """Milliseconds of the log entries, from row 0 on, where the form has them."""
        self.size = 0
        self.longest = 0
        """No line is longer."""
        self._file: BinaryIO = path.open("wb")

    def add(self, line: bytes, ledger: Ledger, number: int, log_group: str, time: int) -> None:
        """Append one record."""
        self.times.extend([0] * (self.places.end - len(self.times)))
        self.times.append(time)
        self._write(line + b"\n")
        self.places.add(ledger, number, log_group)

    def add_block(self, block: bytes, ledger: Ledger, number: int, count: int) -> None:
        """Append *count* complete lines, of which none is blank."""
        self._write(block)
        self.places.add(ledger, number, ledger.log_group, count)

    def time(self, row: int) -> datetime | None:
        """Return the time of the log entry of *row*; None where its form has none."""
        stamp = self.times[row] if row < len(self.times) else 0
        return from_milliseconds(stamp)

    def close(self) -> None:
        """Finish writing."""
        self._file.close()

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self.size += len(data)
        self.longest = max(self.longest, len(data))


def from_milliseconds(stamp: int) -> datetime | None:
    """Return the time *stamp* milliseconds after 1970; None for 0 and for what is no sensible time."""
    return datetime.fromtimestamp(stamp / 1000, UTC) if 0 < stamp < LAST_STAMP else None
