"""The index of evidence: every call and file that the assessment rests on."""

from eksaminer.findings import Assessment
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Table, number
from eksaminer.render.limits import Limits
from eksaminer.render.safe import visible
from eksaminer.render.texts import Texts

_LONGEST = 240
"""Characters of the parameters of one call: a query can be long."""


def sources(assessment: Assessment, limits: Limits, texts: Texts) -> Table:
    """Return the calls and files, in the order of the file."""
    found = assessment.sources
    rows = tuple(
        (
            Cell(source.operation, "code", under=_parameters(source.parameters)),
            Cell(source.region or texts("word.none")),
            Cell(show.when(source.time), under=source.request_id),
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
    """Return how often each operation was called."""
    counts = assessment.cost.calls
    rows = tuple((Cell(item.operation, "code"), number(item.count)) for item in counts[: limits.table])
    return Table(
        caption=texts.several("sources.calls", sum(item.count for item in counts)),
        columns=(Column(texts("column.operation"), 18), Column(texts("column.calls"), 6, "number")),
        rows=rows,
        note=texts.several("note.rows", len(counts) - len(rows)) if len(counts) > len(rows) else "",
    )


def _parameters(parameters: dict[str, str]) -> str:
    return visible(", ".join(f"{name}={value}" for name, value in sorted(parameters.items())), _LONGEST)
