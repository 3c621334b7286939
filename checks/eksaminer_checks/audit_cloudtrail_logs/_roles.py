"""The trust policies of the account, read once and seen provider by provider. Shared by the IRSA checks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from eksaminer.api import (
    MOST_AUDIENCES,
    Every,
    FlawId,
    Gap,
    IamRole,
    IamRoles,
    Issuer,
    OidcProviders,
    Reach,
    Section,
    Target,
    TrustPolicy,
    Verdict,
    audiences_of,
    find_flaws,
    issuer_kind,
    issuer_of,
    read_policy,
    unseen,
    widest_audience,
)

S = TypeVar("S", bound=Section)
MOST_SENTENCES = 8
"""So many sentences stand in another one."""
BESIDES = (
    FlawId.BROAD_ACTION,
    FlawId.NOT_ACTION,
    FlawId.OTHER_PRINCIPALS,
    FlawId.SEVERAL_PROVIDERS,
)
"""What is worth knowing though it makes nothing wider for a service account."""
WIDE = tuple(
    flaw for flaw in FlawId if flaw not in (*BESIDES, FlawId.AUDIENCE_NOT_PINNED, FlawId.DEFAULT_ACCOUNT)
)  # fmt: skip
"""What makes a policy wider than the names in it, or uncertain."""


@dataclass(frozen=True, slots=True)
class View:
    """A role as seen from one identity provider that its trust policy names."""

    role: IamRole
    policy: TrustPolicy
    provider: str
    audiences: tuple[str, ...]
    """The audiences that tokens of the provider can have, as far as that is known."""
    unsure: Gap | None
    """Why it is not known which audiences the provider takes; None: it is known."""

    @property
    def issuer(self) -> str:
        """The issuer without `https://`."""
        return issuer_of(self.provider)

    @property
    def kind(self) -> Issuer:
        """Who issues the tokens."""
        return issuer_kind(self.provider)

    @property
    def named(self) -> tuple[str, ...]:
        """The subjects that the policy names."""
        return self.policy.named(self.provider)

    def reach(self, audience: str) -> Reach:
        """Return who may assume the role with a token for *audience*."""
        return self.policy.reach(self.provider, audience)

    @property
    def reaches(self) -> tuple[Reach, ...]:
        """Who may assume the role, once for all audiences that admit the same."""
        return tuple(dict.fromkeys(map(self.reach, self.audiences)))

    @property
    def widest(self) -> Reach:
        """The widest reach of any audience; where none admits more than is named, the first that admits any."""
        return self.reach(widest_audience(self.policy, self.provider, self.audiences))

    @property
    def is_dead(self) -> bool:
        """Whether nobody is admitted, whatever the audience."""
        return all(reach.is_empty for reach in self.reaches)

    @property
    def is_decided(self) -> bool:
        """Whether the policy could be decided for every audience."""
        known = len(self.audiences) <= MOST_AUDIENCES
        return known and all(reach.is_decided for reach in self.reaches)

    def why(self, *wanted: FlawId) -> tuple[str, ...]:
        """Return the sentences about the given flaws, for the audience that admits most."""
        return why(self.policy, self.provider, widest_audience(self.policy, self.provider, self.audiences), *wanted)


def why(policy: TrustPolicy, provider: str, audience: str, *wanted: FlawId) -> tuple[str, ...]:
    """Return the sentences about the given flaws of a policy."""
    return tuple(sentence for identifier, sentence in _flaws(policy, provider, audience) if identifier in wanted)


@lru_cache(maxsize=4096)
def _flaws(policy: TrustPolicy, provider: str, audience: str) -> tuple[tuple[FlawId, str], ...]:
    return tuple((flaw.id, flaw.sentence) for flaw in find_flaws(policy, provider, audience))


def policy_of(role: IamRole) -> TrustPolicy | str:
    """Return the trust policy of a role, or the sentence that says why it cannot be read."""
    return read_policy(role.trust_policy)


def unreadable(roles: IamRoles) -> Iterator[tuple[IamRole, str]]:
    """Give the roles whose trust policy cannot be read, with the reason."""
    for role in roles.roles:
        policy = policy_of(role)
        if isinstance(policy, str):
            yield role, policy


def views(roles: IamRoles, providers: OidcProviders | Gap) -> Iterator[View]:
    """Give every role whose trust policy can be read, once for each identity provider that it names."""
    for role in roles.roles:
        policy = policy_of(role)
        if isinstance(policy, TrustPolicy):
            for arn in policy.providers:
                client_ids, unsure = _client_ids(arn, providers)
                yield View(role, policy, arn, audiences_of(policy, arn, client_ids), unsure)


def _client_ids(arn: str, providers: OidcProviders | Gap) -> tuple[tuple[str, ...] | None, Gap | None]:
    """Return the audiences that a provider takes. Of one that the account does not have there are none to know."""
    if isinstance(providers, Gap):
        return None, providers
    found = providers.find(arn)
    if found is None:
        return None, None
    return (None, found.client_ids) if isinstance(found.client_ids, Gap) else (found.client_ids or None, None)


def unlisted(target: Target, below: Every[S]) -> Iterator[Verdict]:
    """Say of what region clusters may have been missed; one that nobody asked for is not missed."""
    for region, gap in sorted(below.unlisted.items()):
        if gap.cause.gates:
            yield unseen(target.resource, gap, discriminator=region)


def is_outside(view: View) -> bool:
    """Return whether a provider issues no service accounts: a public service, or another kind of issuer."""
    return view.kind is Issuer.SHARED or not view.policy.subjects_for(view.provider).prefix


def joined(sentences: Iterable[str]) -> str:
    """Return sentences as the end of a sentence: without the last full stop, and without those of a long list."""
    known = tuple(sentences)
    more = len(known) - MOST_SENTENCES
    shown = (*known[:MOST_SENTENCES], f"And {more:,} more of the kind.") if more > 0 else known
    return " ".join(shown).rstrip(".")
