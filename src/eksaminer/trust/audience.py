"""The audiences that tokens of a provider may have, and for which of them a policy admits most."""

from collections.abc import Iterable
from functools import lru_cache

from eksaminer.trust.condition import AUDIENCE, KeyKind, Request, kind_of_key
from eksaminer.trust.document import TrustPolicyError
from eksaminer.trust.policy import MOST_AUDIENCES, TrustPolicy
from eksaminer.trust.reach import Width

_WIDTHS = (Width.NOBODY, Width.NAMED, Width.NAMESPACE, Width.UNDECIDED, Width.NAMESPACES, Width.EVERYONE)
"""From what is judged most mildly to what is judged most severely."""


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


@lru_cache(maxsize=4096)
def widest_audience(policy: TrustPolicy, provider_arn: str, audiences: tuple[str, ...]) -> str:
    """Return the audience that admits most; where none admits more than is named, the first that admits anybody."""
    wide = [audience for audience in audiences if policy.is_wider(provider_arn, audience)]
    if wide:
        return max(wide, key=lambda audience: _WIDTHS.index(policy.reach(provider_arn, audience).width))
    some = (audience for audience in audiences if not policy.reach(provider_arn, audience).is_empty)
    return next(some, audiences[0])


@lru_cache(maxsize=4096)
def read_policy(document: str) -> TrustPolicy | str:
    """Return a trust policy, read once however often it is asked for; or the sentence that says why it is none."""
    try:
        return TrustPolicy.from_document(document)
    except TrustPolicyError as error:
        return str(error)
