"""findings.csv: one row per finding, for a spreadsheet."""

import csv
import io
from collections.abc import Iterator

from eksaminer.findings import Assessment, Finding
from eksaminer.render import show
from eksaminer.render.safe import cell
from eksaminer.render.texts import ENGLISH, texts
from eksaminer.render.unseen import permission
from eksaminer.render.waivers import answer_of

COLUMNS = (
    "id", "check", "title", "status", "severity", "basis", "recommendation", "account", "region", "cluster",
    "resource_type", "resource", "aspect", "assertion", "since", "until", "text", "cause", "permission", "remediation",
    "command", "waived_until", "disposition", "sources", "waiver", "waiver_reason", "waiver_approver", "answer_given",
)  # fmt: skip


def render(assessment: Assessment) -> bytes:
    """Return the findings as CSV (RFC 4180, UTF-8); no cell can act as a formula."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for finding in assessment.findings:
        writer.writerow([cell(value) for value in _values(finding, assessment)])
    return target.getvalue().encode()


def _values(finding: Finding, assessment: Assessment) -> Iterator[str]:
    yield from (finding.id, finding.check, finding.title, finding.status.value, finding.severity.value)
    yield from (finding.basis.value, finding.recommendation)
    yield from (finding.target.account, finding.target.region, finding.target.cluster)
    yield from (finding.resource.type, finding.resource.id, finding.aspect)
    yield from (finding.assertion.kind, show.utc(finding.assertion.since), show.utc(finding.assertion.until))
    yield finding.text
    yield from (finding.cause.cause.value, permission(finding.cause)) if finding.cause else ("", "")
    yield from (finding.remediation, finding.command)
    yield show.utc(finding.waiver.expires) if finding.waiver else ""
    yield finding.disposition or ""
    yield " ".join(source for item in finding.evidence for source in item.sources)
    waiver = finding.waiver
    yield from (waiver.id, waiver.reason, waiver.approver) if waiver else ("", "", "")
    yield answer_of(finding, assessment, texts(ENGLISH)) if finding.disposition else ""
