"""Reads of Secrets over time, by who asked and with what answer: the plot of the guide's seventh query, and more."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from eksaminer.evidence.scan import Hit
from eksaminer.findings import ClusterActivity
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Table, number
from eksaminer.render.charts.base import MINUTE, Chart, TimeAxis, bin_of, fitting, minute_of, moment_of, span_words
from eksaminer.render.drawing import WIDTH, Box, Colour, Drawing, Line, Words, fitted
from eksaminer.render.limits import Limits
from eksaminer.render.texts import Texts

VERBS = frozenset({"get", "list", "watch"})
_UNAUTHENTICATED, _FORBIDDEN, _FAILED = 401, 403, 400
_ACTORS = 10
"""Actors with a row of their own: those who were refused, then those who asked most."""
_LEFT, _ROW, _TOP = 190, 20, 4

Answer = Literal["unauthenticated", "forbidden", "failed", "given", "unknown"]
_ANSWERS: tuple[Answer, ...] = ("unauthenticated", "forbidden", "failed", "given", "unknown")


@dataclass(frozen=True, slots=True)
class _Mark:
    """What one actor did in one span of time."""

    answers: frozenset[Answer]
    count: int


Row = dict[int, _Mark]
"""Marks by the number of the span since 1970."""


def secret_reads(item: ClusterActivity, place: int, limits: Limits, texts: Texts) -> Chart | None:
    """Draw who read Secrets when, of the hits that the detection rules kept."""
    hits = _reads(item)
    return _Plot(item, hits, texts).chart(place, limits) if hits else None


def _reads(item: ClusterActivity) -> tuple[Hit, ...]:
    """Return the requests that read Secrets, each once, by time."""
    found = {
        hit.audit_id: hit
        for rule in item.rules
        for hit in rule.first_hits
        if hit.resource.resource == "secrets" and hit.verb in VERBS and hit.aggregate is None
    }
    return tuple(sorted(found.values(), key=lambda hit: (hit.time, hit.audit_id)))


def _answer(hit: Hit) -> Answer:
    if hit.code is None:
        return "unknown"
    if hit.code in (_UNAUTHENTICATED, _FORBIDDEN):
        return "unauthenticated" if hit.code == _UNAUTHENTICATED else "forbidden"
    return "failed" if hit.code >= _FAILED else "given"


class _Plot:
    def __init__(self, item: ClusterActivity, hits: Sequence[Hit], texts: Texts) -> None:
        self._item, self._hits, self._texts = item, hits, texts
        self._bin = bin_of(item.window)
        self._axis = TimeAxis(item.window, _LEFT)
        self._by_actor: dict[str, list[Hit]] = defaultdict(list)
        for hit in hits:
            self._by_actor[hit.actor or texts("activity.no_user")].append(hit)
        self._actors = sorted(self._by_actor, key=self._rank)

    def _rank(self, actor: str) -> tuple[int, int, str]:
        hits = self._by_actor[actor]
        refused = sum(_answer(hit) in ("unauthenticated", "forbidden") for hit in hits)
        return -refused, -len(hits), actor

    def chart(self, place: int, limits: Limits) -> Chart:
        texts = self._texts
        caption = texts("secrets.caption", span=span_words(self._bin, texts), cluster=show.short(self._item.target))
        rows = list(self._rows())
        picture = Drawing(
            width=WIDTH,
            height=_TOP + len(rows) * _ROW + 40,
            title=f"{caption}. {self._told()}",
            shapes=tuple(self._shapes(rows)),
        )
        note = self._texts.prose(self._notes())
        return fitting(Chart(f"secrets-{place}", caption, picture, self._table(caption), note), limits, texts)

    def _told(self) -> str:
        answers = [_answer(hit) for hit in self._hits]
        counts = {answer: f"{answers.count(answer):,}" for answer in _ANSWERS}
        return self._texts("secrets.totals", actors=f"{len(self._actors):,}", **counts)

    def _notes(self) -> Iterator[str]:
        yield self._texts("secrets.whence")
        cut = [rule.rule for rule in self._item.rules if self._reads_secrets(rule.first_hits)
               and rule.hits - rule.allowed > len(rule.first_hits)]  # fmt: skip
        if cut:
            yield self._texts("secrets.cut", rules=", ".join(cut), until=show.when(self._hits[-1].time, self._texts))
        if len(self._actors) > _ACTORS:
            yield self._texts("secrets.more_actors", n=f"{len(self._actors) - _ACTORS:,}")

    def _reads_secrets(self, hits: Sequence[Hit]) -> bool:
        return any(hit.resource.resource == "secrets" and hit.verb in VERBS for hit in hits)

    def _rows(self) -> Iterator[tuple[str, Row]]:
        for actor in self._actors[:_ACTORS]:
            yield actor, self._row(self._by_actor[actor])
        others = [hit for actor in self._actors[_ACTORS:] for hit in self._by_actor[actor]]
        if others:
            yield self._texts("secrets.others"), self._row(others)

    def _row(self, hits: Sequence[Hit]) -> Row:
        bins: dict[int, list[Hit]] = defaultdict(list)
        for hit in hits:
            bins[minute_of(hit.time) // (self._bin // MINUTE)].append(hit)
        return {
            place: _Mark(frozenset(_answer(hit) for hit in found), len(found)) for place, found in sorted(bins.items())
        }

    def _shapes(self, rows: Sequence[tuple[str, Row]]) -> Iterator[Box | Line | Words]:
        bottom = _TOP + len(rows) * _ROW
        yield from self._axis.shapes(_TOP, bottom)
        most = max(mark.count for _, row in rows for mark in row.values())
        for place, (name, row) in enumerate(rows):
            middle = _TOP + place * _ROW + _ROW / 2
            yield Line(((_LEFT, middle), (WIDTH, middle)), stroke="line", weight=0.6)
            yield Words(_LEFT - 8, middle + 3.5, fitted(name, _LEFT - 8), anchor="end")
            for span, mark in row.items():
                yield from _mark(self._axis.x(moment_of(span * (self._bin // MINUTE))), middle, mark, most)
        yield from self._legend(bottom + 32)

    def _legend(self, y: float) -> Iterator[Box | Line | Words]:
        left = float(_LEFT)
        for answer in ("unauthenticated", "forbidden", "given", "failed"):
            yield from _mark(left, y - 3.5, _Mark(frozenset({answer}), 1), 1)
            words = self._texts(f"secrets.{answer}")
            yield Words(left + 10, y, words, fill="quiet", size=9)
            left += 26 + 5.6 * len(words)

    def _table(self, caption: str) -> Table:
        rows: list[tuple[Cell, ...]] = []
        for actor in self._actors:
            answers = [_answer(hit) for hit in self._by_actor[actor]]
            hits = self._by_actor[actor]
            counts = (number(answers.count(answer)) for answer in _ANSWERS)
            rows.append(
                (
                    Cell(actor),
                    Cell(show.when(hits[0].time, self._texts), under=show.when(hits[-1].time, self._texts)),
                    *counts,
                )
            )
        return Table(
            caption=self._texts("chart.values_of", caption=caption),
            columns=(
                Column(self._texts("column.actor"), 8),
                Column(self._texts("column.first_last"), 6),
                *(Column(self._texts(f"secrets.{answer}"), 2, "number") for answer in _ANSWERS),
            ),
            rows=tuple(rows),
        )


def _mark(x: float, y: float, mark: _Mark, most: int) -> Iterator[Box | Line]:
    """Draw a cross for what was not authenticated, an upright cross for what was refused, a box for the rest.

    More requests make a larger mark.
    """
    half = round(2.6 + 3.6 * (mark.count / most) ** 0.5, 1)
    if mark.answers & {"given", "failed", "unknown"}:
        fill: Colour = "accent" if "given" in mark.answers else "paper"
        left, top = round(x - half, 1), round(y - half, 1)
        yield Box(left, top, 2 * half, 2 * half, fill, "accent", round=0)
    if "unauthenticated" in mark.answers:
        for rise in (half, -half):
            yield Line(((round(x - half, 1), round(y - rise, 1)), (round(x + half, 1), round(y + rise, 1))), "fail")
    if "forbidden" in mark.answers:
        yield Line(((round(x - half, 1), y), (round(x + half, 1), y)), "fail", weight=1.8)
        yield Line(((x, round(y - half, 1)), (x, round(y + half, 1))), "fail", weight=1.8)
