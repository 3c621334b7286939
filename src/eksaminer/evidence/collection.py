"""A collection: the evidence of all targets of one run, with who collected it, when and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from eksaminer.evidence.account import AccountRegions, ClusterList
from eksaminer.evidence.model import Every, Evidence, S, Target
from eksaminer.gap import Cause, Gap
from eksaminer.outcome import Period, Scope
from eksaminer.record import Record


class Identity(Record, frozen=True, kw_only=True):
    """Who collected, as `sts:GetCallerIdentity` says; all empty where nothing was read from AWS."""

    account: str = ""
    arn: str = ""
    user_id: str = ""
    partition: str = "aws"


class Excluded(Record, frozen=True, kw_only=True):
    """A target that was left out by declaration."""

    target: Target
    reason: str


class CallCount(Record, frozen=True, kw_only=True):
    """How often an operation was called, retries not counted."""

    operation: str
    count: int


class CollectionInfo(Record, frozen=True, kw_only=True):
    """How the evidence came about."""

    id: str
    """12 hexadecimal digits; in the user agent of every request as `run/<id>`."""
    tool_version: str
    identity: Identity
    started: datetime
    finished: datetime
    events: Period
    """The window of events that was asked for."""
    configuration: Period
    """The period of configuration history that was asked for; it ends when the settings were read."""
    options: dict[str, str]
    """The options of the command line that bear on what was read, by name, for the report."""
    excluded: tuple[Excluded, ...] = ()
    calls: tuple[CallCount, ...] = ()
    interrupted: bool = False
    """The user stopped it: what is missing was not read."""
    clock_offset_ms: int | None = None
    """The collector's clock minus the `Date` header of AWS; None: nothing to compare with."""


@dataclass(frozen=True)
class Collection:
    """The evidence of every target, and the stored answers it was read from."""

    info: CollectionInfo
    evidence: Mapping[Target, Evidence]
    answers: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType(dict[str, bytes]()))
    """Source id to the redacted answer, canonical JSON."""

    @property
    def targets(self) -> tuple[Target, ...]:
        """All targets: accounts, regions, clusters, in order."""
        return tuple(sorted(self.evidence))

    def get(self, target: Target, section: type[S]) -> S | Gap:
        """Return *section* for *target*, from the target itself or the region or account it lies in."""
        holder = target.at(section.scope)
        found = self.evidence.get(holder)
        if found is None:
            return Gap(cause=Cause.ERROR, detail=f"No evidence of {holder.label} was collected.")
        return found.get(section)

    def every(self, target: Target, section: type[S]) -> Every[S]:
        """Return *section* of all targets below *target*, and what is missing among them."""
        items: list[tuple[Target, S]] = []
        gaps: list[tuple[Target, Gap]] = []
        for below in self.targets:
            if below.scope is section.scope and below.at(target.scope) == target:
                found = self.get(below, section)
                if isinstance(found, Gap):
                    gaps.append((below, found))
                else:
                    items.append((below, found))
        return Every(tuple(items), tuple(gaps), MappingProxyType(self._unlisted(target, section.scope)))

    def _unlisted(self, target: Target, scope: Scope) -> dict[str, Gap]:
        regions = self.get(target, AccountRegions)
        if isinstance(regions, Gap):
            return {"*": regions}
        if isinstance(regions.enabled, Gap):
            return {"*": regions.enabled}
        unlisted: dict[str, Gap] = {}
        for name in regions.enabled if target.scope is Scope.ACCOUNT else (target.region,):
            gap = self._missing_in(target, name, scope, regions.selected)
            if gap is not None:
                unlisted[name] = gap
        return unlisted

    def _missing_in(self, target: Target, region: str, scope: Scope, selected: tuple[str, ...]) -> Gap | None:
        if region not in selected:
            return Gap(cause=Cause.NOT_SELECTED, detail=f"The region {region} was not selected.")
        if scope is not Scope.CLUSTER:
            return None
        listed = self.get(Target(account=target.account, region=region, partition=target.partition), ClusterList)
        if isinstance(listed, Gap):
            return listed
        left_out = sorted(set(listed.names) - set(listed.selected))
        if left_out:
            return Gap(cause=Cause.NOT_SELECTED, detail=f"Not selected: {', '.join(left_out)}.")
        return None
