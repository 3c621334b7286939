"""hits.csv: one row per hit of a detection rule that the assessment holds, for a spreadsheet."""

import csv
import io
from collections.abc import Iterator

from eksaminer.evidence.scan import Hit
from eksaminer.findings import Assessment, ClusterActivity
from eksaminer.render import show
from eksaminer.render.safe import cell

COLUMNS = (
    "account", "region", "cluster", "rule", "audit_id", "time", "user", "actor", "source_ips", "user_agent", "verb",
    "group", "resource", "subresource", "namespace", "name", "code", "decision", "reason", "dry_run", "line_was_cut",
    "events", "since", "until", "evidence", "log_group", "file", "line",
)  # fmt: skip


def render(assessment: Assessment) -> bytes:
    """Return the hits as CSV (RFC 4180, UTF-8), the first 1,000 of each rule; no cell can act as a formula."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for cluster in assessment.activity.clusters:
        for rule in cluster.rules:
            for hit in rule.first_hits:
                writer.writerow([cell(value) for value in (*_where(cluster), rule.rule, *_values(hit))])
    return target.getvalue().encode()


def _where(cluster: ClusterActivity) -> tuple[str, str, str]:
    return cluster.target.account, cluster.target.region, cluster.target.cluster


def _values(hit: Hit) -> Iterator[str]:
    yield from (hit.audit_id, show.utc(hit.time), hit.user, hit.actor, " ".join(hit.source_ips), hit.user_agent)
    item = hit.resource
    yield from (hit.verb, item.group, item.resource, item.subresource, item.namespace, item.name)
    yield "" if hit.code is None else str(hit.code)
    yield from (hit.decision, hit.reason, _answer(hit.dry_run), _answer(hit.truncated))
    counted = hit.aggregate
    yield from (str(counted.count), show.utc(counted.since), show.utc(counted.until)) if counted else ("1", "", "")
    yield "; ".join(f"{name}={value}" for name, value in sorted(hit.evidence.items()))
    yield from (hit.log_group, hit.file, str(hit.line) if hit.file else "")


def _answer(value: bool) -> str:  # noqa: FBT001 - the value itself
    return "yes" if value else "no"
