"""What was not assessed: by cause, with the permission that would cure it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eksaminer.findings import Assessment, Finding, GapRow, NotAssessed
from eksaminer.gap import Cause
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Table
from eksaminer.render.filters import Marks
from eksaminer.render.limits import Limits, fair
from eksaminer.render.texts import Texts
from eksaminer.render.translate import LIMITATION

_NAMES = 12
"""Checks or targets that one row names."""


@dataclass(frozen=True, slots=True)
class CauseView:
    """One cause, what it means, and the findings that it kept from being made."""

    cause: str
    gates: bool
    findings: Table


@dataclass(frozen=True, slots=True)
class UnseenView:
    """Everything that was not assessed."""

    lead: str
    curing: tuple[str, ...]
    """Permissions without which a finding could not be made."""
    permissions: tuple[str, ...]
    causes: tuple[CauseView, ...]
    gaps: Table | None


@dataclass(frozen=True, slots=True)
class Missing:
    """Findings that were not made for one and the same reason."""

    reason: NotAssessed
    checks: tuple[str, ...]
    targets: tuple[str, ...]
    findings: int


def missing(findings: Iterable[Finding]) -> tuple[Missing, ...]:
    """Group what was not assessed by its reason: causes that gate first, then by permission."""
    groups: dict[NotAssessed, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.cause is not None:
            groups[finding.cause].append(finding)
    return tuple(
        Missing(
            reason=reason,
            checks=tuple(dict.fromkeys(finding.check for finding in group)),
            targets=tuple(dict.fromkeys(show.short(finding.target) for finding in group)),
            findings=len(group),
        )
        for reason, group in sorted(groups.items(), key=lambda item: _rank(item[0]))
    )


def unlisted(assessment: Assessment, texts: Texts) -> tuple[Missing, ...]:
    """Return why there may be more regions or clusters than are known, and where."""
    details = {(reason.cause, reason.detail) for reason in assessment.population.incomplete}
    gaps = [gap for gap in assessment.coverage.gaps if (gap.cause, gap.detail) in details]
    return _alike(gaps, "unseen.unlisted", texts)


def unread(assessment: Assessment, texts: Texts) -> tuple[Missing, ...]:
    """Return what makes a run incomplete, could not be read either, and kept no check from being made."""
    told = {(finding.cause.cause, finding.cause.detail) for finding in assessment.findings if finding.cause}
    told |= {(reason.cause, reason.detail) for reason in assessment.population.incomplete}
    gaps = [gap for gap in assessment.coverage.gaps if gap.cause.gates and (gap.cause, gap.detail) not in told]
    return _alike(gaps, "unseen.unread", texts)


def _alike(gaps: Iterable[GapRow], label: str, texts: Texts) -> tuple[Missing, ...]:
    """Group *gaps* by what was to be read and why it was not; the first one speaks for the others."""
    groups: dict[tuple[str, Cause, str], list[GapRow]] = defaultdict(list)
    for gap in gaps:
        groups[gap.section, gap.cause, permission(gap)].append(gap)
    return tuple(
        Missing(
            reason=NotAssessed(cause=cause, permission=missed, detail=_detail(group, texts)),
            checks=(texts(label, part=part(section, texts)),),
            targets=tuple(dict.fromkeys(show.short(gap.target) for gap in group)),
            findings=len(group),
        )
        for (section, cause, missed), group in groups.items()
    )


def _detail(group: Sequence[GapRow], texts: Texts) -> str:
    differ = len({gap.detail for gap in group}) > 1
    return f"{group[0].detail} {texts('unseen.alike')}" if differ else group[0].detail


def part(section: str, texts: Texts) -> str:
    """Return a section of the evidence in words; one that has none was written by another version."""
    return texts.word(f"part.{section}", section.replace("_", " "))


def limitation(told: str, texts: Texts) -> str:
    """Return *told*, a limitation of a finding, with the section and the cause in it in words."""
    places = LIMITATION.places(told)
    if places is None:
        return told
    section, cause, detail = places["section"], places["cause"], places["detail"]
    reason = texts.word(f"cause.{cause}.name", cause.replace("_", " ")).lower()
    return texts("exception.without_effect", part=part(section, texts), cause=reason, detail=detail)


def permission(reason: NotAssessed | GapRow) -> str:
    """Return the permission whose lack is the cause; empty: something else is, and no permission would help."""
    return reason.permission if reason.cause is Cause.DENIED else ""


def cure(reason: NotAssessed, texts: Texts) -> str:
    """Return the sentence that names the permission that was missing; empty: none would help."""
    missed = permission(reason)
    return texts("unseen.cure", permission=missed) if missed else ""


def curing(assessment: Assessment) -> tuple[str, ...]:
    """Return the permissions that kept a finding from being made, or the population from being known."""
    of_findings = {permission(finding.cause) for finding in assessment.findings if finding.cause is not None}
    of_population = {permission(reason) for reason in assessment.population.incomplete}
    return tuple(sorted((of_findings | of_population) - {""}))


def permissions(assessment: Assessment) -> tuple[str, ...]:
    """Return every permission that was missing, also where no finding depended on it."""
    of_gaps = {permission(gap) for gap in assessment.coverage.gaps}
    return tuple(sorted((of_gaps | set(curing(assessment))) - {""}))


def unseen(assessment: Assessment, limits: Limits, texts: Texts) -> UnseenView:
    """Arrange what was not assessed."""
    groups = missing(assessment.findings)
    causes = list(dict.fromkeys(group.reason.cause for group in groups))
    count = sum(group.findings for group in groups)
    rows = fair((sum(group.reason.cause is cause for group in groups) for cause in causes), limits.unseen)
    return UnseenView(
        lead=_lead(assessment, count, texts),
        curing=curing(assessment)[: limits.table],
        permissions=permissions(assessment)[: limits.table],
        causes=tuple(_cause(cause, groups, rows, Marks(assessment), texts) for cause in causes),
        gaps=_gaps(assessment, limits, texts),
    )


def _lead(assessment: Assessment, count: int, texts: Texts) -> str:
    if count:
        return texts.several("unseen.lead", count)
    return texts("unseen.none_known" if assessment.population.incomplete else "unseen.none")


def _rank(reason: NotAssessed) -> tuple[bool, int, str, str]:
    return not reason.cause.gates, list(Cause).index(reason.cause), reason.permission, reason.detail


def _cause(cause: Cause, groups: Sequence[Missing], limit: int, marks: Marks, texts: Texts) -> CauseView:
    own = [group for group in groups if group.reason.cause is cause]
    rows = tuple(
        (
            Cell(show.first(group.checks, _NAMES, texts)),
            Cell(show.first(group.targets, _NAMES, texts)),
            Cell(group.reason.detail),
            _permission(permission(group.reason), texts),
        )
        for group in own[:limit]
    )
    table = Table(
        caption=texts.several("unseen.findings", sum(group.findings for group in own)),
        columns=(
            Column(texts("column.checks"), 4),
            Column(texts("column.targets"), 6),
            Column(texts("column.happened"), 8),
            Column(texts("column.permission"), 6),
        ),
        rows=rows,
        note=texts.several("note.rows", len(own) - len(rows)) if len(own) > len(rows) else "",
        marks=tuple(marks.unseen(group.targets) for group in own[:limit]),
    )
    return CauseView(cause.value, cause.gates, table)


def _permission(missed: str, texts: Texts) -> Cell:
    return Cell(missed, "code") if missed else Cell(texts("word.none"))


def _gaps(assessment: Assessment, limits: Limits, texts: Texts) -> Table | None:
    groups: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for gap in assessment.coverage.gaps:
        groups[gap.section, gap.cause.value, permission(gap), gap.detail].append(show.short(gap.target))
    if not groups:
        return None
    rows = tuple(
        (
            Cell(part(section, texts)),
            Cell(show.first(dict.fromkeys(targets), _NAMES, texts)),
            Cell(detail, under=texts(f"cause.{cause}.name")),
            _permission(missed, texts),
        )
        for (section, cause, missed, detail), targets in list(groups.items())[: limits.table]
    )
    return Table(
        caption=texts("unseen.gaps"),
        columns=(
            Column(texts("column.section"), 5),
            Column(texts("column.targets"), 5),
            Column(texts("column.happened"), 8),
            Column(texts("column.permission"), 6),
        ),
        rows=rows,
        note=texts.several("note.rows", len(groups) - len(rows)) if len(groups) > len(rows) else "",
    )
