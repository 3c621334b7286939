"""The audits of a chain, one below the other: what failed, was for review, or could not be assessed."""

from collections.abc import Iterator, Sequence

from eksaminer.history import AuditCounts, Trend
from eksaminer.outcome import Status
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Table, number
from eksaminer.render.charts.base import Chart, fitting
from eksaminer.render.drawing import WIDTH, Box, Colour, Drawing, Words, wide
from eksaminer.render.limits import Limits
from eksaminer.render.texts import Texts

_LEFT, _RIGHT, _ROW, _BAR, _TOP = 150, 40, 24, 15, 24
_MOST = 12
"""Audits that are drawn: the newest."""
_LOOKS: dict[Status, tuple[Colour, Colour]] = {
    Status.FAIL: ("fail", "fail"),
    Status.REVIEW: ("heat2", "review"),
    Status.NOT_ASSESSED: ("paper", "unseen"),
}
"""Fill and border of the parts of a bar; what could not be assessed has a dashed one."""
_IN_TABLE = (Status.FAIL, Status.REVIEW, Status.NOT_ASSESSED, Status.PASS, Status.NOT_APPLICABLE)
_DIGIT = 6.2
"""The width of a digit in a bar, with room around."""


def audits(found: Trend, limits: Limits, texts: Texts) -> Chart | None:
    """Draw the audits; None: there is only one."""
    if len(found.audits) < 2:  # noqa: PLR2004 - a trend takes two
        return None
    return _Bars(found.audits, texts).chart(limits)


class _Bars:
    def __init__(self, every: Sequence[AuditCounts], texts: Texts) -> None:
        self._every, self._texts = every, texts
        self._shown = every[-_MOST:]
        longest = max(sum(item.statuses.get(status.value, 0) for status in _LOOKS) for item in self._shown)
        self._unit = (WIDTH - _LEFT - _RIGHT) / max(1, longest)

    def chart(self, limits: Limits) -> Chart:
        texts = self._texts
        caption = texts.several("trend.chart", len(self._every))
        told = "; ".join(f"{show.when(item.as_of, texts)}: {', '.join(self._words(item))}" for item in self._shown)
        picture = Drawing(
            width=WIDTH,
            height=_TOP + len(self._shown) * _ROW + 4,
            title=f"{caption}. {told}.",
            shapes=tuple(self._shapes()),
        )
        left = len(self._every) - len(self._shown)
        note = texts.several("trend.not_drawn", left) if left else ""
        return fitting(Chart("audits", caption, picture, self._table(caption), note), limits, texts)

    def _words(self, item: AuditCounts) -> Iterator[str]:
        for status in _LOOKS:
            yield f"{self._texts(f'status.{status.value}')} {item.statuses.get(status.value, 0):,}"

    def _shapes(self) -> Iterator[Box | Words]:
        left = float(_LEFT)
        for status, (fill, stroke) in _LOOKS.items():
            words = self._texts(f"status.{status.value}")
            yield Box(left, 3, 12, 10, fill, stroke, dashed=status is Status.NOT_ASSESSED, round=0)
            yield Words(left + 18, 11.5, words, fill="quiet", size=9)
            left += 36 + 5.6 * wide(words)
        for place, item in enumerate(self._shown):
            top = _TOP + place * _ROW + (_ROW - _BAR) / 2
            now = place == len(self._shown) - 1
            yield Words(_LEFT - 8, top + 11, f"{item.as_of:%Y-%m-%d %H:%M}", anchor="end", strong=now)
            yield from self._bar(item, top)

    def _bar(self, item: AuditCounts, top: float) -> Iterator[Box | Words]:
        left = float(_LEFT)
        for status, (fill, stroke) in _LOOKS.items():
            count = item.statuses.get(status.value, 0)
            width = round(count * self._unit, 1)
            if not width:
                continue
            yield Box(round(left, 1), top, width, _BAR, fill, stroke, dashed=status is Status.NOT_ASSESSED, round=0)
            if width >= _DIGIT * (len(f"{count:,}") + 1):
                ink: Colour = "paper" if fill == "fail" else "ink"
                yield Words(round(left + width / 2, 1), top + 11, f"{count:,}", fill=ink, anchor="middle", size=9)
            left += width

    def _table(self, caption: str) -> Table:
        texts = self._texts
        return Table(
            caption=texts("chart.values_of", caption=caption),
            columns=(
                Column(texts("trend.column_audit"), 6),
                *(Column(texts(f"status.{status.value}"), 3, "number") for status in _IN_TABLE),
                Column(texts("trend.column_waived"), 3, "number"),
            ),
            rows=tuple(
                (
                    Cell(show.when(item.as_of, texts), under=item.run),
                    *(number(item.statuses.get(status.value, 0)) for status in _IN_TABLE),
                    number(item.waived),
                )
                for item in self._every
            ),
        )
