"""IRSA-03: the trust policy can be satisfied."""

from collections.abc import Iterator

from eksaminer.api import (
    Basis,
    FlawId,
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
    shown,
    unseen,
)
from eksaminer_checks.audit_cloudtrail_logs._remedies import TRUST_POLICY
from eksaminer_checks.audit_cloudtrail_logs._roles import View, joined, unreadable, views

IN_PART = (
    FlawId.OTHER_ISSUER,
    FlawId.ABSENT_CLAIM,
    FlawId.WILDCARD_IN_EQUALS,
    FlawId.UPPER_CASE,
    FlawId.TOO_LONG,
    FlawId.NOT_A_SUBJECT,
    FlawId.CONTRADICTION,
)
"""What makes a condition, or one value of it, match nothing."""
PROVIDER_ARN = ":oidc-provider/"
WHOLE = (*IN_PART, FlawId.AUDIENCE_MISMATCH, FlawId.EMPTIED_BY_DENY, FlawId.NO_WEB_IDENTITY)


@check(
    id="IRSA-03",
    title="Trust policies can be satisfied",
    scope=Scope.ACCOUNT,
    severity=Severity.LOW,
    basis=Basis.BEYOND,
    recommendation="audit-cloudtrail-logs",
    criterion="Somebody can assume the role through each identity provider that its trust policy names, and every "
    "condition of it can match.",
    remediation="Correct the condition that can never match, or delete the role.",
    references=(
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html",
    ),
    level=Level.ADVISED,
    remedies=TRUST_POLICY,
    texts={
        "IRSA-03.satisfiable": "{witness} of {issuer} can assume the role.",
        "IRSA-03.perhaps": "{witness} of {issuer} may be able to assume the role, depending on what no token tells.",
        "IRSA-03.no_provider": "Nobody can assume the role through {issuer}: the account has no such identity "
        "provider.",
        "IRSA-03.dead": "Nobody can assume the role through {issuer}. {why}.",
        "IRSA-03.in_part": "A part of the trust policy can never apply to {issuer}. {why}.",
        "IRSA-03.undecided": "The trust policy is too complex to decide whether anybody can assume the role through "
        "{issuer}.",
        "IRSA-03.unreadable": "The trust policy cannot be read, so nobody knows who can assume the role: {why}.",
    },
)
def trust_satisfiable(roles: IamRoles, providers: OidcProviders) -> Iterator[Verdict]:
    """A condition that never matches is a mistake: whoever repairs it in haste tends to open it for everyone."""
    for role, why in unreadable(roles):
        yield deviates(role.resource, Text("IRSA-03.unreadable", why=joined([why])))
    for view in views(roles, providers):
        # Providers of AWS itself, such as accounts.google.com, are in no list.
        if PROVIDER_ARN in view.provider and providers.find(view.provider) is None:
            text = Text("IRSA-03.no_provider", issuer=view.issuer)
            yield deviates(view.role.resource, text, discriminator=view.provider)
        else:
            yield _judged(view)


def _judged(view: View) -> Verdict:
    role, place = view.role.resource, view.provider
    if view.unsure is not None:
        return unseen(role, view.unsure, discriminator=place)
    if not view.is_decided:
        return deviates(role, Text("IRSA-03.undecided", issuer=view.issuer), discriminator=place)
    if view.is_dead:
        why = joined(view.why(*WHOLE) or ("No token fulfils its conditions.",))
        return deviates(role, Text("IRSA-03.dead", issuer=view.issuer, why=why), discriminator=place)
    broken = view.why(*IN_PART)
    if broken:
        return deviates(role, Text("IRSA-03.in_part", issuer=view.issuer, why=joined(broken)), discriminator=place)
    surely = view.widest.surely.witness()
    name, witness = ("satisfiable", surely) if surely else ("perhaps", view.widest.witness())
    return conforms(
        role, Text(f"IRSA-03.{name}", issuer=view.issuer, witness=shown(witness or "")), discriminator=place
    )
