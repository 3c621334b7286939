"""How long the audit log of each cluster is kept, against what is required."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eksaminer.findings import Assessment, Finding, MessageParameter
from eksaminer.gap import Cause
from eksaminer.outcome import Status
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Table
from eksaminer.render.charts.base import Chart, fitting
from eksaminer.render.drawing import WIDTH, Box, Colour, Drawing, Line, Words, fitted
from eksaminer.render.limits import Limits
from eksaminer.render.texts import Texts

_CHECK, _FOREVER = "LOG-04", "LOG-04.forever"
_LEFT, _RIGHT, _ROW, _BAR, _TOP = 190, 150, 24, 14, 26
_DRAWN = 2.0
"""The scale ends at so many times the requirement; what is longer ends in an arrow."""
_COLOURS: dict[Status, Colour] = {Status.PASS: "pass", Status.FAIL: "fail", Status.REVIEW: "review"}


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the check of the retention saw."""

    name: str
    status: Status
    days: int | None
    """None: not known, or for ever."""
    forever: bool
    off: bool
    """The log itself is off, so that how long it is kept was not judged."""


def retention(assessment: Assessment, limits: Limits, texts: Texts) -> Chart | None:
    """Draw how long the logs are kept; None: of no cluster it is known."""
    kept = sorted(_kept(assessment.findings), key=lambda item: (item.forever, item.days or 0, item.name))
    if not any(item.forever or item.days is not None for item in kept):
        return None
    return _Bars(kept, kept[: limits.chart_clusters], assessment, texts).chart(limits)


def _kept(findings: Sequence[Finding]) -> Iterator[_Kept]:
    for finding in findings:
        if finding.check == _CHECK and finding.status is not Status.NOT_APPLICABLE:
            kept = finding.message.params.get("kept")
            forever = kept == "ever" or finding.message.id == _FOREVER
            off = finding.cause is not None and finding.cause.cause is Cause.PREREQUISITE_FAILED
            yield _Kept(show.short(finding.target), finding.status, _days(kept), forever, off)


def _days(kept: MessageParameter | None) -> int | None:
    match kept:
        case {"seconds": int(seconds)}:
            return seconds // (24 * 3600)
        case _:
            return None


class _Bars:
    def __init__(self, every: Sequence[_Kept], shown: Sequence[_Kept], assessment: Assessment, texts: Texts) -> None:
        self._every, self._shown, self._texts = every, shown, texts
        self._asked = assessment.criteria.minimum_retention_days
        self._origin = assessment.criteria.origin("minimum_retention_days")
        self._room = WIDTH - _LEFT - _RIGHT

    def chart(self, limits: Limits) -> Chart:
        texts = self._texts
        caption = texts("retention.caption")
        told = "; ".join(f"{item.name}: {self._days(item)}" for item in self._shown)
        picture = Drawing(
            width=WIDTH,
            height=_TOP + len(self._shown) * _ROW + 4,
            title=f"{caption}. {self._required()}. {told}.",
            shapes=tuple(self._shapes()),
        )
        left = len(self._every) - len(self._shown)
        note = texts.several("chart.more_clusters", left) if left else ""
        return fitting(Chart("retention", caption, picture, self._table(caption), note), limits, texts)

    def _required(self) -> str:
        days = self._texts.several("criteria.days", self._asked)
        return self._texts("retention.required", days=days, origin=self._origin)

    def _days(self, item: _Kept) -> str:
        if item.forever:
            return self._texts("cost.for_ever")
        if item.off:
            return self._texts("held.off")
        return self._texts("word.unknown") if item.days is None else self._texts.several("criteria.days", item.days)

    def _x(self, days: float) -> float:
        return round(_LEFT + self._room * min(1.0, days / (_DRAWN * max(1, self._asked))), 1)

    def _shapes(self) -> Iterator[Box | Line | Words]:
        for place, item in enumerate(self._shown):
            top = _TOP + place * _ROW + (_ROW - _BAR) / 2
            yield Words(_LEFT - 8, top + 11, fitted(item.name, _LEFT - 8), anchor="end")
            yield from self._bar(item, top)
        line, bottom = self._x(self._asked), _TOP + len(self._shown) * _ROW
        yield Line(((line, _TOP - 8), (line, bottom)), stroke="ink", dashed=True, weight=1.6)
        yield Words(line, _TOP - 12, self._required(), anchor="middle", strong=True)

    def _bar(self, item: _Kept, top: float) -> Iterator[Box | Line | Words]:
        colour = _COLOURS.get(item.status, "unseen")
        end = self._end(item)
        if item.days is None and not item.forever:
            yield Box(_LEFT, top, 60, _BAR, "paper", "unseen", dashed=True, round=0)
            end = _LEFT + 60.0
        else:
            yield Box(_LEFT, top, round(max(1.0, end - _LEFT), 1), _BAR, colour, colour, round=0)
        if end >= _LEFT + self._room:
            middle, end = top + _BAR / 2, end + 12
            yield Line(((end - 10, middle - 5), (end - 3, middle), (end - 10, middle + 5)), colour, weight=2)
        words = f"{self._days(item)} · {self._texts(f'status.{item.status.value}')}"
        yield Words(round(end + 6, 1), top + 11, words, fill=colour, strong=True)

    def _end(self, item: _Kept) -> float:
        return _LEFT + self._room if item.forever else self._x(item.days or 0)

    def _table(self, caption: str) -> Table:
        return Table(
            caption=self._texts("chart.values_of", caption=caption),
            columns=(
                Column(self._texts("column.cluster"), 9),
                Column(self._texts("column.kept_for"), 5),
                Column(self._texts("column.required"), 5),
                Column(self._texts("column.status"), 5),
            ),
            rows=tuple(
                (
                    Cell(item.name),
                    Cell(self._days(item)),
                    Cell(self._texts.several("criteria.days", self._asked)),
                    Cell(self._texts(f"status.{item.status.value}"), mark=item.status.value),
                )
                for item in self._every
            ),
            note=self._required(),
        )
