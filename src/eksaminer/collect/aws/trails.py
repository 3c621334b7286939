"""The trails of a region: each read once, in its home region, part by part."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar, get_args

from eksaminer.collect.aws.reader import Reader, text, utc
from eksaminer.collect.gaps import MissingError, attempt
from eksaminer.collect.operations import BOTOCORE_FLOOR
from eksaminer.collect.session import CallFailed
from eksaminer.evidence.cloudtrail import (
    InsightSelector,
    InsightSelectors,
    Trail,
    Trails,
    TrailStatus,
)
from eksaminer.evidence.selectors import FieldSelector, Operator, Selector, Selectors
from eksaminer.gap import Cause, Gap

OPERATORS: tuple[Operator, ...] = get_args(Operator)
P = TypeVar("P")


def read_trails(reader: Reader, account: str) -> Trails:
    """Return the trails that record, or could record, the region. Raises `CallFailed`."""
    found, read_at = list_trails(reader)
    trails = tuple(_trail(reader, account, trail) for trail in found)
    return Trails(sources=reader.sources, account=account, region=reader.region, trails=trails, read_at=read_at)


def list_trails(reader: Reader) -> tuple[list[Mapping[str, Any]], datetime]:
    """Return the trails that the region sees, as the API gives them, and when. Raises `CallFailed`."""
    answer = reader.call("cloudtrail:DescribeTrails", {"includeShadowTrails": True})
    return sorted(answer.data["trailList"], key=lambda trail: str(trail["TrailARN"])), answer.time


def _trail(reader: Reader, account: str, trail: Mapping[str, Any]) -> Trail:
    arn = str(trail["TrailARN"])
    owner = arn.split(":")[4]
    return Trail(
        arn=arn,
        name=str(trail["Name"]),
        home_region=str(trail["HomeRegion"]),
        multi_region=bool(trail.get("IsMultiRegionTrail")),
        organization=bool(trail.get("IsOrganizationTrail")),
        global_events=bool(trail.get("IncludeGlobalServiceEvents")),
        account=owner,
        validation=bool(trail.get("LogFileValidationEnabled")),
        kms_key=text(trail.get("KmsKeyId")),
        bucket=text(trail.get("S3BucketName")),
        log_group=text(trail.get("CloudWatchLogsLogGroupArn")).removesuffix(":*"),
        status=_part(reader, trail, account, _status),
        selectors=_part(reader, trail, account, _selectors),
        insights=_part(reader, trail, account, _insights),
    )


def _part(
    reader: Reader, trail: Mapping[str, Any], account: str, read: Callable[[Reader, Mapping[str, Any]], P]
) -> P | Gap:
    """Read one part; of a trail of another account, some of it only its owner can read."""
    name, owner = str(trail["Name"]), str(trail["TrailARN"]).split(":")[4]
    found = attempt(lambda: read(reader, trail), f"the trail {name}")
    if isinstance(found, Gap) and owner != account and _owner_alone(found):
        detail = (
            f"The trail {name} belongs to the account {owner}, which is not part of this run: "
            "only there can it be read."
        )
        return Gap(cause=Cause.NOT_SELECTED, detail=detail, sources=found.sources)
    return found


def _owner_alone(gap: Gap) -> bool:
    """Whether no permission of this account would help: not found, or refused by the owner's resource policy."""
    return gap.cause is Cause.GONE or (gap.cause is Cause.DENIED and "resource-based policy" in gap.detail)


def _status(reader: Reader, trail: Mapping[str, Any]) -> TrailStatus:
    answer = reader.call("cloudtrail:GetTrailStatus", {"Name": trail["TrailARN"]}, region=trail["HomeRegion"])
    status = answer.data
    times = {name: utc(status[name]) for name in _TIMES if status.get(name)}
    return TrailStatus(
        logging=bool(status["IsLogging"]),
        latest_delivery=times.get("LatestDeliveryTime"),
        delivery_error=text(status.get("LatestDeliveryError")),
        latest_digest=times.get("LatestDigestDeliveryTime"),
        digest_error=text(status.get("LatestDigestDeliveryError")),
        logs_error=text(status.get("LatestCloudWatchLogsDeliveryError")),
        started=times.get("StartLoggingTime"),
        stopped=times.get("StopLoggingTime"),
        read_at=answer.time,
    )


_TIMES = ("LatestDeliveryTime", "LatestDigestDeliveryTime", "StartLoggingTime", "StopLoggingTime")


def _selectors(reader: Reader, trail: Mapping[str, Any]) -> Selectors:
    params = {"TrailName": trail["TrailARN"]}
    data = reader.call("cloudtrail:GetEventSelectors", params, region=trail["HomeRegion"]).data
    if not {"EventSelectors", "AdvancedEventSelectors"} & set(data):
        raise KeyError("EventSelectors")
    classic = [_classic(selector) for selector in data.get("EventSelectors") or ()]
    return Selectors(items=(*classic, *advanced_selectors(data.get("AdvancedEventSelectors") or ())))


def advanced_selectors(selectors: Iterable[Mapping[str, Any]]) -> tuple[Selector, ...]:
    """Return advanced event selectors, as trails and event data stores have them."""
    return tuple(map(_advanced, selectors))


def _classic(selector: Mapping[str, Any]) -> Selector:
    return Selector(
        name="",
        classic=True,
        read_write=text(selector.get("ReadWriteType") or "All"),
        management=bool(selector.get("IncludeManagementEvents", True)),
        excluded_sources=tuple(sorted(map(str, selector.get("ExcludeManagementEventSources") or ()))),
        fields=(),
    )


def _advanced(selector: Mapping[str, Any]) -> Selector:
    fields = tuple(
        FieldSelector(field=str(field["Field"]), operator=operator, values=tuple(map(str, field[operator])))
        for field in selector.get("FieldSelectors") or ()
        for operator in OPERATORS
        if field.get(operator)
    )
    category = [field for field in fields if field.field == "eventCategory" and field.operator == "Equals"]
    return Selector(
        name=text(selector.get("Name")),
        classic=False,
        read_write="",
        management=any("Management" in field.values for field in category),
        excluded_sources=(),
        fields=fields,
    )


def _insights(reader: Reader, trail: Mapping[str, Any]) -> InsightSelectors:
    return read_insight_selectors(reader, {"TrailName": trail["TrailARN"]}, str(trail["HomeRegion"]))


def read_insight_selectors(reader: Reader, params: Mapping[str, Any], region: str = "") -> InsightSelectors:
    """Return what Insights analyses of a trail or event data store. Raises `CallFailed` and `MissingError`."""
    if not reader.aws.knows("cloudtrail", "InsightSelector", "EventCategories", region or reader.region):
        detail = (
            f"The installed botocore does not read event categories of Insights: it needs {BOTOCORE_FLOOR} or newer."
        )
        raise MissingError(Gap(cause=Cause.UNSUPPORTED, detail=detail))
    try:
        data = reader.call("cloudtrail:GetInsightSelectors", params, region=region).data
    except CallFailed as failed:
        if failed.code != "InsightNotEnabledException":
            raise
        return InsightSelectors(items=())
    return InsightSelectors(items=tuple(_insight(item) for item in data["InsightSelectors"]))


def _insight(item: Mapping[str, Any]) -> InsightSelector:
    categories = item.get("EventCategories") or ("Management",)
    return InsightSelector(type=str(item["InsightType"]), categories=tuple(sorted(map(str, categories))))
