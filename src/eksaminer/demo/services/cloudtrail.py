"""AWS CloudTrail."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from eksaminer.demo.model import EventStore, InsightEvent, Region, Trail, TrailEvent, stable_id
from eksaminer.demo.refusals import denied
from eksaminer.demo.services.world import Operation, World
from eksaminer.demo.wire import AwsError, Call

PAGE = 50
KEPT = timedelta(days=90)


def _arn(region: Region, trail: Trail) -> str:
    return f"arn:aws:cloudtrail:{region.name}:{trail.owner}:trail/{trail.name}"


def _seen(world: World, call: Call, *, shadows: bool) -> Iterator[tuple[Region, Trail]]:
    """Yield the trails that the asked region shows: its own, and copies of the multi-region ones."""
    world.region(call)
    for region in world.account.regions:
        for trail in region.trails:
            if region.name == call.region or (shadows and trail.multi_region):
                yield region, trail


def describe_trails(world: World, call: Call) -> Mapping[str, Any]:
    """Describe the trails of a region; by default with the shadows of trails that live elsewhere."""
    shadows = call.parameters.get("includeShadowTrails")
    wanted = call.parameters.get("trailNameList") or ()
    trails = [
        _described(region, trail)
        for region, trail in _seen(world, call, shadows=shadows is None or bool(shadows))
        if not wanted or trail.name in wanted or _arn(region, trail) in wanted
    ]
    return {"trailList": trails}


def _described(region: Region, trail: Trail) -> Mapping[str, Any]:
    return {
        "Name": trail.name,
        "S3BucketName": trail.bucket,
        "IncludeGlobalServiceEvents": trail.multi_region or trail.global_events,
        "IsMultiRegionTrail": trail.multi_region,
        "HomeRegion": region.name,
        "TrailARN": _arn(region, trail),
        "LogFileValidationEnabled": trail.validation,
        "CloudWatchLogsLogGroupArn": trail.log_group_arn or None,
        "KmsKeyId": trail.kms_key or None,
        "HasCustomEventSelectors": bool(trail.advanced_selectors) or trail.selectors != Trail.selectors,
        "HasInsightSelectors": bool(trail.insights),
        "IsOrganizationTrail": trail.organization,
        "RecursiveLogging": False,
    }


def list_trails(world: World, call: Call) -> Mapping[str, Any]:
    """List all trails of the account, wherever they live."""
    trails = [
        {"TrailARN": _arn(region, trail), "Name": trail.name, "HomeRegion": region.name}
        for region, trail in _seen(world, call, shadows=True)
    ]
    page, token = world.page(trails, call.parameters.get("NextToken"), PAGE)
    return {"Trails": page, "NextToken": token}


def _trail(world: World, call: Call, name: Any) -> tuple[Region, Trail]:
    """Find a trail as AWS does: by name in its home region alone, by ARN wherever it shows."""
    for region, trail in _seen(world, call, shadows=True):
        if name == _arn(region, trail) or (name == trail.name and region.name == call.region):
            return region, trail
    message = f"Unknown trail: {name} for the user: {world.account.id}"
    raise AwsError("TrailNotFoundException", message)


def _own(world: World, call: Call) -> tuple[Region, Trail]:
    """Find a trail whose selectors may be read: those of the organisation's belong to another account."""
    region, trail = _trail(world, call, call.parameters.get("TrailName"))
    if trail.owner != world.account.id:
        raise denied(call, world.caller(call), world.account.id, "resource policy")
    return region, trail


def get_trail(world: World, call: Call) -> Mapping[str, Any]:
    """Describe one trail."""
    return {"Trail": _described(*_trail(world, call, call.parameters.get("Name")))}


def get_trail_status(world: World, call: Call) -> Mapping[str, Any]:
    """Tell whether a trail records, and when it last delivered."""
    _, trail = _trail(world, call, call.parameters.get("Name"))
    return {
        "IsLogging": trail.logging,
        "LatestDeliveryTime": trail.latest_delivery,
        "LatestDeliveryError": trail.latest_delivery_error or None,
        "LatestDigestDeliveryTime": trail.latest_digest if trail.validation else None,
        "LatestDigestDeliveryError": trail.latest_digest_error or None,
        "LatestCloudWatchLogsDeliveryError": trail.latest_logs_error or None,
        "LatestCloudWatchLogsDeliveryTime": trail.latest_delivery if trail.log_group_arn else None,
        "StartLoggingTime": trail.started,
        "StopLoggingTime": trail.stopped,
    }


def get_event_selectors(world: World, call: Call) -> Mapping[str, Any]:
    """Tell which events a trail records: by classic selectors, or by advanced ones."""
    region, trail = _own(world, call)
    if trail.advanced_selectors:
        advanced = [dict(selector) for selector in trail.advanced_selectors]
        return {"TrailARN": _arn(region, trail), "AdvancedEventSelectors": advanced}
    classic = [
        {
            "ReadWriteType": selector.read_write,
            "IncludeManagementEvents": selector.management,
            "DataResources": [],
            "ExcludeManagementEventSources": list(selector.excluded),
        }
        for selector in trail.selectors
    ]
    return {"TrailARN": _arn(region, trail), "EventSelectors": classic}


def get_insight_selectors(world: World, call: Call) -> Mapping[str, Any]:
    """Tell what Insights analyses; where it is off that is an error."""
    if call.parameters.get("EventDataStore"):
        return _insights_of_store(world, call)
    region, trail = _own(world, call)
    if not trail.insights:
        message = (
            f"Trail {trail.name} does not have Insights enabled. Edit the trail settings to enable Insights, "
            "and then try the operation again."
        )
        raise AwsError("InsightNotEnabledException", message)
    selectors = [
        {"InsightType": kind, "EventCategories": list(categories)} for kind, categories in trail.insights.items()
    ]
    return {"TrailARN": _arn(region, trail), "InsightSelectors": selectors}


def lookup_events(world: World, call: Call) -> Mapping[str, Any]:
    """List the management events of the last 90 days, the newest first; or the Insights events."""
    given = call.parameters
    start, end = given.get("StartTime") or world.now - KEPT, given.get("EndTime") or world.now
    wanted = {item["AttributeKey"]: item["AttributeValue"] for item in given.get("LookupAttributes") or ()}
    events = [
        _event(world, call, event)
        for event in sorted(world.region(call).events, key=lambda event: event.time, reverse=True)
        if max(start, world.now - KEPT) <= event.time <= end and _matches(event, wanted)
    ]
    if given.get("EventCategory") == "insight":
        events = _insight_records(world, call, trail="", window=(start, end))
    page, token = world.page(events, given.get("NextToken"), min(int(given.get("MaxResults") or PAGE), PAGE))
    return {"Events": page, "NextToken": token}


def _matches(event: TrailEvent, wanted: Mapping[str, str]) -> bool:
    seen = {
        "EventName": event.name,
        "EventSource": event.source,
        "Username": event.user,
        "ReadOnly": str(event.read_only).lower(),
    }
    return all(seen.get(name) == value for name, value in wanted.items())


def _event(world: World, call: Call, event: TrailEvent) -> Mapping[str, Any]:
    detail = json.dumps(event.detail, sort_keys=True)
    identifier = stable_id(call.region, event.name, event.time.isoformat(), event.user, detail)
    record = {
        "eventVersion": "1.11",
        "eventTime": f"{event.time:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": event.source,
        "eventName": event.name,
        "awsRegion": call.region,
        "eventID": identifier,
        "readOnly": event.read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": world.account.id,
        "eventCategory": "Management",
        **event.detail,
    }
    return {
        "EventId": identifier,
        "EventName": event.name,
        "ReadOnly": str(event.read_only).lower(),
        "EventTime": event.time,
        "EventSource": event.source,
        "Username": event.user,
        "Resources": [],
        "CloudTrailEvent": json.dumps(record),
    }


def _store_arn(world: World, call: Call, store: EventStore) -> str:
    identifier = stable_id(call.region, store.name)
    return f"arn:aws:cloudtrail:{call.region}:{world.account.id}:eventdatastore/{identifier}"


def _store(world: World, call: Call) -> EventStore:
    for store in world.region(call).event_stores:
        if call.parameters["EventDataStore"] == _store_arn(world, call, store):
            return store
    raise AwsError("EventDataStoreNotFoundException", "The event data store was not found.")


def list_event_data_stores(world: World, call: Call) -> Mapping[str, Any]:
    """List the event data stores that live in the region, without their settings."""
    stores = [
        {"EventDataStoreArn": _store_arn(world, call, store), "Name": store.name}
        for store in world.region(call).event_stores
    ]
    page, token = world.page(stores, call.parameters.get("NextToken"), PAGE)
    return {"EventDataStores": page, "NextToken": token}


def get_event_data_store(world: World, call: Call) -> Mapping[str, Any]:
    """Describe an event data store."""
    store = _store(world, call)
    return {
        "EventDataStoreArn": _store_arn(world, call, store),
        "Name": store.name,
        "Status": store.status,
        "AdvancedEventSelectors": [dict(selector) for selector in store.selectors],
        "MultiRegionEnabled": store.multi_region,
        "OrganizationEnabled": False,
        "CreatedTimestamp": store.created,
        "UpdatedTimestamp": store.updated or store.created,
    }


def _insights_of_store(world: World, call: Call) -> Mapping[str, Any]:
    store = _store(world, call)
    if not store.insights:
        raise AwsError("InsightNotEnabledException", f"Insights is not enabled on {store.name}.")
    return {
        "EventDataStoreArn": _store_arn(world, call, store),
        "InsightSelectors": [{"InsightType": kind} for kind in store.insights],
    }


def list_insights_data(world: World, call: Call) -> Mapping[str, Any]:
    """List the Insights events on the data events of a trail, the newest first."""
    given = call.parameters
    window = (given.get("StartTime") or world.now - KEPT, given.get("EndTime") or world.now)
    _, trail = _trail(world, call, given["InsightSource"])
    events = _insight_records(world, call, trail=trail.name, window=window)
    page, token = world.page(events, given.get("NextToken"), PAGE)
    return {"Events": page, "NextToken": token}


def _insight_records(
    world: World, call: Call, *, trail: str, window: tuple[datetime, datetime]
) -> list[Mapping[str, Any]]:
    """Return a record for the start of each Insights event, and one for its end, the newest first."""
    records: list[Mapping[str, Any]] = []
    for event in world.region(call).insight_events:
        if event.trail == trail:
            records.append(_insight_record(world, call, event, "Start", event.started))
            if event.ended is not None:
                records.append(_insight_record(world, call, event, "End", event.ended))
    seen = [record for record in records if window[0] <= record["EventTime"] <= window[1]]
    return sorted(seen, key=lambda record: record["EventTime"], reverse=True)


def _insight_record(world: World, call: Call, event: InsightEvent, state: str, time: datetime) -> Mapping[str, Any]:
    shared = stable_id(call.region, event.name, event.started.isoformat())
    details = {
        "state": state,
        "eventSource": event.source,
        "eventName": event.name,
        "insightType": event.type,
        **({"errorCode": event.error} if event.error else {}),
        "insightContext": {
            "statistics": {
                "baseline": {"average": event.baseline},
                "insight": {"average": event.rate},
                "insightDuration": 1,
                "baselineDuration": 10_080,
            },
            "attributions": [
                {
                    "attribute": "userIdentityArn",
                    "insight": [{"value": event.principal, "average": event.rate}],
                    "baseline": [{"value": event.principal, "average": event.baseline}],
                },
                {"attribute": "userAgent", "insight": [{"value": "aws-cli/2.31.0", "average": event.rate}]},
            ],
        },
    }
    record = {
        "eventVersion": "1.11",
        "eventTime": f"{time:%Y-%m-%dT%H:%M:%SZ}",
        "awsRegion": call.region,
        "eventID": stable_id(shared, state),
        "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": world.account.id,
        "sharedEventID": shared,
        "insightDetails": details,
        "eventCategory": "Insight",
    }
    return {
        "EventId": record["eventID"],
        "EventName": event.name,
        "EventTime": time,
        "EventSource": event.source,
        "Resources": [],
        "CloudTrailEvent": json.dumps(record),
    }


def list_public_keys(world: World, call: Call) -> Mapping[str, Any]:
    """List the keys that digests are signed with."""
    return {"PublicKeyList": [dict(key) for key in world.region(call).public_keys]}


OPERATIONS: Mapping[str, Operation] = {
    "cloudtrail:DescribeTrails": describe_trails,
    "cloudtrail:ListTrails": list_trails,
    "cloudtrail:GetTrail": get_trail,
    "cloudtrail:GetTrailStatus": get_trail_status,
    "cloudtrail:GetEventSelectors": get_event_selectors,
    "cloudtrail:GetInsightSelectors": get_insight_selectors,
    "cloudtrail:LookupEvents": lookup_events,
    "cloudtrail:ListEventDataStores": list_event_data_stores,
    "cloudtrail:GetEventDataStore": get_event_data_store,
    "cloudtrail:ListInsightsData": list_insights_data,
    "cloudtrail:ListPublicKeys": list_public_keys,
}
