"""Bars: amounts side by side, each made of parts that are told apart by their fill."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eksaminer.render.drawing import SIZE, WIDTH, Box, Colour, Drawing, Words, fitted

_NAME, _LABEL, _HEIGHT, _GAP, _TOP = 200, 110, 14, 8, 24
"""Room for names and labels; height of a bar, space between two, and room for the legend, in units of the drawing."""
_FILLS: tuple[Colour, ...] = ("accent", "soft")


@dataclass(frozen=True, slots=True)
class Bar:
    """One amount in parts."""

    name: str
    parts: tuple[float, ...]
    label: str


def bars_of(title: str, parts: Sequence[str], bars: Sequence[Bar]) -> Drawing:
    """Return a drawing of *bars* on one scale, with a legend of their *parts*."""
    longest = max((sum(bar.parts) for bar in bars), default=0) or 1
    room = WIDTH - _NAME - _LABEL
    shapes = [*_legend(parts), *(shape for place, bar in enumerate(bars) for shape in _bar(place, bar, room / longest))]
    height = _TOP + len(bars) * (_HEIGHT + _GAP)
    return Drawing(width=WIDTH, height=height, title=title, shapes=tuple(shapes))


def _legend(parts: Sequence[str]) -> Iterator[Box | Words]:
    left = float(_NAME)
    for fill, name in zip(_FILLS, parts, strict=False):
        yield Box(x=left, y=2, width=10, height=10, fill=fill, stroke="accent", round=0)
        yield Words(x=left + 16, y=2 + SIZE - 1, text=name, fill="quiet")
        left += 34 + 7 * len(name)


def _bar(place: int, bar: Bar, scale: float) -> Iterator[Box | Words]:
    top, left = _TOP + place * (_HEIGHT + _GAP), float(_NAME)
    yield Words(x=_NAME - 8, y=top + SIZE + 1, text=fitted(bar.name, _NAME - 8), anchor="end")
    for fill, size in zip(_FILLS, bar.parts, strict=False):
        width = round(size * scale, 1)
        if width > 0:
            yield Box(x=round(left, 1), y=top, width=width, height=_HEIGHT, fill=fill, stroke="accent", round=0)
        left += width
    yield Words(x=round(left + 8, 1), y=top + SIZE + 1, text=bar.label, strong=True)
