"""A plan says what would be read, and reads nothing but the inventory."""

from collections import Counter
from typing import Any

import pytest

from eksaminer.collect.clock import FixedClock
from eksaminer.collect.plan import Plan, plan
from eksaminer.collect.request import CollectRequest
from eksaminer.cost import table
from eksaminer.demo.account import demo_account, large_account, with_changed_group
from eksaminer.demo.emulator import Emulator
from eksaminer.evidence.kubernetes import KubernetesObjects
from eksaminer.gap import Gap

from .collecting import ACCOUNT, NOW, collected


def planned(**request: Any) -> Plan:
    return plan(CollectRequest(attempts=2, **request), clock=FixedClock(NOW))


def test_asks_only_who_which_regions_which_clusters_how_much_and_at_what_price(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))

    found = planned()

    assert Counter(emulator.actions) == {
        "sts:GetCallerIdentity": 1,
        "ec2:DescribeRegions": 1,
        "eks:ListClusters": 4,
        "cloudwatch:GetMetricData": 2,
        "pricing:GetProducts": 2,
    }
    assert found.identity.account == ACCOUNT
    assert found.regions == ("eu-central-1", "eu-west-1", "us-east-1", "us-west-2")
    assert [target.cluster for target in found.clusters] == ["prod-good", "team-neglected", "prod-attacked"]


def test_does_not_ask_for_volumes_where_no_log_would_be_searched(emulator: Emulator) -> None:
    found = planned(live_logs=False)

    assert "cloudwatch:GetMetricData" not in emulator.actions
    assert found.volumes == ()
    assert found.events is None
    assert set(found.permissions) == {"config", "kubernetes"}


def test_estimates_no_fewer_calls_than_are_made(emulator: Emulator) -> None:
    emulator.load(large_account(NOW))
    made = sum(item.count for item in collected().info.calls)

    found = planned(live_logs=False, kubernetes="off")

    assert made <= found.calls <= 1.6 * made


def test_counts_kubernetes_requests_of_clusters_without_a_dump(emulator: Emulator) -> None:
    assert planned().kubernetes_requests == len(KubernetesObjects.permissions)
    assert planned(kubernetes_dumps=("objects",)).kubernetes_requests == 0
    assert planned(kubernetes="off").kubernetes_requests == 0


def test_prices_what_would_be_scanned_where_the_region_has_a_price(emulator: Emulator) -> None:
    account = with_changed_group(demo_account(NOW), "/aws/eks/prod-attacked/cluster", bytes_per_hour=10 * 2**30 // 24)
    emulator.load(account)

    found = planned(clusters=("us-east-1/prod-attacked",))

    (volume,) = found.volumes
    assert isinstance(volume.bytes, int)
    assert volume.bytes == pytest.approx(10 * 2**30, rel=0.01)
    assert found.cost_usd == pytest.approx(0.05, rel=0.01)


def test_the_queries_for_log_types_and_causes_read_the_logs_three_times_more(emulator: Emulator) -> None:
    (once,), (with_types,) = planned().volumes, planned(log_types=True).volumes
    (types_alone,) = planned(log_types=True, live_logs=False).volumes

    assert isinstance(once.bytes, int)
    assert with_types.bytes == 4 * once.bytes
    assert types_alone.bytes == 3 * once.bytes


def test_asks_the_price_list_for_a_region_that_the_table_does_not_have(emulator: Emulator) -> None:
    found = planned()

    (volume,) = found.volumes
    assert isinstance(volume.bytes, int)
    assert volume.target.region not in {region for region, sheet in table().items() if sheet.scan}
    assert found.cost is not None
    assert found.cost > 0
    assert (found.cost_usd, found.currency, found.prices_of) == (found.cost, "USD", NOW.date().isoformat())
    assert found.unpriced == ()


def test_does_not_price_a_region_without_a_known_price_and_says_why(emulator: Emulator) -> None:
    emulator.deny("pricing:GetProducts")

    found = planned()

    assert (found.cost_usd, found.cost, found.currency, found.prices_of) == (None, None, "", "")
    (unpriced,) = found.unpriced
    assert (unpriced.region, unpriced.gap.permission) == ("eu-central-1", "pricing:GetProducts")


def test_takes_the_price_of_the_table_where_the_price_list_may_not_be_asked(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))
    emulator.deny("pricing:GetProducts")

    found = planned(clusters=("us-east-1/prod-attacked",))

    assert found.cost_usd is not None
    assert found.prices_of == table()["us-east-1"].date.isoformat()


def test_a_volume_that_may_not_be_read_is_a_gap_in_the_plan(emulator: Emulator) -> None:
    emulator.deny("cloudwatch:GetMetricData")

    (volume,) = planned().volumes

    assert isinstance(volume.bytes, Gap)
    assert volume.bytes.permission == "cloudwatch:GetMetricData"


def test_a_region_that_cannot_be_listed_is_named_with_the_reason(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))
    emulator.deny("eks:ListClusters", region="us-east-1")

    found = planned()

    assert [(item.region, item.gap.permission) for item in found.unlisted] == [("us-east-1", "eks:ListClusters")]
