"""Event data stores, Insights events, and the EventBridge rules that they may set off."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from eksaminer.collect.aws.alarms import read_topic
from eksaminer.collect.aws.reader import Reader, text, utc
from eksaminer.collect.aws.trails import advanced_selectors, read_insight_selectors
from eksaminer.collect.gaps import attempt
from eksaminer.event_pattern import EventPatternError, parse
from eksaminer.evidence.cloudtrail import InsightSelectors, Trail, Trails
from eksaminer.evidence.model import Target
from eksaminer.evidence.selectors import Selectors
from eksaminer.evidence.trail_insights import (
    CALL_RATE,
    ERROR_RATE,
    KEPT,
    STORE_BASELINE,
    TRAIL_BASELINE,
    EventDataStore,
    EventRule,
    EventRules,
    InsightEvent,
    InsightEvents,
    StoresOfRegion,
    SwitchedOn,
    matches_insight,
)
from eksaminer.gap import Cause, Gap
from eksaminer.outcome import Period

LOOKUP, DATA = "cloudtrail:LookupEvents", "cloudtrail:ListInsightsData"
MOST_PAGES = 20
"""Of Insights events of a region and category: 1,000 events, each begun and ended."""
MOST_PRINCIPALS = 10


# Event data stores -----------------------------------------------------------------------------------


def read_stores(reader: Reader) -> StoresOfRegion:
    """Return the event data stores that live in the region. Raises `CallFailed`."""
    found = reader.items("cloudtrail:ListEventDataStores", "EventDataStores")
    arns = sorted(str(item["EventDataStoreArn"]) for item in found)
    stores = tuple(attempt(partial(_store, reader, arn), f"the event data store {arn}") for arn in arns)
    return StoresOfRegion(region=reader.region, stores=stores)


def _store(reader: Reader, arn: str) -> EventDataStore:
    answer = reader.call("cloudtrail:GetEventDataStore", {"EventDataStore": arn})
    data = answer.data
    insights: InsightSelectors | Gap = attempt(
        lambda: read_insight_selectors(reader, {"EventDataStore": arn}), f"the event data store {data['Name']}"
    )
    return EventDataStore(
        arn=arn,
        name=str(data["Name"]),
        region=reader.region,
        status=str(data["Status"]),
        multi_region=bool(data.get("MultiRegionEnabled")),
        organization=bool(data.get("OrganizationEnabled")),
        selectors=Selectors(items=advanced_selectors(data["AdvancedEventSelectors"])),
        insights=insights,
        too_recent=_store_too_recent(data, answer.time),
    )


def _store_too_recent(data: Mapping[str, Any], now: datetime) -> Gap | None:
    """When Insights was switched on is not told: it is no later than the last update."""
    updated = utc(data.get("UpdatedTimestamp") or data["CreatedTimestamp"])
    return too_recent(str(data["Name"]), updated, STORE_BASELINE) if now - updated < STORE_BASELINE else None


# Insights events -------------------------------------------------------------------------------------


def read_insight_events(reader: Reader, target: Target, trails: Trails | Gap, period: Period) -> InsightEvents:
    """Return the Insights events of the region in *period*. Raises `CallFailed`."""
    window = Period(since=max(period.since, period.until - KEPT), until=period.until)
    unread: list[Gap] = []
    found = list(_looked_up(reader, window, unread))
    seen = () if isinstance(trails, Gap) else tuple(trail for trail in trails.trails if trail.covers(target.region))
    for trail in seen:
        found.extend(_data_events(reader, trail, window, unread))
    return InsightEvents(
        sources=reader.sources,
        account=target.account,
        region=target.region,
        window=window,
        events=tuple(sorted(_joined(found), key=lambda event: (event.started, event.id))),
        unread=tuple(unread),
        switched_on=tuple(_lately(reader, seen, window.until)),
    )


def _looked_up(reader: Reader, window: Period, unread: list[Gap]) -> Iterator[InsightEvent]:
    """Insights on management events."""
    params = {"EventCategory": "insight", "StartTime": window.since, "EndTime": window.until, "MaxResults": 50}
    yield from _pages(reader, LOOKUP, params, unread)


def _data_events(reader: Reader, trail: Trail, window: Period, unread: list[Gap]) -> list[InsightEvent]:
    """Insights on data events: asked of the trail, which alone shows them."""
    if isinstance(trail.insights, Gap) or not any("Data" in item.categories for item in trail.insights.items):
        return []
    params = {
        "InsightSource": trail.arn,
        "DataType": "InsightsEvents",
        "StartTime": window.since,
        "EndTime": window.until,
    }
    found = attempt(lambda: list(_pages(reader, DATA, params, unread)), f"the Insights events of {trail.name}")
    if isinstance(found, Gap):
        unread.append(found)
        return []
    return found


def _pages(reader: Reader, operation: str, params: Mapping[str, Any], unread: list[Gap]) -> Iterator[InsightEvent]:
    category = "Management" if operation == LOOKUP else "Data"
    for number, answer in enumerate(reader.pages(operation, params), 1):
        for item in answer.data["Events"]:
            yield _event(json.loads(item["CloudTrailEvent"]), utc(item["EventTime"]), category)
        if number == MOST_PAGES and answer.data.get("NextToken"):
            detail = f"{reader.region} has more than {MOST_PAGES * 50:,} Insights events: the older were not read."
            unread.append(Gap(cause=Cause.CAPPED, detail=detail, sources=(answer.source.id,)))
            return


def _event(record: Mapping[str, Any], time: datetime, category: Any) -> InsightEvent:
    details = record["insightDetails"]
    context = details.get("insightContext") or {}
    statistics = context.get("statistics") or {}
    return InsightEvent(
        id=str(record["sharedEventID"]),
        type=str(details["insightType"]),
        category=category,
        source=str(details["eventSource"]),
        name=str(details["eventName"]),
        error=text(details.get("errorCode")),
        started=time,
        ended=time if details["state"] == "End" else None,
        rate=_average(statistics, "insight"),
        baseline=_average(statistics, "baseline"),
        principals=tuple(_principals(context.get("attributions") or ()))[:MOST_PRINCIPALS],
    )


def _average(statistics: Mapping[str, Any], name: str) -> float:
    return float((statistics.get(name) or {}).get("average") or 0)


def _principals(attributions: Any) -> Iterator[str]:
    for attribution in attributions:
        if attribution.get("attribute") == "userIdentityArn":
            yield from (str(item["value"]) for item in attribution.get("insight") or ())


def _joined(found: list[InsightEvent]) -> Iterator[InsightEvent]:
    """Make one event of the start and the end; the end knows the rate of the whole."""
    by_id: dict[str, list[InsightEvent]] = {}
    for event in found:
        by_id.setdefault(event.id, []).append(event)
    for same in by_id.values():
        ends = [event for event in same if event.ended is not None]
        latest = (ends or same)[0]
        yield InsightEvent(
            id=latest.id,
            type=latest.type,
            category=latest.category,
            source=latest.source,
            name=latest.name,
            error=latest.error,
            started=min(event.started for event in same),
            ended=latest.ended,
            rate=latest.rate,
            baseline=latest.baseline,
            principals=latest.principals or next((event.principals for event in same if event.principals), ()),
        )


# How old the baseline is -----------------------------------------------------------------------------


def _lately(reader: Reader, trails: tuple[Trail, ...], now: datetime) -> Iterator[SwitchedOn]:
    """Yield the trails on which Insights, or logging, was switched on too lately for a baseline."""
    for trail in trails:
        if isinstance(trail.insights, Gap) or not trail.insights.items:
            continue
        since = attempt(partial(_switched_on, reader, trail, now), f"the trail {trail.name}")
        if isinstance(since, Gap):
            yield SwitchedOn(source=trail.arn, gap=since)
        elif since is not None:
            yield SwitchedOn(source=trail.arn, gap=too_recent(trail.name, since, TRAIL_BASELINE))


def too_recent(name: str, since: datetime, baseline: timedelta) -> Gap:
    """Return the gap of an analysis that has no baseline yet."""
    hours = int(baseline.total_seconds() // 3600)
    detail = (
        f"Insights was switched on, or logging started, on {name} at {since:%Y-%m-%d %H:%M} UTC: until "
        f"{since + baseline:%Y-%m-%d %H:%M} UTC ({hours} hours) it may still learn what is usual."
    )
    return Gap(cause=Cause.TOO_RECENT, detail=detail)


def _switched_on(reader: Reader, trail: Trail, now: datetime) -> datetime | None:
    """Return when Insights was last switched on, or logging started, if that is less than a baseline ago."""
    earliest = now - TRAIL_BASELINE
    times = [] if isinstance(trail.status, Gap) or trail.status.started is None else [trail.status.started]
    params = {
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "PutInsightSelectors"}],
        "StartTime": earliest,
        "EndTime": now,
        "MaxResults": 50,
    }
    for item in reader.items(LOOKUP, "Events", params, region=trail.home_region):
        record = json.loads(item["CloudTrailEvent"])
        named = (record.get("requestParameters") or {}).get("trailName")
        if named in {trail.arn, trail.name} and not record.get("errorCode"):
            times.append(utc(item["EventTime"]))
    return max((time for time in times if time > earliest), default=None)


# EventBridge -----------------------------------------------------------------------------------------


def read_event_rules(reader: Reader, target: Target) -> EventRules:
    """Return the rules of the default bus that may match an Insights event. Raises `CallFailed`."""
    found = [rule for rule in reader.items("events:ListRules", "Rules") if rule.get("EventPattern")]
    relevant = [rule for rule in found if _relevant(str(rule["EventPattern"]), target)]
    rules = tuple(_rule(reader, rule) for rule in sorted(relevant, key=lambda rule: str(rule["Name"])))
    topics = tuple(read_topic(reader, arn) for arn in _topics(rules))
    return EventRules(
        account=target.account,
        region=target.region,
        rules=rules,
        others=len(found) - len(relevant),
        topics=topics,
        sources=reader.sources,
    )


def _topics(rules: Iterable[EventRule]) -> list[str]:
    """Return the SNS topics that enabled rules target, sorted."""
    targets = {arn for rule in rules if rule.enabled and not isinstance(rule.targets, Gap) for arn in rule.targets}
    return sorted(arn for arn in targets if arn.split(":")[2:3] == ["sns"])


def _relevant(pattern: str, target: Target) -> bool:
    """Whether a pattern may match; one that cannot be understood may."""
    try:
        parsed = parse(pattern)
    except EventPatternError:
        return True
    kinds = (CALL_RATE, ERROR_RATE)
    return any(matches_insight(parsed, target.account, target.region, kind) != "no" for kind in kinds)


def _rule(reader: Reader, rule: Mapping[str, Any]) -> EventRule:
    name = str(rule["Name"])
    return EventRule(
        name=name,
        arn=str(rule["Arn"]),
        enabled=str(rule["State"]).startswith("ENABLED"),
        pattern=str(rule["EventPattern"]),
        targets=attempt(partial(_targets, reader, name), f"the targets of the rule {name}"),
    )


def _targets(reader: Reader, rule: str) -> tuple[str, ...]:
    found = reader.items("events:ListTargetsByRule", "Targets", {"Rule": rule})
    return tuple(sorted(str(item["Arn"]) for item in found))
