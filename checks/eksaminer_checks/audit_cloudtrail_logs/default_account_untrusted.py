"""IRSA-06: no role trusts a namespace's default service account."""

from collections.abc import Iterator

from eksaminer.api import (
    Basis,
    Gap,
    IamRoles,
    Level,
    OidcProviders,
    Scope,
    Severity,
    Text,
    Verdict,
    check,
    conforms,
    deviates,
    not_applicable,
    shown,
)
from eksaminer_checks.audit_cloudtrail_logs._remedies import TRUST_POLICY
from eksaminer_checks.audit_cloudtrail_logs._roles import View, is_outside, joined, unreadable, views

DEFAULT = "system:serviceaccount:*:default"


@check(
    id="IRSA-06",
    title="No role trusts the default service account of a namespace",
    scope=Scope.ACCOUNT,
    severity=Severity.MEDIUM,
    basis=Basis.BEYOND,
    recommendation="audit-cloudtrail-logs",
    criterion="No trust policy admits the service account `default` of a namespace.",
    remediation="Give the workload a service account of its own, and name that in the trust policy.",
    references=("https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html",),
    remedies=TRUST_POLICY,
    deviations=(Level.REQUIRED, Level.ADVISED),
    texts={
        "IRSA-06.none": "No default service account of {issuer} can assume the role.",
        "IRSA-06.named": "The trust policy names {names} of {issuer}: every pod of the namespace that names no service "
        "account can assume the role.",
        "IRSA-06.wildcard": "By a wildcard, default service accounts of {issuer} can assume the role, {witness} for "
        "one; IRSA-01 judges the wildcard.",
        "IRSA-06.undecided": "The trust policy is too complex to decide whether a default service account of {issuer} "
        "can assume the role.",
        "IRSA-06.outside": "{issuer} is outside EKS and issues no service accounts.",
        "IRSA-06.unreadable": "The trust policy cannot be read, so nobody knows who can assume the role: {why}.",
    },
)
def default_account_untrusted(roles: IamRoles, providers: OidcProviders | Gap) -> Iterator[Verdict]:
    """Every pod that names no service account runs as the default one: its calls cannot be told apart."""
    for role, why in unreadable(roles):
        yield deviates(role.resource, Text("IRSA-06.unreadable", why=joined([why])), level=Level.ADVISED)
    for view in views(roles, providers):
        yield _judged(view)


def _judged(view: View) -> Verdict:
    role, place, issuer = view.role.resource, view.provider, view.issuer
    if is_outside(view):
        return not_applicable(role, Text("IRSA-06.outside", issuer=issuer), discriminator=place)
    reaches = [reach.within(DEFAULT) for reach in view.reaches]
    named = tuple(
        shown(name) for name in view.named if name.endswith(":default") and any(name in reach for reach in reaches)
    )
    if named:
        return deviates(role, Text("IRSA-06.named", issuer=issuer, names=named), discriminator=place)
    if not (view.is_decided and all(reach.is_decided for reach in reaches)):
        return deviates(role, Text("IRSA-06.undecided", issuer=issuer), discriminator=place, level=Level.ADVISED)
    witness = next((found for reach in reaches if (found := reach.witness())), None)
    if witness is not None:
        text = Text("IRSA-06.wildcard", issuer=issuer, witness=shown(witness))
        return deviates(role, text, discriminator=place, level=Level.ADVISED)
    return conforms(role, Text("IRSA-06.none", issuer=issuer), discriminator=place)
