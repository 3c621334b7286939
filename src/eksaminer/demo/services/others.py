"""The services of which only a few operations are needed: EC2, Account, KMS, CloudWatch, GuardDuty, Price List."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from eksaminer.demo.model import Key, LogGroup, Region, key_arn, stable_id
from eksaminer.demo.refusals import region_disabled
from eksaminer.demo.services.world import Operation, World
from eksaminer.demo.wire import AwsError, Call

TIER_ENDS = ("10240", "30720", "51200", "Inf")
LOGS, FIREHOSE, S3, CLOUDTRAIL = "AmazonCloudWatch", "AmazonKinesisFirehose", "AmazonS3", "AWSCloudTrail"
PRICES: Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]] = {
    (LOGS, "us-east-1"): {
        "VendedLog-Bytes": ("0.50", "0.25", "0.10", "0.05"),
        "VendedLogIA-Bytes": ("0.25", "0.15", "0.075", "0.05"),
        "VendedLog-Bytes-WAFLogs": ("9.99",),
        "TimedStorage-ByteHrs": ("0.03",),
        "DataScanned-Bytes": ("0.005",),
    },
    (LOGS, "eu-central-1"): {
        "EUC1-VendedLog-Bytes": ("0.63", "0.315", "0.126", "0.063"),
        "EUC1-VendedLogIA-Bytes": ("0.315", "0.189", "0.0945", "0.063"),
        "EUC1-VendedLog-Bytes-WAFLogs": ("9.99",),
        "EUC1-TimedStorage-ByteHrs": ("0.0324",),
        "EUC1-DataScanned-Bytes": ("0.0063",),
    },
    (FIREHOSE, "us-east-1"): {"USE1-BilledBytes": ("0.029",), "USE1-VendedLogsBilledBytes": ("9.99",)},
    (FIREHOSE, "eu-central-1"): {"EUC1-BilledBytes": ("0.033",), "EUC1-VendedLogsBilledBytes": ("9.99",)},
    (S3, "us-east-1"): {"TimedStorage-ByteHrs": ("0.023",)},
    (S3, "eu-central-1"): {"EUC1-TimedStorage-ByteHrs": ("0.0245",)},
    (CLOUDTRAIL, "us-east-1"): {"USE1-InsightsEvents": ("0.0000035",), "USE1-DataInsightsEvents": ("0.0000003",)},
    (CLOUDTRAIL, "eu-central-1"): {"EUC1-InsightsEvents": ("0.0000035",), "EUC1-DataInsightsEvents": ("0.0000003",)},
}
"""USD per GB (of CloudTrail per event) by service, region, usage type and tier: of the emulated account, and no promise
of AWS."""
ATTRIBUTES: Mapping[str, Mapping[str, str]] = {S3: {"storageClass": "General Purpose", "volumeType": "Standard"}}
"""What else a product of a service is filtered by."""
BYTES_PER_EVENT = 1_629
"""The mean of recorded audit events."""
DAY = timedelta(days=1)
EVENT_OVERHEAD = 26
"""What CloudWatch Logs adds to the size of each event when it counts."""


def describe_regions(world: World, call: Call) -> Mapping[str, Any]:
    """List the regions that are enabled; with AllRegions also the others."""
    world.region(call)
    names = call.parameters.get("RegionNames") or ()
    filters = {item["Name"]: item["Values"] for item in call.parameters.get("Filters") or ()}
    regions = [
        {
            "RegionName": region.name,
            "Endpoint": f"ec2.{region.name}.amazonaws.com",
            "OptInStatus": region.opt_in,
        }
        for region in _regions(world)
        if (call.parameters.get("AllRegions") or region.opt_in != "not-opted-in")
        and (not names or region.name in names)
        and region.opt_in in filters.get("opt-in-status", [region.opt_in])
        and region.name in filters.get("region-name", [region.name])
    ]
    return {"Regions": regions}


def _regions(world: World) -> list[Region]:
    return sorted(world.account.regions, key=lambda region: region.name)


OPT_STATUS = {"opt-in-not-required": "ENABLED_BY_DEFAULT", "opted-in": "ENABLED", "not-opted-in": "DISABLED"}


def list_regions(world: World, call: Call) -> Mapping[str, Any]:
    """List the regions of the account with their opt-in status."""
    wanted = call.parameters.get("RegionOptStatusContains") or OPT_STATUS.values()
    regions = [
        {"RegionName": region.name, "RegionOptStatus": OPT_STATUS[region.opt_in]}
        for region in _regions(world)
        if OPT_STATUS[region.opt_in] in wanted
    ]
    size = int(call.parameters.get("MaxResults") or len(regions) or 1)
    page, token = world.page(regions, call.parameters.get("NextToken"), size)
    return {"Regions": page, "NextToken": token}


def find_key(world: World, call: Call) -> Key:
    """Return the key that was asked about, or refuse as KMS does where there is none."""
    wanted = str(call.parameters["KeyId"])
    for key in world.region(call).keys:
        if wanted in (key.id, key_arn(world.account.id, call.region, key.id)):
            return key
    arn = wanted if wanted.startswith("arn:") else key_arn(world.account.id, call.region, wanted)
    raise AwsError("NotFoundException", f"Key '{arn}' does not exist")


def describe_key(world: World, call: Call) -> Mapping[str, Any]:
    """Describe a customer managed key and its state."""
    key = find_key(world, call)
    return {
        "KeyMetadata": {
            "AWSAccountId": world.account.id,
            "KeyId": key.id,
            "Arn": key_arn(world.account.id, call.region, key.id),
            "CreationDate": key.created,
            "Enabled": key.state == "Enabled",
            "Description": "",
            "KeyUsage": key.usage,
            "KeyState": key.state,
            "DeletionDate": key.deletion,
            "Origin": "AWS_KMS",
            "KeyManager": "CUSTOMER",
            "KeySpec": key.spec,
            "MultiRegion": False,
        }
    }


def get_key_rotation_status(world: World, call: Call) -> Mapping[str, Any]:
    """Tell whether a key rotates."""
    key = find_key(world, call)
    return {"KeyId": key_arn(world.account.id, call.region, key.id), "KeyRotationEnabled": key.rotation}


def get_metric_data(world: World, call: Call) -> Mapping[str, Any]:
    """Give the incoming bytes and events of log groups, as sums per period; other metrics have no data."""
    region = world.region(call)
    ascending = call.parameters.get("ScanBy") == "TimestampAscending"
    window = (call.parameters["StartTime"], min(call.parameters["EndTime"], world.now))
    results = []
    for query in call.parameters["MetricDataQueries"]:
        sums = sorted(_sums(region, query["MetricStat"], *window).items(), reverse=not ascending)
        results.append(
            {
                "Id": query["Id"],
                "Label": query.get("Label") or query["MetricStat"]["Metric"]["MetricName"],
                "Timestamps": [start for start, _ in sums],
                "Values": [float(value) for _, value in sums],
                "StatusCode": "Complete",
            }
        )
    page, token = world.page(results, call.parameters.get("NextToken"), 500)
    return {"MetricDataResults": page, "NextToken": token, "Messages": []}


def _sums(region: Region, stat: Mapping[str, Any], start: datetime, end: datetime) -> Mapping[datetime, float]:
    """Return the sum of each period that has data, by its start."""
    metric, period = stat["Metric"], timedelta(seconds=int(stat["Period"]))
    dimensions = {item["Name"]: item["Value"] for item in metric.get("Dimensions") or ()}
    if metric["Namespace"] != "AWS/Logs":
        return {}
    name = dimensions.get("LogGroupName")
    groups = [group for group in region.log_groups if name in (None, group.name)]
    sums: dict[datetime, float] = {}
    for group in groups:
        for moment, size, events in _incoming(group, start, end, period):
            first = start + (moment - start) // period * period
            value = {"IncomingBytes": size, "IncomingLogEvents": events}.get(metric["MetricName"], 0)
            sums[first] = sums.get(first, 0) + value
    return sums


def _incoming(
    group: LogGroup, start: datetime, end: datetime, period: timedelta
) -> Iterator[tuple[datetime, int, int]]:
    """Yield time, bytes and number of the events of a group: the described days or rate, or else those it holds.

    Days count only where periods are whole days: shorter ones are told from the events themselves.
    """
    if group.daily_since is not None and period >= DAY:
        for number, size in enumerate(group.daily_bytes):
            moment = group.daily_since + number * DAY
            if start <= moment < end and size:
                yield moment, size, size // BYTES_PER_EVENT
        return
    if group.bytes_per_hour:
        hour = timedelta(hours=1)
        for number in range((end - start) // hour):
            moment = start + number * hour
            if group.created <= moment:
                yield moment, group.bytes_per_hour, group.bytes_per_hour // BYTES_PER_EVENT
        return
    for stream in group.streams:
        for event in stream.events:
            moment = datetime.fromtimestamp(event.timestamp / 1000, UTC)
            if start <= moment <= end:
                yield moment, len(event.message.encode()) + EVENT_OVERHEAD, 1


def list_detectors(world: World, call: Call) -> Mapping[str, Any]:
    """List the GuardDuty detector of the region, if there is one."""
    region = world.region(call)
    return {"DetectorIds": [] if region.guardduty is None else [stable_id("detector", region.name)]}


def get_detector(world: World, call: Call) -> Mapping[str, Any]:
    """Describe the GuardDuty detector."""
    region = world.region(call)
    if region.guardduty is None or call.parameters["DetectorId"] != stable_id("detector", region.name):
        message = "The request is rejected because the input detectorId is not owned by the current account."
        raise AwsError("BadRequestException", message)
    audit_logs = region.guardduty.get("EKS_AUDIT_LOGS", "DISABLED")
    return {
        "Status": region.guardduty_status,
        "FindingPublishingFrequency": "SIX_HOURS",
        "ServiceRole": f"arn:aws:iam::{world.account.id}:role/aws-service-role/guardduty.amazonaws.com/guardduty",
        "DataSources": {"Kubernetes": {"AuditLogs": {"Status": audit_logs}}},
        "Features": [{"Name": name, "Status": status} for name, status in region.guardduty.items()],
        "Tags": {},
    }


def list_coverage(world: World, call: Call) -> Mapping[str, Any]:
    """List how far runtime monitoring covers the clusters of the region."""
    region = world.region(call)
    items = [
        {
            "ResourceId": f"{world.account.id}:EKS:{name}",
            "DetectorId": call.parameters["DetectorId"],
            "AccountId": world.account.id,
            "ResourceDetails": {
                "ResourceType": "EKS",
                "EksClusterDetails": {
                    "ClusterName": name,
                    "CoveredNodes": 3 if status == "HEALTHY" else 1,
                    "CompatibleNodes": 3,
                    "ManagementType": "AUTO_MANAGED",
                },
            },
            "CoverageStatus": status,
            "Issue": "" if status == "HEALTHY" else "The agent does not report.",
        }
        for name, status in sorted(region.coverage.items())
    ]
    page, token = world.page(items, call.parameters.get("NextToken"), 50)
    return {"Resources": page, "NextToken": token}


def get_products(world: World, call: Call) -> Mapping[str, Any]:
    """Give the prices of what the filters name, in USD."""
    if call.region not in {"us-east-1", "eu-central-1", "ap-south-1"}:
        raise region_disabled(call)
    wanted = {item["Field"]: item["Value"] for item in call.parameters.get("Filters") or ()}
    asked = call.parameters["ServiceCode"]
    products = [
        _product(attributes, prices)
        for (service, region), usages in PRICES.items()
        for usage, prices in usages.items()
        if service == asked
        for attributes in [
            {"servicecode": service, "regionCode": region, "usagetype": usage, **ATTRIBUTES.get(service, {})}
        ]
        if all(attributes.get(field) == value for field, value in wanted.items())
    ]
    page, token = world.page(products, call.parameters.get("NextToken"), 100)
    return {"FormatVersion": "aws_v1", "PriceList": page, "NextToken": token}


def _product(attributes: Mapping[str, str], prices: Sequence[str]) -> str:
    sku = stable_id(*attributes.values(), length=16).upper()
    ends = TIER_ENDS if len(prices) > 1 else ("Inf",)
    dimensions = {
        f"{sku}.T.R{number}": {
            "unit": "GB",
            "beginRange": begin,
            "endRange": end,
            "pricePerUnit": {"USD": price},
        }
        for number, (begin, end, price) in enumerate(zip(("0", *ends), ends, prices, strict=False))
    }
    return json.dumps(
        {
            "product": {"sku": sku, "attributes": attributes},
            "serviceCode": attributes["servicecode"],
            "terms": {"OnDemand": {f"{sku}.T": {"priceDimensions": dimensions}}},
        }
    )


OPERATIONS: Mapping[str, Operation] = {
    "ec2:DescribeRegions": describe_regions,
    "account:ListRegions": list_regions,
    "kms:DescribeKey": describe_key,
    "kms:GetKeyRotationStatus": get_key_rotation_status,
    "cloudwatch:GetMetricData": get_metric_data,
    "guardduty:ListDetectors": list_detectors,
    "guardduty:GetDetector": get_detector,
    "guardduty:ListCoverage": list_coverage,
    "pricing:GetProducts": get_products,
}
