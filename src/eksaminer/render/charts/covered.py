"""Of which time of the audit period each log holds events: a bar for each cluster, and the table of the gaps."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from eksaminer.findings import Assessment, ClusterActivity
from eksaminer.gap import Gap
from eksaminer.outcome import Period
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Table
from eksaminer.render.charts.base import MINUTE, Chart, TimeAxis, fitting, legend
from eksaminer.render.drawing import WIDTH, Box, Colour, Drawing, Line, Words, fitted
from eksaminer.render.limits import Limits
from eksaminer.render.texts import Texts

_LEFT, _RIGHT, _ROW, _BAR, _TOP = 190, 64, 24, 14, 22
_LOOKS: dict[str, tuple[Colour, Colour]] = {
    "events": ("accent", "accent"),
    "silent": ("paper", "fail"),
    "unread": ("soft", "unseen"),
}
"""Fill and border of the parts of a bar."""


def time_covered(assessment: Assessment, limits: Limits, texts: Texts) -> Chart | None:
    """Draw of which time of the period there are events; None: no log was read."""
    every = assessment.activity.clusters
    if not every:
        return None
    return _Covered(every, every[: limits.chart_clusters], assessment, texts).chart(limits)


class _Covered:
    def __init__(
        self,
        every: Sequence[ClusterActivity],
        shown: Sequence[ClusterActivity],
        assessment: Assessment,
        texts: Texts,
    ) -> None:
        self._every, self._shown, self._texts = every, shown, texts
        self._minutes = assessment.criteria.gap_minutes
        period = assessment.period.events
        self._window = Period(
            since=min(period.since, *(item.window.since for item in shown)),
            until=max(period.until, *(item.window.until for item in shown)),
        )
        self._axis = TimeAxis(self._window, _LEFT, WIDTH - _LEFT - _RIGHT)

    def chart(self, limits: Limits) -> Chart:
        texts = self._texts
        caption = texts("covered.caption", window=show.period(self._window, texts))
        told = texts(
            "covered.told", shares="; ".join(f"{show.short(item.target)} {self._share(item)}" for item in self._shown)
        )
        picture = Drawing(
            width=WIDTH,
            height=_TOP + len(self._shown) * _ROW + 18,
            title=f"{caption}. {told}",
            shapes=tuple(self._shapes()),
        )
        left = len(self._every) - len(self._shown)
        note = texts.several("chart.more_clusters", left) if left else ""
        return fitting(Chart("covered", caption, picture, self._table(caption), note), limits, texts)

    def _shapes(self) -> Iterator[Box | Line | Words]:
        yield from self._legend()
        bottom = _TOP + len(self._shown) * _ROW
        yield from self._axis.shapes(_TOP, bottom)
        for place, item in enumerate(self._shown):
            top = _TOP + place * _ROW + (_ROW - _BAR) / 2
            yield Words(_LEFT - 8, top + 11, fitted(show.short(item.target), _LEFT - 8), anchor="end")
            yield from self._bar(item, top)
            yield Words(WIDTH, top + 11, self._share(item), anchor="end", strong=True)

    def _legend(self) -> Iterator[Box | Words]:
        shortest = self._texts.several("criteria.minutes", self._minutes)
        entries = [(self._texts(f"covered.{name}", shortest=shortest), *look) for name, look in _LOOKS.items()]
        yield from legend(entries, _LEFT)

    def _bar(self, item: ClusterActivity, top: float) -> Iterator[Box]:
        since, until = self._axis.x(item.window.since), self._axis.x(item.window.until)
        width = max(1.0, round(until - since, 1))
        if _gaps(item, self._minutes) is None:
            yield Box(since, top, width, _BAR, *_LOOKS["unread"], dashed=True, round=0)
            return
        yield Box(since, top, width, _BAR, *_LOOKS["events"], round=0)
        yield from self._silences(item, top)

    def _silences(self, item: ClusterActivity, top: float) -> Iterator[Box]:
        """Draw gaps that touch each other on the picture as one."""
        drawn: list[tuple[float, float]] = []
        for gap in _gaps(item, self._minutes) or ():
            since = self._axis.x(gap.since)
            until = max(self._axis.x(gap.until), since + 1.2)
            if drawn and since <= drawn[-1][1]:
                drawn[-1] = (drawn[-1][0], max(drawn[-1][1], until))
            else:
                drawn.append((since, until))
        for since, until in drawn:
            yield Box(since, top - 2, round(until - since, 1), _BAR + 4, *_LOOKS["silent"], dashed=True, round=0)

    def _share(self, item: ClusterActivity) -> str:
        gaps = _gaps(item, self._minutes)
        whole = item.window.until - item.window.since
        if gaps is None or not whole:
            return self._texts("word.unknown")
        silent = sum((gap.until - gap.since for gap in gaps), timedelta())
        return percent(1 - silent / whole)

    def _table(self, caption: str) -> Table:
        return Table(
            caption=self._texts("chart.values_of", caption=caption),
            columns=(
                Column(self._texts("column.cluster"), 7),
                Column(self._texts("column.covered"), 4, "number"),
                Column(self._texts("column.silent_since"), 5),
                Column(self._texts("column.silent_until"), 5),
                Column(self._texts("column.length"), 3),
            ),
            rows=tuple(row for item in self._every for row in self._rows(item)),
            note=self._texts.prose(
                (
                    self._texts("covered.note", shortest=self._texts.several("criteria.minutes", self._minutes)),
                    *dict.fromkeys(self._why(item) for item in self._every if _gaps(item, self._minutes) is None),
                )
            ),
        )

    def _rows(self, item: ClusterActivity) -> Iterator[tuple[Cell, ...]]:
        name, share = Cell(show.short(item.target)), Cell(self._share(item), "number")
        gaps = _gaps(item, self._minutes)
        if not gaps:
            said = Cell(self._texts("word.none" if gaps is not None else "word.unknown"))
            yield name, share, said, said, Cell("")
        for gap in gaps or ():
            length = self._texts.span((gap.until - gap.since) // MINUTE * MINUTE)
            yield (
                name,
                share,
                Cell(show.when(gap.since, self._texts)),
                Cell(show.when(gap.until, self._texts)),
                Cell(length),
            )

    def _why(self, item: ClusterActivity) -> str:
        if item.unread is not None:
            return item.unread.detail
        return item.time_coverage.detail if isinstance(item.time_coverage, Gap) else ""


def _gaps(item: ClusterActivity, minutes: int) -> tuple[Period, ...] | None:
    """Return the spans without an event; None: not known, since the log was not read to its end."""
    if item.unread is not None or isinstance(item.time_coverage, Gap):
        return None
    return item.time_coverage.silences(minutes * MINUTE)


def percent(share: float) -> str:
    """Return a share that is never rounded to all or nothing."""
    shown = f"{100 * share:.1f}"
    if share < 1 and shown == "100.0":
        return "> 99.9 %"
    if share > 0 and shown == "0.0":
        return "< 0.1 %"
    return f"{shown} %"
