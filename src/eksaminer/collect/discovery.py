"""The first part of a run: who asks, which regions there are, and which clusters."""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from botocore.exceptions import InvalidRegionError

from eksaminer.collect.areas import REGION_SECTIONS, Sections
from eksaminer.collect.aws.account import read_identity, read_regions
from eksaminer.collect.aws.reader import Reader
from eksaminer.collect.clock import Clock
from eksaminer.collect.errors import SelectionError, UnreachableError
from eksaminer.collect.gaps import NOT_AWS, attempt, fatal
from eksaminer.collect.insights import Budget
from eksaminer.collect.pool import Pool
from eksaminer.collect.prices import GB
from eksaminer.collect.progress import Progress
from eksaminer.collect.request import CollectRequest, Selection, choose_clusters, choose_regions, no_region
from eksaminer.collect.session import Aws, CallFailed, Settings
from eksaminer.evidence.account import AccountRegions, ClusterList
from eksaminer.evidence.collection import Identity
from eksaminer.evidence.model import Target
from eksaminer.gap import Cause, Gap
from eksaminer.outcome import Period

DEFAULT_REGION = "us-east-1"
"""Where STS and the list of regions are asked if neither the profile nor the request names a region."""
DEFAULT_WINDOW = timedelta(hours=24)


class Discovery:
    """Finds what is there; the rest of the run reads it."""

    def __init__(self, request: CollectRequest, clock: Clock, progress: Progress) -> None:
        self.request = request
        self.clock = clock
        self.progress = progress
        self.started = clock.now()
        settings = Settings(
            run_id=request.run_id or secrets.token_hex(6),
            profile=request.profile,
            role_arn=request.role_arn,
            attempts=request.attempts,
            read_timeout=request.answer_timeout,
            deadline=request.deadline.total_seconds() if request.deadline is not None else None,
        )
        self.aws = Aws(settings, clock)
        self.budget = Budget(int(request.max_scan_gb * GB))
        self.pool = Pool(self.aws, progress)
        self.identity = Identity()
        self.account = Target(account="")
        self.regions: tuple[str, ...] = ()
        self.account_regions = AccountRegions(enabled=(), selected=())
        self.found: dict[Target, Sections] = {}
        """Sections by account, region and cluster."""
        self.selection = Selection(targets=(), excluded=())

    @property
    def window(self) -> Period:
        """The window of events that is asked for."""
        until = self.request.until or self.started
        return Period(since=self.request.since or until - DEFAULT_WINDOW, until=until)

    @property
    def unlisted(self) -> dict[str, Gap]:
        """Regions whose clusters could not be listed, and why."""
        lists = {name: self._cluster_list(name) for name in self.regions}
        return {name: gap for name, gap in lists.items() if isinstance(gap, Gap)}

    def discover(self, sections: Iterable[str] = tuple(REGION_SECTIONS)) -> None:
        """Read identity, regions and clusters, and of the regions the given sections. Raises `EksaminerError`."""
        named = self.request.named  # a name that cannot be one is said before anything is called
        region = self.aws.region or next(iter(self.request.regions), "") or (named[0].region if named else "")
        sources = self._identify(region or DEFAULT_REGION)
        reader = Reader(self.aws, region or DEFAULT_REGION)
        enabled = attempt(lambda: read_regions(reader), "the regions")
        self.regions = choose_regions(self.request, enabled, self.aws.known_regions(self.identity.partition))
        self._read_regions(sections, guessed=isinstance(enabled, Gap) and not self.request.regions)
        self.account_regions = AccountRegions(
            sources=(*sources, *reader.sources),
            enabled=enabled,
            selected=self.regions,
            regions_named=bool(self.request.regions),
            clusters_named=bool(self.request.clusters),
        )
        self.found[self.account] = {AccountRegions.key: self.account_regions}
        self._select()

    def _identify(self, region: str) -> tuple[str, ...]:
        try:
            self.identity, source = read_identity(self.aws, region)
        except CallFailed as failed:
            error, known = fatal(failed), self.aws.all_regions
            lost = isinstance(error, UnreachableError) or isinstance(failed.error, InvalidRegionError)
            if region not in known and lost:
                raise no_region(region, known, ()) from failed
            raise error from failed
        except (KeyError, IndexError) as error:  # an answer without the fields that AWS always gives
            said = NOT_AWS.format(key="sts:GetCallerIdentity", where=f" in {region}")
            raise UnreachableError(said, "Check the network, the proxy and AWS_ENDPOINT_URL.") from error
        if self.request.accounts and self.identity.account not in self.request.accounts:
            raise SelectionError(
                f"The credentials belong to the account {self.identity.account}, which is not in scope.",
                f"In scope: {', '.join(self.request.accounts)}. Name other credentials with --profile or --role-arn.",
            )
        self.aws.account = self.identity.account
        self.account = Target(account=self.identity.account, partition=self.identity.partition)
        return (source,)

    def _region(self, name: str) -> Target:
        return Target(account=self.account.account, partition=self.account.partition, region=name)

    def _read_regions(self, sections: Iterable[str], *, guessed: bool) -> None:
        tasks = {
            (self._region(name), key): partial(REGION_SECTIONS[key], self.aws, self._region(name))
            for name in self.regions
            for key in sections
        }
        read = self.pool.run(tasks, lambda task: f"{task[0].region}: {task[1].replace('_', ' ')}")
        for name in self.regions:
            self.found[self._region(name)] = {}
        for (target, key), section in read.items():
            self.found[target][key] = section
        if guessed:
            self._forget_regions_not_enabled()

    def _forget_regions_not_enabled(self) -> None:
        """Where the enabled regions may not be listed, all are tried: one that knows no credentials is off."""
        for name in self.regions:
            clusters = self.found[self._region(name)].get(ClusterList.key)
            if isinstance(clusters, Gap) and clusters.cause is Cause.UNREACHABLE:
                del self.found[self._region(name)]
        self.regions = tuple(name for name in self.regions if self._region(name) in self.found)

    def _select(self) -> None:
        if self.aws.interrupted and self.request.clusters:
            raise KeyboardInterrupt  # which clusters were meant is not known: there is nothing to keep
        listed = {name: self._cluster_list(name) for name in self.regions}
        self.selection = choose_clusters(self.request, self.account, listed)
        for name, clusters in listed.items():
            if isinstance(clusters, ClusterList):
                chosen = tuple(target.cluster for target in self.selection.targets if target.region == name)
                self.found[self._region(name)][ClusterList.key] = ClusterList(
                    sources=clusters.sources, names=clusters.names, selected=chosen
                )
        for target in self.selection.targets:
            self.found[target] = {}

    def _cluster_list(self, region: str) -> ClusterList | Gap:
        found = self.found[self._region(region)].get(ClusterList.key)
        return found if isinstance(found, ClusterList | Gap) else lost(self.aws)


def lost(aws: Aws) -> Gap:
    """Return the gap of what was not read because the run was stopped."""
    if aws.interrupted:
        return Gap(cause=Cause.ERROR, detail="The run was interrupted before this was read.")
    return Gap(cause=Cause.TIMEOUT, detail="The deadline passed before this was read: raise --deadline.")
