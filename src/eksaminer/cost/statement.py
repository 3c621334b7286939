"""The cost of the control-plane logs of one region: measured volume, projected over the next twelve months."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

import msgspec

from eksaminer.cost.bill import STANDARD, Bill, added, times
from eksaminer.cost.model import (
    Contributor,
    GroupCost,
    Option,
    QueryCost,
    RegionCost,
    SearchCost,
    Share,
    Unmeasured,
    YearCost,
)
from eksaminer.cost.money import allocate, amount, rounded_down
from eksaminer.cost.months import YEAR, Month, months_after
from eksaminer.cost.options import Options, Wanted
from eksaminer.cost.rate import Rate, rate_of
from eksaminer.cost.storage import Stock
from eksaminer.evidence.cost import GroupVolume, LogVolumes, PriceSheet, SearchedGroup
from eksaminer.evidence.scan import Contribution
from eksaminer.gap import Cause, Gap
from eksaminer.outcome import Period

QUERIED_DAYS = (1, 30)
SHOWN_YEARS = (1, 3, 5)
"""Of logs that never expire."""
AUDIT, ALL = "audit", "all"


@dataclass(frozen=True, slots=True)
class Composition:
    """What the logs of a region consist of, and how they were searched, by log group, where that is known."""

    types: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])
    """Sampled bytes by log type."""
    sizes: Mapping[str, Sequence[Contribution]] = field(default_factory=dict[str, Sequence[Contribution]])
    """What makes the audit log large."""
    searches: Mapping[str, SearchedGroup] = field(default_factory=dict[str, SearchedGroup])
    """What queries scanned of it."""


UNKNOWN = Composition()


@dataclass(frozen=True, slots=True)
class _Group:
    """A log group whose volume is known."""

    volume: GroupVolume
    rate: Rate
    stock: Stock
    sample: Mapping[str, int]
    sizes: Sequence[Contribution]
    searched: SearchedGroup | None

    @property
    def daily(self) -> int:
        return int(self.rate.daily)

    @property
    def log_class(self) -> str:
        return self.volume.log_class

    @property
    def shares(self) -> dict[str, Fraction]:
        whole = sum(self.sample.values())
        return {name: Fraction(size, whole) for name, size in sorted(self.sample.items())} if whole else {}

    def plain(self) -> GroupCost:
        """Return what is known without any price."""
        volume, rate = self.volume, self.rate
        return GroupCost(
            log_group=volume.name,
            cluster=volume.cluster,
            log_class=volume.log_class,
            retention_days=volume.retention_days,
            state=rate.state,
            measured_since=rate.since,
            measured_until=rate.until,
            measured_bytes=rate.bytes,
            daily_bytes=self.daily,
            ingestion=None,
            ingestion_marginal=None,
            storage=None,
            stored_bytes_expected=self.stock.expected,
            stored_bytes_reported=volume.stored_bytes,
            storage_from="metrics" if self.stock.from_metrics else "stored_bytes",
            searched=_searched(self.searched, None),
            contributors=tuple(_contributors(self, None)),
            log_types=tuple(Share(name=name, bytes=size, yearly=None) for name, size in _largest(self.sample)),
        )


def region_cost(
    region: str, volumes: LogVolumes, sheet: PriceSheet | Gap, wanted: Wanted, made_of: Composition = UNKNOWN
) -> RegionCost:
    """Return what the logs of *region* cost.

    Args:
        region: The region.
        volumes: What came in.
        sheet: What it charges; a gap where no price is known.
        wanted: How long events have to be kept, and may be.
        made_of: What the logs consist of.
    """
    rates = [(group, rate_of(group, volumes)) for group in volumes.groups]
    known = [
        _Group(
            group,
            rate,
            Stock(group, rate, volumes.until.date()),
            made_of.types.get(group.name, {}),
            made_of.sizes.get(group.name, ()),
            made_of.searches.get(group.name),
        )
        for group, rate in rates
        if isinstance(rate, Rate)
    ]
    months = months_after(volumes.until)
    plain = RegionCost(
        region=region,
        measured=Period(since=volumes.since, until=volumes.until),
        projected_since=months[0].first,
        projected_until=date(months[-1].year, months[-1].month, months[-1].days),
        prices=None if isinstance(sheet, Gap) else sheet,
        unpriced=(sheet,) if isinstance(sheet, Gap) else (),
        ingestion=None,
        storage=None,
        other_daily_bytes=_others(volumes),
        ingestion_least=None,
        groups=tuple(group.plain() for group in known),
        unmeasured=tuple(Unmeasured(log_group=group.name, reason=gap) for group, gap in rates if isinstance(gap, Gap)),
    )
    return plain if isinstance(sheet, Gap) else _priced(plain, known, sheet, months, wanted)


def _others(volumes: LogVolumes) -> int:
    everything = sum(part or 0 for part in volumes.everything)
    ours = sum(part or 0 for group in volumes.groups for part in group.daily)
    return max(everything - ours, 0) // max(len(volumes.everything), 1)


def _priced(
    plain: RegionCost, known: Sequence[_Group], sheet: PriceSheet, months: Sequence[Month], wanted: Wanted
) -> RegionCost:
    daily: Counter[str] = Counter()
    for group in known:
        daily[group.log_class] += group.daily
    bill = Bill(sheet, months, daily)
    ingestion = _money([bill.share(group.log_class, group.daily) for group in known])
    storage = _money([bill.storage(group.stock.months(months)) for group in known])
    rows = zip(known, ingestion, storage, strict=True)
    return msgspec.structs.replace(
        plain,
        unpriced=tuple(_unpriced(plain.region, sheet, ingestion, storage)),
        ingestion=_sum(ingestion),
        storage=_sum(storage),
        ingestion_least=_least(plain, bill, known),
        groups=tuple(_group(group, bill, wanted, came, kept) for group, came, kept in rows),
    )


def _group(group: _Group, bill: Bill, wanted: Wanted, ingestion: Decimal | None, storage: Decimal | None) -> GroupCost:
    less = bill.change(group.log_class, -group.daily)
    return msgspec.structs.replace(
        group.plain(),
        ingestion=ingestion,
        ingestion_marginal=None if less is None else rounded_down(-less),
        storage=storage,
        queries=tuple(_queries(group, bill, wanted)),
        searched=_searched(group.searched, bill),
        years=tuple(_years(group, bill)) if group.volume.retention_days is None else (),
        options=_options(group, bill, wanted) if group.daily else (),
        log_types=tuple(_log_types(group, ingestion)),
        contributors=tuple(_contributors(group, ingestion)),
    )


def _options(group: _Group, bill: Bill, wanted: Wanted) -> tuple[Option, ...]:
    ingestion = bill.share(group.log_class, group.daily)
    storage = bill.storage(group.stock.months(bill.months))
    return Options(
        bill=bill,
        wanted=wanted,
        daily=group.daily,
        log_class=group.log_class,
        retention=group.volume.retention_days,
        now=added(ingestion, storage),
        shares=group.shares,
    ).all()


def _queries(group: _Group, bill: Bill, wanted: Wanted) -> Iterator[QueryCost]:
    """Give what one Logs Insights query costs over a day, a month, the periods of the run, and all that is kept."""
    volume, kept = group.volume, group.volume.retention_days
    age = max((group.rate.until - volume.created_at.date()).days, 1)
    longest = age if kept is None else min(age, kept)
    asked = (*QUERIED_DAYS, *wanted.searched_days, longest)
    for days in sorted({days for days in asked if days <= longest}):
        size = group.daily * days
        price = times(Fraction(size), bill.sheet.scan)
        yield QueryCost(days=days, bytes=size, price=None if price is None else amount(price))


def _searched(found: SearchedGroup | None, bill: Bill | None) -> SearchCost | None:
    """Return what the queries that were run cost: once, when they ran."""
    if found is None:
        return None
    price = None if bill is None else times(Fraction(found.bytes), bill.sheet.scan)
    return SearchCost(
        since=found.first,
        until=found.last,
        queries=found.queries,
        bytes=found.bytes,
        price=None if price is None else amount(price),
    )


def _years(group: _Group, bill: Bill) -> Iterator[YearCost]:
    """Give some of the years of a log that never expires: what comes in stays as it is, what is stored grows."""
    months = list(bill.months)
    while len(months) < max(SHOWN_YEARS) * YEAR:
        months.append(months[-1].following)
    ingestion = bill.share(group.log_class, group.daily)
    for year in SHOWN_YEARS:
        storage = bill.storage(group.stock.months(months[(year - 1) * YEAR : year * YEAR]))
        yield YearCost(
            year=year,
            ingestion=None if ingestion is None else amount(ingestion),
            storage=None if storage is None else amount(storage),
        )


def _log_types(group: _Group, ingestion: Decimal | None) -> Iterator[Share]:
    rows = _largest(group.sample)
    whole = sum(size for _, size in rows)
    parts = [None if ingestion is None else Fraction(ingestion) * Fraction(size, whole) for _, size in rows]
    for (name, size), yearly in zip(rows, _money(parts), strict=True):
        yield Share(name=name, bytes=size, yearly=yearly)


def _contributors(group: _Group, ingestion: Decimal | None) -> Iterator[Contributor]:
    whole = next((item.bytes for item in group.sizes if item.dimension == ALL), 0)
    audit = group.shares.get(AUDIT, Fraction(0 if group.shares else 1))
    for item in group.sizes:
        if item.dimension != ALL:
            share = audit * Fraction(item.bytes, max(whole, 1))
            yield Contributor(
                dimension=item.dimension,
                value=item.value,
                events=item.events,
                bytes=item.bytes,
                of_bytes=whole,
                yearly=None if ingestion is None else amount(Fraction(ingestion) * share),
            )


def _largest(sample: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(sample.items(), key=lambda item: (-item[1], item[0]))


def _least(plain: RegionCost, bill: Bill, known: Sequence[_Group]) -> Decimal | None:
    """Return the ingestion if the other logs of the region shared the tiers of the class Standard."""
    ours = sum(group.daily for group in known if group.log_class == STANDARD)
    shared = bill.ingestion(STANDARD, plain.other_daily_bytes)
    others = [bill.share(group.log_class, group.daily) for group in known if group.log_class != STANDARD]
    part = None if shared is None else shared * Fraction(ours, max(ours + plain.other_daily_bytes, 1))
    least = added(part, *others)
    return None if least is None else amount(least)


def _money(parts: Sequence[Fraction | None]) -> tuple[Decimal | None, ...]:
    """Return amounts that add up to their rounded total; where one is not known, each by itself."""
    known = [part for part in parts if part is not None]
    if len(known) == len(parts):
        return allocate(known)
    return tuple(None if part is None else amount(part) for part in parts)


def _sum(parts: Sequence[Decimal | None]) -> Decimal | None:
    known = [part for part in parts if part is not None]
    return sum(known, Decimal(0)) if len(known) == len(parts) else None


def _unpriced(
    region: str, sheet: PriceSheet, ingestion: Sequence[Decimal | None], storage: Sequence[Decimal | None]
) -> Iterator[Gap]:
    """Say which amounts are missing, and why."""
    where = f"in {region}, in the prices of {sheet.date} ({sheet.source})"
    if None in ingestion:
        detail = f"There is no price for this volume, or this log class, {where}: the ingestion is not priced."
        yield Gap(cause=Cause.NOT_OBSERVABLE, detail=detail)
    if None in storage:
        detail = f"There is no price of storage {where}: the storage is not priced."
        yield Gap(cause=Cause.NOT_OBSERVABLE, detail=detail)
