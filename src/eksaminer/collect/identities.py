"""The roles and identity providers of the account, each read once, several at a time."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

import msgspec

from eksaminer.collect.areas import Sections
from eksaminer.collect.aws.iam import (
    read_client_ids,
    read_provider_arns,
    read_role_policies,
    read_roles,
)
from eksaminer.collect.aws.reader import Reader
from eksaminer.collect.discovery import DEFAULT_REGION, Discovery, lost
from eksaminer.collect.gaps import attempt
from eksaminer.evidence.iam import IamRoles, OidcProvider, OidcProviders, RolePolicies
from eksaminer.evidence.model import Section
from eksaminer.gap import Gap
from eksaminer.trust import issuer_of

T = TypeVar("T")
WORKERS = 8
"""IAM is one service for all regions, with one limit of requests a second."""


def read_identities(found: Discovery) -> Sections:
    """Read who may assume the roles of the account. `Discovery.discover` came before."""
    identities = _Identities(found)
    tasks: dict[str, Callable[[], Section | Gap]] = {
        IamRoles.key: lambda: attempt(identities.roles, "the roles"),
        RolePolicies.key: lambda: attempt(identities.policies, "the policies of the roles"),
        OidcProviders.key: lambda: attempt(identities.providers, "the identity providers"),
    }
    listed = found.pool.run(tasks, lambda key: f"IAM: {key.replace('_', ' ')}")
    sections: Sections = {key: listed.get(key) or lost(found.aws) for key in tasks}
    providers = sections[OidcProviders.key]
    if isinstance(providers, OidcProviders):
        sections[OidcProviders.key] = identities.with_client_ids(providers)
    return sections


class _Identities:
    def __init__(self, found: Discovery) -> None:
        self._found = found
        self._region = found.aws.region or next(iter(found.regions), DEFAULT_REGION)

    def _reader(self) -> Reader:
        return Reader(self._found.aws, self._region)

    def roles(self) -> IamRoles:
        reader = self._reader()
        roles, others = read_roles(reader)
        return IamRoles(sources=reader.sources, roles=roles, others=others)

    def policies(self) -> RolePolicies:
        reader = self._reader()
        roles, managed = read_role_policies(reader)
        return RolePolicies(sources=reader.sources, roles=roles, managed=managed)

    def providers(self) -> OidcProviders:
        reader = self._reader()
        arns = read_provider_arns(reader)
        found = tuple(OidcProvider(arn=arn, issuer=issuer_of(arn), client_ids=()) for arn in arns)
        return OidcProviders(sources=reader.sources, providers=found)

    def with_client_ids(self, section: OidcProviders) -> OidcProviders:
        arns = [provider.arn for provider in section.providers]
        read, sources = self._each(arns, read_client_ids, "the identity provider")
        providers = tuple(
            msgspec.structs.replace(provider, client_ids=read[provider.arn]) for provider in section.providers
        )
        return OidcProviders(sources=(*section.sources, *sources), providers=providers)

    def _each(
        self, names: Iterable[str], read: Callable[[Reader, str], T], what: str
    ) -> tuple[dict[str, T | Gap], tuple[str, ...]]:
        """Read something of each name; return it by name, and what all of it was read from."""

        def one(name: str) -> tuple[T | Gap, tuple[str, ...]]:
            reader = self._reader()
            return attempt(lambda: read(reader, name), f"{what} {name}"), reader.sources

        tasks = {name: partial(one, name) for name in names}
        answers = self._found.pool.run(tasks, lambda name: f"IAM: {name.rpartition('/')[2]}", workers=WORKERS)
        missed: tuple[Gap, tuple[str, ...]] = (lost(self._found.aws), ())
        parts = {name: answers.get(name, missed) for name in tasks}
        return {name: part for name, (part, _) in parts.items()}, tuple(
            source for _, sources in parts.values() for source in sources
        )
