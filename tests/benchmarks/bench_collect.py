"""Measure collection against the emulator in a process of its own: CPU per further call, calls, memory.

Run it as `python tests/benchmarks/bench_collect.py`. Exit code 1 is a budget that was not kept. It is no test: a
busy machine would make it fail for no reason.
"""

import multiprocessing
import resource
import sys
import time
from datetime import UTC, datetime
from multiprocessing.queues import Queue

from eksaminer.collect.clock import FixedClock
from eksaminer.collect.request import CollectRequest
from eksaminer.collect.run import collect
from eksaminer.demo.account import large_account
from eksaminer.demo.emulator import pointed_at, start_emulator

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
REQUEST = CollectRequest(kubernetes="off", live_logs=False, regions=("eu-central-1", "us-east-1"))
SMALL, LARGE = 20, 400
CALLS, CPU_MS, MEMORY_MB = 120, 2.0, 200


def serve(address: "Queue[str]", clusters: int) -> None:
    """Serve a large account until the process is ended."""
    with start_emulator(large_account(NOW, clusters=clusters, roles=200), NOW) as emulator:
        address.put(emulator.url)
        time.sleep(600)


def measure(clusters: int) -> tuple[int, float]:
    """Return the number of calls and the CPU seconds of collecting *clusters* clusters in two regions."""
    address: Queue[str] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(address, clusters), daemon=True)
    server.start()
    with pointed_at(address.get()):
        before = time.process_time()
        collection = collect(REQUEST, (), clock=FixedClock(NOW))
        used = time.process_time() - before
    server.terminate()
    return sum(item.count for item in collection.info.calls), used


def main() -> int:
    """Print the figures; return 1 if one is over its budget."""
    measure(1)
    few, base = measure(SMALL)
    many, more = measure(LARGE)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    per_call = (more - base) / (many - few) * 1000
    print(f"{SMALL} clusters: {few} calls, {base:.2f} s CPU (budget {CALLS} calls)")
    print(f"{LARGE} clusters: {many} calls, {more:.2f} s CPU: {per_call:.2f} ms per further call (budget {CPU_MS})")
    print(f"peak memory {memory} MB (budget {MEMORY_MB})")
    return int(few > CALLS or per_call > CPU_MS or memory > MEMORY_MB)


if __name__ == "__main__":
    sys.exit(main())
