"""What holds of every bill: it grows with volume and retention, and its parts add up."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.samples import GB, changed, sheet, volume, volumes

from eksaminer.cost import RETENTION_DAYS, RegionCost, Wanted, region_cost
from eksaminer.evidence.cost import GroupVolume, PriceSheet, Tier

few = settings(max_examples=30, deadline=None)
WANTED = Wanted(least_days=90, most_days=None)


@st.composite
def tiers(draw: st.DrawFn) -> tuple[Tier, ...]:
    """Tiers that become cheaper."""
    ends = sorted(draw(st.sets(st.integers(1, 2_000), max_size=3)))
    prices = sorted(draw(st.lists(st.integers(0, 10**6), min_size=len(ends) + 1, max_size=len(ends) + 1)), reverse=True)
    return tuple(
        Tier(up_to_gb=end, price=Decimal(price).scaleb(-6)) for end, price in zip((*ends, None), prices, strict=True)
    )


groups = st.builds(
    volume,
    name=st.text("abc", min_size=1, max_size=3),
    daily=st.tuples(*[st.integers(0, 40 * GB)] * 3).map(lambda sizes: sizes * 10),
    log_class=st.sampled_from(["STANDARD", "INFREQUENT_ACCESS"]),
    retention_days=st.sampled_from([None, *RETENTION_DAYS]),
    stored_bytes=st.integers(0, 10**13),
)
some_groups = st.lists(groups, min_size=1, max_size=5, unique_by=lambda group: group.name)
sheets = st.builds(
    sheet,
    ingestion=tiers(),
    ingestion_infrequent=tiers(),
    storage=st.integers(0, 10**5).map(lambda price: Decimal(price).scaleb(-6)),
)


def cost(prices: PriceSheet, found: list[GroupVolume]) -> RegionCost:
    return region_cost("eu-central-1", volumes(*found), prices, WANTED)


@few
@given(sheets, some_groups)
def test_the_parts_add_up_to_the_total(prices: PriceSheet, found: list[GroupVolume]) -> None:
    bill = cost(prices, found)

    assert bill.ingestion == sum((group.ingestion or 0 for group in bill.groups), Decimal(0))
    assert bill.storage == sum((group.storage or 0 for group in bill.groups), Decimal(0))
    assert bill.total == sum((group.total or 0 for group in bill.groups), Decimal(0))


@few
@given(sheets, some_groups)
def test_the_allocated_ingestion_is_that_of_the_whole_volume(prices: PriceSheet, found: list[GroupVolume]) -> None:
    means = [sum(size or 0 for size in group.daily) // 30 for group in found]
    steady = [
        changed(group, log_class="STANDARD", daily=(mean,) * 30) for group, mean in zip(found, means, strict=True)
    ]

    together = cost(prices, [volume("all", daily=(sum(means),) * 30)])

    assert cost(prices, steady).ingestion == together.ingestion


@few
@given(sheets, some_groups)
def test_the_sum_of_the_marginal_costs_never_exceeds_the_total(prices: PriceSheet, found: list[GroupVolume]) -> None:
    bill = cost(prices, found)

    marginal = sum((group.ingestion_marginal or 0 for group in bill.groups), Decimal(0))
    assert bill.ingestion is not None
    assert marginal <= bill.ingestion


@few
@given(sheets, some_groups, st.integers(0, 40 * GB))
def test_more_volume_never_costs_less(prices: PriceSheet, found: list[GroupVolume], more: int) -> None:
    first, *others = found
    # The days in use stay the same: they say over how many days the mean is taken, and whether a log has stopped.
    larger = changed(first, daily=tuple(size + more if size else size for size in first.daily))
    if sum(size or 0 for size in first.daily) == 0:
        return  # a silent group is what CloudWatch says is stored; one that receives events is computed

    before, after = cost(prices, found), cost(prices, [larger, *others])

    assert before.ingestion is not None
    assert after.ingestion is not None
    assert after.ingestion >= before.ingestion
    assert (after.storage or 0) >= (before.storage or 0)


@few
@given(sheets, groups.filter(lambda group: any(group.daily)))
def test_a_longer_retention_never_costs_less(prices: PriceSheet, group: GroupVolume) -> None:
    kept = [changed(group, stored_bytes=0, retention_days=days) for days in (*RETENTION_DAYS, None)]

    bills = [cost(prices, [item]) for item in kept]

    assert all((one.total or 0) <= (two.total or 0) for one, two in pairwise(bills))
    for bill in bills:
        options = [
            item.yearly for item in bill.groups[0].options if item.kind == "retention" and item.yearly is not None
        ]
        assert options == sorted(options)


@few
@given(sheets, some_groups)
def test_equal_evidence_gives_equal_bills(prices: PriceSheet, found: list[GroupVolume]) -> None:
    assert cost(prices, found) == cost(prices, found)
