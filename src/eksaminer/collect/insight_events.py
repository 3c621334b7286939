"""What CloudTrail Insights analyses beside trails, and the events that it raised: of all regions, several at a time."""

from collections.abc import Mapping
from functools import partial

from eksaminer.collect.areas import Sections
from eksaminer.collect.aws.reader import Reader
from eksaminer.collect.aws.trail_insights import read_insight_events, read_stores
from eksaminer.collect.discovery import Discovery, lost
from eksaminer.collect.gaps import attempt
from eksaminer.evidence.cloudtrail import Trails
from eksaminer.evidence.model import Section, Target
from eksaminer.evidence.trail_insights import EventDataStores, InsightEvents, StoresOfRegion
from eksaminer.gap import Cause, Gap
from eksaminer.outcome import Period, Scope

NOT_ASKED = Gap(cause=Cause.NOT_REQUESTED, detail="Insights events were not looked up in CloudTrail: --no-live-logs.")


def read_insights(found: Discovery) -> Mapping[Target, Sections]:
    """Read event data stores and Insights events. `Discovery.discover` came before."""
    regions = [target for target in sorted(found.found) if target.scope is Scope.REGION]
    sections: dict[Target, Sections] = {found.account: {EventDataStores.key: _stores(found, regions)}}
    for target, events in _events(found, regions).items():
        sections[target] = {InsightEvents.key: events}
    return sections


def _stores(found: Discovery, regions: list[Target]) -> EventDataStores:
    readers = {target: Reader(found.aws, target.region) for target in regions}
    tasks = {target: partial(_stores_of, reader) for target, reader in readers.items()}
    read = found.pool.run(tasks, lambda target: f"{target.region}: event data stores")
    return EventDataStores(
        sources=tuple(source for reader in readers.values() for source in reader.sources),
        regions=tuple(read.get(target) or _unread(found, target) for target in regions),
    )


def _stores_of(reader: Reader) -> StoresOfRegion:
    part = attempt(lambda: read_stores(reader), f"the event data stores of {reader.region}")
    return StoresOfRegion(region=reader.region, stores=part) if isinstance(part, Gap) else part


def _unread(found: Discovery, target: Target) -> StoresOfRegion:
    return StoresOfRegion(region=target.region, stores=lost(found.aws))


def _events(found: Discovery, regions: list[Target]) -> Mapping[Target, Section | Gap]:
    if not found.request.live_logs:
        return dict.fromkeys(regions, NOT_ASKED)
    period = Period(since=found.started - found.request.period, until=found.started)
    tasks = {target: partial(_events_of, found, target, period) for target in regions}
    read = found.pool.run(tasks, lambda target: f"{target.region}: Insights events")
    return {target: read.get(target) or lost(found.aws) for target in regions}


def _events_of(found: Discovery, target: Target, period: Period) -> InsightEvents | Gap:
    known = found.found[target].get(Trails.key)
    trails = known if isinstance(known, Trails | Gap) else lost(found.aws)
    what = f"the Insights events of {target.region}"
    return attempt(lambda: read_insight_events(Reader(found.aws, target.region), target, trails, period), what)
