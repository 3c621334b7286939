"""META-03: refused requests explained: by whom, from where, why."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from eksaminer.api import (
    AuditLogScan,
    Basis,
    Criteria,
    Gap,
    HitGroup,
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
from eksaminer_checks.use_audit_metadata._words import actors, addresses, requests, total

RULE = "AUTH-DENIED"
UNAUTHORIZED = 401

WHY: Mapping[str, str] = MappingProxyType(
    {
        "credentials": "The credentials were not accepted (401)",
        "authorizer": "The authorizer refused: no binding or access policy allows it (403, decision forbid)",
        "admission": "The authorizer allowed it, and something after it refused (403, decision allow): admission, "
        "quota, the escalation check of RBAC, or the bounds of a node",
        "before": "Refused without a decision of the authorizer (403): an impersonation that is not permitted, or "
        "the line was cut",
    }
)


@check(
    id="META-03",
    title="Refused requests are explained",
    scope=Scope.CLUSTER,
    severity=Severity.LOW,
    basis=Basis.GUIDE,
    recommendation="use-audit-metadata",
    level=Level.ADVISED,
    criterion="No request was refused; or a person has looked at who was refused, from where, and why.",
    remediation="Look at the busiest first. Give a workload the permission it needs or stop it asking; renew expired "
    "tokens; look at everything else that an unknown address or a surprising identity did.",
    references=("https://kubernetes.io/docs/reference/labels-annotations-taints/audit-annotations/",),
    texts={
        **{
            f"META-03.{name}": f"{why}: {{count}}, by {{actors}}, from {{sources}}: {{what}}."
            for name, why in WHY.items()
        },
        "META-03.expected": "Refused requests of expected actors alone ({count}) in the {events} events read, from "
        "{since} to {until}.",
        "META-03.none": "No request was refused in the {events} events read, from {since} to {until}.",
    },
)
def refusals_explained(scan: AuditLogScan, criteria: Criteria, target: Target) -> Iterator[Verdict]:
    """A refusal has four causes that look alike, and the annotations tell them apart."""
    found = scan.result(RULE)
    if isinstance(found, Gap):
        yield unseen(target.resource, found)
        return
    causes: dict[str, list[HitGroup]] = {}
    for group in found.groups:
        if criteria.expects(RULE, group.actor, group.user):
            continue
        causes.setdefault(_cause(group), []).append(group)
    for name in WHY:
        if name in causes:
            yield deviates(target.resource, _text(name, causes[name]), discriminator=name, throughout=scan.window)
    if not causes:
        yield _nothing(scan, criteria, target, expected=total(found.groups))


def _cause(group: HitGroup) -> str:
    if group.code == UNAUTHORIZED:
        return "credentials"
    return {"forbid": "authorizer", "allow": "admission"}.get(group.decision, "before")


def _text(name: str, groups: list[HitGroup]) -> Text:
    return Text(
        f"META-03.{name}",
        count=total(groups),
        actors=actors(groups),
        sources=addresses(groups),
        what=requests(groups),
    )


def _nothing(scan: AuditLogScan, criteria: Criteria, target: Target, *, expected: int) -> Verdict:
    if scan.unread is not None:
        return unseen(target.resource, scan.unread)
    window = scan.window
    events, since, until = scan.events_read, window.since, window.until
    if expected:
        text = Text("META-03.expected", count=expected, events=events, since=since, until=until)
    else:
        text = Text("META-03.none", events=events, since=since, until=until)
    return conforms(target.resource, text, limits=scan.limits(criteria.gap_minutes), throughout=window)
