"""Measure a scan against an engine that judges one event after the other in Python.

Run it as `python tests/benchmarks/bench_scan.py [EVENTS]` (default 250,000). Both read the same
gzip file in the same run, so that the ratios mean the same on any machine. Exit code 1 is a budget
that was not kept. It is no test: a busy machine would make it fail for no reason.
"""

import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from eksaminer.detection import Rule, load_rules, matches
from eksaminer.detection.fields import Log
from eksaminer.logs import scan

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "tests" / "logs" / "sample.jsonl.gz"
BUDGETS = {"CPU": 0.8, "wall": 0.5}
"""At most so much of what the Python engine takes."""
MEMORY = 1_000
"""MB."""


def rules() -> tuple[Rule, ...]:
    """Return the built-in rules over single audit events, which both engines can count."""
    loaded = load_rules(ROOT / "checks" / "eksaminer_checks")[0]
    return tuple(rule for rule in loaded if rule.correlation is None and rule.log is Log.AUDIT)


def make(events: int, path: Path) -> None:
    """Write a log of *events* events: the sample over and over, each request with an id of its own."""
    lines = gzip.decompress(SAMPLE.read_bytes()).splitlines(keepends=True)
    parts = [(line, json.loads(line)["auditID"].encode()) for line in lines]
    with gzip.open(path, "wb", compresslevel=1) as out:
        for number in range(events):
            line, audit_id = parts[number % len(parts)]
            out.write(line.replace(audit_id, b"%08x" % (number // len(parts)) + audit_id[8:]))


def engine(path: Path) -> int:
    """Count the hits with the log engine."""
    with scan([path], rules()) as outcome:
        return sum(rule.hits for rule in outcome.rules)


def python(path: Path) -> int:
    """Count the hits event by event."""
    known = rules()
    found: set[tuple[str, str]] = set()
    with gzip.open(path, "rb") as lines:
        for line in lines:
            event = json.loads(line)
            found.update((rule.id, event["auditID"]) for rule in known if matches(rule.predicate, event))
    return len(found)


SUBJECTS: dict[str, Callable[[Path], int]] = {"engine": engine, "python": python}


def measure(subject: str, path: Path) -> dict[str, float]:
    """Run one of the subjects in a process of its own and return what it took."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, __file__, subject, str(path)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"hits": float(told[0]), "CPU": cpu, "wall": time.monotonic() - start, "MB": float(told[1])}


def compare(events: int) -> int:
    """Print both measurements and return 1 where a budget is not kept."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "audit.log"
        make(events, path)
        taken = {subject: measure(subject, path) for subject in SUBJECTS}
    for subject, numbers in taken.items():
        shown = ", ".join(f"{name} {number:,.1f}" for name, number in numbers.items())
        sys.stdout.write(f"{events:,} events, {subject}: {shown}\n")
    kept = taken["engine"]["hits"] == taken["python"]["hits"] and taken["engine"]["MB"] <= MEMORY
    for name, budget in BUDGETS.items():
        ratio = taken["engine"][name] / taken["python"][name]
        kept = kept and ratio <= budget
        sys.stdout.write(f"{name}: {ratio:.2f} of the Python engine (budget {budget})\n")
    return 0 if kept else 1


def main() -> int:
    """Compare, or be one of the processes that are compared."""
    if len(sys.argv) == 3:
        hits = SUBJECTS[sys.argv[1]](Path(sys.argv[2]))
        sys.stdout.write(f"{hits} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}\n")
        return 0
    return compare(int(sys.argv[1]) if len(sys.argv) == 2 else 250_000)


if __name__ == "__main__":
    sys.exit(main())
