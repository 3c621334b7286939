"""Everything there is to say of a trust policy, as values that a report or a pipeline can take."""

from typing import Any

from eksaminer.record import Record
from eksaminer.trust.condition import AUDIENCE, Request
from eksaminer.trust.correct import corrected
from eksaminer.trust.flaw import Flaw, find_flaws
from eksaminer.trust.pods import (
    ASSUME_ROLE,
    PODS,
    STRANGER,
    TAG_SESSION,
    allows_pods,
    never_for_pods,
    pods_may,
    trusts_pods,
)
from eksaminer.trust.policy import Answer, Reason, TrustPolicy
from eksaminer.trust.provider import issuer_of
from eksaminer.trust.reach import Reach, Width

SCHEMA = "eksaminer.trust/1"


class Admitted(Record, frozen=True, kw_only=True):
    """Who is admitted, by a policy or by one statement of it."""

    width: Width
    sentence: str
    witness: str
    """The shortest subject; empty: nobody, or undecided."""
    is_certain: bool
    """Whether the rest of the request makes no difference."""
    surely: Width
    """How many are admitted whatever the rest of the request is."""


class ExaminedStatement(Record, frozen=True, kw_only=True):
    """A statement that may speak of web identities of a provider, as seen from there."""

    index: int
    sid: str
    allows: bool
    admitted: Admitted
    """Of a Deny: who is denied."""


class Tried(Record, frozen=True, kw_only=True):
    """The answer about one subject, and what every statement says about it."""

    subject: str
    answer: Answer
    reasons: tuple[Reason, ...]


class ExaminedProvider(Record, frozen=True, kw_only=True):
    """A policy as seen from one identity provider."""

    provider: str
    issuer: str
    admitted: Admitted
    named: tuple[str, ...]
    """The legal subjects that the policy means by name."""
    beyond: str
    """The shortest subject that is admitted besides the named ones; empty: none, or undecided."""
    is_wider: bool
    """Whether more are admitted than are named; true where that is undecided."""
    subjects: tuple[str, ...]
    """All that are admitted, where they are few."""
    statements: tuple[ExaminedStatement, ...]
    flaws: tuple[Flaw, ...]
    tried: tuple[Tried, ...]


class ExaminedPods(Record, frozen=True, kw_only=True):
    """What a policy lets EKS Pod Identity do."""

    lacking: tuple[str, ...]
    """The actions that it needs and is not allowed; with one of them missing, no pod gets the role."""
    never: tuple[str, ...]
    """The conditions that ask for what EKS never sends: no pod gets the role; empty: none does."""
    stranger: Answer
    """Whether a workload that nobody named may have the role; `no`: the conditions keep it out."""


class Examined(Record, frozen=True, kw_only=True):
    """A policy, provider by provider."""

    schema: str = SCHEMA
    version: str
    audience: str
    is_wider: bool
    providers: tuple[ExaminedProvider, ...]
    pods: ExaminedPods | None
    """None: the policy does not speak of EKS Pod Identity."""
    others: tuple[str, ...]
    """The other principals that it allows something, sorted."""
    corrected: dict[str, Any]
    """The policy with exact statements; empty: nothing has to change."""


def examine(
    policy: TrustPolicy,
    providers: tuple[str, ...] = (),
    audience: str = AUDIENCE,
    subjects: tuple[str, ...] = (),
) -> Examined:
    """Return everything there is to say of *policy*.

    Args:
        policy: The policy.
        providers: From where to look at it. Default: every provider that it names.
        audience: The audience of the tokens.
        subjects: Subjects to try.
    """
    seen_from = providers or policy.providers
    found = tuple(_from(policy, provider, audience, subjects) for provider in seen_from)
    return Examined(
        version=policy.version,
        audience=audience,
        is_wider=any(item.is_wider for item in found),
        providers=found,
        pods=_pods(policy),
        others=_others(policy),
        corrected=corrected(policy, seen_from, audience) or {},
    )


def _pods(policy: TrustPolicy) -> ExaminedPods | None:
    if not trusts_pods(policy):
        return None
    lacking = tuple(action for action in (ASSUME_ROLE, TAG_SESSION) if not allows_pods(policy, action))
    return ExaminedPods(
        lacking=lacking,
        never=never_for_pods(policy, ASSUME_ROLE),
        stranger=pods_may(policy, ASSUME_ROLE, STRANGER),
    )


def _others(policy: TrustPolicy) -> tuple[str, ...]:
    names = {
        item.name
        for statement in policy.statements
        if statement.allows and not statement.not_principals
        for item in statement.principals
        if (item.kind != "Federated" or ":saml-provider/" in item.name) and item.name.lower() != PODS
    }
    return tuple(sorted(names))


def _from(policy: TrustPolicy, provider: str, audience: str, subjects: tuple[str, ...]) -> ExaminedProvider:
    request = Request(provider=provider, audience=audience)
    reach = policy.reach(provider, audience)
    named = policy.named(provider)
    beyond = reach.beyond(named)
    return ExaminedProvider(
        provider=provider,
        issuer=issuer_of(provider),
        admitted=_admitted(reach),
        named=named,
        beyond=beyond or "",
        is_wider=beyond is not None or not reach.is_decided,
        subjects=reach.subjects or (),
        statements=tuple(
            _statement(policy, statement.index, provider, audience)
            for statement in policy.statements
            if policy.concerns(statement, request)
        ),
        flaws=find_flaws(policy, provider, audience),
        tried=tuple(_tried(policy, provider, audience, subject) for subject in subjects),
    )


def _admitted(reach: Reach, *, denied: bool = False) -> Admitted:
    return Admitted(
        width=reach.width,
        sentence=reach.describe(denied=denied),
        witness=reach.witness() or "",
        is_certain=reach.is_certain,
        surely=reach.surely.width,
    )


def _statement(policy: TrustPolicy, index: int, provider: str, audience: str) -> ExaminedStatement:
    statement = policy.statements[index]
    return ExaminedStatement(
        index=index,
        sid=statement.sid,
        allows=statement.allows,
        admitted=_admitted(policy.reach_of_statement(index, provider, audience), denied=not statement.allows),
    )


def _tried(policy: TrustPolicy, provider: str, audience: str, subject: str) -> Tried:
    return Tried(
        subject=subject,
        answer=policy.may_assume(provider, subject, audience),
        reasons=policy.why(provider, subject, audience),
    )
