"""The index of evidence: every call and file that the assessment rests on."""

from collections import Counter

from eksaminer.evidence.model import Source
from eksaminer.findings import Assessment
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Table, number
from eksaminer.render.limits import Limits
from eksaminer.render.safe import visible
from eksaminer.render.texts import Texts

_LONGEST = 240
"""Characters of the parameters of one call: a query can be long."""


def sources(assessment: Assessment, limits: Limits, texts: Texts) -> Table:
    """Return the calls and files, each once, in the order of the file."""
    found = _distinct(assessment)
    rows = tuple(
        (
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
            Column(texts("column.operation"), 10),
            Column(texts("column.region"), 3),
            Column(texts("column.read"), 7),
            Column(texts("column.digest"), 4),
        ),
        rows=rows,
        note=texts.several("note.rows", len(found) - len(rows)) if len(found) > len(rows) else "",
    )


def calls(assessment: Assessment, limits: Limits, texts: Texts) -> Table:
    """Return how often each operation is in the index, and how many requests were sent for it."""
    listed = Counter(source.operation for source in _distinct(assessment))
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


def _distinct(assessment: Assessment) -> tuple[Source, ...]:
    """Return every source once: an answer that serves several targets stands in the evidence of each."""
    return tuple({source.id: source for source in assessment.sources}.values())


def _parameters(parameters: dict[str, str]) -> str:
    return visible(", ".join(f"{name}={value}" for name, value in sorted(parameters.items())), _LONGEST)
