"""The log engine: reads parts of logs into DuckDB, runs the rules over many at a time, and keeps what they need."""

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb

from eksaminer.detection.duck import MACROS
from eksaminer.detection.fields import Log
from eksaminer.detection.rule import Rule
from eksaminer.detection.shapes import text as literal
from eksaminer.logs import attribution, audit, kept_calls, sizes, trail
from eksaminer.logs.chunk import Ledger, Part, Places
from eksaminer.logs.columns import Columns, base_indexes
from eksaminer.logs.errors import LogError, Problem
from eksaminer.logs.kept import Keeper, Kept
from eksaminer.logs.records import Bad, Event, Judgement, Other, is_plain, judge
from eksaminer.logs.trail import TrailEvent, judge_record

MAX_OBJECT = 16 << 20
USUAL_OBJECT = 2 << 20
"""The engine sets aside several times as much as a line may have: enough for all lines of nearly every part."""
HELD = 256 << 20
"""The size of the parts that are read, and over which the rules run, together: to plan a statement takes a while, and
events that are added to a table with others are copied once more."""
TRAIL_PART = 2
"""Records of CloudTrail are held whole beside their columns: of them this part of `HELD` at a time."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

IDENTITY = "(hash(audit_id)::UHUGEINT << 64) | hash(audit_id || '.')::UHUGEINT"
"""What stands for an audit id where ids are only counted: 128 bits, in a third of the time that a digest takes."""
KINDS = """
INSERT INTO kinds
SELECT coalesce(api_group, ''), coalesce(resource, ''), coalesce(verb, ''), coalesce(level, ''), sum(events)::BIGINT
FROM grouped GROUP BY ALL
"""

MINUTES = """
INSERT INTO minutes
SELECT epoch_us(stage_time) // 60000000, min(epoch_us(stage_time)), max(epoch_us(stage_time))
FROM audit WHERE stage_time IS NOT NULL AND {window} GROUP BY 1
"""
"""Our own requests count here: they too show that the log was written and delivered."""

REFUSALS = """
INSERT INTO refusals
SELECT md5_number(audit_id || '/' || coalesce(stage, '')), epoch_us(stage_time) // 60000000,
  CASE WHEN code = 401 THEN 2 WHEN username = 'system:anonymous' THEN 1 ELSE 0 END
FROM audit WHERE code IN (401, 403) AND stage_time IS NOT NULL AND {window}
"""
"""Log events, as a metric filter counts them (each stage is one); an event that stands in two files counts once."""


class Engine:
    """One run of the rules over the chunks of one log."""

    def __init__(
        self,
        rules: Sequence[Rule],
        folder: Path,
        *,
        since: datetime | None,
        until: datetime | None,
        account: str,
        memory_limit: str,
        threads: int,
        keeper: Keeper | None = None,
        calls: Iterable[str] = (),
    ) -> None:
        self.rules = tuple(rules)
        self._calls = frozenset(calls)
        self.places = Places()
        self._columns = {log: Columns(self.rules, log) for log in Log}
        self.logs: set[Log] = set()
        """The logs of which events were read."""
        self.bases = base_indexes(self.rules)
        """The indexes under which the base rules of each correlation run, by its own."""
        self.connection = duckdb.connect()
        self._folder = folder
        self._window = _window(since, until)
        self.own_account = f"account = {literal(account)}" if account else "true"
        """The condition on CloudTrail events of the account that is judged."""
        self._last: tuple[Ledger, int | None] | None = None
        self._worker = ThreadPoolExecutor(1)
        self._waiting: list[Part] = []
        """Full parts of one log that are not read yet."""
        self._pending: Future[None] | None = None
        self._keeper = keeper
        self._parts = 0
        self._log = Log.AUDIT
        self._base = 0
        """The number of the first event that is held: of those in the table of that log."""
        self._settings = (f"SET memory_limit = {literal(memory_limit)}", f"SET threads = {threads}")

    def prepare(self) -> None:
        """Set the limits and make the tables; needed once, before the first chunk."""
        for statement in (
            *self._settings,
            "SET TimeZone = 'UTC'",
            f"SET temp_directory = {literal(str(self._folder / 'spill'))}",
            "SET autoinstall_known_extensions = false",
            "SET autoload_known_extensions = false",
            "SET enable_progress_bar = false",
            # Rewrites the lists of values in tests to joins, which costs a hundred times what it saves.
            "SET disabled_optimizers = 'in_clause'",
            'CREATE TABLE kinds ("group" VARCHAR, resource VARCHAR, verb VARCHAR, level VARCHAR, n BIGINT)',
            "CREATE TABLE requests (id UHUGEINT, own BOOLEAN)",
            "CREATE TABLE times (log VARCHAR, first TIMESTAMP, last TIMESTAMP, n BIGINT)",
            sizes.TABLE,
            "CREATE TABLE minutes (minute BIGINT, first BIGINT, last BIGINT)",
            "CREATE TABLE refusals (id UHUGEINT, minute BIGINT, kind UTINYINT)",
        ):
            self.connection.execute(statement)
        for macro in MACROS:
            self.connection.execute(macro)
        attribution.prepare(self.connection)
        kept_calls.prepare(self.connection)
        nothing = self._folder / "nothing.jsonl"
        nothing.touch()
        for log in Log:
            self.connection.execute(f"CREATE TEMP TABLE {_table(log)} AS {_select([nothing], log)}")
            self._view(f"SELECT CAST(rowid AS BIGINT) AS id, * FROM {_table(log)}", log)  # noqa: S608 - a name of ours
        self.connection.execute("CREATE TABLE found (rule INTEGER, id BIGINT)")
        # The columns of both logs: what an event of one does not have is NULL.
        made = [columns.kept(f"SELECT * FROM {log}", columns.evidence) for log, columns in self._columns.items()]  # noqa: S608 - names of ours
        self.connection.execute(f"CREATE TABLE matched AS {' UNION ALL BY NAME '.join(made)}")
        for statement in chain.from_iterable(columns.empty for columns in self._columns.values()):
            self.connection.execute(statement)

    def new_part(self, log: Log) -> Part:
        """Return an empty part to fill with events of *log*."""
        self._parts += 1
        return Part(self._folder / f"part-{self._parts}", log)

    def submit(self, part: Part) -> None:
        """Take a full part; many are read together, while the next ones are filled."""
        most = HELD // TRAIL_PART if part.log is Log.TRAIL else HELD
        if self._waiting and (self._waiting[0].log is not part.log or sum(one.size for one in self._waiting) >= most):
            self._hand_over()
        self._waiting.append(part)

    def finish(self) -> None:
        """Wait until all parts that were submitted are read, and the rules have run over them."""
        self._hand_over()
        self._wait()

    def settle(self) -> None:
        """Test the events that still wait: all events have been read."""
        for columns in self._columns.values():
            self._test(columns)

    def read_kept(self, kept: Kept) -> None:
        """Run the rules over a copy that was kept. Raises `LogError` where it is not what it should be."""
        self.finish()
        base = self.places.end
        self.places.extend(kept.places(self.connection))
        for log in Log:
            columns = [(name, kind) for name, kind, *_ in self.connection.execute(f"DESCRIBE {_table(log)}").fetchall()]
            for batch in kept.batches(self.connection, log, columns):
                self._view(f"SELECT CAST(id + {base} AS BIGINT) AS id, * EXCLUDE (id) FROM {batch}", log)  # noqa: S608 - made of literals
                if self._keeper is not None:
                    self._keeper.add(self.connection, log)
                self._run(log)
        self._base = self.places.end

    def _hand_over(self) -> None:
        """Have what waits read, once what was handed over before is."""
        self._wait()
        if self._waiting:
            self._pending = self._worker.submit(self._take, self._waiting)
            self._waiting = []

    def _wait(self) -> None:
        if self._pending is not None:
            self._pending.result()
            self._pending = None

    def close(self) -> None:
        """Free everything."""
        self._worker.shutdown(wait=True)
        self.connection.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.connection.execute(sql).fetchall()

    def _take(self, parts: Sequence[Part]) -> None:
        """Read *parts*, and run the rules over their events."""
        self._log = parts[0].log
        together = self._read_together(parts)
        if not together:
            for part in parts:
                self._read_alone(part, tried=len(parts) == 1)
        self._evaluate(grouped=together)

    def _read_together(self, parts: Sequence[Part]) -> bool:
        """Read *parts* and group their events; False, and nothing is read, where one is not what is expected.

        What all events of a group have in common is looked at once.
        """
        whole = self._log is Log.AUDIT and self._window == "true"
        grouped = self._columns[self._log].profile.columns & audit.GROUPED if whole else frozenset[str]()
        if not self._insert_parts(parts, grouped):
            return False
        self._view_table()
        self._group(self._log)
        if grouped and self.rows(audit.strange_groups(grouped)) != [(0,)]:
            self._empty()
            return False
        self._add(parts)
        return True

    def _insert_parts(self, parts: Sequence[Part], grouped: Collection[str] = ()) -> bool:
        longest = max(part.longest for part in parts)
        size = USUAL_OBJECT if longest < USUAL_OBJECT >> 1 else MAX_OBJECT
        select = _select([part.path for part in parts], self._log, size=size, grouped=grouped)
        return self._insert(select, sum(part.places.end for part in parts))

    def _add(self, parts: Iterable[Part]) -> None:
        """Say where the events of *parts*, which were read, come from."""
        for part in parts:
            self.places.extend(part.places)
            part.path.unlink()

    def _read_alone(self, part: Part, *, tried: bool) -> None:
        """Read the events of *part*, as they are or, where that was *tried* or fails, mended."""
        if not tried and self._insert_parts([part]):
            self._add([part])
            return
        places, ledgers = self._mend(part)
        self.places.extend(places)
        ledgers()
        part.path.unlink()

    def _mend(self, part: Part) -> "_Mended":
        """Judge the lines of *part*, and read what are events: all but the plain ones, and where that fails all."""
        for plain in (is_plain, _never) if part.log is Log.AUDIT else (_never,):
            target, places, ledgers = _judged(part, plain)
            read = self._insert(_select([target], part.log, judged=True), places.end)
            target.unlink()
            if read:
                return places, ledgers
        raise LogError(
            Problem.UNREADABLE,
            "The log engine refused events that were judged well-formed. "
            "This is an error of eksaminer; please report it.",
        )

    def _insert(self, select: str, rows: int) -> bool:
        """Read events; False, and nothing is read, where any line is not exactly what is expected."""
        execute = self.connection.execute
        execute("BEGIN")
        try:
            read = execute(f"INSERT INTO {_table(self._log)} {select}").fetchall()
        except (duckdb.InvalidInputException, duckdb.ConversionException):
            execute("ROLLBACK")
            return False
        whole = read == [(rows,)]
        execute("COMMIT" if whole else "ROLLBACK")
        return whole

    def _count(self, table: str) -> None:
        """Enter the events of *table* into the ledgers, and fill in missing times."""
        base, end = self._base, self.places.end
        first: int
        first, last, rows = self.rows(f"SELECT min(rowid), max(rowid), count(*) FROM {table}")[0]  # noqa: S608 - a name of ours
        if not last - first + 1 == rows == end - base:
            raise LogError(Problem.UNREADABLE, "The log engine lost count. This is an error of eksaminer; report it.")
        for ledger, count in self.places.stretches(base):
            ledger.events += count
        for (row,) in self.rows(f"SELECT rowid FROM {table} WHERE truncated"):  # noqa: S608 - as above
            self.places.at(base + row - first).ledger.truncated += 1
        if self.rows(f"SELECT count(*) FROM {table} WHERE stage_time IS NULL") != [(0,)]:  # noqa: S608 - as above
            self._fill_times(base, table)
        time = self.rows(f"SELECT epoch_us(stage_time) FROM {table} WHERE rowid = {last}")[0][0]  # noqa: S608 - as above
        self._last = (self.places.at(end - 1).ledger, time)

    def _fill_times(self, base: int, table: str) -> None:
        """Give events without a time that of the event before them in the same file, or else of the next."""
        rows = self.rows(f"SELECT rowid, epoch_us(stage_time) FROM {table} ORDER BY rowid")  # noqa: S608 - a name of ours
        ids, times = [row for row, _ in rows], [time for _, time in rows]
        start = 0
        for ledger, count in self.places.stretches(base):
            before = self._last[1] if self._last is not None and self._last[0] is ledger else None
            times[start : start + count] = _filled(_filled(times[start : start + count], before)[::-1], None)[::-1]
            start += count
            self._last = (ledger, times[start - 1])
        self.connection.execute(
            f"UPDATE {table} SET stage_time = make_timestamp(given.time) "  # noqa: S608 - a name of ours
            f"FROM (SELECT unnest($ids) AS id, unnest($times) AS time) AS given WHERE {table}.rowid = given.id",
            {"ids": ids, "times": times},
        )

    def _evaluate(self, *, grouped: bool) -> None:
        """Run the rules over the events that are held, which may be *grouped*, and let go of them."""
        if self.places.end == self._base:
            return
        self._count(_table(self._log))
        if not grouped:
            self._view_table()
        if self._keeper is not None:
            self._keeper.add(self.connection, self._log)
        self._run(self._log, grouped=grouped)
        self._empty()
        self._base = self.places.end

    def _empty(self) -> None:
        """Let go of the events that are held."""
        # A table that was emptied keeps what it held until it is compressed, which takes longer than to read it.
        table = _table(self._log)
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS FROM {table} LIMIT 0")

    def _view_table(self) -> None:
        """Say that the events at hand are those that are held."""
        table = _table(self._log)
        first = self.rows(f"SELECT coalesce(min(rowid), 0) FROM {table}")[0][0]  # noqa: S608 - a name of ours
        self._view(f"SELECT CAST(rowid - {first} + {self._base} AS BIGINT) AS id, * FROM {table}", self._log)  # noqa: S608 - as above

    def _view(self, select: str, log: Log) -> None:
        """Say where the events at hand are read."""
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW {log} AS {select}")

    def _group(self, log: Log) -> None:
        """Group the events at hand."""
        self.connection.execute(self._columns[log].profile.grouped(self._judged_of(log)))

    def _judged_of(self, log: Log) -> str:
        """Return the condition on the events of *log* that are judged."""
        return f"{self._window} AND {self.own_account}" if log is Log.TRAIL else self._window

    def _run(self, log: Log, *, grouped: bool = False) -> None:
        """Run the rules over the events at hand."""
        execute = self.connection.execute
        self.logs.add(log)
        window = self._judged_of(log)
        if not grouped:
            self._group(log)
        if log is Log.AUDIT:
            for statement in (KINDS, sizes.KEEP, MINUTES, REFUSALS):
                execute(statement.format(window=window))
        else:
            attribution.keep(self.connection, window=self._window, own=window)
            kept_calls.keep(self.connection, names=self._calls, own=self.own_account)
        execute(f"INSERT INTO requests SELECT {IDENTITY}, own FROM {log}")  # noqa: S608 - names of ours
        execute(f"INSERT INTO times SELECT {literal(log)}, first, last, events FROM grouped WHERE NOT own")  # noqa: S608 - as above
        columns = self._columns[log]
        if columns.tests:
            execute(columns.profiles)
            busy, rest = columns.apart([(row[0], row[1], row[2]) for row in self.rows(columns.possible_now)])
            for statement in columns.batch(busy, rest):
                execute(statement)
            execute(columns.keep_matched(self._listed(columns.matched)))
            if self.rows(columns.wait)[0][0]:
                self._test(columns)

    def _test(self, columns: Columns) -> None:
        """Test the events that wait, and let go of them."""
        if self.rows(f"SELECT count(*) FROM {columns.waiting}") == [(0,)]:  # noqa: S608 - a name of ours
            return
        for statement in columns.evaluation(self._listed(columns.possible)):
            self.connection.execute(statement)
        for statement in columns.keep_waited(self._listed(columns.waited)):
            self.connection.execute(statement)

    def _listed(self, query: str) -> Sequence[int]:
        """Return the one list that *query* gives."""
        return self.rows(query)[0][0] or ()


_Mended = tuple[Places, Callable[[], None]]
"""Where the events that were read came from, and what enters those that are none into the ledgers."""


def _table(log: Log) -> str:
    return f"{log}_events"


def _never(_: bytes) -> bool:
    return False


def _select(
    paths: Sequence[Path], log: Log, *, size: int = MAX_OBJECT, judged: bool = False, grouped: Collection[str] = ()
) -> str:
    """Return the SELECT of the events at *paths*, which fails where one is not exactly what is expected."""
    path = f"[{', '.join(literal(str(path)) for path in paths)}]"
    if log is Log.TRAIL:
        return trail.events(path, size, judged=judged)
    return audit.events(path, size, judged=judged, grouped=grouped)


def _judged(part: Part, plain: Callable[[bytes], bool]) -> tuple[Path, Places, Callable[[], None]]:
    """Judge every line of *part* that is not *plain*, and write what are events into another file."""
    places = Places()
    refused: list[tuple[Ledger, int, Judgement]] = []
    target = part.path.with_suffix(".judged")
    with part.path.open("rb") as lines, target.open("wb") as out:
        for row, line in enumerate(lines):
            place = part.places.at(row)
            found = (
                line if plain(line) else judge_record(line) if part.log is Log.TRAIL else judge(line, part.time(row))
            )
            match found:
                case Other() | Bad():
                    refused.append((place.ledger, place.line, found))
                    continue
                case Event() | TrailEvent():
                    out.write(found.encode() + b"\n")
                case bytes():
                    out.write(found)
            places.add(place.ledger, place.line, place.log_group)
    return target, places, lambda: _enter(refused)


def _enter(refused: Iterable[tuple[Ledger, int, Judgement]]) -> None:
    """Enter what is no event into the ledgers."""
    for ledger, line, found in refused:
        if isinstance(found, Bad):
            ledger.refuse(line, found.reason)
        else:
            ledger.other += 1


def _filled(times: Sequence[int | None], last: int | None) -> list[int | None]:
    filled: list[int | None] = []
    for time in times:
        last = last if time is None else time
        filled.append(last)
    return filled


def _window(since: datetime | None, until: datetime | None) -> str:
    bounds = [
        f"stage_time {operator} TIMESTAMP {literal(time.astimezone(UTC).strftime('%Y-%m-%d %H:%M:%S.%f'))}"
        for operator, time in ((">=", since), ("<=", until))
        if time is not None
    ]
    return f"(stage_time IS NULL OR ({' AND '.join(bounds)}))" if bounds else "true"
