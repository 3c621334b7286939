"""Refused requests (401 and 403) over time, with the threshold of the alarm on them; and by hour and weekday."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from eksaminer.evidence.scan import Refusals
from eksaminer.findings import Assessment, ClusterActivity, Finding
from eksaminer.outcome import Period
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Table, number
from eksaminer.render.charts.base import MINUTE, Chart, TimeAxis, bin_of, fitting, moment_of, span_words
from eksaminer.render.drawing import WIDTH, Box, Colour, Drawing, Line, Words, fitted
from eksaminer.render.limits import Limits
from eksaminer.render.texts import Texts

KINDS = ("forbidden", "anonymous", "unauthenticated")
"""403 to a known user, 403 to an anonymous one, 401: the counts of `Refusals`, in its order."""
_ALARM = "ALM-04"
_LEFT, _STRIP, _SPACE, _FOOT = 130, 44, 10, 20
_CELL, _CELL_HEIGHT, _TOP = 22.5, 20, 16
_HEAT: tuple[Colour, ...] = ("heat1", "heat2", "heat3", "heat4")


@dataclass(frozen=True, slots=True)
class _Alarm:
    """An alarm on refused requests, as its replay saw it."""

    name: str
    threshold: float
    span: timedelta
    kinds: frozenset[str]
    peak: str


@dataclass(frozen=True, slots=True)
class _Strip:
    """One row of bars, by the number of the bin."""

    name: str
    values: dict[int, int]


def refusals_over_time(
    item: ClusterActivity, assessment: Assessment, place: int, limits: Limits, texts: Texts
) -> Chart | None:
    """Draw how many requests were refused over time, and whether an alarm would have been raised."""
    if not isinstance(item.refusals, Refusals) or not item.refusals.minutes:
        return None
    return _OverTime(item, item.refusals, _alarm(item, assessment.findings), texts).chart(place, limits)


class _OverTime:
    def __init__(self, item: ClusterActivity, refusals: Refusals, alarm: _Alarm | None, texts: Texts) -> None:
        self._texts, self._item, self._refusals = texts, item, refusals
        self._alarm = alarm
        self._axis = TimeAxis(item.window, _LEFT)
        self._bin = bin_of(item.window)
        self._strips = [
            _Strip(texts(f"refused.{kind}"), _binned(refusals, {kind}, self._bin // MINUTE)) for kind in KINDS
        ]
        self._peaks = {} if alarm is None else _peaks(refusals, alarm, max(self._bin, alarm.span) // MINUTE)
        if alarm is not None and f"{max(self._peaks.values(), default=0):g}" != alarm.peak:
            self._alarm, self._peaks = None, {}  # Its metric adds something else than one for each event.

    def chart(self, place: int, limits: Limits) -> Chart:
        span, cluster = span_words(self._bin, self._texts), show.short(self._item.target)
        caption = self._texts("refused.over_time", span=span, cluster=cluster)
        strips = len(KINDS) + (self._alarm is not None)
        picture = Drawing(
            width=WIDTH,
            height=strips * (_STRIP + _SPACE) + _FOOT,
            title=f"{caption}. {self._told()}",
            shapes=tuple(self._shapes(strips)),
        )
        return fitting(Chart(f"refused-{place}", caption, picture, self._table(caption)), limits, self._texts)

    def _told(self) -> str:
        totals = {kind: sum(strip.values.values()) for kind, strip in zip(KINDS, self._strips, strict=True)}
        told = self._texts("refused.totals", **{kind: f"{total:,}" for kind, total in totals.items()})
        if self._alarm is None:
            return told
        return f"{told} {self._alarm_told(self._alarm)}"

    def _alarm_told(self, alarm: _Alarm) -> str:
        return self._texts(
            "refused.alarm",
            alarm=alarm.name,
            threshold=f"{alarm.threshold:g}",
            span=span_words(alarm.span, self._texts),
            peak=alarm.peak,
        )

    def _shapes(self, strips: int) -> Iterator[Box | Line | Words]:
        height = strips * (_STRIP + _SPACE)
        yield from self._axis.shapes(4, height)
        highest = max((max(strip.values.values(), default=0) for strip in self._strips), default=0)
        for place, strip in enumerate(self._strips):
            bottom = (place + 1) * (_STRIP + _SPACE)
            yield from self._heading(bottom, strip.name, self._most(strip))
            yield from self._bars(strip.values, self._bin, bottom, _STRIP / max(1, highest))
        if self._alarm is not None:
            yield from self._alarm_strip(self._alarm, height)

    def _most(self, strip: _Strip) -> str:
        if not strip.values:
            return self._texts("refused.none")
        return self._texts("refused.most", n=f"{max(strip.values.values()):,}")

    def _heading(self, bottom: float, name: str, under: str) -> Iterator[Line | Words]:
        yield Line(((_LEFT, bottom), (WIDTH, bottom)), stroke="line", weight=1)
        yield Words(_LEFT - 8, bottom - 20, fitted(name, _LEFT - 8), anchor="end", strong=True)
        yield Words(_LEFT - 8, bottom - 7, under, fill="quiet", anchor="end", size=9)

    def _bars(self, values: dict[int, int], span: timedelta, bottom: float, scale: float) -> Iterator[Box]:
        minutes = span // MINUTE
        for place, value in sorted(values.items()):
            since = self._axis.x(moment_of(place * minutes))
            until = self._axis.x(moment_of((place + 1) * minutes))
            height = round(max(1.0, value * scale), 1)
            width = round(max(1.0, until - since - 0.6), 1)
            yield Box(since, round(bottom - height, 1), width, height, fill="accent", stroke="accent", round=0)

    def _alarm_strip(self, alarm: _Alarm, bottom: float) -> Iterator[Box | Line | Words]:
        most = self._texts("refused.most", n=alarm.peak)
        yield from self._heading(bottom, self._texts("refused.within", span=span_words(alarm.span, self._texts)), most)
        scale = (_STRIP - 6) / max(1.0, alarm.threshold, *self._peaks.values())
        yield from self._bars(self._peaks, max(self._bin, alarm.span), bottom, scale)
        line = round(bottom - alarm.threshold * scale, 1)
        yield Line(((_LEFT, line), (WIDTH, line)), stroke="fail", dashed=True, weight=1.6)
        words = self._texts("refused.threshold", alarm=alarm.name, threshold=f"{alarm.threshold:g}")
        yield Words(WIDTH, line - 3, fitted(words, WIDTH - _LEFT), fill="fail", anchor="end", size=9, strong=True)

    def _table(self, caption: str) -> Table:
        minutes = self._bin // MINUTE
        places = sorted({place for strip in self._strips for place in strip.values})
        return Table(
            caption=self._texts("chart.values_of", caption=caption),
            columns=(
                Column(self._texts("column.since"), 6),
                *(Column(self._texts(f"refused.{kind}"), 6, "number") for kind in KINDS),
            ),
            rows=tuple(
                (
                    Cell(show.when(moment_of(place * minutes), self._texts)),
                    *(number(strip.values.get(place, 0)) for strip in self._strips),
                )
                for place in places
            ),
            note=self._texts("refused.table_note"),
        )


def _binned(refusals: Refusals, kinds: set[str] | frozenset[str], minutes: int) -> dict[int, int]:
    """Count the refusals of *kinds* by bins of so many minutes since 1970."""
    chosen = [kind in kinds for kind in KINDS]
    found: Counter[int] = Counter()
    for minute, *counts in refusals.minutes:
        count = sum(value for value, counted in zip(counts, chosen, strict=True) if counted)
        if count:
            found[minute // minutes] += count
    return dict(found)


def _peaks(refusals: Refusals, alarm: _Alarm, minutes: int) -> dict[int, int]:
    """Return the highest value of one period of *alarm* in each bin."""
    period = alarm.span // MINUTE
    found: dict[int, int] = {}
    for place, value in _binned(refusals, alarm.kinds, period).items():
        wide = place * period // minutes
        found[wide] = max(found.get(wide, 0), value)
    return found


def _alarm(item: ClusterActivity, findings: Sequence[Finding]) -> _Alarm | None:
    """Return the first alarm of the cluster that was replayed over its refusals."""
    for finding in findings:
        if finding.check == _ALARM and finding.target == item.target:
            found = _replayed(finding)
            if found is not None:
                return found
    return None


def _replayed(finding: Finding) -> _Alarm | None:
    match finding.message.params:
        case {
            "alarm": str(name),
            "threshold": str(threshold),
            "period": {"seconds": int(seconds)},
            "kinds": list(kinds),
            "peak": str(peak),
        } if seconds >= MINUTE.seconds and seconds % MINUTE.seconds == 0:
            return _Alarm(name, _float(threshold), timedelta(seconds=seconds), frozenset(kinds), peak)
        case _:
            return None


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def refusals_by_hour(item: ClusterActivity, place: int, limits: Limits, texts: Texts) -> Chart | None:
    """Draw at which hour of which day of the week requests were refused, in UTC."""
    if not isinstance(item.refusals, Refusals) or not item.refusals.minutes:
        return None
    counts: Counter[tuple[int, int]] = Counter()
    for minute, *kinds in item.refusals.minutes:
        moment = moment_of(minute)
        counts[moment.weekday(), moment.hour] += sum(kinds)
    caption = texts("heat.caption", cluster=show.short(item.target))
    days = [texts(f"weekday.{day}") for day in range(1, 8)]
    picture = Drawing(
        width=WIDTH,
        height=_TOP + 7 * (_CELL_HEIGHT + 2) + 4,
        title=f"{caption}. {_heat_told(counts, days, item.window, texts)}",
        shapes=tuple(_heat(counts, days)),
    )
    return fitting(Chart(f"hours-{place}", caption, picture, _heat_table(caption, counts, days, texts)), limits, texts)


def _heat_told(counts: Counter[tuple[int, int]], days: Sequence[str], window: Period, texts: Texts) -> str:
    (day, hour), most = min(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return texts(
        "heat.most",
        day=days[day],
        hour=f"{hour:02}:00",
        n=f"{most:,}",
        total=f"{counts.total():,}",
        window=show.period(window, texts),
    )


def _heat(counts: Counter[tuple[int, int]], days: Sequence[str]) -> Iterator[Box | Words]:
    most = max(counts.values())
    for hour in range(24):
        yield Words(_left(hour) + _CELL / 2 - 1, 11, f"{hour:02}", fill="quiet", anchor="middle", size=8.5)
    for day, name in enumerate(days):
        top = _TOP + day * (_CELL_HEIGHT + 2)
        yield Words(_LEFT - 8, top + 13.5, name, anchor="end")
        for hour in range(24):
            count = counts[day, hour]
            fill = _HEAT[min(3, 4 * (count - 1) // most)] if count else "paper"
            yield Box(_left(hour), top, _CELL - 1.5, _CELL_HEIGHT, fill=fill, stroke="line", round=1)
            if count:
                yield Words(_left(hour) + _CELL / 2 - 1, top + 13.5, _few(count), anchor="middle", size=8.5)


def _left(hour: int) -> float:
    return round(_LEFT + hour * (_CELL + 0.3), 1)


def _few(count: int) -> str:
    """Return a number in no more than four characters."""
    for unit, name in ((10**6, "M"), (10**3, "k")):
        if count >= unit:
            return f"{count // unit}{name}"
    return f"{count}"


def _heat_table(caption: str, counts: Counter[tuple[int, int]], days: Sequence[str], texts: Texts) -> Table:
    return Table(
        caption=texts("chart.values_of", caption=caption),
        columns=(
            Column(texts("column.weekday"), 8),
            Column(texts("column.hour"), 8),
            Column(texts("column.refused"), 8, "number"),
        ),
        rows=tuple(
            (Cell(days[day]), Cell(f"{hour:02}:00"), number(count)) for (day, hour), count in sorted(counts.items())
        ),
        note=texts("heat.table_note"),
    )
