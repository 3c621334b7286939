"""The cost of audit logging as values: every amount is of twelve calendar months, in the currency of its prices."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from eksaminer.evidence.cost import PriceSheet
from eksaminer.evidence.scan import Dimension
from eksaminer.gap import Gap
from eksaminer.outcome import Period
from eksaminer.record import Record

State = Literal["running", "young", "stopped", "silent"]
OptionKind = Literal["retention", "infrequent_access", "without_type", "object_storage"]


class YearCost(Record, frozen=True, kw_only=True):
    """What a log that never expires costs in one of the years to come."""

    year: int
    """1: the twelve months that the other amounts are of."""
    ingestion: Decimal | None
    """None, here and below: not priced."""
    storage: Decimal | None


class Option(Record, frozen=True, kw_only=True):
    """What could be changed, and what it would cost."""

    kind: OptionKind
    value: str
    """Days of retention, the log type that is left out; else empty."""
    yearly: Decimal | None
    """Of the log group, once the log is as old as its retention."""
    change: Decimal | None
    """Of the region's bill a year, against now: below zero it saves."""
    enough: bool
    """Whether events would be kept as long as is required, and no longer than is allowed."""


class QueryCost(Record, frozen=True, kw_only=True):
    """What one Logs Insights query over the newest part of a log group scans and costs."""

    days: int
    bytes: int
    price: Decimal | None
    """Once, not a year."""


class SearchCost(Record, frozen=True, kw_only=True):
    """What the queries that were run over a log group scanned and cost, from the first listed to the last."""

    since: datetime
    until: datetime
    queries: int
    bytes: int
    price: Decimal | None
    """All of them together; in no other amount."""


class Share(Record, frozen=True, kw_only=True):
    """What one log type, or one cause, makes of a log group."""

    name: str
    bytes: int
    yearly: Decimal | None
    """Its part of the ingestion."""


class Contributor(Record, frozen=True, kw_only=True):
    """What one client, user, verb or resource makes of an audit log that was read."""

    dimension: Dimension
    value: str
    events: int
    bytes: int
    """An estimate from what the events hold."""
    of_bytes: int
    """The whole log, in the same measure."""
    yearly: Decimal | None
    """Its part of the ingestion of the audit log; where it is not known which part of the log group that is, of all
    of it: at most so much."""


class GroupCost(Record, frozen=True, kw_only=True):
    """The log group of one control plane."""

    log_group: str
    cluster: str
    log_class: str
    retention_days: int | None
    """None: events never expire."""
    state: State
    """`young`: in use for fewer days than were measured; `stopped`, `silent`: nothing comes in."""
    measured_since: date
    measured_until: date
    measured_bytes: int
    daily_bytes: int
    """From now on; nothing where the log has stopped."""
    ingestion: Decimal | None
    """Its part of the region's bill, by volume: the tiers are shared."""
    ingestion_marginal: Decimal | None
    """What the region's bill would be less without it: its last and cheapest gigabytes."""
    storage: Decimal | None
    stored_bytes_expected: int
    """Compressed, today: from what comes in and how long it stays."""
    stored_bytes_reported: int
    """What CloudWatch says: late, and without what has expired. A check of the other figure."""
    storage_from: Literal["metrics", "stored_bytes"]
    """Where nothing comes in, what CloudWatch says is stored is all there is to go by."""
    years: tuple[YearCost, ...] = ()
    """Of a log that never expires."""
    options: tuple[Option, ...] = ()
    queries: tuple[QueryCost, ...] = ()
    searched: SearchCost | None = None
    """None: no query over it is listed, or they could not be listed."""
    log_types: tuple[Share, ...] = ()
    contributors: tuple[Contributor, ...] = ()
    """What makes the audit log large; empty: no log was read to its end."""

    @property
    def total(self) -> Decimal | None:
        """Ingestion and storage of a year; None: one of them is not priced."""
        return None if self.ingestion is None or self.storage is None else self.ingestion + self.storage


class Unmeasured(Record, frozen=True, kw_only=True):
    """A log group of which it cannot be said what comes in."""

    log_group: str
    reason: Gap


class RegionCost(Record, frozen=True, kw_only=True):
    """All control-plane logs of a region: they share the tiers of its prices."""

    region: str
    measured: Period
    projected_since: date
    """The first of the twelve calendar months that the amounts are of."""
    projected_until: date
    prices: PriceSheet | None
    """None: not priced, and `unpriced` says why."""
    unpriced: tuple[Gap, ...]
    """Why some amounts are missing."""
    ingestion: Decimal | None
    storage: Decimal | None
    other_daily_bytes: int
    """What comes into all other log groups: if those are vended logs too, the shared tiers are cheaper than shown."""
    ingestion_least: Decimal | None
    """The ingestion if all other logs of the region were vended logs, too, and shared the tiers."""
    groups: tuple[GroupCost, ...]
    unmeasured: tuple[Unmeasured, ...]

    @property
    def total(self) -> Decimal | None:
        """Ingestion and storage of a year; None: one of them is not priced."""
        return None if self.ingestion is None or self.storage is None else self.ingestion + self.storage


class InsightCost(Record, frozen=True, kw_only=True):
    """What one type of CloudTrail Insights costs in a region, for each trail or event data store that has it on."""

    region: str
    type: str
    """`ApiCallRateInsight` or `ApiErrorRateInsight`, on management events."""
    measured: Period
    complete: bool
    """False: files are missing or were not read, so that there are more events than that."""
    events: int
    """Events that it analyses, of those measured."""
    yearly_events: int | None
    """As many in 365 days, if all days are like those measured; None: that was less than a day."""
    price: Decimal | None
    """Per 100,000 events; None: not priced."""
    currency: str
    yearly: Decimal | None
    analysts: tuple[str, ...]
    """ARNs of the trails and event data stores that have it on."""
    hidden: bool
    """Whether there may be more of them, which could not be seen."""


class Total(Record, frozen=True, kw_only=True):
    """What all log groups cost together in the twelve months, in one currency."""

    currency: str
    yearly: Decimal
    """The sum of what is known."""
    complete: bool
    """False: something is not measured or not priced, so that it costs more than that."""
