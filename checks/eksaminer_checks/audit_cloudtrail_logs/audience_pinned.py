"""IRSA-02: the token audience is pinned."""

from collections.abc import Iterator

from eksaminer.api import (
    Basis,
    FlawId,
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
)
from eksaminer_checks.audit_cloudtrail_logs._remedies import TRUST_POLICY
from eksaminer_checks.audit_cloudtrail_logs._roles import View, joined, unreadable, views


@check(
    id="IRSA-02",
    title="Trust policies pin the token audience",
    scope=Scope.ACCOUNT,
    severity=Severity.LOW,
    basis=Basis.BEYOND,
    recommendation="audit-cloudtrail-logs",
    criterion="A trust policy takes tokens for the audience that it names, and for no other.",
    remediation="Add StringEquals on ISSUER:aud with sts.amazonaws.com.",
    command="aws iam update-assume-role-policy --role-name {name} --policy-document file://trust.json",
    references=("https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",),
    level=Level.ADVISED,
    remedies=TRUST_POLICY,
    texts={
        "IRSA-02.pinned": "Through {issuer} the role takes tokens for the audience that its trust policy names.",
        "IRSA-02.open": "Through {issuer} the role takes tokens for any audience that the provider takes "
        "({audiences}): the trust policy does not pin it.",
        "IRSA-02.nobody": "Nobody can assume the role through {issuer}; IRSA-03 says why.",
        "IRSA-02.undecided": "The trust policy is too complex to decide whether it pins the audience of {issuer}.",
        "IRSA-02.unreadable": "The trust policy cannot be read: {why}.",
    },
)
def audience_pinned(roles: IamRoles, providers: OidcProviders | Gap) -> Iterator[Verdict]:
    """A token that was made for another service, and leaked there, must not open a role."""
    for role, why in unreadable(roles):
        yield deviates(role.resource, Text("IRSA-02.unreadable", why=joined([why])))
    for view in views(roles, providers):
        yield _judged(view)


def _judged(view: View) -> Verdict:
    role, place = view.role.resource, view.provider
    if not view.is_decided:
        return deviates(role, Text("IRSA-02.undecided", issuer=view.issuer), discriminator=place)
    if view.is_dead:
        return not_applicable(role, Text("IRSA-02.nobody", issuer=view.issuer), discriminator=place)
    if view.why(FlawId.AUDIENCE_NOT_PINNED):
        audiences = "it is not known which" if view.unsure is not None else ", ".join(view.audiences)
        return deviates(role, Text("IRSA-02.open", issuer=view.issuer, audiences=audiences), discriminator=place)
    return conforms(role, Text("IRSA-02.pinned", issuer=view.issuer), discriminator=place)
