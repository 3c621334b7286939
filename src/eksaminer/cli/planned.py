"""`--plan`: what a run would read, printed; nothing of it is read."""

from collections.abc import Iterator

from eksaminer.cli.console import Console, printable
from eksaminer.collect.buckets import MOST_BYTES, MOST_OBJECTS, SCHEME
from eksaminer.collect.clock import Clock
from eksaminer.collect.plan import LogVolume, Plan, plan
from eksaminer.collect.request import CollectRequest
from eksaminer.gap import Gap
from eksaminer.record import canonical_json

GB = 10**9


def print_plan(request: CollectRequest, clock: Clock, console: Console) -> int:
    """Print what *request* would read, and return the exit code."""
    with console.progress() as progress:
        found = plan(request, clock=clock, progress=progress)
    if console.data_only:
        console.data(canonical_json(found))
    else:
        Console().say(printable("\n".join(_lines(found))))
    return 0


def _lines(found: Plan) -> Iterator[str]:
    yield f"Would read as {found.identity.arn}, account {found.identity.account}."
    yield f"Regions ({len(found.regions)}): {', '.join(found.regions) or 'none'}."
    for region in found.unlisted:
        yield f"  The clusters of {region.region} are not known: {region.gap.detail}"
    yield f"Clusters ({len(found.clusters)}):"
    for target in found.clusters:
        yield f"  {target.region}/{target.cluster}"
    for item in found.excluded:
        yield f"  left out: {item.target.label} ({item.reason})"
    requests = f"{found.calls:,} AWS calls and {found.kubernetes_requests:,} Kubernetes requests"
    yield f"About {requests}; {found.minutes:,} min."
    if found.events is not None:
        yield f"Events from {found.events.since:%Y-%m-%d %H:%M:%S} to {found.events.until:%Y-%m-%d %H:%M:%S} UTC."
    yield from _logs(found)
    yield from _cloudtrail(found)
    yield "Permissions:"
    for tier, actions in found.permissions.items():
        yield f"  {tier}: {', '.join(actions)}"
    yield "Only the identity, regions, names of clusters, volume of their logs and public prices were asked for."


def _logs(found: Plan) -> Iterator[str]:
    if not found.volumes:
        yield "No audit log would be searched in CloudWatch Logs."
        return
    prices = f" (prices of {found.prices_of})" if found.prices_of else ""
    cost = "not known" if found.cost is None else f"{found.currency or 'USD'} {found.cost:,.2f}{prices}"
    yield f"Audit logs to search in CloudWatch Logs, at most {found.scan_limit_gb:g} GB in all; cost {cost}:"
    for region in found.unpriced:
        yield f"  The price of a search in {region.region} is not known: {region.gap.detail}"
    for volume in found.volumes:
        yield f"  {volume.target.region}/{volume.target.cluster}: {_volume(volume)}"


def _cloudtrail(found: Plan) -> Iterator[str]:
    if found.cloudtrail:
        yield f"CloudTrail would be read from files: {', '.join(found.cloudtrail)}."
        if any(path.startswith(SCHEME) for path in found.cloudtrail):
            most = f"{MOST_OBJECTS:,} objects and {MOST_BYTES / GB:g} GB"
            yield f"  From S3 at most {most}, one request each and one per 1,000 names; what is left would be said."
    elif found.lookups:
        yield (
            f"CloudTrail would be asked for the events of service accounts (LookupEvents, free of charge): two calls a "
            f"second, at most {found.lookups} in each region, 50 events a call; what is left over would be said."
        )
    else:
        yield "No event would be looked up in CloudTrail."


def _volume(volume: LogVolume) -> str:
    if isinstance(volume.bytes, Gap):
        return f"not known ({volume.bytes.detail})"
    return f"{volume.bytes / GB:,.3f} GB"
