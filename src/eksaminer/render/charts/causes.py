"""What the cost of a log comes from: its log types, and what makes its audit log large."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from eksaminer.cost import Contributor, GroupCost, RegionCost
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Table
from eksaminer.render.charts.base import Chart
from eksaminer.render.drawing import WIDTH, Box, Colour, Drawing, Words, fitted
from eksaminer.render.limits import Limits
from eksaminer.render.texts import Texts

_LEFT, _RIGHT, _ROW, _BAR, _HEAD = 250, 170, 19, 11, 24
"""Room for names and labels, height of a row, a bar and a heading, in units of the drawing."""
_DRAWN = 5
"""Bars of a kind; what is left is one more."""
_LEAST_PERCENT = 0.1
_DIMENSIONS = ("agent", "user", "verb", "resource")


@dataclass(frozen=True, slots=True)
class _Cause:
    """A part of the log."""

    name: str
    bytes: int
    events: int | None
    yearly: Decimal | None


@dataclass(frozen=True, slots=True)
class _Kind:
    """All causes of one kind: together they make the whole log."""

    title: str
    whole: int
    causes: tuple[_Cause, ...]

    def share(self, size: int) -> float:
        """Return which part of the whole *size* bytes are."""
        return size / self.whole if self.whole else 0.0


def causes(region: RegionCost, group: GroupCost, number: int, limits: Limits, texts: Texts) -> Chart | None:
    """Draw what the ingestion of *group* comes from; None: nothing of that is known."""
    kinds = tuple(_kinds(group, limits, texts))
    currency = "" if region.prices is None or group.ingestion is None else region.prices.currency
    return _Bars(kinds, region, group, currency, texts).chart(number) if kinds else None


def _kinds(group: GroupCost, limits: Limits, texts: Texts) -> Iterator[_Kind]:
    if group.log_types:
        types = tuple(_Cause(share.name, share.bytes, None, share.yearly) for share in group.log_types)
        yield _Kind(texts("cost.dimension_log_type"), sum(share.bytes for share in group.log_types), types)
    for name in _DIMENSIONS:
        own = [item for item in group.contributors if item.dimension == name][: limits.contributors]
        if own:
            yield _Kind(texts(f"cost.dimension_{name}"), own[0].of_bytes, tuple(_cause(item, texts) for item in own))


def _cause(item: Contributor, texts: Texts) -> _Cause:
    return _Cause(item.value or texts("word.none"), item.bytes, item.events, item.yearly)


@dataclass(frozen=True, slots=True)
class _Bars:
    kinds: Sequence[_Kind]
    region: RegionCost
    group: GroupCost
    currency: str
    texts: Texts

    def chart(self, number: int) -> Chart:
        caption = self.texts("cost_causes.caption", cluster=self.group.cluster, region=self.region.region)
        told = ". ".join(f"{kind.title}: {self._told(kind)}" for kind in self.kinds)
        picture = Drawing(
            width=WIDTH,
            height=sum(_HEAD + _ROW * len(list(self._drawn(kind))) for kind in self.kinds) + 4,
            title=f"{caption}. {told}.",
            shapes=tuple(self._shapes()),
        )
        return Chart(f"causes-{number}", caption, picture, self._table(caption))

    def _told(self, kind: _Kind) -> str:
        return "; ".join(f"{cause.name} {self._label(kind, cause)}" for cause in self._drawn(kind))

    def _drawn(self, kind: _Kind) -> Iterator[_Cause]:
        """Give the largest causes, and what is left of the whole as one."""
        shown = kind.causes[:_DRAWN]
        yield from shown
        rest = kind.whole - sum(cause.bytes for cause in shown)
        if rest > 0:
            yield _Cause(self.texts("cost_causes.others"), rest, None, self._amount(kind, rest))

    def _amount(self, kind: _Kind, size: int) -> Decimal | None:
        """Return the money behind *size* bytes, in the proportion of the largest cause."""
        first = kind.causes[0]
        return None if first.yearly is None or not first.bytes else first.yearly * size / first.bytes

    def _label(self, kind: _Kind, cause: _Cause) -> str:
        share = _percent(kind, cause)
        if cause.yearly is None or not self.currency:
            return share
        return f"{show.money(cause.yearly, self.currency, self.texts)} · {share}"

    def _shapes(self) -> Iterator[Box | Words]:
        top, room = 4.0, WIDTH - _LEFT - _RIGHT
        for kind in self.kinds:
            yield Words(0, top + 13, kind.title, fill="quiet", strong=True)
            top += _HEAD
            for place, cause in enumerate(self._drawn(kind)):
                width = round(max(1.0, room * min(1.0, kind.share(cause.bytes))), 1)
                fill: Colour = "accent" if place < len(kind.causes[:_DRAWN]) else "soft"
                yield Words(_LEFT - 8, top + 10, fitted(cause.name, _LEFT - 8), anchor="end")
                yield Box(_LEFT, top, width, _BAR, fill, "accent", round=0)
                yield Words(round(_LEFT + width + 7, 1), top + 10, self._label(kind, cause))
                top += _ROW

    def _table(self, caption: str) -> Table:
        t = self.texts
        known = "none" if not self.group.contributors else "part" if self.group.log_types else "all"
        return Table(
            caption=t("chart.values_of", caption=caption),
            columns=(
                Column(t("column.kind"), 3),
                Column(t("column.value"), 11),
                Column(t("column.events"), 3, "number"),
                Column(t("column.share"), 3, "number"),
                Column(t("column.per_year"), 4, "number"),
            ),
            rows=tuple(self._row(kind, cause) for kind in self.kinds for cause in kind.causes),
            note=t(f"cost.contributors_{known}"),
        )

    def _row(self, kind: _Kind, cause: _Cause) -> tuple[Cell, ...]:
        none = self.texts("cost.no_price")
        return (
            Cell(kind.title),
            Cell(cause.name),
            Cell(self.texts("word.none") if cause.events is None else f"{cause.events:,}", "number"),
            Cell(_percent(kind, cause), "number"),
            Cell(none if cause.yearly is None else show.money(cause.yearly, self.currency, self.texts), "number"),
        )


def _percent(kind: _Kind, cause: _Cause) -> str:
    percent = 100 * kind.share(cause.bytes)
    return f"{percent:.1f} %" if percent >= _LEAST_PERCENT or not cause.bytes else f"< {_LEAST_PERCENT} %"
