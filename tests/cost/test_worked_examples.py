"""Amounts that were worked out by hand: the arithmetic stands beside each.

The prices are those of `tests.samples.sheet`: a dollar a GB, half of that beyond 100 GB a month; a dime a
GB-month stored. The twelve months after November 2026 have 31 days seven times, 30 days four times, and 28 once.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from tests.samples import GB, NOW, changed, prices, sheet, volume, volumes

from eksaminer.cost import Composition, GroupCost, RegionCost, Wanted, account_cost, region_cost, table, too_recent
from eksaminer.cost.rate import Rate, rate_of
from eksaminer.criteria import Criteria
from eksaminer.evidence.cost import GroupVolume, LogVolumes, PriceSheet, SearchedGroup
from eksaminer.evidence.model import Every, Target
from eksaminer.evidence.scan import Contribution
from eksaminer.gap import Cause, Gap
from eksaminer.outcome import Period

WANTED = Wanted(least_days=90, most_days=None)
NOT_PRICED = Gap(cause=Cause.DENIED, detail="Refused.", permission="pricing:GetProducts")


def region(*groups: GroupVolume, prices: PriceSheet | Gap | None = None, **fields: Any) -> RegionCost:
    return region_cost("eu-central-1", volumes(*groups, **fields), prices or sheet(), WANTED)


def only(found: RegionCost) -> GroupCost:
    (group,) = found.groups
    return group


def a_day(gigabytes: int, name: str = "demo", **fields: Any) -> GroupVolume:
    return volume(name, daily=(gigabytes * GB,) * 30, **fields)


def test_a_tier_that_is_crossed_inside_each_month() -> None:
    # 31 days: 124 GB = 100 x 1.00 + 24 x 0.50 = 112; 30 days: 120 GB = 110; 28 days: 112 GB = 106.
    # 7 x 112 + 4 x 110 + 106 = 1330. Stored: 4 x 365 x 0.15 = 219 GB, x 0.10 x 12 = 262.80.
    found = region(a_day(4))

    assert (found.ingestion, found.storage) == (Decimal("1330.000000"), Decimal("262.800000"))
    assert found.total == Decimal("1592.800000")
    assert (found.projected_since, found.projected_until) == (date(2026, 12, 1), date(2027, 11, 30))


def test_two_clusters_that_share_the_tiers() -> None:
    # Together as above. By volume: 1/4 and 3/4 of 1330. Without the first 3 GB a day are left, all in the first
    # tier: 3 x 365 = 1095, so it adds 235. Without the second 365 are left, so it adds 965.
    small, large = region(a_day(1, "small"), a_day(3, "large")).groups

    assert (small.cluster, large.cluster) == ("small", "large")
    assert (small.ingestion, large.ingestion) == (Decimal("332.500000"), Decimal("997.500000"))
    assert (small.ingestion_marginal, large.ingestion_marginal) == (Decimal("235.000000"), Decimal("965.000000"))


def test_a_february_of_29_days() -> None:
    # December 2027 to November 2028: as above, but February has 116 GB = 108. 7 x 112 + 4 x 110 + 108 = 1332.
    until = datetime(2027, 11, 23, tzinfo=UTC)

    found = region(a_day(4), until=until, since=until - timedelta(days=30))

    assert found.ingestion == Decimal("1332.000000")


def test_the_classes_have_tiers_of_their_own() -> None:
    # Standard: 2 GB a day, 730 GB a year in the first tier = 730. Infrequent: the same at half the price = 365.
    found = region(a_day(2, "a"), a_day(2, "b", log_class="INFREQUENT_ACCESS"))

    assert [group.ingestion for group in found.groups] == [Decimal("730.000000"), Decimal("365.000000")]


def test_a_group_younger_than_the_days_that_are_measured() -> None:
    # 20 days without a value, a first day that began in its course, and nine full days of 4 GB.
    young = volume(daily=(None,) * 20 + (GB,) + (4 * GB,) * 9, created_at=NOW - timedelta(days=10))

    found = only(region(young))

    assert (found.state, found.daily_bytes) == ("young", 4 * GB)
    assert (found.measured_since, found.measured_until) == (date(2026, 11, 14), date(2026, 11, 22))
    assert found.ingestion == Decimal("1330.000000")


def test_a_group_in_use_for_less_than_a_full_day_is_not_measured() -> None:
    gap = Gap(cause=Cause.TOO_RECENT, detail="Too young.")

    found = region(a_day(4, "old"), volume("new", daily=(None,) * 30, too_recent=gap))

    assert [group.cluster for group in found.groups] == ["old"]
    assert [(item.log_group, item.reason) for item in found.unmeasured] == [("/aws/eks/new/cluster", gap)]


def test_a_group_that_stopped_costs_no_ingestion_and_empties() -> None:
    # 60 GB are stored, events stay 40 days, and the last came 10 days ago: in 30 days it is empty. In the middle
    # of December, 8 + 15.5 = 23.5 days on, 6.5 of 30 parts are left: 13 GB x 0.10 = 1.30.
    stopped = volume(daily=(4 * GB,) * 20 + (None,) * 10, retention_days=40, stored_bytes=60 * GB)

    found = only(region(stopped))

    assert (found.state, found.daily_bytes, found.storage_from) == ("stopped", 0, "stored_bytes")
    assert (found.ingestion, found.storage) == (Decimal("0.000000"), Decimal("1.300000"))
    assert found.options == ()


def test_a_silent_group_that_never_expires_is_paid_for_as_long_as_it_is_there() -> None:
    # 100 GB x 0.10 x 12 = 120 a year, every year.
    found = only(region(volume(daily=(None,) * 30, retention_days=None, stored_bytes=100 * GB)))

    assert found.state == "silent"
    assert [(year.year, year.ingestion, year.storage) for year in found.years] == [
        (1, Decimal("0.000000"), Decimal("120.000000")),
        (3, Decimal("0.000000"), Decimal("120.000000")),
        (5, Decimal("0.000000"), Decimal("120.000000")),
    ]


def test_a_log_that_never_expires_grows() -> None:
    # 240 GB now, and 4 x 0.15 = 0.6 GB more a day. The middles of the months lie 23.5, 54.5, 84, 113.5, 144, 174.5,
    # 205, 235.5, 266.5, 297, 327.5 and 358 days ahead, 2283.5 in all: (12 x 240 + 0.6 x 2283.5) x 0.10 = 425.01.
    # In the third year, after a leap day, each middle lies 731 days further ahead: 2283.5 + 12 x 731 = 11055.5, so
    # (2880 + 0.6 x 11055.5) x 0.10 = 951.33.
    found = only(region(a_day(4, retention_days=None, stored_bytes=240 * GB)))

    first, third, _ = found.years
    assert first.storage == Decimal("425.010000")
    assert third.storage == Decimal("951.330000")
    assert found.storage == first.storage


def test_a_region_without_prices_is_measured_and_not_priced() -> None:
    found = region(a_day(4), prices=NOT_PRICED)

    assert (found.ingestion, found.storage, found.total) == (None, None, None)
    assert found.unpriced == (NOT_PRICED,)
    assert only(found).daily_bytes == 4 * GB


def test_a_volume_beyond_the_known_tiers_is_not_priced() -> None:
    known = sheet(ingestion=sheet().ingestion[:1])

    found = region(a_day(4), prices=known)

    assert found.ingestion is None
    assert found.storage == Decimal("262.800000")
    assert "not priced" in found.unpriced[0].detail


def test_a_class_whose_price_is_not_known_is_not_priced() -> None:
    found = region(a_day(1, log_class="ESSENTIALS"))

    assert only(found).ingestion is None


def test_no_region_takes_the_prices_of_another_one() -> None:
    prices = table()["eu-west-1"]

    found = region(a_day(1), prices=prices)

    # 365 GB x 0.57; the table has no price of storage there.
    assert (found.ingestion, found.storage) == (Decimal("208.050000"), None)


def test_a_bill_that_others_published() -> None:
    # 108 GB a month in us-east-1: 54.00 for ingestion; with 30 days kept 54.48, with 365 days 59.83 (rounded).
    daily = 108 * 12 * GB // 365
    prices = table()["us-east-1"]

    for days, monthly in ((30, "54.48"), (365, "59.83")):
        found = region(volume(daily=(daily,) * 30, retention_days=days), prices=prices)
        assert found.total is not None
        assert round(found.total / 12, 2) == Decimal(monthly)


def test_what_else_is_logged_may_make_the_tiers_cheaper() -> None:
    # With 4 GB a day of others 8 GB a day share the tiers: 7 x 174 + 4 x 170 + 162 = 2060, of which half is ours.
    found = region(a_day(4), everything=(8 * GB,) * 30)

    assert found.other_daily_bytes == 4 * GB
    assert found.ingestion_least == Decimal("1030.000000")


OPTIONS = {
    ("retention", "30"): ("1351.600000", "-241.200000", False),
    ("retention", "90"): ("1394.800000", "-198.000000", True),
    ("retention", "731"): ("1856.320000", "263.520000", True),
    ("infrequent_access", ""): ("927.800000", "-665.000000", True),
    ("without_type", "api"): ("1292.100000", "-300.700000", True),
    ("object_storage", "90"): ("1387.280000", "-205.520000", True),
}
"""Of 4 GB a day, kept 365 days, that cost 1592.80. Storage: 4 x days x 0.15 x 0.10 x 12 = 0.72 x days.

- 30 days: 1330 + 21.60. 90 days: 1330 + 64.80. 731 days: 1330 + 526.32.
- Infrequent Access: 1330 becomes 665; the storage stays.
- Without api, a quarter of the bytes: 3 GB a day cost 1095, which is 235 less, and 65.70 less storage.
- S3: 1330, 30 days here 21.60, Firehose 1460 GB x 0.02 = 29.20, S3 54 GB x 0.01 x 12 = 6.48 with 90 days.
"""


def test_the_options_of_a_log_group() -> None:
    prices = sheet(firehose=Decimal("0.02"), object_storage=Decimal("0.01"))
    made_of = Composition(types={"/aws/eks/demo/cluster": {"audit": 3, "api": 1}})

    found = only(region_cost("eu-central-1", volumes(a_day(4)), prices, WANTED, made_of))

    options = {(str(item.kind), item.value): item for item in found.options}
    assert {
        key: (str(options[key].yearly), str(options[key].change), options[key].enough) for key in OPTIONS
    } == OPTIONS
    assert [(share.name, share.bytes, share.yearly) for share in found.log_types] == [
        ("audit", 3, Decimal("997.500000")),
        ("api", 1, Decimal("332.500000")),
    ]


CONTRIBUTIONS = (
    Contribution(dimension="all", value="", events=10, bytes=1_000),
    Contribution(dimension="user", value="alice", events=4, bytes=250),
)
PARTS = [
    pytest.param({}, "332.500000", id="of the whole log group: 1330 x 250/1000"),
    pytest.param({"audit": 4, "api": 1}, "266.000000", id="of the audit log: 1330 x 4/5 x 250/1000"),
    pytest.param({"api": 1}, "0.000000", id="of no audit log"),
]


@pytest.mark.parametrize(("types", "yearly"), PARTS)
def test_the_money_behind_what_makes_the_log_large(types: dict[str, int], yearly: str) -> None:
    name = "/aws/eks/demo/cluster"
    made_of = Composition(types={name: types}, sizes={name: CONTRIBUTIONS})

    found = only(region_cost("eu-central-1", volumes(a_day(4)), sheet(), WANTED, made_of))

    assert [(item.value, item.events, str(item.yearly)) for item in found.contributors] == [("alice", 4, yearly)]


def test_what_is_not_priced_is_no_option_for_free() -> None:
    found = only(region(a_day(4), prices=sheet(ingestion_infrequent=())))

    options = {item.kind: item for item in found.options}
    assert (options["infrequent_access"].change, options["object_storage"].change) == (None, None)


def test_what_one_query_costs() -> None:
    # 4 GB x 0.01 = 0.04 for a day, 30 days 1.20, all 365 days 14.60.
    found = only(region(a_day(4)))

    assert [(item.days, str(item.price)) for item in found.queries] == [
        (1, "0.040000"),
        (30, "1.200000"),
        (365, "14.600000"),
    ]


def test_what_a_query_over_the_periods_of_the_run_costs() -> None:
    # The audit period of 90 days: 360 GB x 0.01 = 3.60. A window of 30 hours is searched as two days: 0.08.
    until = datetime(2026, 11, 23, 8, tzinfo=UTC)
    periods = (
        Period(since=until - timedelta(days=90), until=until),
        Period(since=until - timedelta(hours=30), until=until),
    )
    none: MappingProxyType[str, Gap] = MappingProxyType({})
    target = Target(account="111122223333", region="eu-central-1")

    (found,) = account_cost(
        Every(((target, volumes(a_day(4))),), (), none),
        Every(((target, prices()),), (), none),
        Criteria(),
        searched=periods,
    )

    assert [(item.days, str(item.price)) for item in only(found).queries] == [
        (1, "0.040000"),
        (2, "0.080000"),
        (30, "1.200000"),
        (90, "3.600000"),
        (365, "14.600000"),
    ]


def test_queries_that_were_run_are_priced_once_and_are_in_no_other_amount() -> None:
    # 30 GB x 0.01.
    name = "/aws/eks/demo/cluster"
    ran = SearchedGroup(log_group=name, queries=12, bytes=30 * GB, first=NOW - timedelta(days=7), last=NOW)

    with_them = region_cost("eu-central-1", volumes(a_day(4)), sheet(), WANTED, Composition(searches={name: ran}))
    unpriced = region_cost("eu-central-1", volumes(a_day(4)), NOT_PRICED, WANTED, Composition(searches={name: ran}))

    searched, unknown = only(with_them).searched, only(unpriced).searched
    assert searched is not None
    assert (searched.queries, searched.bytes, searched.price) == (12, 30 * GB, Decimal("0.300000"))
    assert with_them.total == region(a_day(4)).total
    assert unknown is not None
    assert unknown.price is None


RATES = [
    pytest.param((4,) * 30, ("running", 120, 30), id="every day"),
    pytest.param((4,) * 29 + (None,), ("running", 116, 30), id="the newest value may be late"),
    pytest.param((4,) * 28 + (None,) * 2, ("stopped", 112, 28), id="two days without a value"),
    pytest.param((None,) * 29 + (4,), None, id="since some time of the last day"),
    pytest.param((None,) * 28 + (1, 4), ("young", 4, 1), id="one full day"),
    pytest.param((None,) * 5 + (4,) + (None,) * 24, ("stopped", 4, 1), id="one day alone, long ago"),
    pytest.param((0,) * 30, ("silent", 0, 30), id="zeros are no events"),
    pytest.param((4, None) * 15, ("running", 60, 30), id="days between without a value"),
]


@pytest.mark.parametrize(("daily", "expected"), RATES)
def test_the_rate_is_of_full_days_in_use(daily: tuple[int | None, ...], expected: tuple[str, int, int] | None) -> None:
    days: LogVolumes = volumes()
    group = volume(daily=daily)
    group = changed(group, too_recent=too_recent(group.name, group.created_at, daily, days.until))

    found = rate_of(group, days)

    if expected is None:
        assert isinstance(found, Gap)
    else:
        assert isinstance(found, Rate)
        assert (found.state, found.bytes, found.days) == expected
