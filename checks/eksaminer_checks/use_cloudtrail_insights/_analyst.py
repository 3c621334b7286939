"""What may analyse a region's events with Insights: its trails and the event data stores. Shared by the checks."""

from collections.abc import Iterator
from dataclasses import dataclass

from eksaminer.api import (
    ATTRIBUTION_CALLS,
    CALL_RATE,
    CONTROL_CALLS,
    EventDataStore,
    EventDataStores,
    Gap,
    InsightSelectors,
    Trail,
    Trails,
)


@dataclass(frozen=True, slots=True)
class Analyst:
    """A trail or event data store that takes events of the region."""

    arn: str
    home: str
    """Of a trail: its home region; empty: an event data store."""
    insights: InsightSelectors | Gap
    writes: bool | Gap
    """Whether it is given write management events."""
    any_calls: bool | Gap
    """Whether it is given management events at all."""

    def fed(self, insight: str) -> bool | Gap:
        """Whether it is given the events that *insight* is about: the call rate is one of writes."""
        return self.writes if insight == CALL_RATE else self.any_calls

    def analyses(self, insight: str) -> bool | Gap:
        """Whether *insight* is on for management events, and fed; the gap that hides it, if nothing else decides."""
        fed = self.fed(insight)
        if fed is False:
            return False
        if isinstance(self.insights, Gap):
            return self.insights
        return fed if self.insights.analyses(insight) else False

    def blind(self, insight: str) -> bool:
        """Whether *insight* is on, and there is nothing to analyse."""
        on = not isinstance(self.insights, Gap) and self.insights.analyses(insight)
        return on and self.fed(insight) is False


def analysts(trails: Trails, stores: EventDataStores | Gap) -> list[Analyst]:
    """Return all of the region."""
    found = [_of_trail(trail) for trail in trails.trails if trail.covers(trails.region)]
    if not isinstance(stores, Gap):
        found.extend(map(_of_store, stores.covering(trails.region)[0]))
    return found


def hidden(trails: Trails, stores: EventDataStores | Gap) -> Iterator[Gap]:
    """Yield what hides event data stores that might analyse the region."""
    if isinstance(stores, Gap):
        yield stores
    else:
        yield from stores.covering(trails.region)[1]


def _of_trail(trail: Trail) -> Analyst:
    return Analyst(
        arn=trail.arn,
        home=trail.home_region,
        insights=trail.insights,
        writes=_given(trail, write_only=True),
        any_calls=_given(trail, write_only=False),
    )


def _given(trail: Trail, *, write_only: bool) -> bool | Gap:
    if not isinstance(trail.status, Gap) and not trail.status.logging:
        return False
    if not isinstance(trail.selectors, Gap):
        calls = CONTROL_CALLS if write_only else (*CONTROL_CALLS, *ATTRIBUTION_CALLS)
        if not trail.selectors.takes_any(calls):
            return False
        return trail.status if isinstance(trail.status, Gap) else True
    return trail.selectors


def _of_store(store: EventDataStore) -> Analyst:
    takes = store.status == "ENABLED"
    return Analyst(
        arn=store.arn,
        home="",
        insights=store.insights,
        writes=takes and store.selectors.takes_any(CONTROL_CALLS),
        any_calls=takes and store.selectors.takes_any((*CONTROL_CALLS, *ATTRIBUTION_CALLS)),
    )
