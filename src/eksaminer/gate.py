"""The gate: which exit code an assessment gives, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from eksaminer.evidence.account import AccountRegions, ClusterList
from eksaminer.findings import Assessment, Finding, GapRow
from eksaminer.gap import Cause
from eksaminer.outcome import Severity, Status

POPULATION = frozenset({AccountRegions.key, ClusterList.key})
"""Sections that say what there is to assess."""

OK, FAILED, USAGE, INCOMPLETE, CANNOT_WORK, INTERRUPTED = 0, 1, 2, 3, 4, 130


@dataclass(frozen=True, slots=True)
class Gate:
    """What makes a run fail."""

    fail_on: Severity | None = Severity.HIGH
    """FAIL findings of this severity or a higher one; None: none of them."""
    checks: Literal["config", "all"] = "config"
    """config: everything but META-* and detection rules."""
    allow_incomplete: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The exit code and the sentence that explains it."""

    code: int
    reason: str


def decide(assessment: Assessment, gate: Gate) -> Decision:
    """Return the exit code for *assessment*: 1 wins over 3."""
    rules = {check.id for check in assessment.checks if check.rule_class}
    gating = [finding for finding in assessment.findings if _gates(finding, gate, rules)]
    failed = [finding for finding in gating if _fails(finding, gate)]
    if failed:
        return Decision(FAILED, f"Failed at or above {gate.fail_on}: {_names(failed)}.")
    unseen = ", ".join(_unseen(assessment, gating, gate, rules))
    if unseen and not gate.allow_incomplete:
        return Decision(INCOMPLETE, f"Nothing failed, but this could not be assessed: {unseen}.")
    if unseen:
        return Decision(OK, f"Nothing failed; this could not be assessed, which was allowed: {unseen}.")
    threshold = f"at or above {gate.fail_on}" if gate.fail_on else "that counts"
    return Decision(OK, f"Nothing {threshold} failed.")


def _unseen(assessment: Assessment, gating: list[Finding], gate: Gate, rules: set[str]) -> Iterator[str]:
    """Name what is missing: a target that may exist, or the end of a log, is missing as well."""
    if any(item.cause.gates for item in assessment.population.incomplete):
        yield from sorted({_unlisted(gap) for gap in assessment.coverage.gaps if gap.section in POPULATION})
    unseen = [finding for finding in gating if finding.cause is not None and finding.cause.cause.gates]
    if unseen:
        yield _names(unseen)
    if gate.checks == "all" and any(_ran(finding, rules) for finding in assessment.findings):
        for log in assessment.activity.clusters:
            if log.unread is not None and log.unread.cause.gates:
                yield f"all of the audit log of {log.target.cluster}"


def _unlisted(gap: GapRow) -> str:
    return f"the clusters of {gap.target.region}" if gap.target.region else "the regions of the account"


def _ran(finding: Finding, rules: set[str]) -> bool:
    selected = finding.cause is None or finding.cause.cause is not Cause.NOT_SELECTED
    return finding.check in rules and selected


def _gates(finding: Finding, gate: Gate, rules: set[str]) -> bool:
    return gate.checks == "all" or not (finding.check.startswith("META-") or finding.check in rules)


def _fails(finding: Finding, gate: Gate) -> bool:
    return (
        gate.fail_on is not None
        and finding.status is Status.FAIL
        and finding.waiver is None
        and finding.severity.rank <= gate.fail_on.rank
    )


def _names(findings: list[Finding]) -> str:
    return ", ".join(sorted({finding.check for finding in findings}))
