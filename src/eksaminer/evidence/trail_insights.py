"""CloudTrail Insights: what else analyses events, which events it raised, and what they set off."""

from datetime import datetime, timedelta
from typing import ClassVar, Literal

from eksaminer.event_pattern import OPEN, Answer, EventPattern
from eksaminer.evidence.alarms import Topic
from eksaminer.evidence.cloudtrail import InsightSelectors
from eksaminer.evidence.model import Calls, Section
from eksaminer.evidence.selectors import Selectors
from eksaminer.gap import Gap
from eksaminer.outcome import Period, Resource, Scope
from eksaminer.record import Record

CALL_RATE, ERROR_RATE = "ApiCallRateInsight", "ApiErrorRateInsight"
TRAIL_BASELINE = timedelta(hours=36)
STORE_BASELINE = timedelta(days=7)
"""How long after Insights was switched on the first event may come: of a trail, of an event data store (CloudTrail
User Guide, "Working with CloudTrail Insights", read 2026-11-23)."""
KEPT = timedelta(days=90)
"""How long CloudTrail keeps Insights events for LookupEvents and ListInsightsData."""


class EventDataStore(Record, frozen=True, kw_only=True, tag="event_data_store", tag_field="is"):
    """An event data store of CloudTrail Lake, with its settings."""

    arn: str
    name: str
    region: str
    status: str
    """`ENABLED`, `STOPPED_INGESTION`, `PENDING_DELETION` …"""
    multi_region: bool
    organization: bool
    selectors: Selectors
    insights: InsightSelectors | Gap
    too_recent: Gap | None
    """Why there may be no baseline yet; None: there is one, if Insights is on."""

    def covers(self, region: str) -> bool:
        """Whether it takes events of *region*."""
        return self.multi_region or self.region == region

    @property
    def resource(self) -> Resource:
        """The store as a resource."""
        return Resource(type="AWS::CloudTrail::EventDataStore", id=self.arn)


class StoresOfRegion(Record, frozen=True, kw_only=True):
    """The event data stores that live in one region; they may take the events of others."""

    region: str
    stores: tuple[EventDataStore | Gap, ...] | Gap


class EventDataStores(Section, frozen=True, kw_only=True):
    """The event data stores of the account, by region: one with events of all regions shows in its own alone."""

    key: ClassVar[str] = "event_data_stores"
    scope: ClassVar[Scope] = Scope.ACCOUNT
    permissions: ClassVar[tuple[str, ...]] = (
        "cloudtrail:GetEventDataStore",
        "cloudtrail:GetInsightSelectors",
        "cloudtrail:ListEventDataStores",
    )
    calls: ClassVar[Calls] = Calls(per_region=1, note="two more for each event data store")

    regions: tuple[StoresOfRegion, ...]

    def covering(self, region: str) -> tuple[list[EventDataStore], list[Gap]]:
        """Return the stores that take the events of *region*, and what hides others that might."""
        parts: list[EventDataStore | Gap] = []
        for item in self.regions:
            parts.extend((item.stores,) if isinstance(item.stores, Gap) else item.stores)
        stores = [part for part in parts if isinstance(part, EventDataStore) and part.covers(region)]
        return stores, [part for part in parts if isinstance(part, Gap)]


class InsightEvent(Record, frozen=True, kw_only=True):
    """An Insights event: its start and its end are one."""

    id: str
    """`sharedEventID`."""
    type: str
    """`ApiCallRateInsight` or `ApiErrorRateInsight`."""
    category: Literal["Management", "Data"]
    source: str
    name: str
    error: str
    """The error code of an error rate; empty: none."""
    started: datetime
    ended: datetime | None
    """None: it goes on, or its end lies outside the window."""
    rate: float
    """Calls or errors a minute."""
    baseline: float
    """The same, as it used to be."""
    principals: tuple[str, ...]
    """ARNs that the calls are attributed to, the busiest first."""


class SwitchedOn(Record, frozen=True, kw_only=True):
    """Insights was switched on lately: what analyses has no baseline yet."""

    source: str
    """ARN of the trail or event data store."""
    gap: Gap


class InsightEvents(Section, frozen=True, kw_only=True):
    """The Insights events of a region."""

    key: ClassVar[str] = "insight_events"
    scope: ClassVar[Scope] = Scope.REGION
    tier: ClassVar[str] = "activity"
    permissions: ClassVar[tuple[str, ...]] = ("cloudtrail:ListInsightsData", "cloudtrail:LookupEvents")
    calls: ClassVar[Calls] = Calls(
        per_region=1, per_trail=1, note="two a second; one for each trail with Insights on data events"
    )

    account: str
    region: str
    window: Period
    """That was read: the period that was asked for, as far as CloudTrail keeps events."""
    events: tuple[InsightEvent, ...]
    unread: tuple[Gap, ...]
    """Why some may be missing."""
    switched_on: tuple[SwitchedOn, ...]


class EventRule(Record, frozen=True, kw_only=True):
    """A rule of EventBridge whose pattern may match an Insights event."""

    name: str
    arn: str
    enabled: bool
    pattern: str
    targets: tuple[str, ...] | Gap
    """ARNs."""


class EventRules(Section, frozen=True, kw_only=True):
    """The rules of the default event bus, which alone gets the events of AWS services."""

    key: ClassVar[str] = "event_rules"
    scope: ClassVar[Scope] = Scope.REGION
    permissions: ClassVar[tuple[str, ...]] = (
        "events:ListRules",
        "events:ListTargetsByRule",
        "sns:GetTopicAttributes",
        "sns:ListSubscriptionsByTopic",
    )
    calls: ClassVar[Calls] = Calls(
        per_region=1, note="one more for each rule that may match an Insights event, two for each topic it targets"
    )

    account: str
    region: str
    rules: tuple[EventRule, ...]
    others: int
    """Rules whose pattern matches no Insights event."""
    topics: tuple[Topic, ...] = ()
    """The SNS topics that the enabled ones of `rules` target."""

    def topic(self, arn: str) -> Topic | None:
        """Return the topic of this ARN; None: it was not read."""
        return next((topic for topic in self.topics if topic.arn == arn), None)


def matches_insight(pattern: EventPattern, account: str, region: str, insight: str = CALL_RATE) -> Answer:
    """Return whether *pattern* matches the start or the end of an Insights event, whatever API it is about."""
    answers = {pattern.matches(_insight(account, region, insight, state)) for state in ("Start", "End")}
    return "yes" if "yes" in answers else "depends" if "depends" in answers else "no"


def _insight(account: str, region: str, insight: str, state: str) -> dict[str, object]:
    """Return an Insights event as EventBridge gets it (CloudTrail User Guide, "CloudTrail Insights insightDetails")."""
    details = {
        "state": state,
        "insightType": insight,
        "eventSource": OPEN,
        "eventName": OPEN,
        "errorCode": OPEN,
        "insightContext": OPEN,
    }
    detail = {
        "eventVersion": OPEN,
        "eventTime": OPEN,
        "awsRegion": region,
        "eventID": OPEN,
        "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": account,
        "sharedEventID": OPEN,
        "insightDetails": details,
        "eventCategory": "Insight",
    }
    return {
        "version": "0",
        "id": OPEN,
        "detail-type": "AWS Insight via CloudTrail",
        "source": "aws.cloudtrail",
        "account": account,
        "time": OPEN,
        "region": region,
        "resources": [],
        "detail": detail,
    }
