"""What the rows of the HTML report can be filtered by: status, severity, recommendation and cluster.

Each row carries the marks of what it is about; a mark holds nothing that comes from an assessment, since names are
hostile: clusters are counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eksaminer.findings import Assessment, Finding
from eksaminer.outcome import Severity, Status
from eksaminer.render import show
from eksaminer.render.texts import Texts

STATUSES = (Status.FAIL, Status.REVIEW, Status.NOT_ASSESSED, Status.PASS, Status.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter: the mark that rows carry, and what it is called."""

    mark: str
    label: str


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter; recommendations are no mark, but the chapter that a row stands in."""

    name: str
    label: str
    choices: tuple[Choice, ...]


class Marks:
    """Gives rows their marks."""

    def __init__(self, assessment: Assessment) -> None:
        self._clusters = {show.short(name): f"c{place}" for place, name in enumerate(assessment.population.clusters)}

    def of(self, findings: Sequence[Finding]) -> str:
        """Return the marks of a row about *findings*."""
        marks = {f"status-{finding.status.value}" for finding in findings}
        marks |= {f"severity-{finding.severity.value}" for finding in findings}
        return " ".join(sorted(marks | self._of_targets(show.short(finding.target) for finding in findings)))

    def unseen(self, targets: Iterable[str]) -> str:
        """Return the marks of a row about what was not assessed of *targets*, by their short names."""
        return " ".join(sorted({f"status-{Status.NOT_ASSESSED.value}"} | self._of_targets(targets)))

    def _of_targets(self, names: Iterable[str]) -> set[str]:
        return {self._clusters[name] for name in names if name in self._clusters}


def filters(assessment: Assessment, recommendations: Iterable[Choice], texts: Texts) -> tuple[Filter, ...]:
    """Return the filters of the report on *assessment*."""
    statuses = {finding.status for finding in assessment.findings}
    severities = {finding.severity for finding in assessment.findings}
    shown = [status for status in STATUSES if status in statuses]
    clusters = assessment.population.clusters
    return (
        Filter(
            "status",
            texts("column.status"),
            tuple(Choice(f"status-{item.value}", texts(f"status.{item.value}")) for item in shown),
        ),
        Filter(
            "severity",
            texts("column.severity"),
            tuple(Choice(f"severity-{it.value}", texts(f"severity.{it.value}")) for it in Severity if it in severities),
        ),
        Filter("recommendation", texts("column.recommendation"), tuple(recommendations)),
        Filter(
            "cluster",
            texts("column.cluster"),
            tuple(Choice(f"c{place}", show.short(name)) for place, name in enumerate(clusters)),
        ),
    )
