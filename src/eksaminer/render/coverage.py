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


def coverage(assessment: Assessment, placed: frozenset[str], limits: Limits, texts: Texts) -> tuple[Table, ...]:
    """Return a matrix for each scope; where there are too many targets, counts instead.

    Checks that are *placed* in the report are linked to.
    """
    scopes: dict[Scope, list[CoverageRow]] = defaultdict(list)
    for row in assessment.coverage.matrix:
        scopes[_scope(row.target)].append(row)
    return tuple(_table(scope, scopes[scope], placed, limits, texts) for scope in Scope if scopes[scope])


def _scope(target: TargetName) -> Scope:
    if target.cluster:
        return Scope.CLUSTER
    return Scope.REGION if target.region else Scope.ACCOUNT


def _table(scope: Scope, rows: Sequence[CoverageRow], placed: frozenset[str], limits: Limits, texts: Texts) -> Table:
    targets = list(dict.fromkeys(row.target for row in rows))
    if len(targets) > limits.columns:
        return _counted(scope, rows, placed, limits, texts)
    cells = {(row.check, row.target): row for row in rows}
    width = (_WIDTH - _FIRST) // len(targets)
    first = Column(texts("column.check"), _WIDTH - width * len(targets))
    checks = sorted({row.check for row in rows})
    shown = checks[: limits.controls]
    return Table(
        caption=texts.several(f"coverage.{scope.value}", len(targets)),
        columns=(first, *(Column(show.short(target), width) for target in targets)),
        rows=tuple(
            (_name(check, placed), *(_cell(cells.get((check, target)), texts) for target in targets)) for check in shown
        ),
        note=_left(len(checks) - len(shown), texts),
    )


def _name(check: str, placed: frozenset[str]) -> Cell:
    return Cell(check, href=check_anchor(check) if check in placed else "")


def _left(count: int, texts: Texts) -> str:
    return texts.several("note.rows", count) if count > 0 else ""


def _cell(row: CoverageRow | None, texts: Texts) -> Cell:
    if row is None:
        return Cell(texts("word.none"))
    more = texts.several("coverage.findings", row.findings) if row.findings > 1 else ""
    return Cell(texts(f"status.{row.status.value}"), mark=row.status.value, under=more)


def _counted(scope: Scope, rows: Sequence[CoverageRow], placed: frozenset[str], limits: Limits, texts: Texts) -> Table:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        counts[row.check][row.status.value] += 1
    shown = sorted(counts.items())[: limits.controls]
    return Table(
        caption=texts.several(f"coverage.{scope.value}", len({row.target for row in rows})),
        columns=(
            Column(texts("column.check"), _FIRST),
            *(Column(texts(f"status.{status.value}"), _FIRST, "number") for status in SHOWN_COUNTS),
        ),
        rows=tuple(
            (
                _name(check, placed),
                *(Cell(f"{found[status.value]:,}", "number") for status in SHOWN_COUNTS),
            )
            for check, found in shown
        ),
        note=texts.prose((texts("coverage.counted"), _left(len(counts) - len(shown), texts))),
    )
