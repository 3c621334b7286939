"""What a Logs Insights scan costs. A region without a known price is not priced: no other region's price is used."""

from collections.abc import Mapping
from decimal import Decimal

from eksaminer.cost import table
from eksaminer.evidence.cost import LogPrices, PriceSheet
from eksaminer.evidence.model import Section, Target
from eksaminer.gap import Gap

GB = 2**30
MB = 2**20


def scan_prices(found: Mapping[Target, Mapping[str, Section | Gap]]) -> dict[str, PriceSheet]:
    """Return the prices of each region in which that of a scan is known: those that were read, else the table's."""
    sheets = dict(table())
    for target, sections in found.items():
        prices = sections.get(LogPrices.key)
        if isinstance(prices, LogPrices) and prices.sheet is not None:
            sheets[target.region] = prices.sheet
    return {region: sheet for region, sheet in sheets.items() if sheet.scan is not None}


def scan_cost(bytes_by_region: Mapping[str, int], prices: Mapping[str, Decimal]) -> float | None:
    """Return the cost of scanning so many bytes at *prices* of a gigabyte; None: a region among them has no price."""
    if any(region not in prices for region, size in bytes_by_region.items() if size):
        return None
    return float(sum(prices.get(region, Decimal(0)) * size / GB for region, size in bytes_by_region.items()))
