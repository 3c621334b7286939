"""META-01: events carry decision and reason."""

from collections.abc import Iterator

from eksaminer.api import (
    AuditLogScan,
    Basis,
    Criteria,
    Gap,
    Level,
    Scope,
    Severity,
    Target,
    Text,
    Verdict,
    check,
    conforms,
    deviates,
    unseen,
)
from eksaminer_checks.use_audit_metadata._words import actors, requests

RULE = "META-NO-DECISION"


@check(
    id="META-01",
    title="Audit events carry the decision and its reason",
    scope=Scope.CLUSTER,
    severity=Severity.INFORMATIONAL,
    basis=Basis.GUIDE,
    recommendation="use-audit-metadata",
    level=Level.ADVISED,
    criterion="Every request that was answered has the annotations authorization.k8s.io/decision and "
    "authorization.k8s.io/reason. They come from the authorizer, so that requests refused before it (401, "
    "impersonation), failed ones, the stage RequestReceived and cut lines have none and are left out.",
    remediation="Find out what took the annotations away on the way here: an export or a pipeline that keeps chosen "
    "fields, most often. Read the log from CloudWatch Logs instead.",
    references=("https://kubernetes.io/docs/reference/labels-annotations-taints/audit-annotations/",),
    texts={
        "META-01.carried": "None of the {events} events read, from {since} to {until}, lacks the decision or the "
        "reason where it should have them.",
        "META-01.missing": "Answered requests without decision or reason: {count}, by {actors}: {what}.",
    },
)
def events_carry_decision(scan: AuditLogScan, criteria: Criteria, target: Target) -> Iterator[Verdict]:
    """Without the decision and the reason nobody can tell which binding or access policy let a request through."""
    found = scan.result(RULE)
    if isinstance(found, Gap):
        yield unseen(target.resource, found)
        return
    missing = found.hits - sum(hit.truncated for hit in found.first_hits)
    if missing:
        text = Text("META-01.missing", count=missing, actors=actors(found.groups), what=requests(found.groups))
        yield deviates(target.resource, text, throughout=scan.window)
    elif scan.unread is not None:
        yield unseen(target.resource, scan.unread)
    else:
        window = scan.window
        text = Text("META-01.carried", events=scan.events_read, since=window.since, until=window.until)
        yield conforms(target.resource, text, limits=scan.limits(criteria.gap_minutes), throughout=window)
