"""The trails that a region sees: their status, what they record, and what Insights analyses."""

from datetime import datetime
from typing import ClassVar, Literal

from eksaminer.evidence.model import Calls, Section
from eksaminer.gap import Gap
from eksaminer.outcome import Resource, Scope
from eksaminer.record import Record

Extent = Literal["none", "some", "all"]
"""How much of a kind of events is recorded; `all` may leave out what CloudTrail offers to leave out."""


class TrailStatus(Record, frozen=True, kw_only=True, tag="trail_status", tag_field="is"):
    """`GetTrailStatus`."""

    logging: bool
    latest_delivery: datetime | None
    """None: CloudTrail never delivered a log file."""
    delivery_error: str
    """S3's error code of the latest attempt; empty: none."""
    started: datetime | None
    stopped: datetime | None
    read_at: datetime


class FieldSelector(Record, frozen=True, kw_only=True):
    """One condition of an advanced event selector."""

    field: str
    operator: Literal["Equals", "NotEquals", "StartsWith", "NotStartsWith", "EndsWith", "NotEndsWith"]
    values: tuple[str, ...]


class Selector(Record, frozen=True, kw_only=True):
    """One event selector, classic or advanced, as far as management events go."""

    name: str
    classic: bool
    read_write: str
    """Classic: `All`, `ReadOnly`, `WriteOnly`; empty for an advanced one."""
    management: bool
    """Classic: `IncludeManagementEvents`; advanced: it selects the category Management."""
    excluded_sources: tuple[str, ...]
    """Classic: `ExcludeManagementEventSources`."""
    fields: tuple[FieldSelector, ...]
    """Advanced: all of them hold together."""

    @property
    def management_writes(self) -> Extent:
        """How much of the write management events it takes."""
        if not self.management:
            return "none"
        if self.classic:
            return "none" if self.read_write == "ReadOnly" else "all"
        rest = [field for field in self.fields if field.field != "eventCategory"]
        if any(field.field == "readOnly" and not _admits(field, "false") for field in rest):
            return "none"
        return "all" if all(field.field == "readOnly" or _leaves_out_noise(field) for field in rest) else "some"


NOISE = frozenset({"kms.amazonaws.com", "rdsdata.amazonaws.com"})
"""The sources that CloudTrail itself offers to leave out for their volume (user guide, management events)."""


def _admits(field: FieldSelector, value: str) -> bool:
    """Whether `readOnly` *value* passes: the API takes Equals and NotEquals for this field."""
    return (value in field.values) == (field.operator == "Equals")


def _leaves_out_noise(field: FieldSelector) -> bool:
    return field.field == "eventSource" and field.operator == "NotEquals" and NOISE.issuperset(field.values)


class Selectors(Record, frozen=True, kw_only=True, tag="selectors", tag_field="is"):
    """`GetEventSelectors`: an event is recorded if any selector takes it."""

    items: tuple[Selector, ...]

    @property
    def management_writes(self) -> Extent:
        """How much of the write management events the trail records."""
        extents = {selector.management_writes for selector in self.items}
        if "all" in extents:
            return "all"
        return "some" if "some" in extents else "none"


class InsightSelector(Record, frozen=True, kw_only=True):
    """One insight type and the event categories that it analyses."""

    type: str
    """`ApiCallRateInsight` or `ApiErrorRateInsight`."""
    categories: tuple[str, ...]
    """`Management`, `Data`; the API leaves them out for Management alone: filled in here."""


class InsightSelectors(Record, frozen=True, kw_only=True, tag="insight_selectors", tag_field="is"):
    """`GetInsightSelectors`; empty also where the API answers `InsightNotEnabledException`."""

    items: tuple[InsightSelector, ...]

    def analyses(self, insight: str) -> bool:
        """Whether *insight* (`ApiCallRateInsight`, say) is on for management events."""
        return any(item.type == insight and "Management" in item.categories for item in self.items)


class Trail(Record, frozen=True, kw_only=True):
    """A trail as a region sees it."""

    arn: str
    name: str
    home_region: str
    multi_region: bool
    organization: bool
    account: str
    """The account that owns it: of an organisation trail seen from a member, the management account."""
    validation: bool
    kms_key: str
    bucket: str
    log_group: str
    """ARN of the CloudWatch Logs group it copies to; empty: none."""
    status: TrailStatus | Gap
    selectors: Selectors | Gap
    insights: InsightSelectors | Gap

    def covers(self, region: str) -> bool:
        """Whether the trail is set up to record *region*."""
        return self.multi_region or self.home_region == region

    @property
    def resource(self) -> Resource:
        """The trail as a resource."""
        return Resource(type="AWS::CloudTrail::Trail", id=self.arn)


class Trails(Section, frozen=True, kw_only=True):
    """All trails that record, or could record, a region: its own, multi-region and organisation trails."""

    key: ClassVar[str] = "trails"
    scope: ClassVar[Scope] = Scope.REGION
    permissions: ClassVar[tuple[str, ...]] = (
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetTrailStatus",
        "cloudtrail:GetEventSelectors",
        "cloudtrail:GetInsightSelectors",
    )
    calls: ClassVar[Calls] = Calls(per_region=1, per_trail=3, note="a trail is read once, in its home region")

    account: str
    region: str
    trails: tuple[Trail, ...]
    read_at: datetime
