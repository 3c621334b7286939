"""META-05: changes can be tied to one person or workload."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
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
from eksaminer_checks.use_audit_metadata._words import actors, addresses, requests, some, total

RULE = "META-CHANGE"

MACHINE = re.compile(r"i-[0-9a-f]{8,17}")
"""The session of the role of an EC2 instance."""
MADE_UP = re.compile(
    r"(botocore-session-|aws-go-sdk-|aws-sdk-java-|aws-sdk-js-|aws-sdk-php-)?[0-9]{9,}|EKSGetTokenAuth", re.IGNORECASE
)
"""What SDKs call a session whose user gives it no name, and the AWS CLI every one of `eks get-token --role-arn`; read
in their sources on 2026-11-28. The first version of the SDK for Go writes the time alone."""
ROLE = re.compile(r"arn:[a-z-]+:iam::[0-9]*:role/.+")
ROOT = re.compile(r"arn:[a-z-]+:iam::[0-9]*:root")

SHARED: Mapping[str, str] = MappingProxyType(
    {
        "anonymous": "Changes without credentials, by nobody who could be named",
        "root": "Changes by the root user of an account, whose password and keys belong to no person",
        "default": "Changes by service accounts called default, which all pods of a namespace share that name no other",
        "machine": "Changes with the role of an EC2 instance, which everyone and everything on it has",
        "unnamed": "Changes in sessions of a role to which nobody gave a name: who took it stands in CloudTrail alone",
        "sessionless": "Changes with a role whose session does not stand in the event",
    }
)
"""The kinds of changes that name no one person or workload, the worst first."""


@check(
    id="META-05",
    title="Changes can be tied to one person or workload",
    scope=Scope.CLUSTER,
    severity=Severity.LOW,
    basis=Basis.GUIDE,
    recommendation="use-audit-metadata",
    level=Level.ADVISED,
    criterion="Every change that was not made by the cluster itself names one person or workload: an IAM user, a "
    "session of a role whose name somebody chose, a service account that is not called default, a user of an identity "
    "provider; and no user name stands for several IAM identities.",
    remediation="Let people in through IAM Identity Center, or through roles that require a session name of theirs "
    "(condition sts:RoleSessionName); give each pipeline a role, and each workload a service account of its own. In "
    "aws-auth and access entries leave the user name out, or use {{SessionName}} in it, so that it is not shared.",
    references=(
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html",
        "https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html",
    ),
    texts={
        **{
            f"META-05.{name}": f"{said}: {{count}}, by {{actors}}, from {{sources}}: {{what}}."
            for name, said in SHARED.items()
        },
        "META-05.name": "The user name {name} stands for several IAM identities: {identities}. Whoever reads the user "
        "name alone, as the queries of the guide do, cannot tell them apart; changes: {count}.",
        "META-05.tied": "Each of the {count} changes by people and others from outside the cluster names one of them, "
        "in the {events} events read, from {since} to {until}.",
        "META-05.shared_roles": "Each of the {count} changes by people and others from outside the cluster names one "
        "of them, in the {events} events read, from {since} to {until}. Roles used in several sessions: {roles}.",
        "META-05.expected": "Changes of expected identities alone ({count}) in the {events} events read, from {since} "
        "to {until}.",
        "META-05.none": "Nobody from outside the cluster changed anything in the {events} events read, from {since} to "
        "{until}.",
    },
)
def changes_attributable(scan: AuditLogScan, criteria: Criteria, target: Target) -> Iterator[Verdict]:
    """A change that any of many could have made has no author, however well it is logged."""
    found = scan.result(RULE)
    if isinstance(found, Gap):
        yield unseen(target.resource, found)
        return
    groups = [group for group in found.groups if not criteria.expects(RULE, group.actor, group.user)]
    texts = [*_shared(groups), *_names(groups)]
    for discriminator, text in texts:
        yield deviates(target.resource, text, discriminator=discriminator, throughout=scan.window)
    if not texts:
        yield _tied(scan, criteria, target, groups, expected=total(found.groups))


def _shared(groups: Iterable[HitGroup]) -> Iterator[tuple[str, Text]]:
    kinds: dict[str, list[HitGroup]] = {}
    for group in groups:
        kinds.setdefault(_kind(group), []).append(group)
    for name in SHARED:
        if name in kinds:
            yield name, _text(name, kinds[name])


def _text(name: str, groups: Sequence[HitGroup]) -> Text:
    return Text(
        f"META-05.{name}",
        count=total(groups),
        actors=actors(groups),
        sources=addresses(groups),
        what=requests(groups),
    )


def _kind(group: HitGroup) -> str:
    """Return which of the kinds of `SHARED` a change belongs to; empty: it names one person or workload."""
    session = _session(group)
    by_role = ROLE.fullmatch(group.actor) is not None
    kinds = {
        "anonymous": group.actor == "anonymous",
        "root": ROOT.fullmatch(group.actor) is not None,
        "default": group.user.startswith("system:serviceaccount:"),
        "machine": by_role and MACHINE.fullmatch(session) is not None,
        "unnamed": by_role and MADE_UP.fullmatch(session) is not None,
        "sessionless": by_role and not session,
    }
    return next((name for name, true in kinds.items() if true), "")


def _names(groups: Iterable[HitGroup]) -> Iterator[tuple[str, Text]]:
    """Yield the user names that several IAM identities have."""
    by_name: dict[str, list[HitGroup]] = {}
    for group in groups:
        if group.actor.startswith("arn:") and group.user:
            by_name.setdefault(group.user, []).append(group)
    for name, given in sorted(by_name.items()):
        identities = sorted({group.actor for group in given})
        if len(identities) > 1:
            text = Text("META-05.name", name=name, identities=some(identities), count=total(given))
            yield f"name:{name}", text


def _tied(
    scan: AuditLogScan, criteria: Criteria, target: Target, groups: Sequence[HitGroup], *, expected: int
) -> Verdict:
    if scan.unread is not None:
        return unseen(target.resource, scan.unread)
    window = scan.window
    read: dict[str, int | datetime] = {"events": scan.events_read, "since": window.since, "until": window.until}
    roles = _roles(groups)
    if not groups:
        text = Text("META-05.expected", count=expected, **read) if expected else Text("META-05.none", **read)
    elif roles:
        text = Text("META-05.shared_roles", count=total(groups), roles=some(roles), **read)
    else:
        text = Text("META-05.tied", count=total(groups), **read)
    return conforms(target.resource, text, limits=scan.limits(criteria.gap_minutes), throughout=window)


def _roles(groups: Iterable[HitGroup]) -> list[str]:
    """Return the roles that several sessions used, each with their number."""
    sessions: dict[str, set[str]] = {}
    for group in groups:
        if ROLE.fullmatch(group.actor):
            sessions.setdefault(group.actor, set()).add(_session(group))
    return [f"{role} ({len(names):,})" for role, names in sorted(sessions.items()) if len(names) > 1]


def _session(group: HitGroup) -> str:
    return group.terms[0] if group.terms else ""
