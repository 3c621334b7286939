"""The cost of the audit logging of an account: region by region, and in all."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

from eksaminer.cost.model import GroupCost, RegionCost, Total
from eksaminer.cost.months import YEAR
from eksaminer.cost.options import Wanted
from eksaminer.cost.statement import UNKNOWN, Composition, region_cost
from eksaminer.criteria import Criteria
from eksaminer.evidence.cost import LogPrices, LogVolumes, PriceSheet
from eksaminer.evidence.model import Every
from eksaminer.gap import Cause, Gap
from eksaminer.outcome import Period

DAY = timedelta(days=1)
NOTHING_KNOWN: Mapping[str, Composition] = MappingProxyType({})


def account_cost(
    volumes: Every[LogVolumes],
    prices: Every[LogPrices],
    criteria: Criteria,
    made_of: Mapping[str, Composition] = NOTHING_KNOWN,
    searched: Sequence[Period] = (),
) -> tuple[RegionCost, ...]:
    """Return what the control-plane logs of each region cost; regions without any are left out.

    Args:
        volumes: What came in.
        prices: What AWS charges; prices that the criteria give take their place, region by region.
        criteria: How long events have to be kept, and may be; negotiated prices.
        made_of: What the logs of a region consist of, by region.
        searched: Periods whose search is priced, too.
    """
    wanted = Wanted(
        least_days=criteria.minimum_retention_days,
        most_days=criteria.maximum_retention_days,
        searched_days=tuple(max(1, -(-(period.until - period.since) // DAY)) for period in searched),
    )
    return tuple(
        region_cost(
            target.region,
            section,
            price_of(target.region, prices, criteria.prices),
            wanted,
            made_of.get(target.region, UNKNOWN),
        )
        for target, section in volumes.items
        if section.groups
    )


def price_of(region: str, prices: Every[LogPrices], negotiated: Sequence[PriceSheet]) -> PriceSheet | Gap:
    """Return the prices that hold in *region*, or why there are none."""
    own = next((sheet for sheet in negotiated if sheet.region == region), None)
    if own is not None:
        return own
    gap = next((gap for target, gap in prices.gaps if target.region == region), None)
    sheet = next((section.sheet for target, section in prices.items if target.region == region), None)
    return sheet or gap or Gap(cause=Cause.NOT_REQUESTED, detail=f"The prices of {region} were not asked for.")


def totals(regions: Sequence[RegionCost], *, whole: bool = True) -> tuple[Total, ...]:
    """Return what all *regions* cost together, by currency.

    Args:
        regions: The regions.
        whole: Whether these are all regions that were selected.
    """
    unpriced = [region.region for region in regions if region.prices is None]
    found: list[Total] = []
    for currency in sorted({region.prices.currency for region in regions if region.prices is not None}):
        own = [region for region in regions if region.prices is not None and region.prices.currency == currency]
        parts = [part for region in own for group in region.groups for part in (group.ingestion, group.storage)]
        unmeasured = any(region.unmeasured for region in own)
        found.append(
            Total(
                currency=currency,
                yearly=sum((part for part in parts if part is not None), Decimal(0)),
                complete=whole and not unpriced and not unmeasured and None not in parts,
            )
        )
    return tuple(found)


def monthly(yearly: Decimal) -> Decimal:
    """Return the mean of the twelve months."""
    return yearly / YEAR


def largest(groups: Sequence[GroupCost]) -> list[GroupCost]:
    """Return *groups*, the most expensive first; of those that are not priced the largest."""
    return sorted(groups, key=lambda item: (-(item.total or 0), -item.daily_bytes, item.log_group))
