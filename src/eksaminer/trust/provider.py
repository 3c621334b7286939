"""Identity providers: their ARNs, their issuers, and what kind of subjects they issue."""

from enum import StrEnum
from functools import lru_cache

_CLUSTERS = ("oidc.eks.", "oidc-eks.")
_SHARED = (
    "token.actions.githubusercontent.com",
    "gitlab.com",
    "accounts.google.com",
    "cognito-identity.amazonaws.com",
    "graph.facebook.com",
    "www.amazon.com",
    "app.terraform.io",
    "api.bitbucket.org",
    "oidc.circleci.com",
    "agent.buildkite.com",
    "oidc.vercel.com",
    "login.microsoftonline.com",
    "sts.windows.net",
)
"""Providers of many customers at once, which issue no service account."""


class Issuer(StrEnum):
    """Who issues the tokens."""

    EKS = "eks"
    SHARED = "shared"
    """A public service; its subjects are no service accounts."""
    OTHER = "other"
    """A cluster that hosts its issuer itself, or anything else."""


def issuer_of(provider_arn: str) -> str:
    """Return the issuer of a provider without `https://`, as condition keys begin with it."""
    _, found, issuer = provider_arn.partition(":oidc-provider/")
    return (issuer if found else provider_arn).removeprefix("https://").rstrip("/")


@lru_cache(maxsize=4096)
def issuer_kind(provider_arn: str) -> Issuer:
    """Return what kind of issuer a provider is."""
    host = issuer_of(provider_arn).lower().partition("/")[0]
    if host.startswith(_CLUSTERS):
        return Issuer.EKS
    if any(host == shared or host.endswith(f".{shared}") for shared in _SHARED):
        return Issuer.SHARED
    return Issuer.OTHER
