"""Correlate the hits of base rules: find the episodes of each correlation, and make them its hits.

Every event that a base rule matched ends a window. Windows that satisfy the condition and overlap
are one episode; the requests in it are what is counted.
"""

from collections.abc import Sequence
from itertools import pairwise

import duckdb

from eksaminer.detection.fields import Kind, field_of
from eksaminer.detection.rule import Correlation, CorrelationKind, Rule
from eksaminer.detection.shapes import text as literal
from eksaminer.logs.columns import evidence_column

OPERATORS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "eq": "="}

AT_LEAST = frozenset({"gt", "gte", "eq"})
NUMBERS = {
    CorrelationKind.EVENT_COUNT: "count({requests})",
    CorrelationKind.VALUE_COUNT: "count(DISTINCT counted)",
    CorrelationKind.TEMPORAL: "count(DISTINCT rule)",
}

MEMBERS = """
CREATE OR REPLACE TEMP TABLE members AS
SELECT place, rule, time, {key} AS key, {counted} AS counted, {request} AS request
FROM shown WHERE rule IN ({bases})
"""
"""Rows are wide, and there may be millions: only what windows look at is copied and sorted."""
SAME_REQUEST = "dense_rank() OVER (ORDER BY audit_id, request_time)"
"""A request stands once among the hits of one rule, but may be one of several rules."""

WINDOWS = """
SELECT key, time, time - {span} AS begin,
  {number} OVER (PARTITION BY key ORDER BY time RANGE BETWEEN {span} PRECEDING AND CURRENT ROW) AS number
FROM members {enough}
"""
ENOUGH = "WHERE key IN (SELECT key FROM members GROUP BY key HAVING {number} >= {least})"
"""What a key does not have in all, it has in no window; to look at windows takes many times as long as to count."""

EPISODES = """
CREATE OR REPLACE TEMP TABLE episodes AS
SELECT key, row_number() OVER (ORDER BY begin, key) AS episode, begin, finish
FROM (
  SELECT key, min(begin) AS begin, max(time) AS finish
  FROM (
    SELECT *, sum(CASE WHEN begin <= previous THEN 0 ELSE 1 END) OVER (PARTITION BY key ORDER BY time, begin
      ROWS UNBOUNDED PRECEDING) AS stretch
    FROM (
      SELECT *, lag(time) OVER (PARTITION BY key ORDER BY time, begin) AS previous
      FROM (SELECT DISTINCT key, time, begin FROM ({windows}) WHERE {holds})))
  GROUP BY key, stretch)
"""

HITS = """
INSERT INTO merged BY NAME
SELECT merged.* REPLACE ({index} AS rule, found.episode AS episode)
FROM merged JOIN (
  SELECT place, episodes.episode
  FROM members JOIN episodes
    ON members.key = episodes.key AND members.time BETWEEN episodes.begin AND episodes.finish
  QUALIFY row_number() OVER (PARTITION BY members.request, episodes.episode ORDER BY members.rule) = 1
) AS found ON merged.rowid = found.place
"""


def correlate(connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule], bases: dict[int, tuple[int, ...]]) -> None:
    """Replace the hits of base rules, whose indexes *bases* gives by rule, with those of the correlations."""
    matched = {row[0] for row in connection.execute("SELECT DISTINCT rule FROM merged").fetchall()}
    for index, own in bases.items():
        correlation = rules[index].correlation
        if correlation is not None and not matched.isdisjoint(own):
            _one(connection, index, rules[index], correlation, own)
    every = ", ".join(str(base) for own in bases.values() for base in own)
    if every:
        connection.execute(f"DELETE FROM merged WHERE rule IN ({every})")  # noqa: S608 - numbers of ours


def _one(
    connection: duckdb.DuckDBPyConnection, index: int, rule: Rule, correlation: Correlation, bases: tuple[int, ...]
) -> None:
    key = ", ".join(f"coalesce({first(rule, path)}, '')" for path in correlation.group_by)
    counted = first(rule, correlation.field) if correlation.field else "NULL"
    numbers = ", ".join(map(str, bases))
    request = SAME_REQUEST if len(bases) > 1 else "row"
    connection.execute(
        MEMBERS.format(key=f"[{key}]" if key else "['']", counted=counted, request=request, bases=numbers)
    )
    span = correlation.seconds * 1_000_000
    if correlation.kind is CorrelationKind.TEMPORAL_ORDERED:
        windows, holds = _ordered(bases), f"begin >= time - {span}"
    else:
        number = NUMBERS[correlation.kind].format(requests="DISTINCT request" if len(bases) > 1 else "*")
        least = max(
            (bound.value + (bound.operator == "gt") for bound in correlation.bounds if bound.operator in AT_LEAST),
            default=0,
        )
        enough = ENOUGH.format(number=number, least=least) if least > 1 else ""
        windows = WINDOWS.format(span=span, number=number, enough=enough)
        holds = " AND ".join(f"number {OPERATORS[bound.operator]} {bound.value}" for bound in correlation.bounds)
    connection.execute(EPISODES.format(windows=windows, holds=holds))
    connection.execute(HITS.format(index=index))


def _ordered(bases: tuple[int, ...]) -> str:
    """Return the SQL of the matches of the last base with the latest time at which the first can have matched."""
    chain = f"SELECT key, time, rule, CASE WHEN rule = {bases[0]} THEN time END AS begin FROM members"  # noqa: S608 - numbers of ours
    for before, base in pairwise(bases):
        earlier = (
            f"max(CASE WHEN rule = {before} THEN begin END) OVER (PARTITION BY key ORDER BY time "
            "RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
        )
        chain = f"SELECT key, time, rule, CASE WHEN rule = {base} THEN {earlier} ELSE begin END AS begin FROM ({chain})"  # noqa: S608 - as above
    return f"SELECT key, time, begin FROM ({chain}) WHERE rule = {bases[-1]} AND begin IS NOT NULL"  # noqa: S608 - as above


def first(rule: Rule, path: str) -> str:
    """Return the SQL of the text form of a field; of a list that of its first value."""
    field = field_of(path, rule.log)
    match field.kind:
        case Kind.TEXTS:
            return f"{field.column}[1]"
        case Kind.BODY:
            return f'"{evidence_column(path)}"'
        case Kind.NOTHING:
            return literal("")
        case _:
            return f"CAST({field.column} AS VARCHAR)"
