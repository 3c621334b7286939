"""Calls that CloudTrail recorded and that are kept whole: few, by their names, whatever the window of events is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_CALLS = 20_000
"""So many calls of a region are given, the latest."""
LONGEST = 1_000_000
"""Characters of a record: CloudTrail writes no longer ones."""

TABLES = (
    "CREATE TABLE kept_calls (id UHUGEINT, region VARCHAR, time TIMESTAMP, record VARCHAR)",
    "CREATE TABLE reach (region VARCHAR, first TIMESTAMP, last TIMESTAMP)",
)
CALLS = """
INSERT INTO kept_calls
SELECT md5_number(audit_id), substr(coalesce(namespace, ''), 1, 100), stage_time, CAST(record_json AS VARCHAR)
FROM trail WHERE {own} AND verb IN ({names}) AND length(CAST(record_json AS VARCHAR)) <= {longest}
"""
REACH = """
INSERT INTO reach
SELECT substr(coalesce(namespace, ''), 1, 100), min(stage_time), max(stage_time) FROM trail WHERE {own} GROUP BY 1
"""
REGIONS = "SELECT region, epoch_us(min(first)), epoch_us(max(last)) FROM reach GROUP BY region ORDER BY region"
RECORDS = """
SELECT record FROM kept_calls WHERE region = ?
QUALIFY row_number() OVER (PARTITION BY id ORDER BY time, record) = 1
ORDER BY time DESC, id, record LIMIT ?
"""
"""The same event stands in several files, where several trails record it."""


@dataclass(frozen=True, slots=True)
class RegionCalls:
    """What the files hold of one region of the account."""

    region: str
    first: datetime
    """Of any event, inside the window or not."""
    last: datetime
    records: tuple[str, ...]
    """The calls that are kept, as JSON, the latest first."""
    more: bool
    """Whether there are older ones that are not given."""


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables."""
    for statement in TABLES:
        connection.execute(statement)


def keep(connection: duckdb.DuckDBPyConnection, *, names: Iterable[str], own: str) -> None:
    """Take the calls of these *names* from the events at hand, of the *own* account (an SQL condition)."""
    listed = ", ".join(f"'{name}'" for name in sorted(names) if name.isalnum())
    if listed:
        connection.execute(CALLS.format(own=own, names=listed, longest=LONGEST))
        connection.execute(REACH.format(own=own))


def by_region(connection: duckdb.DuckDBPyConnection) -> tuple[RegionCalls, ...]:
    """Return what was kept, region by region."""
    return tuple(_region(connection, *row) for row in connection.execute(REGIONS).fetchall())


def _region(connection: duckdb.DuckDBPyConnection, region: str, first: int, last: int) -> RegionCalls:
    rows = connection.execute(RECORDS, [region, MOST_CALLS + 1]).fetchall()
    records = tuple(str(row[0]) for row in rows[:MOST_CALLS])
    return RegionCalls(region, _time(first), _time(last), records, more=len(rows) > MOST_CALLS)


def _time(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)
