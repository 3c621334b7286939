"""Numbers for the calls and files of the evidence, so that a table can name them: E1, E2, … as in the index."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice, pairwise, zip_longest

from eksaminer.evidence.model import Source
from eksaminer.findings import Assessment
from eksaminer.render import show
from eksaminer.render.safe import visible
from eksaminer.render.texts import Texts

_RUNS = 4
"""Spans of numbers that one cell names."""
_LONGEST = 240
"""Characters of the parameters of one call: a query can be long."""

_EVERY_CHANGE = frozenset({("ReadOnly", "false"), ("EventName", "")})
"""How a lookup names no event: as it is asked, and as evidence of earlier versions has it."""


class References:
    """The index of evidence, numbered. Nothing names a number that the index does not print."""

    def __init__(
        self,
        assessment: Assessment,
        room: int,
        shown: Iterable[Iterable[str]] = (),
        named: Iterable[Iterable[str]] = (),
    ) -> None:
        """Let the index have *room* for sources.

        Those that are *shown* elsewhere go first; then of each list of *named* the first, the second, and so on, so
        that each has some; then all others, in the order of the file.
        """
        self.sources: dict[str, Source] = {source.id: source for source in assessment.sources}
        """Every source once: an answer that serves several targets stands in the evidence of each."""
        self._numbers = {name: place for place, name in enumerate(self.sources, 1)}
        first = (self._numbers_of(names) for names in shown)
        next_of_each = zip_longest(*(list(chain.from_iterable(self._runs(names)[:_RUNS])) for names in named))
        wanted = chain(chain.from_iterable(first), chain.from_iterable(next_of_each), self._numbers.values())
        self._printed = frozenset(islice(dict.fromkeys(number for number in wanted if number), room))

    def printed(self) -> tuple[Source, ...]:
        """Return the sources that the index prints, in its order."""
        return tuple(source for name, source in self.sources.items() if self._numbers[name] in self._printed)

    def label(self, source: str) -> str:
        """Return the label of *source*; empty: the index does not print it."""
        number = self._numbers.get(source)
        return f"E{number}" if number in self._printed else ""

    def spans(self, sources: Iterable[str]) -> tuple[str, int]:
        """Return the labels of *sources* as spans, `E1, E4–E9`, of many the first; and how many are not named."""
        own = dict.fromkeys(sources)
        named = self._runs(name for name in own if self._numbers.get(name) in self._printed)[:_RUNS]
        spans = ", ".join(f"E{run[0]}" if len(run) == 1 else f"E{run[0]}–E{run[-1]}" for run in named)
        return spans, len(self._numbers_of(own)) - sum(map(len, named))

    def _numbers_of(self, names: Iterable[str]) -> list[int]:
        return [self._numbers[name] for name in names if name in self._numbers]

    def _runs(self, names: Iterable[str]) -> list[list[int]]:
        """Return the numbers of *names*, those in a row together."""
        numbers = sorted(set(self._numbers_of(names)))
        runs: list[list[int]] = [[number] for number in numbers[:1]]
        for before, number in pairwise(numbers):
            if number == before + 1:
                runs[-1].append(number)
            else:
                runs.append([number])
        return runs


def parameters(source: Source, texts: Texts) -> str:
    """Return what *source* was asked for, cut where it is long."""
    return visible(", ".join(_asked(source, texts)), _LONGEST)


def _asked(source: Source, texts: Texts) -> Iterator[str]:
    """Give the parameters that have a value; a lookup of every change is told in words."""
    for name, value in sorted(source.parameters.items()):
        if source.operation == "cloudtrail:LookupEvents" and (name, value) in _EVERY_CHANGE:
            yield texts("sources.every_change")
        elif value:
            yield f"{name}={value}"


def line(label: str, source: Source, texts: Texts, *, asked: bool) -> str:
    """Return *source* in one line; what was *asked* stands there, too, where no request id tells the call."""
    told = ", ".join(_parts(source, texts, asked=asked or not source.request_id))
    return f"{label}: {told}" if label else told


def _parts(source: Source, texts: Texts, *, asked: bool) -> Iterator[str]:
    yield source.operation
    told = parameters(source, texts) if asked else ""
    if told:
        yield told
    if source.region:
        yield source.region
    yield show.when(source.time, texts)
    if source.request_id:
        yield texts("exception.request", id=source.request_id)
    yield texts("exception.digest", digest=source.sha256_received[: show.DIGEST])
