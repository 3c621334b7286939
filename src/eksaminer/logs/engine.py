"""The log engine: reads chunks of events into DuckDB, runs the rules, and keeps only what they need."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from eksaminer.detection.duck import MACROS
from eksaminer.detection.fields import Log
from eksaminer.detection.rule import Rule
from eksaminer.detection.shapes import text as literal
from eksaminer.logs import attribution, sizes
from eksaminer.logs.chunk import Chunk, Ledger, Place, Places
from eksaminer.logs.columns import Columns, base_indexes
from eksaminer.logs.errors import LogError, Problem
from eksaminer.logs.records import Bad, Event, Other, judge
from eksaminer.logs.trail import EVENTS as TRAIL_EVENTS
from eksaminer.logs.trail import TRANSFORM, TrailEvent, judge_record

MAX_OBJECT = 16 << 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_USER = "STRUCT(username VARCHAR, uid VARCHAR, groups VARCHAR[]"
COLUMNS = {
    "auditID": "VARCHAR",
    "stage": "VARCHAR",
    "level": "VARCHAR",
    "verb": "VARCHAR",
    "requestURI": "VARCHAR",
    "userAgent": "VARCHAR",
    "sourceIPs": "VARCHAR[]",
    "user": f"{_USER}, extra STRUCT(arn VARCHAR[], canonicalArn VARCHAR[], sessionName VARCHAR[]))",
    "impersonatedUser": f"{_USER})",
    "objectRef": (
        "STRUCT(apiGroup VARCHAR, apiVersion VARCHAR, resource VARCHAR, subresource VARCHAR, "
        "namespace VARCHAR, name VARCHAR)"
    ),
    "responseStatus": "STRUCT(code BIGINT, reason VARCHAR)",
    "annotations": (
        'STRUCT("authorization.k8s.io/decision" VARCHAR, "authorization.k8s.io/reason" VARCHAR, '
        '"audit.k8s.io/truncated" VARCHAR)'
    ),
    "requestObject": "JSON",
    "responseObject": "JSON",
    "requestReceivedTimestamp": "VARCHAR",
    "stageTimestamp": "VARCHAR",
    "eksaminer:judged": "BOOLEAN",
    "eksaminer:cut": "BOOLEAN",
}
"""Narrow and explicit: what is not named is skipped, and what has another type stops the statement."""

EVENTS = """
CREATE OR REPLACE TEMP TABLE chunk AS
SELECT * {trees} FROM (
SELECT * EXCLUDE (request_json, response_json)
  REPLACE (CAST(coalesce(stage_time, received_time) AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS stage_time,
                  CAST(received_time AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS received_time){derived},
  {measured} AS size
FROM (
  SELECT
    auditID AS audit_id, stage, level, verb, requestURI AS uri, userAgent AS agent, sourceIPs AS source_ips,
    "user".username AS username, "user".uid AS uid, "user".groups AS user_groups,
    "user".extra.arn AS arns, "user".extra.canonicalArn AS canonical_arns,
    "user".extra.sessionName AS session_names,
    impersonatedUser.username AS impersonated, impersonatedUser.groups AS impersonated_groups,
    objectRef.apiGroup AS api_group, objectRef.apiVersion AS api_version, objectRef.resource AS resource,
    objectRef.subresource AS subresource, objectRef.namespace AS namespace, objectRef.name AS name,
    responseStatus.code AS code, responseStatus.reason AS status_reason,
    annotations."authorization.k8s.io/decision" AS decision,
    annotations."authorization.k8s.io/reason" AS reason,
    coalesce("eksaminer:cut", false) OR coalesce(annotations."audit.k8s.io/truncated" = 'true', false) AS truncated,
    (CASE WHEN contains(requestURI, 'dryRun=All') THEN regexp_matches(requestURI, '[?&]dryRun=All(&|$)')
          ELSE false END)
      OR (CASE WHEN verb IN ('delete', 'deletecollection')
          THEN coalesce(list_contains(try_cast(requestObject->'$.dryRun' AS VARCHAR[]), 'All'), false)
          ELSE false END) AS dry_run,
    coalesce(starts_with(userAgent, 'eksaminer/') AND verb IN ('get', 'list', 'watch')
             AND coalesce(objectRef.resource, '') <> 'secrets'
             AND coalesce("user".username, '') NOT IN ('', 'system:anonymous'), false) AS own,
    requestReceivedTimestamp AS received_time, stageTimestamp AS stage_time,
    requestObject AS request_json, {response} AS response_json
  FROM read_json({path}, columns = {columns}, format = 'newline_delimited', compression = 'uncompressed',
                 maximum_object_size = {size})
  WHERE CASE WHEN "eksaminer:judged" THEN true
             WHEN auditID IS NULL OR auditID = '' OR verb IS NULL OR "user" IS NULL
               OR coalesce(stageTimestamp, requestReceivedTimestamp) IS NULL THEN error('not judged')
             ELSE true END
))
"""
"""A user agent can be forged: ours only excuses requests that eksaminer makes, never a write or a secret."""

SANE = """
SELECT count(*), count(*) FILTER (WHERE stage_time NOT BETWEEN TIMESTAMP '1970-01-01' AND TIMESTAMP '8999-12-31')
FROM chunk
"""

KINDS = """
INSERT INTO kinds
SELECT coalesce(api_group, ''), coalesce(resource, ''), coalesce(verb, ''), coalesce(level, ''), count(*)
FROM chunk WHERE {window} GROUP BY ALL
"""

MINUTES = """
INSERT INTO minutes
SELECT epoch_us(stage_time) // 60000000, min(epoch_us(stage_time)), max(epoch_us(stage_time))
FROM chunk WHERE stage_time IS NOT NULL AND {window} GROUP BY 1
"""
"""Our own requests count here: they too show that the log was written and delivered."""

REFUSALS = """
INSERT INTO refusals
SELECT md5_number(audit_id || '/' || coalesce(stage, '')), epoch_us(stage_time) // 60000000,
  CASE WHEN code = 401 THEN 2 WHEN username = 'system:anonymous' THEN 1 ELSE 0 END
FROM chunk WHERE code IN (401, 403) AND stage_time IS NOT NULL AND {window}
"""
"""Log events, as a metric filter counts them (each stage is one); an event that stands in two files counts once."""

HITS = """
INSERT INTO hits BY NAME
WITH bits AS MATERIALIZED (SELECT rowid AS id, [{tests}] AS flags FROM chunk WHERE NOT own AND {window}),
found AS (SELECT id, unnest(list_where([{rules}], flags)) AS rule FROM bits WHERE list_contains(flags, true))
SELECT rule, id + {base} AS row, {kept} FROM found JOIN chunk ON chunk.rowid = found.id
"""
"""Each test stands there once: the time to plan a statement grows with its length."""


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
    ) -> None:
        self.rules = tuple(rules)
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
        self._last: tuple[Ledger, datetime] | None = None
        self._worker = ThreadPoolExecutor(1)
        self._pending: Future[None] | None = None
        self._chunks = 0
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
        nothing = self._folder / "nothing.jsonl"
        nothing.touch()
        self._load(nothing, 0, Log.TRAIL)
        self.connection.execute(f"CREATE TABLE trails AS SELECT {self._columns[Log.TRAIL].kept} FROM chunk")  # noqa: S608 - names of ours
        self._load(nothing, 0, Log.AUDIT)
        kept = self._columns[Log.AUDIT].kept
        # The columns of both logs: what a row of one does not have is NULL.
        self.connection.execute(
            f"CREATE TABLE hits AS SELECT 0 AS rule, rowid AS row, {kept} FROM chunk "  # noqa: S608 - columns of ours
            "UNION ALL BY NAME SELECT 0 AS rule, 0 AS row, * FROM trails"
        )

    def new_chunk(self, log: Log) -> Chunk:
        """Return an empty chunk to fill with events of *log*."""
        self._chunks += 1
        return Chunk(self._folder / f"chunk-{self._chunks}.jsonl", log)

    def submit(self, chunk: Chunk) -> None:
        """Take a full chunk; it is read while the next one is filled."""
        self.wait()
        self._pending = self._worker.submit(self._take, chunk)

    def wait(self) -> None:
        """Wait until all chunks that were submitted are read."""
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

    def _take(self, chunk: Chunk) -> None:
        places = chunk.places
        if not self._load(chunk.path, places.end, chunk.log):
            careful, places = self._judge(chunk)
            if not self._load(careful, places.end, chunk.log):
                raise LogError(
                    Problem.UNREADABLE,
                    "The log engine refused events that were judged well-formed. "
                    "This is an error of eksaminer; please report it.",
                )
            careful.unlink()
        chunk.path.unlink()
        base = self.places.end
        self._keep(places)
        self._evaluate(base, chunk.log)

    def _load(self, path: Path, rows: int, log: Log) -> bool:
        """Read the events at *path*; False where any line is not exactly what is expected."""
        columns = self._columns[log]
        given = {"path": literal(str(path)), "size": MAX_OBJECT, "derived": columns.derived, "trees": columns.trees}
        if log is Log.TRAIL:
            statement = TRAIL_EVENTS.format(transform=literal(TRANSFORM), **given)
        else:
            names = {name: kind for name, kind in COLUMNS.items() if name != "responseObject" or columns.response}
            kinds = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in names.items())
            response = "responseObject" if columns.response else "CAST(NULL AS JSON)"
            statement = EVENTS.format(columns=f"{{{kinds}}}", response=response, measured=sizes.SIZE, **given)
        try:
            self.connection.execute(statement)
            return self.rows(SANE) == [(rows, 0)]
        except (duckdb.InvalidInputException, duckdb.ConversionException):
            return False

    def _judge(self, chunk: Chunk) -> tuple[Path, Places]:
        """Judge every line of *chunk* by itself, and write what are events into another file."""
        events: list[tuple[Place, Event | TrailEvent]] = []
        places = Places()
        target = chunk.path.with_suffix(".judged")
        with chunk.path.open("rb") as lines, target.open("wb") as out:
            for row, line in enumerate(lines):
                place = chunk.places.at(row)
                found = judge_record(line) if chunk.log is Log.TRAIL else judge(line, chunk.time(row))
                match found:
                    case Event() | TrailEvent() as event:
                        events.append((place, event))
                    case Other():
                        place.ledger.other += 1
                    case Bad(reason=reason):
                        place.ledger.refuse(place.line, reason)
            for place, event in _timed(events, self._last):
                out.write(event.encode() + b"\n")
                places.add(place.ledger, place.line, place.log_group)
        return target, places

    def _keep(self, places: Places) -> None:
        base = self.places.end
        self.places.extend(places)
        for ledger, count in places.stretches():
            ledger.events += count
        for (row,) in self.rows("SELECT rowid FROM chunk WHERE truncated"):
            self.places.at(base + row).ledger.truncated += 1
        last = self.rows(
            "SELECT epoch_ms(stage_time) FROM chunk WHERE stage_time IS NOT NULL ORDER BY rowid DESC LIMIT 1"
        )
        if last:
            time = datetime.fromtimestamp(last[0][0] / 1000, UTC)
            self._last = (self.places.at(self.places.end - 1).ledger, time)

    def _evaluate(self, base: int, log: Log) -> None:
        columns = self._columns[log]
        tests = columns.tests
        if self.places.end > base:
            self.logs.add(log)
        execute = self.connection.execute
        window = self._window
        if log is Log.AUDIT:
            execute(KINDS.format(window=window))
            execute(MINUTES.format(window=window))
            if columns.response:
                execute(sizes.KEEP.format(window=f"NOT own AND {window}"))
            execute(REFUSALS.format(window=window))
        else:
            window = f"{window} AND {self.own_account}"
            attribution.keep(self.connection, window=self._window, own=window)
        execute("INSERT INTO requests SELECT DISTINCT md5_number(audit_id), own FROM chunk")
        execute(
            f"INSERT INTO times SELECT {literal(log)}, min(stage_time), max(stage_time), count(*) FROM chunk "  # noqa: S608 - times of ours
            f"WHERE NOT own AND {window}"
        )
        if tests:
            statement = HITS.format(
                tests=", ".join(tests.values()), rules=", ".join(map(str, tests)),
                base=base, kept=columns.kept, window=window,
            )  # fmt: skip
            execute(statement)


def _timed(
    events: list[tuple[Place, Event | TrailEvent]], before: tuple[Ledger, datetime] | None
) -> list[tuple[Place, Event | TrailEvent]]:
    """Give events without a time that of the event before them in the same file, or else of the next."""
    return _filled(_filled(events, before)[::-1], None)[::-1]


def _filled(
    events: list[tuple[Place, Event | TrailEvent]], last: tuple[Ledger, datetime] | None
) -> list[tuple[Place, Event | TrailEvent]]:
    filled: list[tuple[Place, Event | TrailEvent]] = []
    for place, event in events:
        if event.time is None and last is not None and last[0] is place.ledger:
            filled.append((place, event.at(last[1])))
            continue
        if event.time is not None:
            last = (place.ledger, event.time)
        filled.append((place, event))
    return filled


def _window(since: datetime | None, until: datetime | None) -> str:
    bounds = [
        f"stage_time {operator} TIMESTAMP {literal(time.astimezone(UTC).strftime('%Y-%m-%d %H:%M:%S.%f'))}"
        for operator, time in ((">=", since), ("<=", until))
        if time is not None
    ]
    return f"(stage_time IS NULL OR ({' AND '.join(bounds)}))" if bounds else "true"
