"""The audiences that tokens of a provider may have, and whether a policy admits more than it names for any of them."""

from collections.abc import Iterable

from eksaminer.trust.condition import AUDIENCE, KeyKind, Request, kind_of_key
from eksaminer.trust.policy import TrustPolicy

MOST_AUDIENCES = 100
"""As many client ids as IAM takes for a provider."""


def audiences_of(policy: TrustPolicy, provider_arn: str, client_ids: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return the audiences to ask about, in a fixed order; more than `MOST_AUDIENCES` are not all that there are.

    Args:
        policy: The policy.
        provider_arn: The ARN of the identity provider.
        client_ids: The audiences that the provider takes. None: not known; the usual one and those that
            the policy names stand for them.
    """
    if client_ids is not None:
        return tuple(sorted(client_ids))[: MOST_AUDIENCES + 1]
    request = Request(provider=provider_arn)
    named = {
        value
        for statement in policy.statements
        if policy.concerns(statement, request)
        for condition in statement.conditions
        if kind_of_key(condition.key, request) is KeyKind.AUDIENCE
        for value in condition.values
        if not {"*", "?", "$"} & set(value)
    }
    return (AUDIENCE, *sorted(named - {AUDIENCE}))[: MOST_AUDIENCES + 1]


def is_wider(policy: TrustPolicy) -> bool:
    """Return whether a policy admits more than it names through any provider; true where that is undecided."""
    return any(
        is_wider_from(policy, provider, audience)
        for provider in policy.providers
        for audience in audiences_of(policy, provider)
    )


def is_wider_from(policy: TrustPolicy, provider_arn: str, audience: str) -> bool:
    """Return whether a policy admits more than it names through one provider; true where that is undecided."""
    reach = policy.reach(provider_arn, audience)
    return not reach.is_decided or reach.beyond(policy.named(provider_arn)) is not None
