"""META-02: no access through anonymous or unauthenticated bindings; all-authenticated ones reviewed."""

from collections.abc import Iterator, Sequence

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
    granted,
    unseen,
)
from eksaminer_checks.use_audit_metadata._words import actors, addresses, requests, some, total

ANONYMOUS = "AUTH-ANON-ALLOWED"
AUTHENTICATED = "META-ALL-AUTHENTICATED"

REMEDIES = {
    "kubectl": """\
kubectl get clusterrolebindings,rolebindings --all-namespaces --output wide
kubectl delete clusterrolebinding BINDING""",
}


@check(
    id="META-02",
    title="Nobody gets in through a binding to everyone",
    scope=Scope.CLUSTER,
    severity=Severity.MEDIUM,
    basis=Basis.GUIDE,
    recommendation="use-audit-metadata",
    criterion="No request was allowed to an anonymous or unauthenticated user, but for health and version paths; and "
    "none through a binding to all who are authenticated, but for the ones that Kubernetes makes itself.",
    remediation="Delete the binding that the reason names, and bind the role to those who need it. Look at everything "
    "that was done through it.",
    references=("https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html",),
    remedies=REMEDIES,
    deviations=(Level.REQUIRED, Level.ADVISED),
    texts={
        "META-02.anonymous": "Requests without credentials that were allowed: {count}, from {sources}: {what}. "
        "Bindings: {bindings}.",
        "META-02.authenticated": "Requests allowed by a binding to everyone who is authenticated: {count}, by "
        "{actors}: {what}. Bindings: {bindings}.",
        "META-02.none": "No request was allowed by a binding to everyone, but for what every cluster allows, in the "
        "{events} events read, from {since} to {until}.",
    },
)
def no_access_for_everyone(scan: AuditLogScan, criteria: Criteria, target: Target) -> Iterator[Verdict]:
    """The reason in the event says through which binding a request came; a binding to everyone has no owner."""
    anonymous, authenticated = scan.result(ANONYMOUS), scan.result(AUTHENTICATED)
    texts: list[tuple[Text, Level, Severity]] = []
    if not isinstance(anonymous, Gap) and anonymous.groups:
        texts.append((_anonymous(anonymous.groups), Level.REQUIRED, Severity.HIGH))
    if not isinstance(authenticated, Gap) and authenticated.groups:
        texts.append((_authenticated(authenticated.groups), Level.ADVISED, Severity.MEDIUM))
    for text, level, severity in texts:
        yield deviates(
            target.resource, text, discriminator=text.id, throughout=scan.window, level=level, severity=severity
        )
    gap = next((found for found in (anonymous, authenticated, scan.unread) if isinstance(found, Gap)), None)
    if gap is not None:
        yield unseen(target.resource, gap)
    elif not texts:
        window = scan.window
        text = Text("META-02.none", events=scan.events_read, since=window.since, until=window.until)
        yield conforms(target.resource, text, limits=scan.limits(criteria.gap_minutes), throughout=window)


def _anonymous(groups: Sequence[HitGroup]) -> Text:
    return Text(
        "META-02.anonymous",
        count=total(groups),
        sources=addresses(groups),
        what=requests(groups),
        bindings=_bindings(groups),
    )


def _authenticated(groups: Sequence[HitGroup]) -> Text:
    return Text(
        "META-02.authenticated",
        count=total(groups),
        actors=actors(groups),
        what=requests(groups),
        bindings=_bindings(groups),
    )


def _bindings(groups: Sequence[HitGroup]) -> tuple[str, ...]:
    """Return the bindings that the requests came through, the most used first."""
    return some(f"{label}: {count:,}" for label, count in granted(groups)) or ("none is named in the log",)
