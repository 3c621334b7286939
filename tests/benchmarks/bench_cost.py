"""Measure the cost of 1,000 log groups: requests for metrics, and CPU of judging them.

Run it as `python tests/benchmarks/bench_cost.py`. Exit code 1 is a budget that was not kept. It is no test: a busy
machine would make it fail for no reason.
"""

import sys
import time
from datetime import UTC, datetime, timedelta

from eksaminer.collect.volume import SERIES
from eksaminer.cost import Wanted, region_cost, table
from eksaminer.evidence.cost import GroupVolume, LogVolumes

GROUPS, CALLS, CPU = 1_000, 10, 1.0
UNTIL = datetime(2026, 11, 23, tzinfo=UTC)


def group(number: int) -> GroupVolume:
    """Return a log group that takes in up to 1 GB a day; every second one never expires."""
    return GroupVolume(
        name=f"/aws/eks/c{number}/cluster",
        created_at=UNTIL - timedelta(days=400),
        retention_days=None if number % 2 else 365,
        log_class="STANDARD",
        stored_bytes=10**10,
        daily=(10**6 * (number + 1),) * 30,
    )


def main() -> int:
    """Print the figures; return 1 if one is over its budget."""
    groups = tuple(map(group, range(GROUPS)))
    volumes = LogVolumes(since=UNTIL - timedelta(days=30), until=UNTIL, groups=groups, everything=(10**14,) * 30)
    before = time.process_time()
    region_cost("us-east-1", volumes, table()["us-east-1"], Wanted(least_days=90, most_days=None))
    used = time.process_time() - before
    calls = -(-(GROUPS + 1) // SERIES)
    print(f"{GROUPS:,} log groups: {calls} GetMetricData requests (budget {CALLS}), {used:.2f} s CPU (budget {CPU})")
    return int(calls > CALLS or used > CPU)


if __name__ == "__main__":
    sys.exit(main())
