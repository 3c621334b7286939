"""Measure a scan beside what it could be compared with, and print one table.

Run it as `python tests/benchmarks/bench_scan.py [EVENTS [LOG [MORE]]]` (default 250,000 events, made of the sample; LOG
is a file with that many events to take instead, MORE one with five times as many). Everything reads the same file in
the same run, each in a process of its own, so that the ratios mean the same on any machine. Exit code 1 is a budget
that was not kept. It is no test: a busy machine would make it fail for no reason. Rows whose program or package
(`pysimdjson`, `jq`) is absent are left out.
"""

import gzip
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import msgspec

from eksaminer.criteria import Criteria
from eksaminer.detection import Rule, load_rules, matches
from eksaminer.detection.fields import Log
from eksaminer.detection.predicate import And, Eq, Not
from eksaminer.logs import Options, scan
from eksaminer.rule_check import asked_for

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "tests" / "logs" / "sample.jsonl.gz"
SMALL = 20_000
"""Events of the log that the engine in Python reads: it is too slow for all, and its time grows with them."""
MEMORY = 1_000
"""MB."""
HEADERS = ("", "hits", "CPU s", "wall s", "MB", "CPU : scan", "wall : scan")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a process took."""

    hits: int
    cpu: float
    wall: float
    mb: float

    def times(self, factor: float) -> "Taken":
        """Return what so many times as much would take."""
        return Taken(self.hits, self.cpu * factor, self.wall * factor, self.mb)


def every() -> tuple[Rule, ...]:
    """Return the rules that a scan without configuration runs over the audit log, aggregates among them."""
    loaded = load_rules(ROOT / "checks" / "eksaminer_checks")[0]
    return tuple(rule for rule in asked_for(loaded, Criteria()) if rule.log is Log.AUDIT)


def single() -> tuple[Rule, ...]:
    """Return all built-in rules over single events, which both engines can count."""
    loaded = load_rules(ROOT / "checks" / "eksaminer_checks")[0]
    return tuple(rule for rule in loaded if rule.log is Log.AUDIT and rule.correlation is None)


def some(number: int) -> tuple[Rule, ...]:
    """Return *number* rules over single events: the built-in ones, then others that look as hard."""
    known = single()
    return (known + tuple(alike(known[index], index) for index in range(len(known))))[:number]


def alike(rule: Rule, number: int) -> Rule:
    """Return a rule that no engine can take for *rule*, and that costs what it does."""
    nobody = Not(part=Eq(field="userAgent", value=f"nobody/{number}"))
    return msgspec.structs.replace(
        rule, id=f"{rule.id}-{number}", predicate=And(parts=(rule.predicate, nobody)), group_by=(), allow=()
    )


def make(events: int, path: Path) -> None:
    """Write a log of *events* events: the sample over and over, each request with an id of its own."""
    lines = gzip.decompress(SAMPLE.read_bytes()).splitlines(keepends=True)
    parts = [(line, json.loads(line)["auditID"].encode()) for line in lines]
    with gzip.open(path, "wb", compresslevel=1) as out:
        for number in range(events):
            line, audit_id = parts[number % len(parts)]
            out.write(line.replace(audit_id, b"%08x" % (number // len(parts)) + audit_id[8:]))


def engine(path: Path, rules: tuple[Rule, ...], keep: Path | None = None) -> int:
    """Count the hits with the log engine."""
    with scan([path], rules, Options(keep=keep)) as outcome:
        return sum(rule.hits for rule in outcome.rules)


def kept(path: Path) -> int:
    """Scan, and keep a copy beside the log."""
    return engine(path, every(), keep=path.with_suffix(".kept"))


def python(path: Path) -> int:
    """Count the hits event by event."""
    known = single()
    found: set[tuple[str, str]] = set()
    with gzip.open(path, "rb") as lines:
        for line in lines:
            event = json.loads(line)
            found.update((rule.id, event["auditID"]) for rule in known if matches(rule.predicate, event))
    return len(found)


def simdjson(path: Path) -> int:
    """Parse every line of the plain log, and read one field."""
    import simdjson as library  # type: ignore[import-not-found]  # noqa: PLC0415 - not everyone has it

    parser, found = library.Parser(), 0
    with path.with_suffix(".plain").open("rb") as lines:
        for line in lines:
            document = parser.parse(line)
            found += document["verb"] == "get"
            del document
    return found


def jq(path: Path) -> int:
    """Count the events of one verb with jq."""
    query = 'reduce (inputs | select(.verb == "get")) as $event (0; . + 1)'
    command = ["jq", "-n", query, str(path.with_suffix(".plain"))]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


SUBJECTS: dict[str, Callable[[Path], int]] = {
    "scan": lambda path: engine(path, every()),
    "scan, same rules as event by event": lambda path: engine(path, single()),
    "scan, 60 rules": lambda path: engine(path, some(60)),
    "scan, 120 rules": lambda path: engine(path, some(120)),
    "scan and keep": kept,
    "scan of the kept copy": lambda path: engine(path.with_suffix(".kept"), every()),
    "event by event": python,
    "simdjson": simdjson,
    "jq, one filter": jq,
}
FIVE = "scan, five times as many events"
MISSING = {"simdjson": find_spec("simdjson") is None, "jq, one filter": shutil.which("jq") is None}


def measure(subject: str, path: Path) -> Taken:
    """Run one of the subjects in a process of its own and return what it took."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, __file__, subject, str(path)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    taken = Taken(int(told[0]), cpu, time.monotonic() - start, float(told[1]))
    sys.stderr.write(f"{subject}: {taken}\n")
    return taken


def head(path: Path, target: Path, events: int) -> None:
    """Write the first *events* lines of a log into another one."""
    with gzip.open(path, "rb") as lines, gzip.open(target, "wb", compresslevel=1) as out:
        for _, line in zip(range(events), lines, strict=False):
            out.write(line)


def taken_or_made(events: int, given: Path | None, path: Path) -> Path:
    """Put a log at *path*."""
    if given is None:
        make(events, path)
    else:
        path.symlink_to(given.absolute())
    return path


def measured(events: int, given: tuple[Path | None, Path | None], folder: Path) -> dict[str, Taken]:
    """Measure all subjects over the same log."""
    path = taken_or_made(events, given[0], folder / "audit.gz")
    with gzip.open(path, "rb") as packed, path.with_suffix(".plain").open("wb") as plain:
        shutil.copyfileobj(packed, plain, 1 << 20)
    taken = {
        name: measure(name, path) for name in SUBJECTS if name != "event by event" and not MISSING.get(name, False)
    }
    path.with_suffix(".plain").unlink()
    taken[FIVE] = measure("scan", taken_or_made(5 * events, given[1], folder / "five.gz"))
    small = folder / "small.gz"
    head(path, small, SMALL)
    taken["scan, small log"] = measure("scan, same rules as event by event", small)
    taken["event by event, small log"] = measure("event by event", small)
    taken["event by event"] = taken["event by event, small log"].times(events / SMALL)
    return taken


def budgets(taken: dict[str, Taken]) -> list[tuple[str, float, float]]:
    """Return each budget: what it is about, what was measured, and the most that it may be."""
    whole, slow, copy = taken["scan"], taken["event by event"], taken["scan of the kept copy"]
    few, many, same = (taken[f"scan, {name}"] for name in ("60 rules", "120 rules", "same rules as event by event"))
    found = [
        ("CPU of a scan : event by event, same rules", same.cpu / slow.cpu, 0.8),
        ("wall of a scan : event by event, same rules", same.wall / slow.wall, 0.5),
        ("MB of a scan", whole.mb, MEMORY),
        ("MB of a scan of five times as many events", taken[FIVE].mb, MEMORY),
        ("CPU of a scan of five times as many events : scan", taken[FIVE].cpu / whole.cpu, 5.2),
        ("CPU of a scan of the kept copy : scan", copy.cpu / whole.cpu, 0.25),
        ("CPU of one rule more, in % (60 more, divided by 60)", (many.cpu / few.cpu - 1) / 60 * 100, 1.0),
        ("CPU of 120 rules : 60", many.cpu / few.cpu, 2.0),
    ]
    if "simdjson" in taken:
        found.append(("CPU of a scan : simdjson", whole.cpu / taken["simdjson"].cpu, 7.0))
    return found


def compare(events: int, given: tuple[Path | None, Path | None]) -> int:
    """Print what was measured and return 1 where a budget is not kept."""
    from tabulate import tabulate  # noqa: PLC0415 - no part of what is measured

    with tempfile.TemporaryDirectory() as folder:
        taken = measured(events, given, Path(folder))
    whole = taken["scan"]
    rows = [
        (name, one.hits, one.cpu, one.wall, one.mb, one.cpu / whole.cpu, one.wall / whole.wall)
        for name, one in taken.items()
    ]
    sys.stdout.write(f"{events:,} events\n")
    sys.stdout.write(
        tabulate(rows, headers=HEADERS, floatfmt=(",", ",", ",.1f", ",.1f", ",.0f", ".2f", ".2f")) + "\n\n"
    )
    found = budgets(taken)
    same = taken["scan, small log"].hits == taken["event by event, small log"].hits
    shown = [(name, value, most, "kept" if value <= most else "NOT KEPT") for name, value, most in found]
    sys.stdout.write(tabulate(shown, headers=("", "measured", "at most", ""), floatfmt=",.2f") + "\n")
    sys.stdout.write(f"The engines {'agree' if same else 'DO NOT AGREE'} on the small log.\n")
    return 0 if same and all(value <= most for _, value, most in found) else 1


def main() -> int:
    """Compare, or be one of the processes that are compared."""
    if len(sys.argv) == 3 and sys.argv[1] in SUBJECTS:
        hits = SUBJECTS[sys.argv[1]](Path(sys.argv[2]))
        used = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        sys.stdout.write(f"{hits} {max(used) // 1024}\n")
        return 0
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 250_000
    logs = [*map(Path, sys.argv[2:]), None, None]
    return compare(events, (logs[0], logs[1]))


if __name__ == "__main__":
    sys.exit(main())
