"""IRSA-04: the identity provider belongs to a living cluster of this account."""

import re
from collections.abc import Iterator

from eksaminer.api import (
    ANY_PROVIDER,
    Basis,
    Cluster,
    Every,
    IamRoles,
    Issuer,
    Level,
    OidcProvider,
    OidcProviders,
    Resource,
    Scope,
    Severity,
    Target,
    Text,
    TrustPolicy,
    Verdict,
    check,
    conforms,
    deviates,
    issuer_kind,
    not_applicable,
    unseen,
)
from eksaminer_checks.audit_cloudtrail_logs._issuers import hides, region_of
from eksaminer_checks.audit_cloudtrail_logs._roles import policy_of

MOST_ROLES = 10
_BUCKET = re.compile(r"(.+\.)?s3[.-]([a-z0-9.-]+\.)?amazonaws\.com(\.cn)?$")
FREE_NAMES = (
    ".cloudfront.net",
    ".github.io",
    ".gitlab.io",
    ".netlify.app",
    ".vercel.app",
    ".pages.dev",
    ".web.app",
    ".azurewebsites.net",
    ".blob.core.windows.net",
    ".web.core.windows.net",
    "storage.googleapis.com",
)
"""Hosts on which whoever asks first gets a name that is free, such as that of a deleted bucket."""

REMEDIES = {
    "console": "IAM › Identity providers › {name} › Delete",
}


@check(
    id="IRSA-04",
    title="Identity providers belong to living clusters of this account",
    scope=Scope.ACCOUNT,
    severity=Severity.LOW,
    basis=Basis.BEYOND,
    recommendation="audit-cloudtrail-logs",
    criterion="Each identity provider of the account, and each that a role trusts, is that of a cluster that exists; "
    "no issuer can be taken over.",
    remediation="Delete the identity provider (aws iam delete-open-id-connect-provider), and the roles that only it "
    "could assume. Move an issuer that you host yourself to a name that nobody else can get.",
    references=("https://docs.aws.amazon.com/eks/latest/userguide/enable-iam-roles-for-service-accounts.html",),
    level=Level.ADVISED,
    deviations=(Level.REQUIRED, Level.ADVISED),
    remedies=REMEDIES,
    texts={
        "IRSA-04.living": "The issuer is that of the cluster {cluster} in {region}.",
        "IRSA-04.orphaned": "No cluster that this account has in {region} has this issuer: the cluster was "
        "deleted, or belongs to another account. Roles that trust it: {roles}.",
        "IRSA-04.take_over": "The issuer is hosted at {host}, where anybody gets a name that is free: once the bucket "
        "or site is gone, whoever takes its name can assume the roles that trust it: {roles}.",
        "IRSA-04.self_hosted": "The issuer {issuer} is no EKS cluster; whoever controls {host} can assume the roles "
        "that trust it: {roles}.",
        "IRSA-04.shared": "The issuer {issuer} is a public service outside EKS.",
        "IRSA-04.missing": "The account has no such identity provider, so nobody can assume the roles that trust it: "
        "{roles}.",
        "IRSA-04.other_account": "The identity provider belongs to the account {account}: a role can be assumed only "
        "through a provider of its own account. Roles that trust it: {roles}.",
    },
)
def provider_of_living_cluster(
    providers: OidcProviders, roles: IamRoles, clusters: Every[Cluster], target: Target
) -> Iterator[Verdict]:
    """A provider without its cluster is a door without a house; an issuer that can be taken over is a key for sale."""
    trusting = _trusting(roles)
    for provider in providers.providers:
        yield _judged(provider, trusting.get(provider.arn, ()), clusters)
    known = {provider.arn for provider in providers.providers}
    for arn, names in sorted(trusting.items()):
        if ":oidc-provider/" in arn and arn not in known:
            yield _missing(arn, names, target)


def _trusting(roles: IamRoles) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for role in roles.roles:
        policy = policy_of(role)
        if isinstance(policy, TrustPolicy):
            for arn in policy.providers:
                if arn != ANY_PROVIDER:
                    found.setdefault(arn, []).append(role.name)
    return {arn: tuple(sorted(names)) for arn, names in found.items()}


def _judged(provider: OidcProvider, roles: tuple[str, ...], clusters: Every[Cluster]) -> Verdict:
    resource = provider.resource
    kind = issuer_kind(provider.arn)
    host = provider.issuer.partition("/")[0].lower()
    if kind is Issuer.EKS:
        return _of_cluster(provider, roles, clusters)
    if kind is Issuer.SHARED:
        return not_applicable(resource, Text("IRSA-04.shared", issuer=provider.issuer))
    if host.endswith(FREE_NAMES) or _BUCKET.match(host):
        taken = Text("IRSA-04.take_over", host=host, roles=_listed(roles))
        return deviates(resource, taken, level=Level.REQUIRED, severity=Severity.HIGH)
    return deviates(resource, Text("IRSA-04.self_hosted", issuer=provider.issuer, host=host, roles=_listed(roles)))


def _of_cluster(provider: OidcProvider, roles: tuple[str, ...], clusters: Every[Cluster]) -> Verdict:
    for target, cluster in clusters.items:
        if cluster.issuer == provider.issuer:
            living = Text("IRSA-04.living", cluster=cluster.name, region=target.region)
            return conforms(provider.resource, living)
    region = region_of(provider.issuer)
    gap = hides(clusters, region)
    if gap is not None:
        return unseen(provider.resource, gap)
    return deviates(
        provider.resource, Text("IRSA-04.orphaned", region=region or "any region", roles=_listed(roles))
    )  # fmt: skip


def _missing(arn: str, roles: tuple[str, ...], target: Target) -> Verdict:
    resource = Resource(type="AWS::IAM::OIDCProvider", id=arn)
    account = arn.split(":")[4] if arn.count(":") > 4 else ""  # noqa: PLR2004 - the account is the fifth part of an ARN
    if account and account != target.account:
        return deviates(resource, Text("IRSA-04.other_account", account=account, roles=_listed(roles)))
    return deviates(resource, Text("IRSA-04.missing", roles=_listed(roles)))


def _listed(roles: tuple[str, ...]) -> tuple[str, ...]:
    more = len(roles) - MOST_ROLES
    return (*roles[:MOST_ROLES], f"{more:,} more") if more > 0 else roles
