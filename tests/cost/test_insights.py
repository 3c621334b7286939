"""What CloudTrail Insights costs, worked out by hand. The price is 35 cents for 100,000 events and type."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

import pytest
from tests.samples import DENIED, NOW, changed, sheet, store, stores, trail, trail_scan, trails

from eksaminer.cost import InsightCost, insight_costs
from eksaminer.evidence.cloudtrail import InsightSelectors, Trails
from eksaminer.evidence.cost import PriceSheet
from eksaminer.evidence.model import Every, Target
from eksaminer.evidence.scan import CloudTrailScan, EventCounts
from eksaminer.evidence.trail_insights import EventDataStores
from eksaminer.gap import Gap
from eksaminer.outcome import Period

REGION = Target(account="111122223333", region="eu-central-1")
MONTH = Period(since=NOW - timedelta(days=30), until=NOW)
COUNTED = trail_scan(window=MONTH, management=EventCounts(reads=270_000, writes=30_000))
PRICED = sheet(insights=Decimal("0.35"))
NOTHING_ON = InsightSelectors(items=())


def found(
    scan: CloudTrailScan = COUNTED,
    seen: Trails | None = None,
    lakes: EventDataStores | Gap | None = None,
    prices: PriceSheet | Gap = PRICED,
) -> tuple[InsightCost, ...]:
    none: MappingProxyType[str, Gap] = MappingProxyType({})
    return insight_costs(
        Every(((REGION, scan),), (), none),
        Every(((REGION, trails(trail()) if seen is None else seen),), (), none),
        stores(region="eu-central-1") if lakes is None else lakes,
        lambda _: prices,
    )


def test_the_rate_of_calls_is_one_of_writes_and_that_of_errors_one_of_all_calls() -> None:
    # 30 days of 365: 30,000 writes are 365,000 a year, x 0.35 / 100,000 = 1.2775. All 300,000 are 3,650,000: 12.775.
    calls, errors = found()

    assert (calls.type, calls.events, calls.yearly_events) == ("ApiCallRateInsight", 30_000, 365_000)
    assert (errors.type, errors.events, errors.yearly_events) == ("ApiErrorRateInsight", 300_000, 3_650_000)
    assert (calls.yearly, errors.yearly) == (Decimal("1.277500"), Decimal("12.775000"))
    assert (calls.currency, calls.price, calls.complete) == ("USD", Decimal("0.35"), True)


def test_every_trail_and_store_that_has_a_type_on_is_named() -> None:
    both = trails(trail("a"), trail("b"), trail("off", insights=NOTHING_ON))

    calls, _ = found(seen=both, lakes=stores(store("lake"), region="eu-central-1"))

    assert calls.analysts == tuple(sorted((trail("a").arn, trail("b").arn, store("lake").arn)))
    assert calls.hidden is False


STOPPED = changed(trail().status, logging=False)
SEEN = [
    pytest.param(trails(trail(insights=NOTHING_ON)), 0, False, id="off"),
    pytest.param(trails(trail(status=STOPPED)), 0, False, id="a trail that does not log"),
    pytest.param(trails(trail(insights=DENIED)), 0, True, id="not seen"),
    pytest.param(trails(trail(multi_region=False, home_region="us-east-1")), 0, False, id="a trail of another region"),
]


@pytest.mark.parametrize(("seen", "on", "hidden"), SEEN)
def test_what_is_off_or_not_seen_is_told_apart(seen: Trails, on: int, hidden: bool) -> None:
    calls, _ = found(seen=seen)

    assert (len(calls.analysts), calls.hidden) == (on, hidden)


def test_stores_that_could_not_be_seen_may_have_it_on() -> None:
    assert found(lakes=DENIED)[0].hidden is True


def test_without_a_price_the_events_are_counted_all_the_same() -> None:
    for prices in (sheet(), DENIED):
        calls, _ = found(prices=prices)
        assert (calls.events, calls.yearly_events, calls.price, calls.yearly) == (30_000, 365_000, None, None)


def test_files_of_less_than_a_day_tell_nothing_of_a_year() -> None:
    short = changed(COUNTED, window=Period(since=NOW - timedelta(hours=23), until=NOW))

    calls, _ = found(short)

    assert (calls.events, calls.yearly_events, calls.yearly) == (30_000, None, None)


def test_files_that_are_missing_make_it_at_least_so_much() -> None:
    assert found(changed(COUNTED, unread=DENIED))[0].complete is False


def test_events_that_were_not_counted_cost_nothing_that_is_known() -> None:
    assert found(trail_scan()) == ()
