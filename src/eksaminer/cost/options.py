"""What could be changed about one log group, and what each change would cost."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from eksaminer.cost.bill import INFREQUENT, STANDARD, Bill, added, times
from eksaminer.cost.model import Option, OptionKind
from eksaminer.cost.money import amount
from eksaminer.cost.months import YEAR
from eksaminer.cost.storage import RETENTION_DAYS, steady

SHORTEST = 30
"""Days of retention below which no option is shown."""
DROPPABLE = ("api", "controllerManager", "scheduler")
"""Log types that no recommendation of the guide needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How long events have to be kept, and may be; which spans of them are searched."""

    least_days: int
    most_days: int | None
    searched_days: tuple[int, ...] = ()

    def meets(self, days: int | None) -> bool:
        """Whether a retention of *days* does; None: for ever."""
        if days is None:
            return self.most_days is None
        return self.least_days <= days and (self.most_days is None or days <= self.most_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of one log group that receives events."""

    bill: Bill
    wanted: Wanted
    daily: int
    log_class: str
    retention: int | None
    now: Fraction | None
    """What it costs in the twelve months as it is."""
    shares: Mapping[str, Fraction]
    """Which part of its bytes each log type makes; empty: not known."""

    def all(self) -> tuple[Option, ...]:
        """Return them all."""
        return (*self._retentions(), *self._class(), *self._types(), *self._objects())

    def _option(
        self, kind: OptionKind, value: str, change: Fraction | None, days: int | None, yearly: Fraction | None
    ) -> Option:
        return Option(
            kind=kind,
            value=value,
            yearly=None if yearly is None else amount(yearly),
            change=None if change is None else amount(change),
            enough=self.wanted.meets(days),
        )

    def _retentions(self) -> Iterator[Option]:
        ingestion, a_day = self.bill.share(self.log_class, self.daily), self._stored(1)
        for days in RETENTION_DAYS:
            if days >= SHORTEST:
                yearly = added(ingestion, None if a_day is None else a_day * days)
                yield self._option("retention", str(days), self._against_now(yearly), days, yearly)

    def _class(self) -> Iterator[Option]:
        if self.log_class != STANDARD:
            return
        change = added(self.bill.change(INFREQUENT, self.daily), self.bill.change(STANDARD, -self.daily))
        yield self._option("infrequent_access", "", change, self.retention, added(self.now, change))

    def _types(self) -> Iterator[Option]:
        for name in DROPPABLE:
            if name in self.shares:
                dropped = int(self.daily * self.shares[name])
                stored = self._stored(self.retention, dropped) if self.retention else Fraction()
                change = added(self.bill.change(self.log_class, -dropped), None if stored is None else -stored)
                yield self._option("without_type", name, change, self.retention, added(self.now, change))

    def _objects(self) -> Iterator[Option]:
        """A copy in S3 for as long as is required, and the shortest retention in CloudWatch."""
        sheet, days = self.bill.sheet, sum(month.days for month in self.bill.months)
        delivered = times(Fraction(self.daily * days), sheet.firehose)
        kept = times(steady(Fraction(self.daily), self.wanted.least_days) * YEAR, sheet.object_storage)
        ingestion = self.bill.share(self.log_class, self.daily)
        yearly = added(ingestion, self._stored(SHORTEST), delivered, kept)
        yield self._option(
            "object_storage", str(self.wanted.least_days), self._against_now(yearly), self.wanted.least_days, yearly
        )

    def _stored(self, days: int | None, daily: int | None = None) -> Fraction | None:
        size = steady(Fraction(self.daily if daily is None else daily), days or 0)
        return self.bill.storage(size * YEAR)

    def _against_now(self, yearly: Fraction | None) -> Fraction | None:
        return None if yearly is None or self.now is None else yearly - self.now
