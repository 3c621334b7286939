"""What a Logs Insights scan costs. A region that is not in the table is not priced: no other region's price is used."""

from collections.abc import Mapping
from types import MappingProxyType

PRICES_READ = "2025-10-28"
"""When the oldest entry of the table was read."""
GB = 2**30
MB = 2**20

SCAN_USD_PER_GB: Mapping[str, float] = MappingProxyType(
    {
        "us-east-1": 0.005,  # AWS Price List API, effective 2025-09-01, read 2025-10-28
        "ap-northeast-1": 0.0076,  # an independent price overview, read 2026-11-23
    }
)


def scan_cost(bytes_by_region: Mapping[str, int]) -> float | None:
    """Return the cost in US dollars of scanning so many bytes; None: a region among them has no known price."""
    if any(region not in SCAN_USD_PER_GB for region, size in bytes_by_region.items() if size):
        return None
    return sum(SCAN_USD_PER_GB.get(region, 0) * size / GB for region, size in bytes_by_region.items())
