"""Small drawings as values: boxes, lines and words. The templates write them as SVG, with text as text.

Colours are names: on paper they are the ones of `PAPER`, on the screen those of the style, light or dark. A colour
never says anything alone: a dash, a shape or a word stands beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Literal

from wcwidth import wcswidth

from eksaminer.render.safe import visible

Colour = Literal[
    "ink",
    "quiet",
    "line",
    "soft",
    "paper",
    "accent",
    "fail",
    "review",
    "pass",
    "unseen",
    "heat1",
    "heat2",
    "heat3",
    "heat4",
]

PAPER: Mapping[Colour, str] = MappingProxyType(
    {
        "ink": "#1b2430",
        "quiet": "#5a6572",
        "line": "#b9c2cc",
        "soft": "#eef1f5",
        "paper": "#ffffff",
        "accent": "#1d4f91",
        "fail": "#a8261d",
        "review": "#8a5200",
        "pass": "#1a6b34",
        "unseen": "#55459a",
        "heat1": "#e3ecf7",
        "heat2": "#bcd3ee",
        "heat3": "#93b7e2",
        "heat4": "#6b9bd4",
    }
)
"""The colours in print."""

WIDTH = 680
"""The width of a drawing that fills the page, in its own units: about a pixel each."""
SIZE = 10
"""The size of words, in the same units: 7 points on paper."""
_CELL = 0.6
"""The width of a character as a share of its size, in the widest of the usual fonts."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float
    fill: Colour = "soft"
    stroke: Colour = "line"
    dashed: bool = False
    round: float = 3

    kind: ClassVar = "box"


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points; with `bent`, a curve that leaves the first and meets the last one level."""

    points: tuple[tuple[float, float], ...]
    stroke: Colour = "ink"
    dashed: bool = False
    bent: bool = False
    weight: float = 1.4

    kind: ClassVar = "line"

    @property
    def path(self) -> str:
        """The line in the words of SVG."""
        first, *others = self.points
        start = f"M{_shown(first)}"
        if not self.bent:
            return start + "".join(f"L{_shown(point)}" for point in others)
        (x, y), (to_x, to_y) = first, others[-1]
        half = (x + to_x) / 2
        return f"{start}C{_shown((half, y))} {_shown((half, to_y))} {_shown((to_x, to_y))}"


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text; *y* is its base line."""

    x: float
    y: float
    text: str
    fill: Colour = "ink"
    anchor: Literal["start", "middle", "end"] = "start"
    size: float = SIZE
    strong: bool = False

    kind: ClassVar = "words"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture, and in words what it shows."""

    width: float
    height: float
    title: str
    """What it shows, in one sentence: the alternative text."""
    shapes: tuple[Box | Line | Words, ...]

    @property
    def paper(self) -> Mapping[Colour, str]:
        """The colours in print, which stand in the SVG itself."""
        return PAPER


def fitted(text: str, width: float, size: float = SIZE) -> str:
    """Return *text* as it fits into *width*: of a longer one, begin and end with an ellipsis between them."""
    text, room = visible(text), int(width / (size * _CELL))
    if wide(text) <= room:
        return text
    head = max(1, (room - 1) * 3 // 5)
    tail = max(0, room - 1 - head)
    return f"{text[:head]}…{text[len(text) - tail :]}" if tail else f"{text[:head]}…"


def wide(text: str) -> int:
    """Return the width of *text* in characters: those of East Asia count for two."""
    return max(len(text), wcswidth(text))


def _shown(point: tuple[float, float]) -> str:
    return f"{point[0]:g} {point[1]:g}"
