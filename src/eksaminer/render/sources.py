"""The index of evidence: every call and file that the assessment rests on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from eksaminer.evidence.model import Source
from eksaminer.findings import Assessment
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Table, number
from eksaminer.render.limits import Limits
from eksaminer.render.references import References, line, parameters
from eksaminer.render.texts import Texts


@dataclass(frozen=True, slots=True)
class SourcesView:
    """The index: a table, or on paper, where cells cost room and memory, lines."""

    caption: str
    table: Table | None
    lines: tuple[str, ...]
    note: str
    """What the lines leave out."""


def sources(references: References, limits: Limits, texts: Texts) -> SourcesView:
    """Return the calls and files, each once, in the order of the file."""
    every, found = len(references.sources), references.printed()
    caption = texts.several("sources.caption", every)
    left = every - len(found)
    if limits.brief:
        lines = tuple(line(references.label(source.id), source, texts, asked=True) for source in found)
        return SourcesView(caption, None, lines, texts.several("sources.left_out", left) if left else "")
    return SourcesView(caption, _table(caption, found, left, references, texts) if found else None, (), "")


def _table(caption: str, found: Sequence[Source], left: int, references: References, texts: Texts) -> Table:
    return Table(
        caption=caption,
        columns=(
            Column(texts("sources.column_reference"), 2),
            Column(texts("column.operation"), 8),
            Column(texts("column.region"), 3),
            Column(texts("column.read"), 7),
            Column(texts("column.digest"), 4),
        ),
        rows=tuple(
            (
                Cell(references.label(source.id)),
                Cell(source.operation, "code", under=parameters(source, texts)),
                Cell(source.region or texts("word.none")),
                Cell(show.when(source.time, texts), under=source.request_id),
                Cell(source.sha256_received[: show.DIGEST], "code"),
            )
            for source in found
        ),
        note=texts.several("note.rows", left) if left else "",
    )


def calls(references: References, assessment: Assessment, limits: Limits, texts: Texts) -> Table:
    """Return how often each operation is in the index, and how many requests were sent for it."""
    listed = Counter(source.operation for source in references.sources.values())
    sent = {item.operation: item.count for item in assessment.cost.calls}
    operations = sorted({*listed, *sent})
    rows = tuple(
        (
            Cell(name, "code"),
            number(listed[name]),
            number(sent[name]) if name in sent else Cell(texts("word.none"), "number"),
        )
        for name in operations[: limits.table]
    )
    return Table(
        caption=texts("sources.calls", listed=f"{listed.total():,}", sent=f"{sum(sent.values()):,}"),
        columns=(
            Column(texts("column.operation"), 14),
            Column(texts("column.listed"), 5, "number"),
            Column(texts("column.calls"), 5, "number"),
        ),
        rows=rows,
        note=texts.several("note.rows", len(operations) - len(rows)) if len(operations) > len(rows) else "",
    )
