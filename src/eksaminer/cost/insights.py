"""What CloudTrail Insights costs: by the management events that each type analyses."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from eksaminer.cost.model import InsightCost
from eksaminer.cost.money import amount
from eksaminer.evidence.cloudtrail import InsightSelectors, Trail, Trails
from eksaminer.evidence.cost import PriceSheet
from eksaminer.evidence.model import Every
from eksaminer.evidence.scan import CloudTrailScan, EventCounts
from eksaminer.evidence.trail_insights import CALL_RATE, ERROR_RATE, EventDataStore, EventDataStores
from eksaminer.gap import Gap

PRICED = 100_000
"""Events that a price is of."""
YEAR, SHORTEST, SECOND = timedelta(days=365), timedelta(days=1), timedelta(seconds=1)
"""A window shorter than a day says nothing of a year."""


def insight_costs(
    scans: Every[CloudTrailScan],
    trails: Every[Trails],
    stores: EventDataStores | Gap,
    prices: Callable[[str], PriceSheet | Gap],
) -> tuple[InsightCost, ...]:
    """Return what each type of Insights costs in each region whose events were counted.

    Args:
        scans: The events that the files of CloudTrail hold.
        trails: What may analyse them.
        stores: The event data stores, which may, too.
        prices: Gives the prices of a region.
    """
    of_region = {target.region: section for target, section in trails.items}
    return tuple(
        _cost(insight, scan.management, scan, _Analysts(target.region, of_region.get(target.region), stores), sheet)
        for target, scan in scans.items
        if scan.management is not None
        for sheet in [prices(target.region)]
        for insight in (CALL_RATE, ERROR_RATE)
    )


@dataclass(frozen=True, slots=True)
class _Analysts:
    """What may analyse the events of a region."""

    region: str
    trails: Trails | None
    stores: EventDataStores | Gap

    def having(self, insight: str) -> tuple[str, ...]:
        """Return the ARNs of those that have *insight* on."""
        return tuple(sorted(item.arn for item in self._all() if _is_on(item, insight)))

    @property
    def hidden(self) -> bool:
        """Whether some of them, or what they have on, could not be seen."""
        unlisted = self.trails is None or isinstance(self.stores, Gap) or self.stores.covering(self.region)[1]
        return bool(unlisted) or any(isinstance(item.insights, Gap) for item in self._all())

    def _all(self) -> Iterator[Trail | EventDataStore]:
        for trail in self.trails.trails if self.trails is not None else ():
            if trail.covers(self.region) and (isinstance(trail.status, Gap) or trail.status.logging):
                yield trail
        if not isinstance(self.stores, Gap):
            yield from self.stores.covering(self.region)[0]


def _is_on(item: Trail | EventDataStore, insight: str) -> bool:
    return isinstance(item.insights, InsightSelectors) and item.insights.analyses(insight)


def _cost(
    insight: str, events: EventCounts, scan: CloudTrailScan, analysts: _Analysts, sheet: PriceSheet | Gap
) -> InsightCost:
    price = None if isinstance(sheet, Gap) else sheet.insights
    length = scan.window.until - scan.window.since
    analysed, known = _analysed(events, insight), length >= SHORTEST
    a_year = Fraction(analysed) * (YEAR // SECOND) / max(length // SECOND, 1)
    return InsightCost(
        region=analysts.region,
        type=insight,
        measured=scan.window,
        complete=scan.unread is None,
        events=analysed,
        yearly_events=int(a_year) if known else None,
        price=price,
        currency="" if isinstance(sheet, Gap) else sheet.currency,
        yearly=None if price is None or not known else amount(a_year * Fraction(price) / PRICED),
        analysts=analysts.having(insight),
        hidden=analysts.hidden,
    )


def _analysed(events: EventCounts, insight: str) -> int:
    """Return how many events a type analyses: the rate of calls is one of writes, that of errors one of all calls.

    Source: AWS CloudTrail User Guide, "Costs for Insights events" (read 2026-11-23): 300,000 events, 30,000 of them
    writes, with both types on are 330,000 that are analysed.
    """
    return events.writes if insight == CALL_RATE else events.writes + events.reads
