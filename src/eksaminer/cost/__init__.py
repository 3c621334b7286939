"""What audit logging costs: exact, from measured volumes and dated prices. No clock, no network."""

from eksaminer.cost.account import account_cost, largest, monthly, price_of, totals
from eksaminer.cost.insights import insight_costs
from eksaminer.cost.model import (
    Contributor,
    GroupCost,
    InsightCost,
    Option,
    QueryCost,
    RegionCost,
    SearchCost,
    Share,
    Total,
    Unmeasured,
    YearCost,
)
from eksaminer.cost.months import YEAR, Month, months_after
from eksaminer.cost.options import Wanted
from eksaminer.cost.prices import parse_prices, table
from eksaminer.cost.rate import too_recent
from eksaminer.cost.statement import Composition, region_cost
from eksaminer.cost.storage import RETENTION_DAYS, valid_retention

__all__ = [
    "RETENTION_DAYS",
    "YEAR",
    "Composition",
    "Contributor",
    "GroupCost",
    "InsightCost",
    "Month",
    "Option",
    "QueryCost",
    "RegionCost",
    "SearchCost",
    "Share",
    "Total",
    "Unmeasured",
    "Wanted",
    "YearCost",
    "account_cost",
    "insight_costs",
    "largest",
    "monthly",
    "months_after",
    "parse_prices",
    "price_of",
    "region_cost",
    "table",
    "too_recent",
    "totals",
    "valid_retention",
]
