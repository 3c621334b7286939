"""The controls of a recommendation: test performed, what was examined of all there is, result and evidence."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from eksaminer.findings import Assessment, CheckInfo, Finding
from eksaminer.outcome import Status
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Table
from eksaminer.render.limits import Limits
from eksaminer.render.references import References
from eksaminer.render.texts import Texts

_WORST_FIRST = (Status.FAIL, Status.REVIEW, Status.NOT_ASSESSED, Status.PASS, Status.NOT_APPLICABLE)
_OPERATIONS = 3
"""Operations that the test of one control names."""


class Controls:
    """Arranges the controls of each recommendation as a table."""

    def __init__(self, assessment: Assessment, references: References, limits: Limits, texts: Texts) -> None:
        self._references, self._limits, self._texts = references, limits, texts
        self._events = {item.target: item.events_read for item in assessment.activity.clusters}

    def table(
        self,
        checks: Sequence[tuple[CheckInfo, Sequence[Finding]]],
        anchor: Callable[[str], str],
        elsewhere: frozenset[str],
    ) -> Table:
        """Return one row for each of *checks*; those that are no part of *elsewhere* have their place here."""
        texts, shown = self._texts, checks[: self._limits.controls]
        widths = {"control": 7, "test": 6, "population": 4, "result": 4, "evidence": 3}
        left = len(checks) - len(shown)
        return Table(
            caption=texts("controls.caption"),
            columns=tuple(Column(texts(f"controls.column_{name}"), width) for name, width in widths.items()),
            rows=tuple(self._row(info, found, anchor, elsewhere) for info, found in shown),
            note=texts.several("note.rows", left) if left else "",
            anchors=tuple("" if info.id in elsewhere else anchor(info.id) for info, _ in shown),
        )

    def _row(
        self, info: CheckInfo, found: Sequence[Finding], anchor: Callable[[str], str], elsewhere: frozenset[str]
    ) -> tuple[Cell, ...]:
        sources = tuple(chain.from_iterable(item.sources for finding in found for item in finding.evidence))
        title = f"{info.title} ({self._texts(f'basis.{info.basis.value}')})"
        return (
            Cell(info.id, href=anchor(info.id) if info.id in elsewhere else "", under=title),
            Cell(self._test(info, found, sources)),
            self._population(info, found),
            self._result(found),
            Cell(self._evidence(sources)),
        )

    def _evidence(self, sources: Sequence[str]) -> str:
        """Name evidence that the index prints, and say how much more there is."""
        spans, more = self._references.spans(sources)
        if not more:
            return spans or self._texts("word.none")
        return f"{spans} {self._texts('word.and_more', n=f'{more:,}')}".lstrip()

    def _test(self, info: CheckInfo, found: Sequence[Finding], sources: Sequence[str]) -> str:
        seen = {finding.target for finding in found if finding.status is not Status.NOT_ASSESSED}
        events = sum(self._events.get(target, 0) for target in seen)
        if info.rule_class and events:
            return self._texts("controls.searched", n=f"{events:,}")
        known = self._references.sources
        operations = sorted({known[name].operation for name in sources if name in known})
        if not operations or not seen:
            return self._texts("controls.nothing")
        return self._texts("controls.inspected", operations=show.first(operations, _OPERATIONS, self._texts))

    def _population(self, info: CheckInfo, found: Sequence[Finding]) -> Cell:
        """Return how many of the targets were examined in full or in part, and how many results they gave."""
        every = {finding.target for finding in found}
        seen = {finding.target for finding in found if finding.status is not Status.NOT_ASSESSED}
        words = self._texts.several(f"controls.{info.scope.value}", len(every), examined=f"{len(seen):,}")
        more = self._texts("controls.results", n=f"{len(found):,}") if len(found) > len(every) else ""
        return Cell(words, under=more)

    def _result(self, found: Sequence[Finding]) -> Cell:
        counts = Counter(finding.status for finding in found)
        ordered = [status for status in _WORST_FIRST if counts[status]]
        if not ordered:
            return Cell(self._texts("word.none"))
        worst = ordered[0]
        return Cell(self._word(worst, counts), mark=worst.value, under=", ".join(self._rest(ordered[1:], counts)))

    def _word(self, status: Status, counts: Counter[Status]) -> str:
        return f"{self._texts(f'status.{status.value}')} {counts[status]:,}"

    def _rest(self, statuses: Sequence[Status], counts: Counter[Status]) -> Iterator[str]:
        for status in statuses:
            yield self._word(status, counts)
