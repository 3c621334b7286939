"""From access keys to service accounts: who took which role, and what was called with the credentials.

The name of a service account stands only in the event by which it takes a role. That event also tells the access
key that it got; later calls show the key alone. A role that is taken with such a key gives another key, and so on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from eksaminer.evidence.workloads import (
    FIRST_EVENTS,
    LONGEST_CHAIN,
    MOST_ADDRESSES,
    MOST_APIS,
    MOST_TAKEN,
    CalledApi,
    NamelessCalls,
    PodRequests,
    TakenRole,
)
from eksaminer.gap import Cause, Gap

PODS = "pods.eks.amazonaws.com"
"""Who takes a role for EKS Pod Identity."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAMELESS = (
    "The name of a service account stands only in the event by which it takes a role: without "
    "AssumeRoleWithWebIdentity (or AssumeRole by EKS Pod Identity) of the same access key nobody can say whose calls "
    "these are. Give the files from some hours earlier, and of every region."
)

TABLES = (
    """
CREATE TABLE made (id UHUGEINT, account VARCHAR, region VARCHAR, time TIMESTAMP, source VARCHAR, name VARCHAR,
  key VARCHAR, address VARCHAR, refused BOOLEAN, nameless VARCHAR, reads BOOLEAN)
""",
    """
CREATE TABLE issued (id UHUGEINT, event VARCHAR, region VARCHAR, time TIMESTAMP, way VARCHAR, provider VARCHAR,
  audience VARCHAR, cluster VARCHAR, subject VARCHAR, role VARCHAR, error VARCHAR, address VARCHAR,
  holder VARCHAR, given VARCHAR)
""",
)

MADE = """
INSERT INTO made
SELECT md5_number(audit_id), substr(account, 1, 100), substr(coalesce(namespace, ''), 1, 100), stage_time,
  substr(api_group, 1, 100), substr(verb, 1, 200), substr(access_key, 1, 100),
  substr(coalesce(source_ips[1], ''), 1, 100), reason IS NOT NULL, substr(nameless, 1, 1000), reads
FROM trail WHERE {window}
"""


def _tag(name: str) -> str:
    """Return the SQL of a session tag."""
    return f"list_filter(call.requestParameters.tags, lambda tag: tag.key = '{name}')[1].value"


SUBJECT = f"'system:serviceaccount:' || {_tag('kubernetes-namespace')} || ':' || {_tag('kubernetes-service-account')}"
"""Of EKS Pod Identity; NULL where a part of it is missing."""

ISSUED = """
INSERT INTO issued
SELECT md5_number(audit_id), substr(audit_id, 1, 100), region, stage_time, way, substr(coalesce(provider, ''), 1, 1000),
  substr(coalesce(audience, ''), 1, 1000), substr(coalesce(cluster, ''), 1, 1000),
  substr(coalesce(subject, ''), 1, 1000), substr(coalesce(role, ''), 1, 1000), substr(error, 1, 200),
  substr(address, 1, 100), substr(holder, 1, 100), substr(given, 1, 100)
FROM (
  SELECT audit_id, substr(coalesce(namespace, ''), 1, 100) AS region, stage_time, way,
    CASE way WHEN 'irsa' THEN call.userIdentity.identityProvider END AS provider,
    CASE way WHEN 'irsa' THEN coalesce(call.responseElements.audience, split_part(
      substr(call.userIdentity.principalId, length(call.userIdentity.identityProvider) + 2), ':', 1)) END AS audience,
    CASE way WHEN 'pods' THEN {cluster} WHEN 'asked' THEN call.requestParameters.clusterName END AS cluster,
    CASE way WHEN 'irsa' THEN coalesce(call.userIdentity.userName, call.responseElements.subjectFromWebIdentityToken)
      WHEN 'pods' THEN {subject} END AS subject,
    call.requestParameters.roleArn AS role, reason AS error, coalesce(source_ips[1], '') AS address,
    call.userIdentity.accessKeyId AS holder, call.responseElements.credentials.accessKeyId AS given
  FROM (
    SELECT *, CASE WHEN verb = 'AssumeRoleWithWebIdentity' THEN 'irsa'
      WHEN verb = 'AssumeRoleForPodIdentity' THEN 'asked'
      WHEN call.userIdentity.invokedBy = '{pods}'
        AND (call.userIdentity.accessKeyId IS NULL OR {subject} IS NOT NULL) THEN 'pods' ELSE 'chain' END AS way
    FROM trail WHERE {window}
      AND (api_group = 'sts.amazonaws.com' AND verb IN ('AssumeRoleWithWebIdentity', 'AssumeRole')
      OR api_group = 'eks-auth.amazonaws.com' AND verb = 'AssumeRoleForPodIdentity'))
  WHERE way <> 'chain' OR (holder IS NOT NULL AND given IS NOT NULL AND error IS NULL))
"""
"""The audience stands in the answer; of a refused request it is part of `PROVIDER:AUDIENCE:SUBJECT`. A second role
that EKS Pod Identity takes with the first one's key, without naming the workload again, is a link of a chain."""

TAKEN = """
CREATE OR REPLACE TEMP TABLE taken AS
SELECT *, dense_rank() OVER (ORDER BY way, provider, cluster, subject, audience, role) AS pair
FROM (
  SELECT * FROM issued WHERE way IN ('irsa', 'pods')
  QUALIFY row_number() OVER (PARTITION BY id ORDER BY time, error NULLS FIRST, given, role, subject, provider) = 1)
"""
"""The same event stands in several files, where several trails record it."""

HOLDERS = """
CREATE OR REPLACE TEMP TABLE holders AS
WITH RECURSIVE parents AS (
  SELECT given, holder, role, pair FROM (
    SELECT given, NULL AS holder, role, pair, 0 AS chained, time, id FROM taken WHERE error IS NULL
    UNION ALL
    SELECT given, holder, role, NULL, 1, time, id FROM issued WHERE way = 'chain')
  WHERE given IS NOT NULL
  QUALIFY row_number() OVER (PARTITION BY given ORDER BY chained, time, id, holder, role) = 1),
found AS (
  SELECT given AS key, role, pair, 0 AS depth FROM parents WHERE pair IS NOT NULL
  UNION ALL
  SELECT parents.given, parents.role, found.pair, depth + 1
  FROM found JOIN parents ON parents.holder = found.key WHERE parents.pair IS NULL AND depth < {longest})
SELECT key, role, pair FROM found
"""
"""Each key is given once, so the chains are trees whose roots are service accounts: no loop can be reached."""

PAIRS = """
SELECT pair, any_value(way), any_value(provider), any_value(audience), any_value(cluster), any_value(subject),
  any_value(role), count(*) FILTER (error IS NULL), count(*) FILTER (error IS NOT NULL),
  list_sort(list(DISTINCT error) FILTER (error IS NOT NULL))[:{addresses}], epoch_us(min(time)), epoch_us(max(time)),
  list_sort(list(DISTINCT region)), list_sort(list(DISTINCT address))[:{addresses}],
  list(event ORDER BY time, event)[:{events}]
FROM taken GROUP BY pair ORDER BY pair LIMIT {most}
"""
"""All of a pair have the same values, so any of them is the one."""

APIS = """
SELECT pair, source, name, region, role, count(DISTINCT id) AS calls, count(DISTINCT id) FILTER (refused),
  epoch_us(min(time)), epoch_us(max(time)), list_sort(list(DISTINCT address))[:{addresses}],
  row_number() OVER (PARTITION BY pair ORDER BY source, name, region, role) AS place, count(*) OVER (PARTITION BY pair)
FROM (SELECT DISTINCT id, pair, source, name, made.region, holders.role, refused, time, address
      FROM made JOIN holders USING (key) WHERE {account})
WHERE pair <= {most} GROUP BY pair, source, name, region, role
QUALIFY place <= {apis} ORDER BY pair, place
"""

ASKED = """
SELECT cluster, region, count(DISTINCT id) FILTER (error IS NULL), count(DISTINCT id) FILTER (error IS NOT NULL),
  list_sort(list(DISTINCT error) FILTER (error IS NOT NULL))[:{addresses}], epoch_us(min(time)), epoch_us(max(time))
FROM issued WHERE way = 'asked' GROUP BY cluster, region ORDER BY region, cluster LIMIT {most}
"""

LEFT = """
SELECT nameless, count(DISTINCT id), count(DISTINCT key), epoch_us(min(time)), epoch_us(max(time))
FROM made WHERE nameless IS NOT NULL AND {account} AND (key IS NULL OR key NOT IN (SELECT key FROM holders))
GROUP BY nameless ORDER BY nameless LIMIT {most}
"""

PLACES = """
SELECT account, region, count(DISTINCT id), epoch_us(min(time)), epoch_us(max(time)),
  count(DISTINCT id) FILTER (reads), count(DISTINCT id) FILTER (NOT reads)
FROM made GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class TrailPlace:
    """The events of one region of one account."""

    account: str
    region: str
    events: int
    """Each counted once, however often it stands in the files."""
    first: datetime
    last: datetime
    reads: int
    """Of them management events that only read."""
    writes: int
    """Of them management events that do not."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who took which role, and what was called."""

    taken: tuple[TakenRole, ...]
    untold: Gap | None
    pods: tuple[PodRequests, ...]
    nameless: tuple[NamelessCalls, ...]


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables."""
    for statement in TABLES:
        connection.execute(statement)


def keep(connection: duckdb.DuckDBPyConnection, *, window: str, own: str) -> None:
    """Take what is needed from events of CloudTrail: events of the *window*, and of them the *own* account's."""
    connection.execute(MADE.format(window=window))
    given = {"cluster": _tag("eks-cluster-arn"), "subject": SUBJECT, "pods": PODS, "window": own}
    connection.execute(ISSUED.format(**given))


def places(connection: duckdb.DuckDBPyConnection) -> tuple[TrailPlace, ...]:
    """Return which regions of which accounts the events belong to."""
    rows = connection.execute(PLACES).fetchall()
    return tuple(TrailPlace(row[0], row[1], row[2], _time(row[3]), _time(row[4]), row[5], row[6]) for row in rows)


def attribution(connection: duckdb.DuckDBPyConnection, account: str) -> Attribution:
    """Join the events by access key. *account*: the SQL condition of the account that is judged."""
    connection.execute(TAKEN)
    connection.execute(HOLDERS.format(longest=LONGEST_CHAIN))
    limits = {"addresses": MOST_ADDRESSES, "events": FIRST_EVENTS, "most": MOST_TAKEN, "apis": MOST_APIS}
    pairs = connection.execute(PAIRS.format(**limits)).fetchall()
    ((number,),) = connection.execute("SELECT count(DISTINCT pair) FROM taken").fetchall()
    apis: dict[int, list[CalledApi]] = {}
    more: dict[int, int] = {}
    for row in connection.execute(APIS.format(account=account, **limits)).fetchall():
        apis.setdefault(row[0], []).append(_api(row))
        more[row[0]] = max(0, row[11] - MOST_APIS)
    asked = connection.execute(ASKED.format(**limits)).fetchall()
    left = connection.execute(LEFT.format(account=account, **limits)).fetchall()
    return Attribution(
        taken=tuple(_taken(row, apis.get(row[0], ()), more.get(row[0], 0)) for row in pairs),
        untold=_untold(number) if number > len(pairs) else None,
        pods=tuple(_requests(row) for row in asked),
        nameless=tuple(_nameless(row) for row in left),
    )


def _untold(number: int) -> Gap:
    detail = f"{number:,} pairs of a service account and a role were seen; the evidence tells of {MOST_TAKEN:,}."
    return Gap(cause=Cause.CAPPED, detail=detail)


def _api(row: Sequence[Any]) -> CalledApi:
    return CalledApi(
        source=row[1], name=row[2], region=row[3], role=row[4], count=row[5], refused=row[6],
        first=_time(row[7]), last=_time(row[8]), addresses=tuple(row[9]),
    )  # fmt: skip


def _taken(row: Sequence[Any], apis: Sequence[CalledApi], more: int) -> TakenRole:
    return TakenRole(
        way=row[1], provider=row[2], audience=row[3], cluster=row[4], subject=row[5], role=row[6], granted=row[7],
        refused=row[8], errors=tuple(row[9] or ()), first=_time(row[10]), last=_time(row[11]),
        regions=tuple(row[12]), addresses=tuple(row[13]), events=tuple(row[14]), apis=tuple(apis), more_apis=more,
    )  # fmt: skip


def _requests(row: Sequence[Any]) -> PodRequests:
    return PodRequests(
        cluster=row[0], region=row[1], granted=row[2], refused=row[3], errors=tuple(row[4] or ()),
        first=_time(row[5]), last=_time(row[6]),
    )  # fmt: skip


def _nameless(row: Sequence[Any]) -> NamelessCalls:
    gap = Gap(cause=Cause.NOT_OBSERVABLE, detail=NAMELESS)
    return NamelessCalls(
        role=row[0], calls=row[1], sessions=row[2], first=_time(row[3]), last=_time(row[4]), gap=gap
    )  # fmt: skip


def _time(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)
