"""What audit logging costs: exact, from measured volumes and dated prices. No clock, no network."""

from eksaminer.cost.model import GroupCost, Option, RegionCost, Share, Unmeasured, YearCost
from eksaminer.cost.months import YEAR, Month, months_after
from eksaminer.cost.options import Wanted
from eksaminer.cost.prices import parse_prices, table
from eksaminer.cost.statement import region_cost
from eksaminer.cost.storage import RETENTION_DAYS, valid_retention

__all__ = [
    "RETENTION_DAYS",
    "YEAR",
    "GroupCost",
    "Month",
    "Option",
    "RegionCost",
    "Share",
    "Unmeasured",
    "Wanted",
    "YearCost",
    "months_after",
    "parse_prices",
    "region_cost",
    "table",
    "valid_retention",
]
