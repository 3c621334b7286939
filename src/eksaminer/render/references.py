"""Numbers for the calls and files of the evidence, so that a table can name them: E1, E2, … as in the index."""

from collections.abc import Iterable
from itertools import pairwise

from eksaminer.evidence.model import Source
from eksaminer.findings import Assessment

_RUNS = 4
"""Spans of numbers that one cell names."""


class References:
    """The index of evidence, numbered."""

    def __init__(self, assessment: Assessment) -> None:
        self.sources: dict[str, Source] = {source.id: source for source in assessment.sources}
        """Every source once: an answer that serves several targets stands in the evidence of each."""
        self._numbers = {name: place for place, name in enumerate(self.sources, 1)}

    def label(self, source: str) -> str:
        """Return the label of *source*; empty: the index does not have it."""
        number = self._numbers.get(source)
        return "" if number is None else f"E{number}"

    def spans(self, sources: Iterable[str]) -> str:
        """Return the labels of *sources* as spans: `E1, E4–E9`; of many, the first and an ellipsis."""
        numbers = sorted({self._numbers[name] for name in sources if name in self._numbers})
        runs: list[list[int]] = [[number] for number in numbers[:1]]
        for before, number in pairwise(numbers):
            if number == before + 1:
                runs[-1].append(number)
            else:
                runs.append([number])
        shown = [f"E{run[0]}" if len(run) == 1 else f"E{run[0]}–E{run[-1]}" for run in runs]
        return ", ".join((*shown[:_RUNS], *(("…",) if len(shown) > _RUNS else ())))
