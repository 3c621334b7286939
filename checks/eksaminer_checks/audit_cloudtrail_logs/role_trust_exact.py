"""IRSA-01: a role can be assumed only by the service accounts that its trust policy names."""

from collections.abc import Iterator

from eksaminer.api import (
    Access,
    Basis,
    Cluster,
    Every,
    FlawId,
    Gap,
    IamRole,
    IamRoles,
    KubernetesObjects,
    Level,
    OidcProviders,
    Reach,
    RolePolicies,
    Scope,
    Seen,
    Severity,
    Text,
    Verdict,
    Width,
    access_of,
    check,
    conforms,
    deviates,
    in_words,
    not_applicable,
    shown,
    unseen,
)
from eksaminer_checks.audit_cloudtrail_logs._existing import existing
from eksaminer_checks.audit_cloudtrail_logs._remedies import TRUST_POLICY
from eksaminer_checks.audit_cloudtrail_logs._roles import (
    BESIDES,
    WIDE,
    View,
    is_outside,
    joined,
    unreadable,
    views,
)

MOST_NAMES = 20
"""So many service accounts stand in a sentence."""
MOST_SERVICES = 20
"""So many services stand among the values seen."""
STRANGERS = ("repo:nobody-of-this-name/*", "project_path:nobody-of-this-name/*", "nobody-of-this-name*")
"""Subjects of public services that belong to nobody whom a policy could mean."""
OPEN = (FlawId.NO_SUBJECT, FlawId.SUBJECT_PATTERN, FlawId.OPEN_BY_NEGATION, FlawId.OPEN_BY_ABSENT_KEY)
"""What opens a role to strangers of a public service."""
UNDECIDED = (FlawId.OTHER_CLAIM, FlawId.DEPENDS_ON_REQUEST, FlawId.POLICY_VARIABLE, FlawId.EVERYONE_PRINCIPAL)
"""What may keep strangers out, though nobody here can tell."""
ACROSS = (FlawId.NAMESPACE_WILDCARD, FlawId.SUBJECT_WILDCARD, FlawId.MISSING_COLON)
ONLY_PODS = "The policy admits other principals too: pods.eks.amazonaws.com."


@check(
    id="IRSA-01",
    title="A role can be assumed only by the service accounts that its trust policy names",
    scope=Scope.ACCOUNT,
    severity=Severity.HIGH,
    basis=Basis.GUIDE,
    recommendation="audit-cloudtrail-logs",
    criterion="Through each identity provider that a trust policy names, nobody but the service accounts that it names "
    "can assume the role; of a provider outside EKS, the subject is bounded.",
    remediation="Name each service account in StringEquals on the subject, and pin the audience. "
    "`eksaminer trust POLICY.json` writes the corrected policy.",
    command="aws iam update-assume-role-policy --role-name {name} --policy-document file://trust.json",
    references=(
        "https://docs.aws.amazon.com/eks/latest/best-practices/auditing-and-logging.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html",
    ),
    remedies=TRUST_POLICY,
    deviations=(Level.REQUIRED, Level.ADVISED),
    texts={
        "IRSA-01.exact": "Through {issuer} the role can be assumed by the service accounts that its trust policy "
        "names, and by no other: {names}.",
        "IRSA-01.nobody": "Nobody can assume the role through {issuer}; IRSA-03 says why.",
        "IRSA-01.everyone": "Every service account of {issuer} can assume the role, {witness} for one; the trust "
        "policy names {names}. {why}. {existing}. The role may reach {allowed}.",
        "IRSA-01.everyone_privileged": "Every service account of {issuer} can assume the role, {witness} for one, and "
        "the role is privileged. {power}; the trust policy names {names}. {why}. {existing}. The role may reach "
        "{allowed}.",
        "IRSA-01.across": "Service accounts of namespaces that are not named can assume the role through {issuer}, "
        "{witness} for one; the trust policy names {names}. {why}. {existing}. The role may reach {allowed}.",
        "IRSA-01.namespace": "Service accounts that are not named can assume the role through {issuer}, {witness} for "
        "one; the trust policy names {names}. {why}. {existing}. The role may reach {allowed}.",
        "IRSA-01.depends": "It depends on what no token tells who can assume the role through {issuer}, {witness} "
        "perhaps; the trust policy names {names}. {why}. {existing}. The role may reach {allowed}.",
        "IRSA-01.undecided": "The trust policy is too complex to decide exactly who can assume the role through "
        "{issuer}: it has to be taken for everyone. The role may reach {allowed}.",
        "IRSA-01.outside_bounded": "{issuer} is outside EKS. The subject is bounded: {why}.",
        "IRSA-01.outside_open": "{issuer} is outside EKS, and its subject is not bounded: whoever gets a token from it "
        "can assume the role, {witness} for one. {why}. The role may reach {allowed}.",
        "IRSA-01.outside_depends": "{issuer} is outside EKS, and its subject alone does not bound who can assume the "
        "role; more than subject and audience decides, which a person has to judge: {why}. The role may reach "
        "{allowed}.",
        "IRSA-01.unreadable": "The trust policy cannot be read, so nobody knows who can assume the role: {why}.",
        "IRSA-01.besides": "The trust policy is not about the service accounts of one cluster alone. {why}.",
    },
)
def role_trust_exact(
    roles: IamRoles,
    providers: OidcProviders | Gap,
    clusters: Every[Cluster],
    objects: Every[KubernetesObjects],
    policies: RolePolicies | Gap,
) -> Iterator[Verdict]:
    """CloudTrail tells which role made a call; only a role that one service account has leads to that account.

    The patterns of IAM are decided exactly: the example that is shown can assume the role, whether it exists
    today or whoever may create it does so tomorrow.
    """
    for role, why in unreadable(roles):
        yield deviates(role.resource, Text("IRSA-01.unreadable", why=joined([why])), level=Level.ADVISED)
    besides: dict[str, tuple[IamRole, dict[str, None]]] = {}
    for view in views(roles, providers):
        yield _outside(view, policies) if is_outside(view) else _judged(view, clusters, objects, policies)
        _, sentences = besides.setdefault(view.role.arn, (view.role, {}))
        sentences |= dict.fromkeys(item for item in view.why(*BESIDES) if item != ONLY_PODS)
    for role, sentences in besides.values():
        if sentences:
            text = Text("IRSA-01.besides", why=joined(sentences))
            yield deviates(
                role.resource, text, discriminator="besides", level=Level.ADVISED, severity=Severity.LOW
            )  # fmt: skip


def _judged(
    view: View, clusters: Every[Cluster], objects: Every[KubernetesObjects], policies: RolePolicies | Gap
) -> Verdict:
    reach, place = view.widest, view.provider
    wide = [view.policy.is_wider(view.provider, audience) for audience in view.audiences]
    if view.unsure is not None and len(set(wide)) > 1:
        return unseen(view.role.resource, view.unsure, discriminator=place)
    if view.is_dead:
        nobody = Text("IRSA-01.nobody", issuer=view.issuer)
        return not_applicable(view.role.resource, nobody, discriminator=place)
    if not any(wide) and not view.is_decided:
        return _undecided(view, _access(view.role, policies))
    if not any(wide):
        exact = Text("IRSA-01.exact", issuer=view.issuer, names=_names(reach.subjects or view.named))
        return conforms(view.role.resource, exact, discriminator=place)
    access = _access(view.role, policies)
    return _wider(view, reach, existing(view, reach, clusters, objects), access)


def _access(role: IamRole, policies: RolePolicies | Gap) -> Access | None:
    """Return what a role is allowed to do; None: that could not be read, and the engine says why."""
    return None if isinstance(policies, Gap) else access_of(policies, role.arn)


def _undecided(view: View, access: Access | None) -> Verdict:
    return deviates(
        view.role.resource,
        Text("IRSA-01.undecided", issuer=view.issuer, allowed=_allowed(access)),
        discriminator=view.provider,
        level=Level.ADVISED,
        seen=_seen(access),
    )


def _wider(view: View, reach: Reach, others: str, access: Access | None) -> Verdict:
    if not reach.is_decided:
        return _undecided(view, access)
    privileged = access is not None and access.privileged
    name, level, severity = _gravity(view, reach, privileged=privileged)
    params = {
        "issuer": view.issuer,
        "witness": shown(reach.beyond(view.named) or ""),
        "names": ", ".join(_names(view.named)) or "nobody",
        "why": joined(view.why(*WIDE) or (reach.describe(),)),
        "existing": others,
        "allowed": _allowed(access),
    }
    if access is not None and name == "everyone_privileged":
        params["power"] = joined(access.why)
    return deviates(
        view.role.resource,
        Text(f"IRSA-01.{name}", **params),
        discriminator=view.provider,
        level=level,
        severity=severity,
        seen=_seen(access),
    )


def _gravity(view: View, reach: Reach, *, privileged: bool) -> tuple[str, Level | None, Severity]:
    """Return the text, level and severity of a role that admits more than it names."""
    if reach.width not in (Width.EVERYONE, Width.NAMESPACES) and not view.why(*ACROSS):
        return "namespace", Level.ADVISED, Severity.HIGH if privileged else Severity.MEDIUM
    surely = reach.surely
    if not surely.is_decided or surely.width in (Width.NOBODY, Width.NAMESPACE) or surely.beyond(view.named) is None:
        return "depends", Level.ADVISED, Severity.HIGH
    if reach.width is Width.EVERYONE and surely.width is Width.EVERYONE:
        if privileged:
            return "everyone_privileged", None, Severity.CRITICAL
        return "everyone", None, Severity.HIGH
    return "across", None, Severity.HIGH


def _names(subjects: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(shown(subject) for subject in subjects[:MOST_NAMES])
    more = len(subjects) - len(names)
    return (*names, f"{more:,} more") if more else names


def _allowed(access: Access | None) -> str:
    return "not known, since its policies were not read" if access is None else in_words(access)


def _seen(access: Access | None) -> Seen:
    if access is None:
        return {}
    facts: Seen = {
        "power": access.power,
        "may_reach": in_words(access, MOST_SERVICES),
        "because": access.why,
        "permissions_boundary": access.boundary,
        "limits": access.limits,
    }
    return {name: value for name, value in facts.items() if value}


def _outside(view: View, policies: RolePolicies | Gap) -> Verdict:
    place, access = view.provider, _access(view.role, policies)
    reach = next((item for item in view.reaches if _is_open(item)), view.widest)
    if not _is_open(reach) and not (view.is_decided and all(map(_is_settled, view.reaches))):
        return _undecided(view, access)
    if view.is_dead:
        return not_applicable(view.role.resource, Text("IRSA-01.nobody", issuer=view.issuer), discriminator=place)
    if not _is_open(reach):
        bounded = Text("IRSA-01.outside_bounded", issuer=view.issuer, why=joined([reach.describe()]))
        return conforms(view.role.resource, bounded, discriminator=place)
    if not _is_open(reach.surely):
        return _outside_depends(view, access)
    why = joined((reach.describe(), *view.why(*OPEN)))
    return deviates(
        view.role.resource,
        Text(
            "IRSA-01.outside_open",
            issuer=view.issuer,
            witness=reach.witness() or "",
            why=why,
            allowed=_allowed(access),
        ),
        discriminator=place,
        severity=Severity.CRITICAL if access is not None and access.privileged else Severity.HIGH,
        seen=_seen(access),
    )


def _outside_depends(view: View, access: Access | None) -> Verdict:
    why = joined(view.why(*OPEN, *UNDECIDED) or (view.widest.describe(),))
    return deviates(
        view.role.resource,
        Text("IRSA-01.outside_depends", issuer=view.issuer, why=why, allowed=_allowed(access)),
        discriminator=view.provider,
        level=Level.ADVISED,
        severity=Severity.HIGH if access is not None and access.privileged else Severity.MEDIUM,
        seen=_seen(access),
    )


def _is_open(reach: Reach) -> bool:
    """Return whether strangers are known to be admitted."""
    parts = (reach.within(stranger) for stranger in STRANGERS)
    return reach.is_decided and (reach.is_everyone or any(part.is_decided and not part.is_empty for part in parts))


def _is_settled(reach: Reach) -> bool:
    """Return whether it could be decided if strangers are admitted."""
    return all(reach.within(stranger).is_decided for stranger in STRANGERS)
