"""A normalised copy of logs: the events as Parquet, and the accounts of the files that they came from.

A scan of the copy gives what the scan of the logs gave, at a fraction of the cost: rules read the columns
that they need, and bodies only of the events that may match.
"""

import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from hashlib import file_digest
from pathlib import Path
from typing import Literal

import duckdb
import msgspec

from eksaminer import __version__
from eksaminer.detection.fields import Log
from eksaminer.detection.shapes import text as literal
from eksaminer.evidence.scan import FileAccount
from eksaminer.logs.chunk import Ledger, Places
from eksaminer.logs.errors import LogError, Problem
from eksaminer.record import Record, canonical_json, parse

SCHEMA: Literal["eksaminer.logs/1"] = "eksaminer.logs/1"
MANIFEST = "eksaminer-logs.json"
PLACES = "places.parquet"
NAME = re.compile(r"(audit|trail)-\d{5}\.parquet")
LARGEST_MANIFEST = 256 << 20
ORDER = {Log.AUDIT: "resource, verb, subresource, username, id", Log.TRAIL: "api_group, verb, id"}
"""Rules ask for events of few kinds: where these lie together, the rest of a copy need not be unpacked for them."""
GROUP = 20_480
"""So many events are unpacked together."""
ROWS_AT_ONCE = 1_000_000
"""Over how many events the rules run together; a copy needs no memory for bodies."""


class KeptStream(Record, frozen=True, kw_only=True):
    """The entries of one stream in one file: times in milliseconds since 1970."""

    log_group: str
    stream: str
    first: int
    last: int
    entries: int


class KeptFile(Record, frozen=True, kw_only=True):
    """A file that was read."""

    account: FileAccount
    streams: tuple[KeptStream, ...]


class KeptPart(Record, frozen=True, kw_only=True):
    """A file of events."""

    name: str
    log: Log
    rows: int
    sha256: str


class KeptLogs(Record, frozen=True, kw_only=True):
    """What a copy holds: the manifest."""

    schema: Literal["eksaminer.logs/1"] = SCHEMA
    tool_version: str
    files: tuple[KeptFile, ...]
    skipped: tuple[tuple[str, str], ...]
    """Files that were left out, and why."""
    parts: tuple[KeptPart, ...]
    places: str
    """The SHA-256 of the file that says which line of which file each event stood in."""


class _Version(msgspec.Struct, frozen=True):
    schema: str = ""


class Keeper:
    """Writes a copy aside, and puts it in its place when it is whole."""

    def __init__(self, path: Path) -> None:
        """Take the place *path*. Raises `LogError` where something is there already, or nothing can be written."""
        self._path = path
        self._parts: list[KeptPart] = []
        try:
            if path.is_symlink() or (path.exists() and (not path.is_dir() or any(path.iterdir()))):
                raise LogError(Problem.OCCUPIED, f"{path} is there already, and is no empty folder.")
            path.absolute().parent.mkdir(parents=True, exist_ok=True)
            self._aside = path.absolute().with_name(f".{path.absolute().name}.partial-{secrets.token_hex(4)}")
            self._aside.mkdir(mode=0o700)
        except OSError as error:
            raise _unwritable(path, error) from error

    def add(self, connection: duckdb.DuckDBPyConnection, log: Log) -> None:
        """Write the events in the view of *log*."""
        name = f"{log}-{len(self._parts) + 1:05}.parquet"
        rows = self._copy(connection, f"SELECT * FROM {log} ORDER BY {ORDER[log]}", name)  # noqa: S608 - names of ours
        self._parts.append(KeptPart(name=name, log=log, rows=rows, sha256=self._digest(name)))

    def finish(
        self,
        connection: duckdb.DuckDBPyConnection,
        places: Places,
        files: Sequence[tuple[Ledger, FileAccount]],
        skipped: Sequence[tuple[str, str]],
    ) -> None:
        """Write the rest, and put the copy in its place."""
        numbers = {id(ledger): number for number, (ledger, _) in enumerate(files)}
        connection.execute("CREATE TEMP TABLE kept_places (row BIGINT, line BIGINT, file BIGINT, log_group VARCHAR)")
        rows = zip(places.rows, places.lines, places.owners, strict=True)
        for batch in _batches((row, line, numbers[id(ledger)], group) for row, line, (ledger, group) in rows):
            columns = [list(column) for column in zip(*batch, strict=True)]
            connection.execute("INSERT INTO kept_places SELECT unnest($1), unnest($2), unnest($3), unnest($4)", columns)
        self._copy(connection, "SELECT * FROM kept_places ORDER BY row", PLACES)
        manifest = KeptLogs(
            tool_version=__version__,
            files=tuple(KeptFile(account=account, streams=_streams(ledger)) for ledger, account in files),
            skipped=tuple(skipped),
            parts=tuple(self._parts),
            places=self._digest(PLACES),
        )
        try:
            (self._aside / MANIFEST).write_bytes(canonical_json(manifest) + b"\n")
            self._aside.rename(self._path)
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def close(self) -> None:
        """Leave nothing half-written behind."""
        shutil.rmtree(self._aside, ignore_errors=True)

    def _copy(self, connection: duckdb.DuckDBPyConnection, select: str, name: str) -> int:
        target = literal(str(self._aside / name))
        copied = connection.execute(
            f"COPY ({select}) TO {target} (FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE {GROUP})"
        ).fetchall()
        return int(copied[0][0])

    def _digest(self, name: str) -> str:
        with (self._aside / name).open("rb") as file:
            return file_digest(file, "sha256").hexdigest()


def is_kept(folder: Path) -> bool:
    """Tell whether *folder* is a copy that was kept."""
    return (folder / MANIFEST).is_file()


def files_of(folder: Path) -> Iterator[Path]:
    """Yield the files of a copy, for their sizes."""
    yield from (path for path in sorted(folder.iterdir()) if path.is_file())


class Kept:
    """A copy that was read back, each of its files exactly as it was written."""

    def __init__(self, folder: Path, name: str) -> None:
        """Read the manifest of *folder*. Raises `LogError` where it is not what its manifest says."""
        self._folder = folder
        self._name = name
        self.manifest = self._manifest()
        self.ledgers = tuple(_ledger(file) for file in self.manifest.files)
        for part in self.manifest.parts:
            if NAME.fullmatch(part.name) is None:
                raise self.damaged(f"{part.name[:60]!r} is no name of a part")
            self._check(part.name, part.sha256)
        self._check(PLACES, self.manifest.places)

    def damaged(self, why: str) -> LogError:
        """Return the error that says what is wrong with the copy."""
        return LogError(Problem.UNREADABLE, f"The kept log {self._name} cannot be used: {why}. Scan the logs again.")

    def places(self, connection: duckdb.DuckDBPyConnection) -> Places:
        """Return where each event stood. Raises `LogError` where that does not agree with the accounts."""
        path = literal(str(self._folder / PLACES))
        self._columns(
            connection, path, [("row", "BIGINT"), ("line", "BIGINT"), ("file", "BIGINT"), ("log_group", "VARCHAR")]
        )
        read = f"SELECT row, line, file, log_group FROM read_parquet({path}) ORDER BY row"  # noqa: S608 - our literal
        stretches = connection.execute(read).fetchall()
        places, total = Places(), sum(part.rows for part in self.manifest.parts)
        ends = [row for row, *_ in stretches[1:]] + [total]
        for (row, line, file, group), end in zip(stretches, ends, strict=False):
            whole = row == places.end and end > row and line > 0 and 0 <= file < len(self.ledgers)
            if not whole or group is None:
                raise self.damaged(f"{PLACES} is inconsistent")
            places.add(self.ledgers[file], line, group, end - row)
            self.ledgers[file].events += end - row
        for ledger, file in zip(self.ledgers, self.manifest.files, strict=True):
            account = file.account
            if (
                not ledger.events
                == account.good - account.other
                == account.lines - account.bad - account.blank - account.other
            ):
                raise self.damaged(f"the account of {account.path[:60]!r} does not agree with its events")
        return places

    def batches(
        self, connection: duckdb.DuckDBPyConnection, log: Log, columns: Sequence[tuple[str, str]]
    ) -> Iterator[str]:
        """Yield the SQL of tables of events of *log*, of the *columns* with their types that a table of them has."""
        before = 0
        batch: list[str] = []
        rows = 0
        for part in self.manifest.parts:
            if part.log is log:
                path = literal(str(self._folder / part.name))
                self._columns(connection, path, [("id", "BIGINT"), *columns])
                counted = f"SELECT count(*), min(id), max(id) FROM read_parquet({path})"  # noqa: S608 - our literal
                found = connection.execute(counted).fetchall()
                if found != [(part.rows, before, before + part.rows - 1)]:
                    raise self.damaged(f"{part.name} does not hold the events that it should")
                if batch and rows + part.rows > ROWS_AT_ONCE:
                    yield f"read_parquet([{', '.join(batch)}])"
                    batch, rows = [], 0
                batch.append(path)
                rows += part.rows
            before += part.rows
        if batch:
            yield f"read_parquet([{', '.join(batch)}])"

    def _manifest(self) -> KeptLogs:
        path = self._folder / MANIFEST
        try:
            if path.stat().st_size > LARGEST_MANIFEST:
                raise self.damaged(f"its {MANIFEST} is too large")
            data = path.read_bytes()
            known = parse(data, _Version).schema
            if known != SCHEMA:
                raise self.damaged(f"its format is {known[:40]!r}, and this program knows {SCHEMA}")
            return parse(data, KeptLogs)
        except OSError as error:
            raise self.damaged(f"{error.strerror}: {MANIFEST}") from error
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise self.damaged(f"its {MANIFEST} is damaged ({error})") from error

    def _check(self, name: str, sha256: str) -> None:
        path = self._folder / name
        try:
            if path.is_symlink() or not path.is_file():
                raise self.damaged(f"{name} is missing")
            with path.open("rb") as file:
                if file_digest(file, "sha256").hexdigest() != sha256:
                    raise self.damaged(f"{name} is not as it was written")
        except OSError as error:
            raise self.damaged(f"{error.strerror}: {name}") from error

    def _columns(self, connection: duckdb.DuckDBPyConnection, path: str, expected: Sequence[tuple[str, str]]) -> None:
        try:
            found = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({path})").fetchall()  # noqa: S608 - our literal
        except duckdb.Error as error:
            raise self.damaged("a file is no Parquet") from error
        if [(name, kind) for name, kind, *_ in found] != list(expected):
            raise self.damaged("a file does not have the columns that it should")


def _batches(rows: Iterable[tuple[int, int, int, str]]) -> Iterator[list[tuple[int, int, int, str]]]:
    batch: list[tuple[int, int, int, str]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == ROWS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _streams(ledger: Ledger) -> tuple[KeptStream, ...]:
    return tuple(
        KeptStream(log_group=group, stream=stream, first=first, last=last, entries=entries)
        for (group, stream), (first, last, entries) in sorted(ledger.streams.items())
    )


def _ledger(file: KeptFile) -> Ledger:
    ledger = Ledger(file.account.path, file.account.format)
    ledger.streams.update(
        {(item.log_group, item.stream): (item.first, item.last, item.entries) for item in file.streams}
    )
    return ledger


def _unwritable(path: Path, error: OSError) -> LogError:
    return LogError(
        Problem.OCCUPIED, f"Cannot write the copy {path}: {error.strerror or os.strerror(error.errno or 0)}."
    )
