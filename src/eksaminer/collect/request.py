"""What a run is asked to collect, and which clusters and regions that means."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from eksaminer.collect.errors import SelectionError
from eksaminer.evidence.account import ClusterList
from eksaminer.evidence.model import Target
from eksaminer.gap import Gap

_ARN = re.compile(r"arn:(?P<partition>[a-z-]+):eks:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):cluster/(?P<name>[^/]+)")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d{1,2}")


@dataclass(frozen=True, kw_only=True)
class ClusterName:
    """A cluster as a user names it: `NAME`, `REGION/NAME` or an ARN."""

    name: str
    region: str = ""
    account: str = ""
    written: str

    @classmethod
    def parse(cls, written: str) -> "ClusterName":
        """Read a name. Raises `SelectionError`."""
        arn = _ARN.fullmatch(written)
        if arn:
            return cls(name=arn["name"], region=arn["region"], account=arn["account"], written=written)
        region, slash, name = written.rpartition("/")
        if not name or ":" in written or (slash and not _REGION.fullmatch(region)):
            raise SelectionError(
                f'"{written}" names no cluster.', "Write NAME, REGION/NAME or the ARN of an EKS cluster."
            )
        return cls(name=name, region=region, written=written)

    def fits(self, target: Target) -> bool:
        """Whether *target* is meant, or one of those meant."""
        return (
            self.name == target.cluster and self.region in {"", target.region} and self.account in {"", target.account}
        )


@dataclass(frozen=True, kw_only=True)
class OutOfScope:
    """A cluster or region that the user leaves out on purpose, with the reason."""

    what: str
    """`REGION`, `NAME`, `REGION/NAME` or the ARN of a cluster."""
    reason: str

    @property
    def region(self) -> str:
        """The region that is left out as a whole; empty: a cluster is meant."""
        return self.what if _REGION.fullmatch(self.what) else ""


@dataclass(frozen=True, kw_only=True)
class CollectRequest:
    """What a run is asked to collect."""

    clusters: tuple[str, ...] = ()
    """`NAME`, `REGION/NAME` or ARN; empty: all."""
    accounts: tuple[str, ...] = ()
    """The accounts that may be read; empty: that of the credentials, whichever it is."""
    regions: tuple[str, ...] = ()
    """Empty: all that are enabled."""
    profile: str = ""
    role_arn: str = ""
    out_of_scope: tuple[OutOfScope, ...] = ()
    kubernetes: Literal["auto", "off"] = "auto"
    kubeconfig: str = ""
    contexts: tuple[str, ...] = ()
    """`NAME` or `CLUSTER=NAME`."""
    kubernetes_dumps: tuple[str, ...] = ()
    """Folders: `DIR` or `CLUSTER=DIR`."""
    logs: tuple[str, ...] = ()
    """Exported audit logs: `PATH` or `CLUSTER=PATH`; they take the place of CloudWatch."""
    baselines: tuple[str, ...] = ()
    """What an earlier period is read from: `PATH` or `CLUSTER=PATH`."""
    cloudtrail: tuple[str, ...] = ()
    """Files of CloudTrail: files, folders, globs. Its LookupEvents is asked for calls that weaken auditing alone, where
    these do not reach."""
    live_logs: bool = True
    log_types: bool = False
    """Ask by a query, which costs money, what each log type makes of the logs."""
    max_scan_gb: float = 20
    since: datetime | None = None
    """Start of the window of events; None: 24 hours before `until`, or all of the given files."""
    until: datetime | None = None
    """None: now, or the end of the given files."""
    period: timedelta = timedelta(days=90)
    """Of configuration history."""
    deadline: timedelta | None = None
    """From the start of the run."""
    attempts: int = 10
    """How often a call is tried before a throttled or unreachable endpoint is given up."""
    answer_timeout: float = 60
    """Seconds to wait for an answer."""
    run_id: str = ""
    """12 hexadecimal digits; empty: random."""
    options: tuple[tuple[str, str], ...] = ()
    """Options of the command line that the report prints."""

    @property
    def named(self) -> tuple[ClusterName, ...]:
        """The clusters that were asked for. Raises `SelectionError`."""
        return tuple(ClusterName.parse(written) for written in self.clusters)


NAME_REGION = "Name another one: --region, else AWS_REGION, else the region of the profile, is taken."


def choose_regions(request: CollectRequest, enabled: Sequence[str] | Gap, known: Sequence[str]) -> tuple[str, ...]:
    """Return the regions to look at, in order. Raises `SelectionError` for one that does not exist.

    Args:
        request: What was asked for.
        enabled: The regions that the account has enabled, if that could be read.
        known: The regions that botocore knows.
    """
    asked = request.regions or _named_regions(request)
    existing = enabled if not isinstance(enabled, Gap) else known
    for region in asked:
        if region not in existing:
            raise no_region(region, enabled, known)
    left_out = {item.region for item in request.out_of_scope}
    return tuple(sorted(set(asked or existing) - left_out))


def _named_regions(request: CollectRequest) -> tuple[str, ...]:
    """If every cluster that is asked for names its region, no other region has to be looked at."""
    regions = [name.region for name in request.named]
    return tuple(regions) if regions and all(regions) else ()


def no_region(region: str, enabled: Sequence[str] | Gap, known: Sequence[str]) -> SelectionError:
    """Return the error of a region that does not exist, or is not enabled."""
    if not isinstance(enabled, Gap) and region in known:
        return SelectionError(
            f"The region {region} is not enabled for this account.", f"Enabled are: {', '.join(enabled)}."
        )
    candidates = known if isinstance(enabled, Gap) else enabled
    close = difflib.get_close_matches(region, candidates, n=1)
    return SelectionError(f"There is no region {region}.", f"Did you mean {close[0]}?" if close else NAME_REGION)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which clusters are looked at, and which were left out by declaration."""

    targets: tuple[Target, ...]
    excluded: tuple[tuple[Target, str], ...]


def choose_clusters(
    request: CollectRequest,
    account: Target,
    listed: Mapping[str, ClusterList | Gap],
) -> Selection:
    """Return the clusters to look at. Raises `SelectionError` for one that is not there, or ambiguous.

    Args:
        request: What was asked for.
        account: The account.
        listed: The clusters by region; a gap where they could not be listed. There a cluster that is named
            with its region is taken to exist.
    """
    everything = [
        _target(account, region, name)
        for region, clusters in sorted(listed.items())
        if not isinstance(clusters, Gap)
        for name in clusters.names
    ]
    chosen = everything
    if request.clusters:
        chosen = [_meant(name, account, everything, listed) for name in request.named]
    left_out = {target: item.reason for item in request.out_of_scope for target in _left_out(item, everything)}
    return Selection(
        targets=tuple(sorted(set(chosen) - set(left_out))),
        excluded=(*_left_out_regions(request, account), *sorted(left_out.items())),
    )


def _target(account: Target, region: str, name: str) -> Target:
    return Target(account=account.account, partition=account.partition, region=region, cluster=name)


def _left_out(item: OutOfScope, everything: Iterable[Target]) -> list[Target]:
    if item.region:
        return []
    name = ClusterName.parse(item.what)
    return [target for target in everything if name.fits(target)]


def _left_out_regions(request: CollectRequest, account: Target) -> list[tuple[Target, str]]:
    return sorted(
        (Target(account=account.account, partition=account.partition, region=item.region), item.reason)
        for item in request.out_of_scope
        if item.region
    )


def _meant(
    name: ClusterName, account: Target, everything: Sequence[Target], listed: Mapping[str, ClusterList | Gap]
) -> Target:
    if name.account not in {"", account.account}:
        raise SelectionError(
            f"{name.written} belongs to the account {name.account}, the credentials to {account.account}.",
            "Name credentials of that account with --profile or --role-arn.",
        )
    fitting = [target for target in everything if name.fits(target)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        choices = " or ".join(f"{target.region}/{target.cluster}" for target in fitting)
        raise SelectionError(f"There are several clusters named {name.written}.", f"Say which: {choices}.")
    unlisted = [region for region, clusters in listed.items() if isinstance(clusters, Gap)]
    region = name.region or (unlisted[0] if len(listed) == 1 and unlisted else "")
    if region in unlisted:
        return _target(account, region, name.name)
    raise _no_cluster(name, everything, listed, unlisted)


def _no_cluster(
    name: ClusterName,
    everything: Sequence[Target],
    listed: Mapping[str, ClusterList | Gap],
    unlisted: Sequence[str],
) -> SelectionError:
    what = f"There is no cluster {name.written} in {', '.join(sorted(listed)) or 'any region'}."
    if name.region and name.region not in listed:
        return SelectionError(
            f"{name.written} lies in {name.region}, which --region leaves out.", f"Add --region {name.region}."
        )
    if unlisted:
        where = ", ".join(sorted(unlisted))
        return SelectionError(
            f"{name.written} was not found, and the clusters of {where} cannot be listed.",
            f"If it is there, name it REGION/{name.name}.",
        )
    close = difflib.get_close_matches(name.name, {target.cluster for target in everything}, n=3)
    if close:
        meant = [f"{target.region}/{target.cluster}" for target in everything if target.cluster in close]
        return SelectionError(what, f"Did you mean {' or '.join(meant)}?")
    labels = [f"{target.region}/{target.cluster}" for target in everything]
    return SelectionError(what, _choices(labels) if labels else "There is no cluster at all.")


def _choices(names: Sequence[str]) -> str:
    shown = ", ".join(sorted(names)[:10])
    return f"There are: {shown}{', …' if len(names) > 10 else ''}."  # noqa: PLR2004 - a line, not a page


def split_by_cluster(
    given: Sequence[str], option: str, example: str, targets: Sequence[Target]
) -> dict[Target, tuple[Path, ...]]:
    """Return the paths of an option `[CLUSTER=]PATH` by cluster. Raises `SelectionError`.

    A path without a cluster belongs to the only cluster in scope: what it holds does not say whose it is.
    A path that exists as it stands is a path, whatever equals signs it has.
    """
    found: dict[Target, tuple[Path, ...]] = {}
    for item in given:
        cluster, equals, path = item.partition("=")
        if not equals or Path(item).exists():
            cluster, path = "", item
        target = _only(targets, cluster, option, example, path)
        found[target] = (*found.get(target, ()), Path(path))
    return found


def _only(targets: Sequence[Target], cluster: str, option: str, example: str, path: str) -> Target:
    name = ClusterName.parse(cluster) if cluster else None
    fitting = [target for target in targets if name is None or name.fits(target)]
    if len(fitting) == 1:
        return fitting[0]
    choices = ", ".join(f"{target.region}/{target.cluster}" for target in targets) or "none"
    if name is not None and not fitting:
        raise SelectionError(f"{option} names the cluster {cluster}, which is not in scope.", f"In scope: {choices}.")
    if not targets:
        raise SelectionError(f"{option} {path} belongs to a cluster, and no cluster is in scope.")
    raise SelectionError(
        f"{option} {path} does not say of which cluster it is, and {len(fitting)} clusters are meant: {choices}.",
        f"Write CLUSTER=PATH: {option} {fitting[0].region}/{fitting[0].cluster}={example}",
    )
