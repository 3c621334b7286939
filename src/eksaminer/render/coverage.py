"""Coverage: which check was judged on which target, and with what status."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from eksaminer.findings import Assessment, CoverageRow, TargetName
from eksaminer.outcome import Scope
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Table
from eksaminer.render.limits import Limits
from eksaminer.render.results import SHOWN_COUNTS, check_anchor
from eksaminer.render.texts import Texts

_WIDTH = 24
_FIRST = 4
"""Width of the column of checks."""


def coverage(assessment: Assessment, limits: Limits, texts: Texts) -> tuple[Table, ...]:
    """Return a matrix for each scope; where there are too many targets, counts instead."""
    scopes: dict[Scope, list[CoverageRow]] = defaultdict(list)
    for row in assessment.coverage.matrix:
        scopes[_scope(row.target)].append(row)
    return tuple(_table(scope, scopes[scope], limits, texts) for scope in Scope if scopes[scope])


def _scope(target: TargetName) -> Scope:
    if target.cluster:
        return Scope.CLUSTER
    return Scope.REGION if target.region else Scope.ACCOUNT


def _table(scope: Scope, rows: Sequence[CoverageRow], limits: Limits, texts: Texts) -> Table:
    targets = list(dict.fromkeys(row.target for row in rows))
    if len(targets) > limits.columns:
        return _counted(scope, rows, len(targets), texts)
    cells = {(row.check, row.target): row for row in rows}
    width = (_WIDTH - _FIRST) // len(targets)
    first = Column(texts("column.check"), _WIDTH - width * len(targets))
    return Table(
        caption=texts.several(f"coverage.{scope.value}", len(targets)),
        columns=(first, *(Column(show.short(target), width) for target in targets)),
        rows=tuple(
            (Cell(check, href=check_anchor(check)), *(_cell(cells.get((check, target)), texts) for target in targets))
            for check in sorted({row.check for row in rows})
        ),
    )


def _cell(row: CoverageRow | None, texts: Texts) -> Cell:
    if row is None:
        return Cell(texts("word.none"))
    more = texts.several("coverage.findings", row.findings) if row.findings > 1 else ""
    return Cell(texts(f"status.{row.status.value}"), mark=row.status.value, under=more)


def _counted(scope: Scope, rows: Sequence[CoverageRow], targets: int, texts: Texts) -> Table:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        counts[row.check][row.status.value] += 1
    return Table(
        caption=texts.several(f"coverage.{scope.value}", targets),
        columns=(
            Column(texts("column.check"), _FIRST),
            *(Column(texts(f"status.{status.value}"), _FIRST, "number") for status in SHOWN_COUNTS),
        ),
        rows=tuple(
            (
                Cell(check, href=check_anchor(check)),
                *(Cell(f"{found[status.value]:,}", "number") for status in SHOWN_COUNTS),
            )
            for check, found in sorted(counts.items())
        ),
        note=texts("coverage.counted"),
    )
