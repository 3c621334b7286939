"""Measure what judging a thousand metric filters and a thousand alarms takes: ALM-01 to ALM-04.

Run it as `python tests/benchmarks/bench_alarms.py [NUMBER]` (default 1,000 of each) from the root of the repository.
Exit code 1 is a budget that was not kept. It is no test: a busy machine would make it fail for no reason.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.samples import (
    CLUSTER,
    REGION,
    alarm,
    alarms,
    collection,
    metric,
    metric_filter,
    metric_filters,
    sound_sections,
)

from eksaminer.assess import judge
from eksaminer.criteria import Criteria
from eksaminer.evidence.alarms import AlarmTerm, MetricFilter
from eksaminer.evidence.model import Section
from eksaminer.registry import load_checks

BUDGET = 1.0
"""CPU seconds for 1,000 of each."""
PATTERNS = (
    "{ ($.responseStatus.code = 401 || $.responseStatus.code = 403) && $.verb != NUMBER }",
    '{ $.responseStatus.code = "403" && $.user.username != "NUMBER:*" }',
    "{ $.responseStatus.code = %^40[13]$|NUMBER% || $.annotations.['authorization.k8s.io/decision'] = forbid }",
    "[..., status = 403 || status = 401 || status = NUMBER, size]",
    '?Forbidden ?Unauthorized "system:anonymous" -kubelet NUMBER',
)


def main() -> int:
    """Print what judging takes and return 1 where the budget is not kept."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    filters = metric_filters(*map(_filter, range(number)))
    found = alarms(*(alarm(f"a{at}", terms=(_term(at),), threshold=float(at % 50)) for at in range(number)))
    sections = sound_sections()
    sections[CLUSTER] = _with(sections[CLUSTER], filters)
    sections[REGION] = _with(sections[REGION], found)
    evidence = collection(sections)
    checks = [check for check in load_checks().checks if check.id in {"ALM-01", "ALM-02", "ALM-03", "ALM-04"}]
    started = time.process_time()
    findings = judge(evidence, checks, Criteria())
    taken = time.process_time() - started
    sys.stdout.write(
        f"{number:,} metric filters and {number:,} alarms: {taken:.2f} CPU s to judge, {len(findings):,} findings "
        f"(budget {BUDGET * number / 1_000:.2f} CPU s)\n"
    )
    return 0 if taken <= BUDGET * number / 1_000 else 1


def _filter(number: int) -> MetricFilter:
    pattern = PATTERNS[number % len(PATTERNS)].replace("NUMBER", str(number))
    return metric_filter(f"f{number}", pattern, metrics=(metric(name=f"Refused-{number}"),))


def _term(number: int) -> AlarmTerm:
    return AlarmTerm(id="m", namespace="EKS/Audit", metric=f"Refused-{number}", stat="Sum", period=300)


def _with(sections: tuple[Section, ...], one: Section) -> tuple[Section, ...]:
    return (*(section for section in sections if section.key != one.key), one)


if __name__ == "__main__":
    sys.exit(main())
