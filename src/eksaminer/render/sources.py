"""The index of evidence: every call and file that the assessment rests on."""

from collections import Counter

from eksaminer.findings import Assessment
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Table, number
from eksaminer.render.limits import Limits
from eksaminer.render.references import References
from eksaminer.render.safe import visible
from eksaminer.render.texts import Texts

_LONGEST = 240
"""Characters of the parameters of one call: a query can be long."""


def sources(assessment: Assessment, limits: Limits, texts: Texts) -> Table:
    """Return the calls and files, each once, in the order of the file."""
    references = References(assessment)
    found = tuple(references.sources.values())
    rows = tuple(
        (
            Cell(references.label(source.id)),
            Cell(source.operation, "code", under=_parameters(source.parameters)),
            Cell(source.region or texts("word.none")),
            Cell(show.when(source.time, texts), under=source.request_id),
            Cell(source.sha256_received[: show.DIGEST], "code"),
        )
        for source in found[: limits.table]
    )
    return Table(
        caption=texts.several("sources.caption", len(found)),
        columns=(
            Column(texts("sources.column_reference"), 2),
            Column(texts("column.operation"), 8),
            Column(texts("column.region"), 3),
            Column(texts("column.read"), 7),
            Column(texts("column.digest"), 4),
        ),
        rows=rows,
        note=texts.several("note.rows", len(found) - len(rows)) if len(found) > len(rows) else "",
    )


def calls(assessment: Assessment, limits: Limits, texts: Texts) -> Table:
    """Return how often each operation is in the index, and how many requests were sent for it."""
    listed = Counter(source.operation for source in References(assessment).sources.values())
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


def _parameters(parameters: dict[str, str]) -> str:
    return visible(", ".join(f"{name}={value}" for name, value in sorted(parameters.items())), _LONGEST)
