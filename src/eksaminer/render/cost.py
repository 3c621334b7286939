"""The chapter on cost: what the logs cost, what would change it, and what stands behind the figures."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from eksaminer.cost import GroupCost, InsightCost, Option, RegionCost, largest, monthly, valid_retention
from eksaminer.criteria import Criteria
from eksaminer.findings import Assessment
from eksaminer.render import show
from eksaminer.render.bars import Bar, bars_of
from eksaminer.render.blocks import Cell, Column, Table
from eksaminer.render.charts.base import Chart
from eksaminer.render.charts.causes import causes
from eksaminer.render.drawing import Drawing
from eksaminer.render.limits import Limits
from eksaminer.render.texts import Texts

GB = 2**30
_TAKES_AWAY = frozenset({"infrequent_access", "object_storage"})
"""Changes that take away what the guide asks for, or make it harder to search: after those that do not."""
_SCANNED_A_SECOND = 500_000_000
"""Assumed: two seconds for a gigabyte, as in the estimate of a run."""
_AUDIT, _AUDIT_TYPE = "LOG-01", "audit"
_ADVICE = 6
"""Changes that the chapter names first."""
_SHOWN_RETENTION = (365, 3653)
"""Values of retention that every table of options has, besides the required one and the neighbours of today's."""
_FEWEST_BARS, _MOST_BARS = 2, 12
_FEWEST_SUMMED = 2
_CENT = Decimal("0.01")
_WORTH = Decimal(12)
"""A change that saves less than that in a year is not worth a line in the first table."""


@dataclass(frozen=True, slots=True)
class CostView:
    """What the logs cost."""

    lead: tuple[str, ...]
    advice: Table | None
    """The changes that save most and keep what is required."""
    picture: Drawing | None
    """A bar for each cluster."""
    groups: Table | None
    queries: Table | None
    """What it costs to search them."""
    searched: Table | None
    """What the queries that were run cost."""
    insights: Table | None
    """What CloudTrail Insights costs."""
    years: Table | None
    """Of logs that never expire."""
    options: tuple[Table, ...]
    causes: tuple[Chart, ...]
    """What the cost of each log comes from: log types, and what makes the audit log large."""
    prices: Table | None
    notes: tuple[str, ...]


def cost(assessment: Assessment, limits: Limits, texts: Texts) -> CostView:
    """Arrange the cost of the logs."""
    return _Builder(assessment, limits, texts).view()


def line(assessment: Assessment, texts: Texts) -> str:
    """Return the cost in one sentence; empty where nothing of it is known."""
    parts = [
        texts(
            "cost.total" if total.complete else "cost.total_at_least",
            monthly=show.money(monthly(total.yearly), total.currency, texts),
            yearly=show.money(total.yearly, total.currency, texts),
        )
        for total in assessment.cost.totals
    ]
    if not parts and assessment.cost.regions:
        return texts("cost.not_priced")
    return texts.prose(parts)


def _size(size: int) -> str:
    return f"{size / GB:,.2f}" if size < 100 * GB else f"{size / GB:,.0f}"


class _Builder:
    def __init__(self, assessment: Assessment, limits: Limits, texts: Texts) -> None:
        self._assessment = assessment
        self._limits = limits
        self._texts = texts
        self._criteria: Criteria = assessment.criteria
        self._regions = assessment.cost.regions
        pairs = [(region, group) for region in self._regions for group in region.groups]
        order = {id(group): place for place, group in enumerate(largest([group for _, group in pairs]))}
        self._groups = sorted(pairs, key=lambda pair: order[id(pair[1])])

    def view(self) -> CostView:
        shown = self._groups[: self._limits.cost_groups]
        return CostView(
            lead=tuple(self._lead()),
            advice=self._advice(),
            picture=self._picture(),
            groups=self._table() if self._groups else None,
            queries=self._queries() if self._groups else None,
            searched=self._searched(),
            insights=self._insights(),
            years=self._years(),
            options=tuple(self._options(region, group) for region, group in shown if group.options),
            causes=tuple(self._causes(shown)),
            prices=self._prices() if self._regions else None,
            notes=tuple(self._notes()),
        )

    def _lead(self) -> Iterator[str]:
        t = self._texts
        said = line(self._assessment, t)
        if said:
            yield said
        elif not self._assessment.cost.missing:
            yield t("cost.nothing")
        if self._regions:
            first, region = min(region.measured.since for region in self._regions), self._regions[0]
            yield t(
                "cost.basis",
                since=f"{first:%Y-%m-%d}",
                until=f"{region.measured.until:%Y-%m-%d}",
                begin=region.projected_since,
                end=region.projected_until,
            )
        if self._criteria.monthly_budget is not None:
            budget = show.money(self._criteria.monthly_budget, self._criteria.budget_currency, self._texts)
            yield t("cost.budget", budget=budget)
        for gap in self._assessment.cost.missing:
            yield t("cost.missing", region=gap.target.region, detail=gap.detail, cure=_cure(gap.permission, t))

    def _advice(self) -> Table | None:
        t = self._texts
        found = [
            (option.change, region, group, option)
            for region, group in self._groups
            for option in _best(group)
            if option.change is not None and option.change < -_WORTH and option.enough
        ]
        found.sort(key=lambda item: (item[3].kind in _TAKES_AWAY, item[0], item[2].log_group, item[3].value))
        if not found:
            return None
        rows = tuple(
            (
                Cell(group.cluster, under=region.region),
                Cell(self._change(option), under=self._consequence(option, group)),
                self._money(-change, region),
            )
            for change, region, group, option in found[:_ADVICE]
        )
        return Table(
            caption=t("cost.advice"),
            columns=(
                Column(t("column.cluster"), 5),
                Column(t("column.change"), 14),
                Column(t("column.saves"), 5, "number"),
            ),
            rows=rows,
            note=t("cost.advice_note"),
        )

    def _picture(self) -> Drawing | None:
        """Draw ingestion and storage of a year as a bar for each cluster of the most frequent currency."""
        priced = [(region, group, sheet.currency) for region, group in self._groups if (sheet := region.prices)]
        currencies = Counter(currency for _, _, currency in priced).most_common(1)
        bars = [
            Bar(
                name=f"{group.cluster} ({region.region})",
                parts=(float(group.ingestion or 0), float(group.storage or 0)),
                label=self._money(group.total, region).text,
            )
            for region, group, currency in priced
            if currency == currencies[0][0] and group.total
        ]
        if len(bars) < _FEWEST_BARS:
            return None
        t = self._texts
        names = (t("column.ingestion"), t("column.storage"))
        return bars_of(t("cost.picture", currency=currencies[0][0]), names, bars[:_MOST_BARS])

    def _table(self) -> Table:
        t = self._texts
        shown = self._groups[: self._limits.table]
        left = len(self._groups) - len(shown)
        return Table(
            caption=t("cost.by_cluster"),
            columns=(
                Column(t("column.cluster"), 4),
                Column(t("column.volume"), 3, "number"),
                Column(t("column.kept"), 3),
                Column(t("column.ingestion"), 3, "number"),
                Column(t("column.storage"), 5, "number"),
                Column(t("column.per_year"), 3, "number"),
                Column(t("column.per_month"), 3, "number"),
            ),
            rows=(*(self._row(region, group) for region, group in shown), *self._sums()),
            note=t.prose((t("cost.by_cluster_note"), t.several("note.rows", left) if left > 0 else "")),
        )

    def _row(self, region: RegionCost, group: GroupCost) -> tuple[Cell, ...]:
        t = self._texts
        stored = t("cost.stored", gb=_size(group.stored_bytes_reported), expected=_size(group.stored_bytes_expected))
        total = group.total
        return (
            Cell(group.cluster, under=region.region),
            Cell(_size(group.daily_bytes), "number", under=t(f"cost.state_{group.state}", days=_days(group))),
            Cell(self._kept(group.retention_days), under=self._class(group.log_class)),
            self._money(group.ingestion, region, under=self._marginal(group)),
            self._money(group.storage, region, under=stored),
            self._money(total, region),
            self._money(None if total is None else monthly(total), region),
        )

    def _sums(self) -> Iterator[tuple[Cell, ...]]:
        """Give what all log groups of a currency cost together, where there are several."""
        t = self._texts
        for total in self._assessment.cost.totals:
            own = [
                (region, group)
                for region, group in self._groups
                if region.prices is not None and region.prices.currency == total.currency
            ]
            if len(own) < _FEWEST_SUMMED:
                continue
            parts = [
                sum((part for part in column if part is not None), Decimal(0))
                for column in ([group.ingestion for _, group in own], [group.storage for _, group in own])
            ]
            under = "" if total.complete else t("cost.sum_at_least")
            yield (
                Cell(t("cost.sum"), under=under),
                Cell(_size(sum(group.daily_bytes for _, group in own)), "number"),
                Cell(""),
                *(self._money(part, own[0][0]) for part in (*parts, total.yearly, monthly(total.yearly))),
            )

    def _marginal(self, group: GroupCost) -> str:
        if group.ingestion is None or group.ingestion_marginal is None:
            return ""
        if group.ingestion - group.ingestion_marginal < _CENT:
            return ""
        return self._texts("cost.marginal", amount=f"{group.ingestion_marginal:,.2f}")

    def _queries(self) -> Table | None:
        t = self._texts
        searched = [(region, group) for region, group in self._groups if group.daily_bytes and group.queries]
        rows = tuple(
            (
                Cell(group.cluster, under=region.region),
                Cell(t.several("criteria.days", query.days)),
                Cell(_size(query.bytes), "number"),
                self._money(query.price, region),
                Cell(t.several("criteria.minutes", _minutes(query.bytes)), "number"),
            )
            for region, group in searched[: self._limits.cost_groups]
            for query in group.queries
        )
        if not rows:
            return None
        return Table(
            caption=t("cost.queries"),
            columns=(
                Column(t("column.cluster"), 6),
                Column(t("column.searched"), 5),
                Column(t("column.gigabytes"), 4, "number"),
                Column(t("column.price"), 5, "number"),
                Column(t("column.takes"), 4, "number"),
            ),
            rows=rows,
            note=t("cost.queries_note"),
        )

    def _searched(self) -> Table | None:
        t = self._texts
        found = [(region, group, item) for region, group in self._groups if (item := group.searched) is not None]
        if not found:
            return None
        return Table(
            caption=t("cost.searched"),
            columns=(
                Column(t("column.cluster"), 6),
                Column(t("column.queries"), 4, "number"),
                Column(t("column.period"), 6),
                Column(t("column.gigabytes"), 4, "number"),
                Column(t("column.price"), 4, "number"),
            ),
            rows=tuple(
                (
                    Cell(group.cluster, under=region.region),
                    Cell(f"{item.queries:,}", "number"),
                    Cell(t("word.from_to", since=f"{item.since:%Y-%m-%d}", until=f"{item.until:%Y-%m-%d}")),
                    Cell(_size(item.bytes), "number"),
                    self._money(item.price, region),
                )
                for region, group, item in found[: self._limits.table]
            ),
            note=t("cost.searched_note"),
        )

    def _insights(self) -> Table | None:
        t = self._texts
        shown = self._assessment.cost.insights[: self._limits.table]
        if not shown:
            return None
        return Table(
            caption=t("cost.insights"),
            columns=(
                Column(t("column.region"), 4),
                Column(t("column.analyses"), 6),
                Column(t("column.events"), 5, "number"),
                Column(t("column.events_a_year"), 4, "number"),
                Column(t("column.per_year_each"), 5, "number"),
            ),
            rows=tuple(self._analysed(item) for item in shown),
            note=t("cost.insights_note"),
        )

    def _analysed(self, item: InsightCost) -> tuple[Cell, ...]:
        t = self._texts
        more = "" if item.complete else t("cost.insights_at_least")
        on = t.several("cost.insights_on", len(item.analysts)) if item.analysts else t("cost.insights_off")
        price = "" if item.price is None else t("cost.insights_price", price=f"{item.price.normalize():f}")
        money = t("cost.no_price") if item.price is None else t("word.unknown")
        return (
            Cell(item.region, "code"),
            Cell(t(f"cost.insights_{item.type}"), under=t("cost.insights_hidden") if item.hidden else on),
            Cell(
                f"{item.events:,}",
                "number",
                under=t(
                    "word.from_to", since=f"{item.measured.since:%Y-%m-%d}", until=f"{item.measured.until:%Y-%m-%d}"
                ),
            ),
            Cell(t("word.unknown") if item.yearly_events is None else f"{item.yearly_events:,}", "number", under=more),
            Cell(money if item.yearly is None else show.money(item.yearly, item.currency, t), "number", under=price),
        )

    def _years(self) -> Table | None:
        t = self._texts
        growing = [(region, group) for region, group in self._groups if group.years][: self._limits.table]
        if not growing:
            return None
        years = growing[0][1].years
        return Table(
            caption=t("cost.forever"),
            columns=(
                Column(t("column.cluster"), 9),
                *(Column(t("column.year", n=year.year), 5, "number") for year in years),
            ),
            rows=tuple(
                (
                    Cell(group.cluster, under=region.region),
                    *(self._money(_sum(year.ingestion, year.storage), region) for year in group.years),
                )
                for region, group in growing
            ),
            note=t("cost.forever_note"),
        )

    def _options(self, region: RegionCost, group: GroupCost) -> Table:
        t = self._texts
        rows = tuple(
            (
                Cell(self._change(option)),
                self._money(option.yearly, region),
                self._money(option.change, region, signed=True),
                Cell(self._consequence(option, group)),
            )
            for option in self._shown_options(group)
        )
        return Table(
            caption=t("cost.options", cluster=group.cluster, region=region.region),
            columns=(
                Column(t("column.change"), 6),
                Column(t("column.per_year"), 4, "number"),
                Column(t("column.against_now"), 4, "number"),
                Column(t("column.consequence"), 10),
            ),
            rows=rows,
        )

    def _shown_options(self, group: GroupCost) -> Iterator[Option]:
        kept = group.retention_days
        values = [int(option.value) for option in group.options if option.kind == "retention"]
        wanted = {*_SHOWN_RETENTION, valid_retention(self._criteria.minimum_retention_days)}
        if kept is not None:
            wanted.add(max((value for value in values if value < kept), default=None))
            wanted.add(min((value for value in values if value > kept), default=None))
        for option in group.options:
            if option.kind != "retention" or (int(option.value) in wanted and int(option.value) != kept):
                yield option

    def _change(self, option: Option) -> str:
        return self._texts(f"cost.option_{option.kind}", value=option.value)

    def _consequence(self, option: Option, group: GroupCost) -> str:
        t = self._texts
        if option.kind == "without_type":
            stays = any(share.name == _AUDIT_TYPE for share in group.log_types)
            return t.prose((t(f"cost.consequence_{option.value}"), t("cost.consequence_stays") if stays else ""))
        if option.kind != "retention":
            return t(f"cost.consequence_{option.kind}")
        days, kept = int(option.value), group.retention_days
        deleted = t("cost.consequence_deleted") if kept is None or days < kept else ""
        return t.prose((self._length(days, option), deleted))

    def _length(self, days: int, option: Option) -> str:
        t, criteria = self._texts, self._criteria
        asked = t.several("criteria.days", criteria.minimum_retention_days)
        if days < criteria.minimum_retention_days:
            return t("cost.consequence_too_short", asked=asked, origin=criteria.origin("minimum_retention_days"))
        if not option.enough:
            limit = t.several("criteria.days", criteria.maximum_retention_days or 0)
            return t("cost.consequence_too_long", limit=limit)
        return t("cost.consequence_enough", asked=asked, origin=criteria.origin("minimum_retention_days"))

    def _causes(self, shown: Sequence[tuple[RegionCost, GroupCost]]) -> Iterator[Chart]:
        for number, (region, group) in enumerate(shown, 1):
            chart = causes(region, group, number, self._limits, self._texts)
            if chart is not None:
                yield chart

    def _prices(self) -> Table:
        t = self._texts
        rows = [
            (
                Cell(region.region, "code"),
                Cell(_tiers(region)),
                *(
                    Cell(t("word.none") if price is None else f"{price.normalize():f}", "number")
                    for price in (sheet.storage, sheet.scan, sheet.firehose, sheet.object_storage, sheet.insights)
                ),
                Cell(sheet.currency),
                Cell(t(f"cost.origin_{sheet.origin}"), under=f"{sheet.source}; {sheet.date}"),
            )
            for region in self._regions
            if (sheet := region.prices) is not None
        ]
        return Table(
            caption=t("cost.prices"),
            columns=(
                Column(t("column.region"), 3),
                Column(t("column.price_ingestion"), 4),
                Column(t("column.price_storage"), 2, "number"),
                Column(t("column.price_scan"), 2, "number"),
                Column(t("column.price_firehose"), 2, "number"),
                Column(t("column.price_objects"), 2, "number"),
                Column(t("column.price_insights"), 3, "number"),
                Column(t("column.currency"), 2),
                Column(t("column.origin"), 4),
            ),
            rows=tuple(rows[: self._limits.table]),
            note=t("cost.assumptions"),
        )

    def _notes(self) -> Iterator[str]:
        t = self._texts
        for region in self._regions:
            for gap in region.unpriced:
                yield t("cost.unpriced", region=region.region, detail=gap.detail, cure=_cure(gap.cure, t))
            for item in region.unmeasured:
                yield item.reason.detail
            for group in region.groups:
                if (region.region, group.cluster) in self._audit_off():
                    yield t("cost.audit_off", cluster=group.cluster, region=region.region)
            if region.ingestion_least is not None and region.ingestion_least != region.ingestion:
                yield t(
                    "cost.least",
                    region=region.region,
                    gb=_size(region.other_daily_bytes),
                    amount=self._money(region.ingestion_least, region).text,
                )
        for row in self._assessment.cost.unseen:
            yield t("cost.unseen", region=row.target.region, detail=row.detail, cure=_cure(row.permission, t))
        if self._groups and not any(group.log_types or group.contributors for _, group in self._groups):
            yield t("cost.no_types")
        left = sum(bool(group.options) for _, group in self._groups[self._limits.cost_groups :])
        if left:
            yield t.several("cost.more", left)

    def _audit_off(self) -> set[tuple[str, str]]:
        rows = self._assessment.coverage.matrix
        return {(row.target.region, row.target.cluster) for row in rows if row.check == _AUDIT and row.status == "fail"}

    def _class(self, name: str) -> str:
        known = f"cost.class_{name}"
        return self._texts(known) if known in self._texts else name

    def _kept(self, days: int | None) -> str:
        return self._texts("cost.for_ever") if days is None else self._texts.several("criteria.days", days)

    def _money(self, amount: Decimal | None, region: RegionCost, *, signed: bool = False, under: str = "") -> Cell:
        if amount is None or region.prices is None:
            return Cell(self._texts("cost.no_price"), "number", under=under)
        return Cell(show.money(amount, region.prices.currency, self._texts, signed=signed), "number", under=under)


def _best(group: GroupCost) -> Iterator[Option]:
    """Give of the retentions that do the shortest alone, and all other changes."""
    shortest = next((item for item in group.options if item.kind == "retention" and item.enough), None)
    for option in group.options:
        if option.kind != "retention" or option is shortest:
            yield option


def _tiers(region: RegionCost) -> str:
    tiers = region.prices.ingestion if region.prices is not None else ()
    return " / ".join(f"{tier.price.normalize():f}" for tier in tiers)


def _minutes(size: int) -> int:
    return max(1, -(-size // (_SCANNED_A_SECOND * 60)))


def _days(group: GroupCost) -> int:
    return (group.measured_until - group.measured_since).days + 1


def _sum(*parts: Decimal | None) -> Decimal | None:
    known = [part for part in parts if part is not None]
    return sum(known, Decimal(0)) if len(known) == len(parts) else None


def _cure(permission: str, texts: Texts) -> str:
    return texts("unseen.cure", permission=permission) if permission else ""
