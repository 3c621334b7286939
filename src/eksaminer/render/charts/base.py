"""What charts have in common: the value, bins and axes of time, and the shares of a scale."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from eksaminer.outcome import Period
from eksaminer.render.blocks import Table
from eksaminer.render.drawing import SIZE, WIDTH, Box, Colour, Drawing, Line, Words, wide
from eksaminer.render.limits import Limits
from eksaminer.render.texts import Texts

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BINS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY)
"""Spans of time that are counted together."""
MOST_BINS = 170
"""A week of hours fits."""
_TICKS = (5 * MINUTE, 15 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY)
_MOST_TICKS = 7
_LEGEND_ROOM, _LEGEND_LETTER = 36, 5.6
"""What the mark of an entry takes with its margins, and each letter of the widest font that a browser may take."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, its heading, and the values that it shows as a table."""

    anchor: str
    caption: str
    picture: Drawing
    table: Table | None
    """None: it has more rows than the medium has room for, and the note says so."""
    note: str = ""


def fitting(item: Chart, limits: Limits, texts: Texts) -> Chart:
    """Return *item* without its table where that has more rows than *limits* give it."""
    if item.table is None or len(item.table.rows) <= limits.chart_rows:
        return item
    away = texts("chart.table_elsewhere", n=f"{len(item.table.rows):,}")
    return replace(item, table=None, note=texts.prose((item.note, away)))


def legend(entries: Sequence[tuple[str, Colour, Colour]], left: float) -> Iterator[Box | Words]:
    """Name what is drawn (words, fill, stroke) from *left* on, or further left where it would leave the picture."""
    widths = [_LEGEND_ROOM + _LEGEND_LETTER * wide(words) for words, _, _ in entries]
    left = max(0.0, min(left, WIDTH - sum(widths)))
    for (words, fill, stroke), width in zip(entries, widths, strict=True):
        yield Box(left, 3, 12, 10, fill, stroke, dashed=fill != stroke, round=0)
        yield Words(left + 18, 11.5, words, fill="quiet", size=9)
        left = round(left + width, 1)


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Time from left to right."""

    window: Period
    left: float
    width: float = 0

    def x(self, moment: datetime) -> float:
        """Return the place of *moment*; what lies outside is put on the border."""
        whole = self.window.until - self.window.since
        share = (moment - self.window.since) / whole if whole else 0.0
        return round(self.left + self._width * min(1.0, max(0.0, share)), 1)

    @property
    def _width(self) -> float:
        return self.width or WIDTH - self.left

    def shapes(self, top: float, bottom: float) -> Iterator[Line | Words]:
        """Draw ticks from *top* to *bottom*, with the times in UTC below."""
        step = _step(self.window)
        moment = _EPOCH + -((_EPOCH - self.window.since) // step) * step
        while moment <= self.window.until:
            x = self.x(moment)
            yield Line(((x, top), (x, bottom)), stroke="line", weight=0.6)
            words = f"{moment:%m-%d}" if step >= DAY else f"{moment:%m-%d %H:%M}"
            yield Words(
                x, bottom + SIZE + 2, words, fill="quiet", anchor="end" if x > WIDTH - 30 else "middle", size=8.5
            )
            moment += step


def _step(window: Period) -> timedelta:
    whole = window.until - window.since
    fits = (step for step in _TICKS if whole / step <= _MOST_TICKS)
    return next(fits, max(_TICKS[-1], timedelta(days=-(-whole.days // _MOST_TICKS))))


def bin_of(window: Period) -> timedelta:
    """Return the shortest span of which *window* has no more than `MOST_BINS`."""
    whole = window.until - window.since
    return next((span for span in BINS if whole / span <= MOST_BINS), BINS[-1])


def minute_of(moment: datetime) -> int:
    """Return the minutes since 1970."""
    return (moment - _EPOCH) // MINUTE


def moment_of(minute: int) -> datetime:
    """Return the moment that is *minute* minutes after 1970."""
    return _EPOCH + minute * MINUTE


def span_words(span: timedelta, texts: Texts) -> str:
    """Return a span of time in words: `15 minutes`, `1 hour`."""
    for name, unit in (("days", DAY), ("hours", HOUR)):
        if span >= unit and not span % unit:
            return texts.several(f"criteria.{name}", span // unit)
    return texts.several("criteria.minutes", span // MINUTE)
