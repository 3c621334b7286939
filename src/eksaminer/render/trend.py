"""What changed since the audit before: counts, every exception with what became of it, and the chain of audits."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from eksaminer.findings import Assessment, TargetName
from eksaminer.history import Change, ChangeState, Trend
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Table
from eksaminer.render.charts.base import Chart
from eksaminer.render.charts.trend import audits
from eksaminer.render.limits import Limits
from eksaminer.render.texts import Texts

MARKS: dict[ChangeState, str] = {
    "new": "fail",
    "regressed": "fail",
    "waiver_expired": "fail",
    "not_assessed": "not_assessed",
    "not_in_run": "not_assessed",
    "unchanged": "review",
    "resolved": "pass",
    "gone": "pass",
    "not_repeated": "not_applicable",
}
"""States in the order they are shown, with the marks they bear."""


@dataclass(frozen=True, slots=True)
class TrendView:
    """The chapter on what changed."""

    lead: tuple[str, ...]
    chart: Chart | None
    changes: Table | None


def trend(assessment: Assessment, limits: Limits, texts: Texts) -> TrendView:
    """Arrange what changed since the audit before."""
    found = assessment.trend
    if found is None:
        return TrendView(lead=(texts("trend.none"),), chart=None, changes=None)
    return TrendView(
        lead=tuple(_lead(assessment, found, texts)),
        chart=audits(found, limits, texts),
        changes=_changes(found, limits, texts),
    )


def line(assessment: Assessment, texts: Texts) -> str:
    """Return in one sentence what changed; empty: there is no audit to compare with."""
    found = assessment.trend
    if found is None:
        return ""
    parts = ", ".join(_counts(found, texts)) or texts("trend.no_exception")
    before = found.audits[-2].as_of if len(found.audits) > 1 else None
    return texts("trend.line", since=show.when(before, texts), parts=parts)


def first_seen(assessment: Assessment, finding: str, texts: Texts) -> str:
    """Return when the exception *finding* was first seen, and what became of it since; empty: not known."""
    found = assessment.trend
    since = None if found is None else found.first_seen.get(finding)
    if found is None or since is None:
        return ""
    state = next((item.state for item in found.changes if item.finding == finding), None)
    days = texts.several("criteria.days", (assessment.run.as_of - since).days)
    words = texts(f"change.{state}") if state else texts("word.unknown")
    return texts("trend.first_seen", time=show.when(since, texts), days=days, state=words)


def _lead(assessment: Assessment, found: Trend, texts: Texts) -> Iterator[str]:
    yield line(assessment, texts)
    if not found.same_criteria:
        yield texts("trend.other_criteria")
    if not found.same_packs:
        yield texts("trend.other_packs")
    yield texts("trend.rule")


def _counts(found: Trend, texts: Texts) -> Iterator[str]:
    counts = Counter(item.state for item in found.changes)
    for state in MARKS:
        if counts[state]:
            yield texts("trend.count", n=f"{counts[state]:,}", state=texts(f"change.{state}"))


def _changes(found: Trend, limits: Limits, texts: Texts) -> Table:
    order = list(MARKS)
    moved = (item for item in found.changes if item.state != "unchanged")
    ordered = sorted(moved, key=lambda item: order.index(item.state))
    rows = tuple(_row(item, found, texts) for item in ordered[: limits.changes])
    widths = {"state": 4, "check": 4, "where": 5, "text": 7, "first": 4}
    return Table(
        caption=texts.several("trend.caption", len(ordered)),
        columns=tuple(Column(texts(f"trend.column_{name}"), width) for name, width in widths.items()),
        rows=rows,
        note=texts.several("note.rows", len(ordered) - len(rows)) if len(ordered) > len(rows) else "",
    )


def _row(item: Change, found: Trend, texts: Texts) -> tuple[Cell, ...]:
    pair = (item.before, item.now)
    before, now = (texts(f"status.{status.value}") if status else texts("word.none") for status in pair)
    statuses = texts("trend.statuses", before=before, now=now)
    place = TargetName(account=item.account, region=item.region, cluster=item.cluster)
    since = found.first_seen.get(item.finding) or found.closed.get(item.finding)
    return (
        Cell(texts(f"change.{item.state}"), mark=MARKS[item.state], under=statuses),
        Cell(item.check),
        Cell(show.short(place), under=item.resource),
        Cell(item.text, under=item.finding[: show.DIGEST]),
        Cell(show.when(since, texts) or texts("word.none")),
    )
