"""What a region charges for logs, from the Price List API or, where that may not be asked, from the table."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast

from eksaminer.collect.aws.reader import Reader
from eksaminer.collect.gaps import MissingError, gap_of
from eksaminer.collect.session import Aws, CallFailed
from eksaminer.cost import table
from eksaminer.evidence.cost import LogPrices, PriceSheet, Tier
from eksaminer.gap import Cause, Gap

ENDPOINTS = {"aws": "us-east-1", "aws-cn": "cn-northwest-1"}
"""Where the Price List API of a partition answers; the others have none (botocore endpoints, 2026-11-23)."""
NEARER = {"eu": "eu-central-1", "ap": "ap-south-1"}
"""Further endpoints, by the begin of a region's name: organisations often allow calls in their own continent alone."""
CURRENCIES = ("USD", "CNY")
END = "Inf"
Rows = Mapping[str, tuple[str, tuple[Tier, ...]]]


@dataclass(frozen=True, slots=True)
class _Service:
    """A service of the price list, and what it has prices for."""

    code: str
    usage: Mapping[str, str]
    """The end of the usage type, after the code of the region that all but us-east-1 have; and what it prices.
    Twins for single services (`VendedLog-Bytes-WAFLogs`) end otherwise."""
    attributes: tuple[tuple[str, str], ...] = ()
    """What else is filtered by, where a region has very many products."""


LOGS = _Service(
    "AmazonCloudWatch",
    {
        "VendedLog-Bytes": "ingestion",
        "VendedLogIA-Bytes": "ingestion_infrequent",
        "TimedStorage-ByteHrs": "storage",
        "DataScanned-Bytes": "scan",
    },
)
OTHERS = (
    _Service("AmazonKinesisFirehose", {"BilledBytes": "firehose"}),
    _Service(
        "AmazonS3",
        {"TimedStorage-ByteHrs": "object_storage"},
        (("storageClass", "General Purpose"), ("volumeType", "Standard")),
    ),
    _Service("AWSCloudTrail", {"InsightsEvents": "insights"}),
)
"""What changes of the logs cost elsewhere: where one of them may not be asked, that change is not priced."""
ANALYSED = 100_000
"""Events that the price of CloudTrail Insights is of; the price list has it for one."""


def read_prices(aws: Aws, region: str, partition: str, today: date, *, logs_alone: bool = False) -> LogPrices:
    """Return the prices of *region*, if wanted those of *logs_alone*.

    Raises:
        MissingError: There is none at all.
    """
    nearer = NEARER.get(region.partition("-")[0]) if partition == "aws" else None
    reader = Reader(aws, nearer or ENDPOINTS.get(partition, ""))
    found = _listed(reader, region, today, () if logs_alone else OTHERS)
    if isinstance(found, PriceSheet):
        return LogPrices(sources=reader.sources, sheet=found, incomplete=_incomplete(found))
    known = table().get(region)
    if known is None:
        raise MissingError(found)
    return LogPrices(sources=reader.sources, sheet=known, fallback=found, incomplete=_incomplete(known))


def _incomplete(sheet: PriceSheet) -> Gap | None:
    """Say which prices are not known; None: all are that a log group needs."""
    tiers = {"Standard": sheet.ingestion, "Infrequent Access": sheet.ingestion_infrequent}
    lacking = [f"any volume of the class {name}" for name, row in tiers.items() if not row or row[-1].up_to_gb]
    lacking += ["storage"] if sheet.storage is None else []
    if not lacking:
        return None
    where = f"{sheet.region} ({sheet.source}, {sheet.date})"
    detail = f"No price is known in {where} for: {', '.join(lacking)}."
    return Gap(cause=Cause.NOT_OBSERVABLE, detail=detail)


def _listed(reader: Reader, region: str, today: date, others: Sequence[_Service]) -> PriceSheet | Gap:
    if not reader.region:
        detail = f"The partition of {region} has no Price List API, and the table of prices does not have the region."
        return Gap(cause=Cause.NOT_OBSERVABLE, detail=detail)
    try:
        rows = _read(reader, region, LOGS)
    except CallFailed as failed:
        return gap_of(failed)
    if "ingestion" not in rows:
        return Gap(
            cause=Cause.NOT_OBSERVABLE,
            detail=f"The Price List API lists no price of vended logs in {region}.",
            sources=reader.sources,
        )
    for service in others:
        with suppress(CallFailed):
            rows = {**rows, **_read(reader, region, service)}
    return _sheet(region, rows, today)


def _read(reader: Reader, region: str, service: _Service) -> Rows:
    """Return the prices of *service* in *region*. Raises `CallFailed`."""
    wanted = (("regionCode", region), *service.attributes)
    params = {
        "ServiceCode": service.code,
        "Filters": [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted],
        "FormatVersion": "aws_v1",
    }
    return dict(_rows(reader.items("pricing:GetProducts", "PriceList", params), region, service.usage))


def _sheet(region: str, rows: Rows, today: date) -> PriceSheet:
    currency = rows["ingestion"][0]
    tiers = {name: found for name, (money, found) in rows.items() if money == currency}
    analysed = _first(tiers, "insights")
    return PriceSheet(
        region=region,
        currency=currency,
        origin="price_list",
        source="AWS Price List API (pricing:GetProducts)",
        date=today,
        ingestion=tiers.get("ingestion", ()),
        ingestion_infrequent=tiers.get("ingestion_infrequent", ()),
        storage=_first(tiers, "storage"),
        scan=_first(tiers, "scan"),
        firehose=_first(tiers, "firehose"),
        object_storage=_first(tiers, "object_storage"),
        insights=None if analysed is None else analysed * ANALYSED,
    )


def _first(rows: Mapping[str, tuple[Tier, ...]], name: str) -> Decimal | None:
    """Return a price that has no tiers; of one that has some, that of the first gigabyte that is not free."""
    return next((tier.price for tier in rows.get(name, ()) if tier.price), None)


def _rows(
    items: list[Any], region: str, usage: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str, tuple[Tier, ...]]]]:
    for item in items:
        product = json.loads(item)
        attributes = product["product"]["attributes"]
        name = usage.get(_plain(str(attributes.get("usagetype", "")), usage))
        if name is not None and attributes.get("regionCode") == region:
            found = _terms(product)
            if found is not None:
                yield name, found


def _plain(usage: str, known: Mapping[str, str]) -> str:
    """Return a usage type without the code of its region."""
    head, _, rest = usage.partition("-")
    return rest if rest in known and head.isalnum() else usage


def _terms(product: Mapping[str, Any]) -> tuple[str, tuple[Tier, ...]] | None:
    offers = cast("Mapping[str, Any]", product.get("terms", {}).get("OnDemand", {}))
    dimensions = [row for offer in offers.values() for row in offer["priceDimensions"].values()]
    for currency in CURRENCIES:
        if dimensions and all(currency in row["pricePerUnit"] for row in dimensions):
            ordered = sorted(dimensions, key=lambda row: Decimal(row["beginRange"]))
            return currency, tuple(
                Tier(
                    up_to_gb=None if row["endRange"] == END else int(Decimal(row["endRange"])),
                    price=Decimal(row["pricePerUnit"][currency]),
                )
                for row in ordered
            )
    return None
