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
    Refusal,
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
AFTER = "The authorizer allowed it (403, decision allow), and"

WHY: Mapping[Refusal, str] = MappingProxyType(
    {
        Refusal.CREDENTIALS: "The credentials were not accepted (401)",
        Refusal.AUTHORIZER: "The authorizer refused: no binding or access policy allows it (403, decision forbid)",
        Refusal.IMPERSONATION: "To act as another identity is not permitted (403, no decision)",
        Refusal.ESCALATION: f"{AFTER} RBAC refused to grant more than the user has",
        Refusal.QUOTA: f"{AFTER} a quota was exceeded",
        Refusal.POD_SECURITY: f"{AFTER} the Pod Security level of the namespace forbids it",
        Refusal.NODE: f"{AFTER} a node reached beyond what is its own",
        Refusal.TERMINATING: f"{AFTER} the namespace is being deleted",
        Refusal.ADMISSION: f"{AFTER} admission refused it: a webhook, a policy or another plugin",
        Refusal.UNTOLD: "The event does not say what refused it (403): the line was cut, or lost its annotations",
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
    """Refusals look alike by their code; decision and message tell apart who has to do something."""
    found = scan.result(RULE)
    if isinstance(found, Gap):
        yield unseen(target.resource, found)
        return
    causes: dict[Refusal, list[HitGroup]] = {}
    for group in found.groups:
        if criteria.expects(RULE, group.actor, group.user):
            continue
        causes.setdefault(group.refusal or Refusal.UNTOLD, []).append(group)
    for name in WHY:
        if name in causes:
            yield deviates(target.resource, _text(name, causes[name]), discriminator=name, throughout=scan.window)
    if not causes:
        yield _nothing(scan, criteria, target, expected=total(found.groups))


def _text(name: Refusal, groups: list[HitGroup]) -> Text:
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
