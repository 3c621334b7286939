"""Which part of the audit period the kept log of each cluster can answer for: a bar for each, and the table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from eksaminer.findings import Assessment, Finding, MessageParameter
from eksaminer.outcome import Period, Status
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Table
from eksaminer.render.charts.base import Chart, TimeAxis, fitting, legend
from eksaminer.render.charts.covered import percent
from eksaminer.render.drawing import WIDTH, Box, Colour, Drawing, Line, Words, fitted
from eksaminer.render.limits import Limits
from eksaminer.render.texts import Texts

_ENABLED, _SWITCHED, _COMPLETE, _KEPT = "LOG-01", "LOG-09", "LOG-10", "kept"
_OFF = ("audit-log#", "update#")
"""Begins of what tells the findings apart that say that the audit log itself was off."""
_LEFT, _RIGHT, _ROW, _BAR, _TOP = 190, 64, 24, 14, 22
_LOOKS: dict[str, tuple[Colour, Colour]] = {
    "held": ("accent", "accent"),
    "lost": ("paper", "fail"),
    "off": ("heat1", "unseen"),
}


@dataclass(frozen=True, slots=True)
class _Held:
    """What is known of one cluster."""

    name: str
    period: Period
    since: datetime
    """Nothing older is kept."""
    off: tuple[Period, ...]
    known: bool
    """False: the audit log is off, and since when no event tells."""

    @property
    def share(self) -> float:
        """The part of the period of which there can be events."""
        whole = self.period.until - self.period.since
        lost = [Period(since=self.period.since, until=max(self.since, self.period.since)), *self.off]
        return 1 - _union(lost, self.period) / whole if whole else 0.0


def held(assessment: Assessment, limits: Limits, texts: Texts) -> Chart | None:
    """Draw what the logs can answer for; None: of no cluster it is known."""
    every = sorted(_every(assessment), key=lambda item: (item.known, item.share, item.name))
    return _Bars(every, every[: limits.chart_clusters], texts).chart(limits) if every else None


def _every(assessment: Assessment) -> Iterator[_Held]:
    dark = {item.target for item in assessment.findings if item.check == _ENABLED and item.status is Status.FAIL}
    for finding in assessment.findings:
        if finding.check == _COMPLETE and finding.aspect == _KEPT and finding.status is not Status.NOT_ASSESSED:
            period = _period(finding)
            if period is not None:
                off = tuple(_switched_off(assessment.findings, finding, period))
                known = finding.target not in dark or any(item.until == period.until for item in off)
                since = _time(finding.message.params.get("oldest")) or period.since
                yield _Held(show.short(finding.target), period, since, off, known)


def _switched_off(findings: Sequence[Finding], kept: Finding, period: Period) -> Iterator[Period]:
    """Yield when the audit log of a cluster was off; until the end where nothing restored it."""
    for finding in findings:
        if finding.check != _SWITCHED or finding.target != kept.target or not finding.discriminator.startswith(_OFF):
            continue
        name, params = finding.message.id.removeprefix(f"{_SWITCHED}."), finding.message.params
        begin = _time(params.get("time"))
        if begin is not None and name in ("weakened", "update_off"):
            yield Period(since=begin, until=period.until)
        elif begin is not None and name in ("restored", "update_restored"):
            yield Period(since=begin, until=begin + _span(params.get("blind")))


def _period(finding: Finding) -> Period | None:
    since, until = (_time(finding.message.params.get(name)) for name in ("since", "until"))
    return None if since is None or until is None or until < since else Period(since=since, until=until)


def _time(value: MessageParameter | None) -> datetime | None:
    match value:
        case {"time": str(text)}:
            return datetime.fromisoformat(text)
        case _:
            return None


def _span(value: MessageParameter | None) -> timedelta:
    match value:
        case {"seconds": int(seconds)}:
            return timedelta(seconds=seconds)
        case _:
            return timedelta()


def _union(spans: Sequence[Period], within: Period) -> timedelta:
    """Return how much of *within* lies in any of *spans*."""
    total, reached = timedelta(), within.since
    for span in sorted(spans, key=lambda item: item.since):
        since, until = max(span.since, reached), min(span.until, within.until)
        if until > since:
            total, reached = total + (until - since), until
    return total


class _Bars:
    def __init__(self, every: Sequence[_Held], shown: Sequence[_Held], texts: Texts) -> None:
        self._every, self._shown, self._texts = every, shown, texts
        window = Period(since=min(item.period.since for item in shown), until=max(item.period.until for item in shown))
        self._window, self._axis = window, TimeAxis(window, _LEFT, WIDTH - _LEFT - _RIGHT)

    def chart(self, limits: Limits) -> Chart:
        texts = self._texts
        caption = texts("held.caption", period=show.period(self._window, texts))
        told = "; ".join(f"{item.name} {self._share(item)}" for item in self._shown)
        picture = Drawing(
            width=WIDTH,
            height=_TOP + len(self._shown) * _ROW + 18,
            title=f"{caption}. {told}.",
            shapes=tuple(self._shapes()),
        )
        left = len(self._every) - len(self._shown)
        note = texts.several("chart.more_clusters", left) if left else ""
        return fitting(Chart("held", caption, picture, self._table(caption), note), limits, texts)

    def _share(self, item: _Held) -> str:
        return percent(item.share) if item.known else self._texts("word.unknown")

    def _shapes(self) -> Iterator[Box | Line | Words]:
        yield from legend([(self._texts(f"held.{name}"), *look) for name, look in _LOOKS.items()], _LEFT)
        yield from self._axis.shapes(_TOP, _TOP + len(self._shown) * _ROW)
        for place, item in enumerate(self._shown):
            top = _TOP + place * _ROW + (_ROW - _BAR) / 2
            yield Words(_LEFT - 8, top + 11, fitted(item.name, _LEFT - 8), anchor="end")
            yield from self._bar(item, top)
            yield Words(WIDTH, top + 11, self._share(item), anchor="end", strong=True)

    def _bar(self, item: _Held, top: float) -> Iterator[Box]:
        yield self._part("lost", item.period, top)
        if item.known:
            yield self._part("held", Period(since=max(item.since, item.period.since), until=item.period.until), top)
        else:
            yield self._part("off", item.period, top)
        for span in item.off:
            yield self._part("off", span, top)

    def _part(self, name: str, span: Period, top: float) -> Box:
        since, until = self._axis.x(span.since), self._axis.x(span.until)
        fill, stroke = _LOOKS[name]
        return Box(since, top, round(max(1.2, until - since), 1), _BAR, fill, stroke, dashed=fill != stroke, round=0)

    def _table(self, caption: str) -> Table:
        texts = self._texts
        widths = {"cluster": 6, "share": 3, "since": 6, "off": 9}
        return Table(
            caption=texts("chart.values_of", caption=caption),
            columns=tuple(
                Column(texts(f"held.column_{name}"), width, "number" if name == "share" else "")
                for name, width in widths.items()
            ),
            rows=tuple(
                (
                    Cell(item.name),
                    Cell(self._share(item), "number"),
                    Cell(show.when(item.since, texts)),
                    Cell(self._off(item)),
                )
                for item in self._every
            ),
            note=texts("held.note"),
        )

    def _off(self, item: _Held) -> str:
        spans = [show.period(span, self._texts) for span in item.off]
        if not item.known:
            spans.append(self._texts("held.off_unknown"))
        return "; ".join(spans) or self._texts("word.none")
