"""Volumes and prices: what is asked, of whom, and what becomes of it where it may not be asked."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from eksaminer.collect.redact import redacted
from eksaminer.demo.account import LogGroup, clean_account, demo_account, with_changed_group, with_changed_region
from eksaminer.demo.emulator import Emulator
from eksaminer.demo.model import PastQuery
from eksaminer.demo.services import others
from eksaminer.evidence.cost import LogPrices, LogVolumes, QueryHistory
from eksaminer.gap import Gap

from .collecting import NOW, collected, region, section

MIDNIGHT = NOW.replace(hour=0)
GROUP = "/aws/eks/prod-good/cluster"


def filled(name: str, days: int = 30, created: datetime = NOW - timedelta(days=400)) -> LogGroup:
    """Return a log group into which 1,000 bytes came on each of the last *days* full days."""
    since = MIDNIGHT - timedelta(days=days)
    return LogGroup(name=name, created=created, daily_since=since, daily_bytes=(1_000,) * days)


def test_reads_thirty_full_days_of_every_log_group_of_the_region(emulator: Emulator) -> None:
    more = (filled("/aws/eks/orphan/cluster"), filled("/aws/eks/prod-good/other"), filled("/aws/lambda/x"))
    account = clean_account(NOW)
    groups = account.regions[0].log_groups
    emulator.load(with_changed_region(account, "eu-central-1", log_groups=(*groups, *more)))

    found = section(collected(), region("eu-central-1"), LogVolumes)

    assert (found.since, found.until) == (MIDNIGHT - timedelta(days=30), MIDNIGHT)
    assert [group.cluster for group in found.groups] == ["orphan", "prod-good"]
    assert found.groups[0].daily == (1_000,) * 30
    both = [one + 3 * 1_000 for one in found.groups[1].daily]
    assert list(found.everything) == both


def test_a_day_without_a_value_is_no_zero(emulator: Emulator) -> None:
    since = MIDNIGHT - timedelta(days=2)
    emulator.load(with_changed_group(clean_account(NOW), GROUP, daily_since=since, daily_bytes=(0, 7)))

    found = section(collected(), region("eu-central-1"), LogVolumes)

    assert found.groups[0].daily == (None,) * 29 + (7,)
    assert found.groups[0].too_recent.cause == "too_recent"


def test_a_group_that_was_made_today_is_too_recent(emulator: Emulator) -> None:
    account = with_changed_group(clean_account(NOW), GROUP, created=MIDNIGHT, daily_bytes=(0,))
    emulator.load(account)

    found = section(collected(), region("eu-central-1"), LogVolumes)

    assert found.groups[0].too_recent is not None


def test_a_region_without_clusters_is_not_asked(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))

    collection = collected()

    asked = {call.region for call in emulator.calls if call.action == "cloudwatch:GetMetricData"}
    assert asked == {"eu-central-1", "us-east-1"}
    assert section(collection, region("eu-west-1"), LogVolumes).groups == ()
    assert section(collection, region("eu-west-1"), LogPrices).sheet is None


def test_prices_come_from_the_price_list_without_those_of_single_services(emulator: Emulator) -> None:
    found = section(collected(), region("eu-central-1"), LogPrices)

    assert found.sheet.origin == "price_list"
    assert [str(tier.price) for tier in found.sheet.ingestion] == ["0.63", "0.315", "0.126", "0.063"]
    assert [tier.up_to_gb for tier in found.sheet.ingestion] == [10_240, 30_720, 51_200, None]
    assert (str(found.sheet.storage), str(found.sheet.scan)) == ("0.0324", "0.0063")
    assert (str(found.sheet.firehose), str(found.sheet.object_storage)) == ("0.033", "0.0245")
    assert found.sheet.insights == Decimal("0.35")
    assert (found.fallback, found.incomplete) == (None, None)


def test_a_product_without_a_price_elsewhere_leaves_the_prices_of_logs_as_they_are(emulator: Emulator) -> None:
    without = {key: usages for key, usages in others.PRICES.items() if key[0] == others.LOGS}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(others, "PRICES", without)
        found = section(collected(), region("eu-central-1"), LogPrices)

    assert found.sheet.origin == "price_list"
    assert (found.sheet.firehose, found.sheet.object_storage, found.sheet.insights) == (None, None, None)


def test_where_prices_may_not_be_asked_the_table_is_taken_and_the_denial_kept(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))
    emulator.deny("pricing:GetProducts")

    collection = collected()

    known = section(collection, region("us-east-1"), LogPrices)
    assert known.sheet.origin == "table"
    assert known.fallback.permission == "pricing:GetProducts"
    unknown = section(collection, region("eu-central-1"), LogPrices)
    assert isinstance(unknown, Gap)
    assert unknown.permission == "pricing:GetProducts"


@pytest.mark.parametrize("operation", ["cloudwatch:GetMetricData", "logs:DescribeLogGroups"])
def test_a_volume_that_may_not_be_read_is_a_gap(operation: str, emulator: Emulator) -> None:
    emulator.deny(operation)

    found = section(collected(), region("eu-central-1"), LogVolumes)

    assert isinstance(found, Gap)
    assert found.permission == operation


def test_a_region_whose_clusters_cannot_be_listed_has_no_cost_either(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))
    emulator.deny("eks:ListClusters", region="us-east-1")

    found = section(collected(), region("us-east-1"), LogVolumes)

    assert isinstance(found, Gap)
    assert found.permission == "eks:ListClusters"


def test_what_queries_scanned_of_the_control_plane_logs_is_added_up(emulator: Emulator) -> None:
    day = timedelta(days=1)
    queries = (
        PastQuery(log_group=GROUP, time=NOW - 3 * day, bytes=5_000),
        PastQuery(log_group=GROUP, time=NOW - day, bytes=7_000),
        PastQuery(log_group="/aws/lambda/x", time=NOW, bytes=1),
        PastQuery(log_group="/aws/eks/prod-good/other", time=NOW, bytes=1),
    )
    emulator.load(with_changed_region(clean_account(NOW), "eu-central-1", past_queries=queries))

    (found,) = section(collected(), region("eu-central-1"), QueryHistory).groups

    assert (found.log_group, found.queries, found.bytes) == (GROUP, 2, 12_000)
    assert (found.first, found.last) == (NOW - 3 * day, NOW - day)


def test_queries_that_may_not_be_listed_leave_volumes_and_prices_as_they_are(emulator: Emulator) -> None:
    emulator.deny("logs:DescribeQueries")

    collection = collected()

    found = section(collection, region("eu-central-1"), QueryHistory)
    assert isinstance(found, Gap)
    assert found.permission == "logs:DescribeQueries"
    assert section(collection, region("eu-central-1"), LogVolumes).groups
    assert section(collection, region("eu-central-1"), LogPrices).sheet is not None


def test_no_text_of_a_query_and_no_name_of_who_ran_it_enters_the_evidence() -> None:
    answer = {"queries": [{"queryString": "secret", "userIdentity": "someone", "bytesScanned": 1}]}

    assert redacted("logs:DescribeQueries", answer) == b'{"queries":[{"bytesScanned":1}]}'


def test_a_thousand_log_groups_take_three_requests(emulator: Emulator) -> None:
    account = clean_account(NOW)
    many = tuple(filled(f"/aws/eks/c{number}/cluster", days=1) for number in range(1_000))
    first = replace(account.regions[0], log_groups=(*account.regions[0].log_groups, *many))
    emulator.load(replace(account, regions=(first, *account.regions[1:])))

    found = section(collected(), region("eu-central-1"), LogVolumes)

    assert len(found.groups) == 1_001
    assert Counter(emulator.actions)["cloudwatch:GetMetricData"] == 3
