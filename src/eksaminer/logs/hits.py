"""From rows that matched to hits: one for each request, redacted, in a fixed order."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from eksaminer.detection.fields import Kind, field_of
from eksaminer.detection.rule import HIT_FIELDS, Rule
from eksaminer.detection.shapes import text as literal
from eksaminer.evidence.scan import FIRST_HITS, FIRST_IDS, Aggregate, Hit, HitGroup, ObjectReference, Refusal
from eksaminer.logs.chunk import Place
from eksaminer.logs.columns import BETWEEN, evidence_column
from eksaminer.logs.correlate import correlate, first
from eksaminer.logs.decided import ACTOR, SESSION
from eksaminer.logs.engine import Engine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_TEXT = 1_000
"""Longer values are cut in hits and groups (here and in MERGE); the log itself has them in full."""

SHOWN_PARAMETERS = frozenset(
    {
        "allowWatchBookmarks", "continue", "dryRun", "fieldManager", "fieldSelector", "fieldValidation", "follow",
        "force", "gracePeriodSeconds", "labelSelector", "limit", "pretty", "propagationPolicy", "resourceVersion",
        "resourceVersionMatch", "sendInitialEvents", "timeout", "timeoutSeconds", "watch",
    }
)  # fmt: skip
"""Query parameters of the Kubernetes API whose values hold no secret; `command` and `token` are not among them."""
REFUSALS = {refusal.value: refusal for refusal in Refusal}
PARAMETER = re.compile(r"([^&=]*)=([^&]*)")

CHOSEN = f"""
CREATE OR REPLACE TEMP TABLE chosen AS
SELECT rule, (min(preference) % {1 << 44})::BIGINT AS row, request_time
FROM (
  SELECT rule, audit_id, {{request_time}} AS request_time,
    (((CASE WHEN truncated THEN 4 ELSE 0 END
      + CASE stage WHEN 'ResponseComplete' THEN 0 WHEN 'Panic' THEN 1 WHEN 'ResponseStarted' THEN 2 ELSE 3 END
    )::HUGEINT * {1 << 60} + coalesce(epoch_us(stage_time), {(1 << 60) - 1})) * {1 << 44} + row) AS preference
  FROM found JOIN matched ON found.id = matched.row)
GROUP BY rule, audit_id, request_time
"""  # noqa: S608 - numbers of ours
"""Of the entries of a request stands the one that tells most: `preference` is the order of a whole one before a
truncated one, of the stages, of their times and of the rows (fewer than 2^44) as one number."""
RECEIVED = "received_time"
TIMELESS = "coalesce(received_time, max(received_time) OVER (PARTITION BY rule, audit_id))"
"""A request is known by its audit id and the time it was received: a client may choose the id itself,
and would otherwise hide one request behind another."""
ASKED_BY = f"substr({SESSION}, 1, 1000) AS session, coalesce(access_keys[1], '') AS access_key"
MERGE = """
CREATE OR REPLACE TABLE merged AS
SELECT rule, row, request_time, audit_id, stage, coalesce(epoch_us(stage_time), 0) AS time,
  CAST(NULL AS BIGINT) AS episode, {terms} AS terms
FROM (SELECT chosen.rule, chosen.request_time, matched.*, {asked} FROM chosen JOIN matched USING (row))
"""
"""An event may match many rules: what it holds stands in `matched` once, but for what hits are put in order by."""
SHOWN = """
SELECT merged.*, matched.* EXCLUDE (row, audit_id, stage),
  substr({actor}, 1, 1000) AS actor, {asked},
  substr(coalesce(username, ''), 1, 1000) AS user_text, substr(coalesce(reason, ''), 1, 1000) AS reason_text,
  substr(coalesce(source_ips[1], ''), 1, 1000) AS source, substr(coalesce(agent, ''), 1, 1000) AS agent_text
FROM (SELECT rowid AS place, * FROM merged WHERE {where}) AS merged JOIN matched USING (row)
"""

HIT = (
    "rule", "row", "audit_id", "time", "user_text", "actor", "session", "access_key", "source_ips", "agent_text",
    "verb", "api_group", "resource", "subresource", "namespace", "name", "code", "decision", "reason_text", "refusal",
    "dry_run", "truncated", "terms",
)  # fmt: skip
"""What `shown` has for every hit."""
COUNTS = "SELECT rule, count(*) FROM {source} WHERE {where} GROUP BY rule"

GROUPS = """
SELECT rule, user_text, actor, source, agent_text, coalesce(verb, ''), coalesce(api_group, ''),
  coalesce(resource, ''), coalesce(subresource, ''), coalesce(namespace, ''), code, coalesce(decision, ''), dry_run,
  count(*), min(time), max(time), reason_text, coalesce(refusal, ''), terms
FROM shown WHERE {where} GROUP BY ALL
ORDER BY rule, 15, 16, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 NULLS FIRST, 12, 13, 17, 18, terms
"""

AGGREGATES = """
CREATE OR REPLACE TABLE aggregates AS
SELECT rule, episode, count(*) AS requests, min(time) AS since, max(time) AS until,
  list(audit_id ORDER BY time, audit_id, row)[:{ids}] AS audit_ids, arg_max(row, (time, audit_id, row)) AS last
FROM shown WHERE episode IS NOT NULL GROUP BY rule, episode
"""

HITS = """
SELECT {columns}, requests, since, until, audit_ids
FROM ({shown}) AS shown
LEFT JOIN aggregates ON shown.rule = aggregates.rule AND shown.episode = aggregates.episode
WHERE shown.episode IS NULL OR shown.row = aggregates.last
ORDER BY shown.rule, time, audit_id, stage, row
"""
"""Of an episode, the request that ended it stands for all."""
FIRST = """rowid IN (
  SELECT shown.place
  FROM {source} LEFT JOIN aggregates ON shown.rule = aggregates.rule AND shown.episode = aggregates.episode
  WHERE (shown.episode IS NULL OR shown.row = aggregates.last) AND {where}
  QUALIFY row_number() OVER (PARTITION BY shown.rule ORDER BY time, audit_id, stage, row) <= {limit})
"""
"""Rows are wide, and there may be millions: which are the first is settled before all that they hold is looked at."""
ANYWHERE = "true"


@dataclass(frozen=True, slots=True)
class _Show:
    """A field that hits of a rule show, and its column."""

    path: str
    column: str
    kind: Kind


def in_region(region: str) -> str:
    """Return the condition on hits in CloudTrail that happened in *region*."""
    return f"shown.namespace = {literal(region)}"


def merge(engine: Engine) -> None:
    """Merge the stages and duplicates of each request that matched, and correlate them."""
    timeless = engine.rows("SELECT count(*) FROM matched WHERE received_time IS NULL") != [(0,)]
    engine.connection.execute(CHOSEN.format(request_time=TIMELESS if timeless else RECEIVED))
    engine.connection.execute(MERGE.format(terms=_terms(engine.rules), asked=ASKED_BY))
    engine.connection.execute(f"CREATE OR REPLACE VIEW shown AS {_shown_where(ANYWHERE)}")
    correlate(engine.connection, engine.rules, engine.bases)
    engine.connection.execute(AGGREGATES.format(ids=FIRST_IDS))


def counts(engine: Engine, where: str = ANYWHERE) -> dict[int, int]:
    """Return how many requests each rule matched, by its index; rules without a hit are not in it."""
    return dict(engine.rows(COUNTS.format(source=_source(where), where=where)))


def groups(engine: Engine, where: str = ANYWHERE) -> dict[int, list[HitGroup]]:
    """Return the exact groups of each rule, by its index."""
    found: dict[int, list[HitGroup]] = {}
    for row in engine.rows(GROUPS.format(where=where)):
        group = HitGroup(
            user=row[1], actor=row[2], source=row[3], agent=row[4], verb=row[5], group=row[6], resource=row[7],
            subresource=row[8], namespace=row[9], code=row[10], decision=row[11], dry_run=row[12], count=row[13],
            first=_time(row[14]), last=_time(row[15]), reason=row[16], refusal=REFUSALS[row[17]], terms=tuple(row[18]),
        )  # fmt: skip
        found.setdefault(row[0], []).append(group)
    return found


def first_hits(engine: Engine, rules: Iterable[int], where: str = ANYWHERE) -> dict[int, list[Hit]]:
    """Return the first hits of *rules*, by index, which are all those that have any."""
    found: dict[int, list[Hit]] = {}
    for rule, hit in _selected(engine, rules, FIRST.format(source=_source(where), where=where, limit=FIRST_HITS)):
        found.setdefault(rule, []).append(hit)
    return found


def _shown_where(where: str) -> str:
    """Return the query for the hits in `merged` that satisfy *where*, with what they show of their events."""
    return SHOWN.format(actor=ACTOR, asked=ASKED_BY, where=where)


def _source(where: str) -> str:
    """Return the SQL of the hits to choose from: where nothing is asked of the events, these need not be looked at."""
    return "(SELECT rowid AS place, * FROM merged) AS shown" if where == ANYWHERE else "shown"


def iterate(engine: Engine) -> Iterator[tuple[int, Hit]]:
    """Yield all hits with the index of their rule, rule by rule; by time, audit id, stage, file and line."""
    for rule in sorted(counts(engine)):
        yield from _selected(engine, [rule], f"rule = {rule}")


def _selected(engine: Engine, rules: Iterable[int], where: str) -> Iterator[tuple[int, Hit]]:
    """Yield the hits of *rules*, by index, that satisfy *where*, a condition on `merged`."""
    shows = {index: _shows(engine.rules[index]) for index in rules}
    told = sorted({show.column for shown in shows.values() for show in shown})
    columns = ", ".join(f'shown."{name}"' for name in (*HIT, *told))
    with engine.connection.cursor() as cursor:
        result = cursor.execute(HITS.format(columns=columns, shown=_shown_where(where)))
        while batch := result.fetchmany(1000):
            for rule, row, *values in batch:
                beside = dict(zip(told, values[len(HIT) - 2 :], strict=False))
                evidence = {show.path: text for show in shows[rule] if (text := _shown(show, beside[show.column]))}
                yield rule, _hit(values, evidence, engine.places.at(row))


def redact_uri(uri: str) -> str:
    """Return *uri* with the values of all but harmless query parameters replaced."""
    path, mark, query = uri.partition("?")

    def shown(match: re.Match[str]) -> str:
        return match[0] if match[1] in SHOWN_PARAMETERS else f"{match[1]}=[redacted]"

    return _short(path + mark + PARAMETER.sub(shown, query))


def _terms(rules: Sequence[Rule]) -> str:
    """Return the SQL of what the hits of each rule are compared by."""
    cases = "".join(f" WHEN {index} THEN {_compared(rule)}" for index, rule in enumerate(rules) if rule.terms)
    nothing = "CAST([] AS VARCHAR[])"
    return f"CASE rule{cases} ELSE {nothing} END" if cases else nothing


def _compared(rule: Rule) -> str:
    if rule.baseline or rule.group_by:
        one = _whole if rule.group_by else first
        values = [f"substr(coalesce({one(rule, path)}, ''), 1, 1000)" for path in rule.terms]
        return f"[{', '.join(values)}]"
    field = field_of(rule.about.replace("[any]", ""), rule.log)
    match field.kind:
        case Kind.TEXTS:
            listed = field.column
        case Kind.BODY:
            listed = f'string_split("{evidence_column(rule.about)}", chr({BETWEEN}))'
        case _:
            listed = f"[CAST({field.column} AS VARCHAR)]"
    given = f"list_filter({listed}, lambda item: coalesce(item, '') <> '')"
    shortened = f"list_transform({given}, lambda item: substr(item, 1, 1000))"
    return f"coalesce(list_sort(list_distinct({shortened})), CAST([] AS VARCHAR[]))"


def _whole(rule: Rule, path: str) -> str:
    """Return the SQL of a field by which hits are grouped; of a list all its values."""
    field = field_of(path, rule.log)
    if path in HIT_FIELDS:
        return path
    return f"array_to_string({field.column}, ', ')" if field.kind is Kind.TEXTS else first(rule, path)


def _hit(values: Sequence[Any], evidence: dict[str, str], place: Place) -> Hit:
    """Return the hit of a row: *values* as `HIT` names them after its rule and number, and last those of an episode."""
    (
        audit_id, time, user, actor, session, access_key, source_ips, agent, verb, group, resource, subresource,
        namespace, name, code, decision, reason, refusal, dry_run, truncated, terms, *_,
    ) = values  # fmt: skip
    return Hit(
        audit_id=_short(audit_id),
        time=_time(time),
        user=user,
        actor=actor,
        session=session,
        access_key=access_key,
        source_ips=tuple(_short(address) for address in (source_ips or ())[:20]),
        user_agent=agent,
        verb=_short(verb),
        resource=ObjectReference(
            group=_short(group), resource=_short(resource), subresource=_short(subresource),
            namespace=_short(namespace), name=_short(name),
        ),
        code=code,
        decision=_short(decision),
        reason=reason,
        refusal=REFUSALS[refusal or ""],
        dry_run=dry_run,
        evidence=evidence,
        truncated=truncated,
        log_group=place.log_group,
        file=place.ledger.name,
        line=place.line,
        terms=tuple(terms),
        aggregate=_aggregate(*values[-4:]),
    )  # fmt: skip


def _aggregate(requests: int | None, since: int, until: int, audit_ids: Sequence[str]) -> Aggregate | None:
    """Return the episode that a request stands for; None where it stands for itself."""
    if requests is None:
        return None
    return Aggregate(
        count=requests, since=_time(since), until=_time(until), audit_ids=tuple(map(_short, audit_ids))
    )  # fmt: skip


def _shows(rule: Rule) -> tuple[_Show, ...]:
    """Return what the hits of *rule* show besides what every hit shows."""
    known = [(path, field_of(path.replace("[any]", ""), rule.log)) for path in rule.evidence]
    return tuple(
        _Show(path, evidence_column(path) if field.kind is Kind.BODY else field.column, field.kind)
        for path, field in known
    )


def _shown(show: _Show, found: Any) -> str:
    if found is None:
        return ""
    if show.kind is Kind.TEXTS:
        return _short(", ".join(str(item) for item in found))
    if show.kind is Kind.FLAG:
        return "true" if found else "false"
    return redact_uri(found) if show.path == "requestURI" else _short(str(found).replace(chr(BETWEEN), ", "))


def _short(text: str | None) -> str:
    return (text or "")[:MAX_TEXT]


def _time(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)
