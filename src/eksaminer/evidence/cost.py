"""What it takes to say what logging costs: how much came in, day by day, and what a region charges for it."""

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Literal

from eksaminer.evidence.model import Calls, Section
from eksaminer.evidence.scan import Contribution
from eksaminer.gap import Gap
from eksaminer.outcome import Scope
from eksaminer.record import Record

MEASURED_DAYS = 30
"""Full UTC days that are measured."""


class Tier(Record, frozen=True, kw_only=True):
    """A price that holds for a month's volume up to a limit."""

    up_to_gb: int | None
    """The end of the tier in GB (2^30 bytes) of one month; None: no end."""
    price: Decimal
    """Per GB."""


class PriceSheet(Record, frozen=True, kw_only=True):
    """What CloudWatch Logs costs in one region. What is not known is empty or None: no other price takes its place."""

    region: str
    currency: str
    origin: Literal["price_list", "table", "file"]
    """The Price List API, the table that the program ships, or a file with negotiated prices."""
    source: str
    """Who says so, in words."""
    date: date
    """When that was read, or, where the source says so, from when it is in force."""
    ingestion: tuple[Tier, ...] = ()
    """Vended logs into a log group of the class Standard, by the volume of all of them in the account and region."""
    ingestion_infrequent: tuple[Tier, ...] = ()
    """The same for the class Infrequent Access, whose volume is counted apart."""
    storage: Decimal | None = None
    """Per GB-month of compressed log."""
    scan: Decimal | None = None
    """Per GB that a Logs Insights query scans."""
    firehose: Decimal | None = None
    """Per GB that Amazon Data Firehose takes in."""
    object_storage: Decimal | None = None
    """Per GB-month in Amazon S3."""
    insights: Decimal | None = None
    """Per 100,000 management events that CloudTrail Insights analyses, for each type of Insights."""


class GroupVolume(Record, frozen=True, kw_only=True):
    """What came into one log group of a control plane, and what governs how long it stays."""

    name: str
    created_at: datetime
    retention_days: int | None
    """None: events never expire."""
    log_class: str
    stored_bytes: int
    """Compressed bytes as CloudWatch reports them: late, and without what has expired."""
    daily: tuple[int | None, ...]
    """`IncomingBytes` of each full day, oldest first; None: CloudWatch has no value, so nothing came in."""
    too_recent: Gap | None = None
    """Set where the group has not been in use for a full day: what comes in cannot be said yet."""

    @property
    def cluster(self) -> str:
        """The cluster whose control plane writes to it."""
        return self.name.removeprefix("/aws/eks/").removesuffix("/cluster")


class LogVolumes(Section, frozen=True, kw_only=True):
    """What came into the control-plane log groups of a region: all of them, since they share the tiers of the price.

    A region in which no cluster was selected is not asked; it has no groups here.
    """

    key: ClassVar[str] = "log_volumes"
    scope: ClassVar[Scope] = Scope.REGION
    permissions: ClassVar[tuple[str, ...]] = ("logs:DescribeLogGroups", "cloudwatch:GetMetricData")
    calls: ClassVar[Calls] = Calls(
        per_region=1, note="cloudwatch:GetMetricData where there are clusters; one more per further 499 log groups"
    )

    since: datetime
    """Midnight UTC at the begin of the first day."""
    until: datetime
    """Midnight UTC at the end of the last day."""
    groups: tuple[GroupVolume, ...]
    everything: tuple[int | None, ...]
    """`IncomingBytes` of all log groups of the account in the region, day by day: what else may share the tiers."""


LOG_TYPES_BY_STREAM = (
    ("kube-apiserver-audit", "audit"),
    ("kube-apiserver", "api"),
    ("authenticator", "authenticator"),
    ("kube-controller-manager", "controllerManager"),
    ("kube-scheduler", "scheduler"),
)
"""Log types by the begin of the names of their streams; the first that fits (EKS user guide; read 2026-11-23)."""
OTHER_TYPE = "other"


def log_type(stream: str) -> str:
    """Return the log type that a stream belongs to."""
    return next((name for prefix, name in LOG_TYPES_BY_STREAM if stream.startswith(prefix)), OTHER_TYPE)


class TypeVolume(Record, frozen=True, kw_only=True):
    """What one log type made of a log group."""

    log_group: str
    log_type: str
    """As EKS names it, or `other`."""
    bytes: int
    """Characters of the messages: a measure of shares, not what is billed."""


class AuditLogCauses(Record, frozen=True, kw_only=True):
    """What makes one audit log large."""

    log_group: str
    contributions: tuple[Contribution, ...]
    """The largest of each dimension, and the whole; bytes are characters of the messages."""


class LogTypes(Section, frozen=True, kw_only=True):
    """What each log type makes of the control-plane logs of a region, and what makes their audit logs large.

    All is of the window of events. It takes queries that cost money, so it is asked only where the user says so
    (`--log-types`).
    """

    key: ClassVar[str] = "log_types"
    scope: ClassVar[Scope] = Scope.REGION
    tier: ClassVar[str] = "activity"
    permissions: ClassVar[tuple[str, ...]] = ("logs:StartQuery", "logs:GetQueryResults")
    calls: ClassVar[Calls] = Calls(note="only with --log-types: up to three queries per 50 log groups, and polling")

    asked: bool
    volumes: tuple[TypeVolume, ...]
    causes: tuple[AuditLogCauses, ...] | Gap = ()


class SearchedGroup(Record, frozen=True, kw_only=True):
    """What queries of Logs Insights scanned of one log group, as far back as CloudWatch Logs lists them."""

    log_group: str
    queries: int
    bytes: int
    first: datetime
    last: datetime


class QueryHistory(Section, frozen=True, kw_only=True):
    """The queries that were run over the control-plane logs of a region, those of scheduled queries among them.

    AWS documents neither how long a query stays listed, nor which group it names where it read several.
    """

    key: ClassVar[str] = "query_history"
    scope: ClassVar[Scope] = Scope.REGION
    permissions: ClassVar[tuple[str, ...]] = ("logs:DescribeQueries",)
    calls: ClassVar[Calls] = Calls(per_region=1, note="where there are clusters; one more per further 1,000 queries")

    groups: tuple[SearchedGroup, ...]


class LogPrices(Section, frozen=True, kw_only=True):
    """What a region charges for logs; a gap where no price is known."""

    key: ClassVar[str] = "log_prices"
    scope: ClassVar[Scope] = Scope.REGION
    permissions: ClassVar[tuple[str, ...]] = ("pricing:GetProducts",)
    calls: ClassVar[Calls] = Calls(
        per_region=4, note="where there are clusters; one for each service, one more per further 100 products"
    )

    sheet: PriceSheet | None
    """None: no cluster was selected in the region, and nothing was asked."""
    fallback: Gap | None = None
    """Why the Price List API was not used; None: it was."""
    incomplete: Gap | None = None
    """Set where the prices do not cover every volume and class."""
