"""The building blocks of a report's view: tables, facts and prose. Values only; formats decide how they look."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from eksaminer.render.safe import https


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table."""

    text: str
    style: str = ""
    """`code`, `number` or nothing."""
    mark: str = ""
    """The name of a status or conclusion: the text gets its shape."""
    href: str = ""
    """A place in the same report."""
    under: str = ""
    """A second, quieter line."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its heading and its share of the width."""

    title: str
    width: int
    """In steps of 1/24 of the table."""
    style: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, and a note about what it leaves out."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    details: tuple[str, ...] = ()
    """A line below each row, over the whole width; empty: there are none."""
    anchors: tuple[str, ...] = ()
    """The place of each row in the report; empty: they have none."""
    marks: tuple[str, ...] = ()
    """What each row can be filtered by; empty: nothing."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and what stands for it."""

    name: str
    value: str
    code: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of prose: words, or code."""

    text: str
    code: bool


Prose = tuple[tuple[Span, ...], ...]
"""Paragraphs of spans."""


@dataclass(frozen=True, slots=True)
class Link:
    """A reference; without an address where it is no plain https link."""

    text: str
    href: str = field(default="")


def link(reference: str) -> Link:
    """Return *reference* as a link if it is a plain https address."""
    return Link(reference, https(reference))


def prose(text: str) -> Prose:
    """Return the words of a check pack as paragraphs, with what stands in backticks as code."""
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip()))
    return tuple(tuple(_spans(paragraph)) for paragraph in paragraphs if paragraph)


def _spans(paragraph: str) -> Iterable[Span]:
    parts = paragraph.split("`")
    if len(parts) % 2 == 0:
        return [Span(paragraph, code=False)]
    return [Span(part, code=place % 2 == 1) for place, part in enumerate(parts) if part]


def number(value: int) -> Cell:
    """Return a cell with *value*, aligned as a number."""
    return Cell(f"{value:,}", "number")
