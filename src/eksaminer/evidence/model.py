"""The evidence of one target: immutable, serialisable, hashable, complete about its own gaps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Generic, TypeVar

from eksaminer.gap import Cause, Gap
from eksaminer.outcome import Resource, Scope
from eksaminer.record import Record


class Target(Record, frozen=True, order=True, kw_only=True):
    """What is assessed: an account, a region of it, or a cluster in that."""

    account: str
    region: str = ""
    cluster: str = ""
    partition: str = "aws"

    @property
    def scope(self) -> Scope:
        """The kind of target."""
        if self.cluster:
            return Scope.CLUSTER
        return Scope.REGION if self.region else Scope.ACCOUNT

    @property
    def label(self) -> str:
        """`account/region/cluster`, as far as it goes."""
        return "/".join(part for part in (self.account, self.region, self.cluster) if part)

    @property
    def resource(self) -> Resource:
        """The target itself as a resource."""
        match self.scope:
            case Scope.CLUSTER:
                arn = f"arn:{self.partition}:eks:{self.region}:{self.account}:cluster/{self.cluster}"
                return Resource(type="AWS::EKS::Cluster", id=arn)
            case Scope.REGION:
                return Resource(type="AWS::::Region", id=f"{self.account}/{self.region}")
            case Scope.ACCOUNT:
                return Resource(type="AWS::::Account", id=self.account)

    def at(self, scope: Scope) -> "Target":
        """Return the account or region this target lies in (or itself, for its own scope)."""
        match scope:
            case Scope.ACCOUNT:
                return Target(account=self.account, partition=self.partition)
            case Scope.REGION:
                return Target(account=self.account, region=self.region, partition=self.partition)
            case Scope.CLUSTER:
                return self


class Calls(Record, frozen=True, kw_only=True):
    """How many API calls reading a section takes: a sum of so many of each."""

    per_account: int = 0
    per_region: int = 0
    per_cluster: int = 0
    per_trail: int = 0
    per_key: int = 0
    per_provider: int = 0
    """Of identity providers."""
    per_filter: int = 0
    """Of metric filters of the log groups of the control planes."""
    per_topic: int = 0
    """Of SNS topics that alarms on the audit log notify."""
    note: str = ""
    """What the sum cannot say: pages, or calls made only in a certain case."""


class Section(Record, frozen=True, kw_only=True):
    """A coherent part of the evidence that is collected, or missed, as a whole."""

    key: ClassVar[str]
    """Its name in files."""
    scope: ClassVar[Scope]
    tier: ClassVar[str] = "config"
    """Which set of permissions it belongs to: config, activity, files or kubernetes."""
    permissions: ClassVar[tuple[str, ...]]
    """The IAM actions (or RBAC verb and resource) that collecting it takes."""
    calls: ClassVar[Calls] = Calls()

    sources: tuple[str, ...] = ()
    """Ids of the sources it was read from."""


class Source(Record, frozen=True, kw_only=True):
    """One API call or one file: where evidence came from."""

    id: str
    operation: str
    """`eks:DescribeCluster`, `kubernetes:list pods`, or `file`."""
    parameters: dict[str, str]
    region: str
    time: datetime
    request_id: str
    sha256_received: str
    """Of the canonical JSON of the answer, as it came."""
    sha256_stored: str
    """Of the bytes in the bundle, after redaction: what `verify` checks. Empty: nothing is stored."""


S = TypeVar("S", bound=Section)


@dataclass(frozen=True)
class Evidence:
    """Everything that was learnt about one target, and everything that was not."""

    target: Target
    collected_at: datetime
    sections: Mapping[str, Section | Gap] = field(default_factory=dict[str, Section | Gap])
    sources: tuple[Source, ...] = ()

    def get(self, section: type[S]) -> S | Gap:
        """Return the section, or the reason it is missing."""
        found = self.sections.get(section.key)
        if isinstance(found, section | Gap):
            return found
        return Gap(cause=Cause.ERROR, detail=f"No collector wrote the section {section.key}.")


@dataclass(frozen=True)
class Every(Generic[S]):
    """The section of all targets below the one that is judged, and whether that is all of them."""

    items: tuple[tuple[Target, S], ...]
    gaps: tuple[tuple[Target, Gap], ...]
    unlisted: Mapping[str, Gap]
    """Regions whose targets are not all known, and why; `*`: the regions are not known either."""

    @property
    def complete(self) -> bool:
        """Whether nothing below is missing: a negative statement about all needs it."""
        return not self.gaps and not self.unlisted

    def complete_in(self, region: str) -> bool:
        """Whether nothing in *region* is missing."""
        listed = region not in self.unlisted and "*" not in self.unlisted
        return listed and all(target.region != region for target, _ in self.gaps)
