"""Give a check its evidence and return what the engine makes of its verdicts."""

from __future__ import annotations

from collections.abc import Iterable

from tests.samples import ACCOUNT, CLUSTER, REGION, collection, sound_sections

from eksaminer.assess import judge
from eksaminer.check import Check
from eksaminer.cli.catalogue import DEVIATION
from eksaminer.criteria import Criteria
from eksaminer.evidence.model import Section, Target
from eksaminer.findings import Finding
from eksaminer.gap import Gap
from eksaminer.outcome import Scope, Status

DEVIATIONS = {Status.FAIL.value, Status.REVIEW.value}
HOLDERS = {Scope.ACCOUNT: ACCOUNT, Scope.REGION: REGION, Scope.CLUSTER: CLUSTER}


def findings(
    check: Check,
    *sections: Section,
    gaps: dict[type[Section], Gap] | None = None,
    criteria: Criteria | None = None,
) -> tuple[Finding, ...]:
    """Judge sound evidence in which *sections* and *gaps* replace their kind."""
    placed: dict[Target, dict[str, Section]] = {
        target: {section.key: section for section in own} for target, own in sound_sections().items()
    }
    for section in sections:
        placed[HOLDERS[section.scope]][section.key] = section
    by_target: dict[Target, dict[type[Section], Gap]] = {}
    for kind, gap in (gaps or {}).items():
        by_target.setdefault(HOLDERS[kind.scope], {})[kind] = gap
    evidence = collection({target: tuple(own.values()) for target, own in placed.items()}, by_target)
    found = judge(evidence, [check], criteria or Criteria())
    assert unlisted(check, found, criteria or Criteria()) == set(), "a deviation that `checks list` does not promise"
    return found


def unlisted(check: Check, found: Iterable[Finding], criteria: Criteria) -> set[str]:
    """Return the deviations of *check* that its entry in the catalogue does not name; *criteria* may set others."""
    if any(name == check.id or name.startswith(f"{check.id}.") for name in criteria.levels):
        return set()
    given = {finding.status.value for finding in found if finding.check == check.id}
    return given & DEVIATIONS - {DEVIATION[level] for level in check.results}


def statuses(*arguments: object, **keywords: object) -> list[str]:
    """Return the statuses of `findings`, in order."""
    return [finding.status.value for finding in findings(*arguments, **keywords)]  # type: ignore[arg-type]  # - passed on as they are
