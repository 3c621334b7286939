"""Measure the attribution of CloudTrail events against a scan of the audit log, event for event.

Run it as `python tests/benchmarks/bench_trail.py [EVENTS]` (default 250,000). Both run all built-in rules of their log
over as many events, in the same run; what was generated is known, so that the attribution is checked too. Exit code 1
is a budget that was not kept.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks.bench_scan import make  # noqa: E402 - the folder above has to be known first
from tests.logs.trailed import ACCOUNT, write  # noqa: E402 - as above

from eksaminer.detection import Rule, load_rules  # noqa: E402 - as above
from eksaminer.detection.fields import Log  # noqa: E402 - as above
from eksaminer.logs import Options, scan  # noqa: E402 - as above
from eksaminer.record import canonical_json, sha256  # noqa: E402 - as above

EVENTS_PER_SESSION = 30.1
MEMORY = 1_000
"""MB."""


def rules(log: Log) -> tuple[Rule, ...]:
    """Return the built-in rules of one log."""
    return tuple(rule for rule in load_rules(ROOT / "checks" / "eksaminer_checks")[0] if rule.log is log)


def audit(path: Path) -> str:
    """Scan the audit log, and return the number of events."""
    with scan([path], rules(Log.AUDIT)) as outcome:
        return str(outcome.events_read)


def trail(path: Path) -> str:
    """Scan and attribute the files of CloudTrail, and return the number of events and a digest of what was found."""
    with scan([path], rules(Log.TRAIL), Options(account=ACCOUNT)) as outcome:
        found = outcome.attribution()
        calls: Counter[tuple[str, str, str]] = Counter()
        for taken in found.taken:
            account = taken.subject.removeprefix("system:serviceaccount:").replace(":", "/", 1)
            for api in taken.apis:
                calls[account, api.source, api.name] += api.count
        return f"{outcome.events_read} {digest(sum(item.granted for item in found.taken), calls)}"


def digest(taken: int, calls: Counter[tuple[str, str, str]]) -> str:
    """Return a text that is equal for an equal attribution."""
    return sha256(canonical_json([taken, sorted([*who, count] for who, count in calls.items())]))


SUBJECTS: dict[str, Callable[[Path], str]] = {"audit": audit, "trail": trail}


def measure(subject: str, path: Path) -> tuple[list[str], dict[str, float]]:
    """Run one of the subjects in a process of its own; return what it said and what it took."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, __file__, subject, str(path)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return told[:-1], {"CPU": cpu, "wall": time.monotonic() - start, "MB": float(told[-1])}


def compare(events: int) -> int:
    """Print both measurements and return 1 where a budget is not kept."""
    with tempfile.TemporaryDirectory() as folder:
        log, files = Path(folder) / "audit.log", Path(folder) / "trail"
        truth = write(files, int(events / EVENTS_PER_SESSION))
        make(truth.events, log)
        results = {"audit": measure("audit", log), "trail": measure("trail", files)}
    for subject, (told, numbers) in results.items():
        shown = ", ".join(f"{name} {number:,.1f}" for name, number in numbers.items())
        sys.stdout.write(f"{told[0]} events, {subject}: {shown}\n")
    exact = results["trail"][0][1] == digest(sum(truth.taken.values()), truth.calls)
    kept = exact and results["trail"][1]["MB"] <= MEMORY
    for name in ("CPU", "wall"):
        ratio = results["trail"][1][name] / results["audit"][1][name]
        kept = kept and ratio <= 1
        sys.stdout.write(f"{name}: {ratio:.2f} of the audit log's (budget 1)\n")
    sys.stdout.write(f"attribution {'exact' if exact else 'WRONG'}; {'within' if kept else 'NOT within'} the budget\n")
    return 0 if kept else 1


def main() -> int:
    """Compare, or be one of the processes that are compared."""
    if len(sys.argv) == 3:
        said = SUBJECTS[sys.argv[1]](Path(sys.argv[2]))
        sys.stdout.write(f"{said} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}\n")
        return 0
    return compare(int(sys.argv[1]) if len(sys.argv) == 2 else 250_000)


if __name__ == "__main__":
    sys.exit(main())
