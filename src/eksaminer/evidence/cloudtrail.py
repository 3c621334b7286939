"""The trails that a region sees: their status, what they record, and what Insights analyses."""

from datetime import datetime
from typing import ClassVar

from eksaminer.evidence.model import Calls, Section
from eksaminer.evidence.selectors import Selectors, Taken, TrailCall
from eksaminer.gap import Gap
from eksaminer.outcome import Resource, Scope
from eksaminer.record import Record


class TrailStatus(Record, frozen=True, kw_only=True, tag="trail_status", tag_field="is"):
    """`GetTrailStatus`."""

    logging: bool
    latest_delivery: datetime | None
    """None: CloudTrail never delivered a log file."""
    delivery_error: str
    """S3's error code of the latest attempt; empty: none."""
    latest_digest: datetime | None
    """None: CloudTrail never delivered a digest file."""
    digest_error: str
    logs_error: str
    """The error of the latest attempt to copy events to CloudWatch Logs; empty: none."""
    started: datetime | None
    stopped: datetime | None
    read_at: datetime


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
    global_events: bool
    """It takes the events of global services (IAM), where they are recorded."""
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

    def takes(self, call: TrailCall, region: str) -> Taken | Gap:
        """Whether it records *call* in *region*; the gap that hides its selectors, where they are not known."""
        if isinstance(self.selectors, Gap):
            return self.selectors
        if not call.recorded_in(region) or (call.global_service and not self.global_events):
            return "no"
        return self.selectors.takes(call)

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
