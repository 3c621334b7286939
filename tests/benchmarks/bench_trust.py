"""Measure what judging two hundred roles takes: reading their trust policies, and IRSA-01 to IRSA-07.

Run it as `python tests/benchmarks/bench_trust.py [ROLES]` (default 200) from the root of the repository.
Exit code 1 is a budget that was not kept. It is no test: a busy machine would make it fail for no reason.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.samples import ACCOUNT, ISSUER, collection, role, roles, sound_sections, statement

from eksaminer.assess import judge
from eksaminer.collect.aws.iam import concerns_workloads
from eksaminer.criteria import Criteria
from eksaminer.registry import load_checks

BUDGET = 2.0 / 200
"""CPU seconds a role."""
SA = "system:serviceaccount"
FORMS = (
    statement(f"{SA}:shop:app"),
    statement(f"{SA}:shop:*", "StringLike"),
    statement(f"{SA}:*:app", "StringLike"),
    statement(None),
    statement(f"{SA}:team-?:web-*", "StringLike"),
    statement([f"{SA}:team-{number}:app-{number}" for number in range(20)]),
    statement(f"{SA}:kube-system:*", "StringNotLike"),
    statement(Condition={"StringEquals": {f"{ISSUER}:sub": f"{SA}:a:b"}}),
)


def main() -> int:
    """Print what collecting and judging take and return 1 where the budget is not kept."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    many = roles(*(role({**FORMS[at % len(FORMS)], "Sid": f"S{at}"}, name=f"role-{at}") for at in range(number)))
    sections = sound_sections()
    sections[ACCOUNT] = (*sections[ACCOUNT], many)
    checks = [check for check in load_checks().checks if check.id.startswith("IRSA-")]
    started = time.process_time()
    for item in many.roles:
        concerns_workloads(item.trust_policy)
    collected = time.process_time()
    found = judge(collection(sections), checks, Criteria())
    judged = time.process_time()
    sys.stdout.write(
        f"{number:,} roles: {collected - started:.2f} CPU s to collect, {judged - collected:.2f} CPU s to judge, "
        f"{len(found):,} findings (budget {BUDGET * number:.2f} CPU s)\n"
    )
    return 0 if judged - started <= BUDGET * number else 1


if __name__ == "__main__":
    sys.exit(main())
