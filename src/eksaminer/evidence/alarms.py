"""What counts refused requests, what raises an alarm on them, whom that reaches, and what watches instead."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Literal

from msgspec import field

from eksaminer.evidence.model import Calls, Section
from eksaminer.evidence.queries import names_group
from eksaminer.gap import Gap
from eksaminer.outcome import Resource, Scope
from eksaminer.record import Record


class Transformation(Record, frozen=True, kw_only=True):
    """The metric that a metric filter writes, and what it writes for a log event that matches."""

    namespace: str
    name: str
    value: str
    """A number, or a field of the event (`$.size`)."""
    default: float | None
    """What is written for events that do not match; None: nothing, so that a quiet metric has no data."""
    dimensions: frozenset[str]
    """The names of its dimensions: with any, the metric without dimensions gets nothing."""


class MetricFilter(Record, frozen=True, kw_only=True):
    """A metric filter of the log group."""

    name: str
    pattern: str
    metrics: tuple[Transformation, ...]
    tested: frozenset[str] | Gap
    """The ids of the probes that match according to `TestMetricFilter`; a gap: AWS was not asked, or did not say."""
    unreadable: Gap | None
    """Why the program cannot judge by itself what matches; None: it can."""


class AuditMetricFilters(Section, frozen=True, kw_only=True):
    """The metric filters of a cluster's own log group, by its exact name."""

    key: ClassVar[str] = "audit_metric_filters"
    scope: ClassVar[Scope] = Scope.CLUSTER
    permissions: ClassVar[tuple[str, ...]] = ("logs:DescribeMetricFilters", "logs:TestMetricFilter")
    calls: ClassVar[Calls] = Calls(per_cluster=1, per_filter=1, note="one more per further 50 filters")

    group_arn: str
    log_class: str | Gap
    filters: tuple[MetricFilter, ...]

    @property
    def resource(self) -> Resource:
        """The log group as a resource."""
        return Resource(type="AWS::Logs::LogGroup", id=self.group_arn)


class SubscriptionFilter(Record, frozen=True, kw_only=True):
    """A subscription filter of the log group: what it passes on, and to whom."""

    name: str
    pattern: str
    destination: str
    unreadable: Gap | None
    """Why the program cannot judge what it passes on; None: it can."""


class AuditLogSubscriptions(Section, frozen=True, kw_only=True):
    """The subscription filters of a cluster's own log group."""

    key: ClassVar[str] = "audit_log_subscriptions"
    scope: ClassVar[Scope] = Scope.CLUSTER
    permissions: ClassVar[tuple[str, ...]] = ("logs:DescribeSubscriptionFilters",)
    calls: ClassVar[Calls] = Calls(per_cluster=1)

    filters: tuple[SubscriptionFilter, ...]


class AlarmTerm(Record, frozen=True, kw_only=True):
    """One metric, or one expression, of a metric alarm."""

    id: str
    namespace: str = ""
    metric: str = ""
    """Empty: an expression."""
    dimensions: dict[str, str] = field(default_factory=dict[str, str])
    stat: str = ""
    period: int = 0
    """Seconds; 0: an expression that has the period of its terms."""
    account: str = ""
    """The account of the metric, where it is another one."""
    expression: str = ""
    returned: bool = True
    """Whether the alarm looks at it; else it is there for expressions."""


class _Alarm(Record, frozen=True, kw_only=True):
    name: str
    arn: str
    actions_enabled: bool
    actions: tuple[str, ...]
    """ARNs of what is done when the alarm is raised."""
    state: Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
    state_since: datetime

    @property
    def resource(self) -> Resource:
        """The alarm as a resource."""
        return Resource(type="AWS::CloudWatch::Alarm", id=self.arn)


class MetricAlarm(_Alarm, frozen=True, kw_only=True):
    """An alarm on a metric, on metric math, or on an anomaly band."""

    terms: tuple[AlarmTerm, ...]
    comparison: str
    threshold: float | None
    """None: an anomaly band, `threshold_term`, takes its place (or a PromQL query)."""
    threshold_term: str
    evaluation_periods: int
    datapoints: int
    """How many of the evaluation periods have to breach."""
    missing: str
    """What missing data counts as: `missing`, `breaching`, `notBreaching`, `ignore`."""
    evaluation: str
    """`EVALUATION_ERROR`, `EVALUATION_FAILURE`, `PARTIAL_DATA`; empty: nothing is wrong."""
    promql: str = ""
    """Not empty: a PromQL query takes the place of all of that."""


class CompositeAlarm(_Alarm, frozen=True, kw_only=True):
    """An alarm on the states of other alarms."""

    rule: str
    suppressor: str
    """The alarm that suppresses its actions while it is raised; empty: none."""
    suppressed_by: str
    """`Alarm`, `WaitPeriod` or `ExtensionPeriod` while its actions are suppressed; empty: they are not."""


class LogAlarm(_Alarm, frozen=True, kw_only=True):
    """An alarm on the results of a scheduled Logs Insights query."""

    query: str
    log_groups: tuple[str, ...]
    """Names or ARNs."""
    schedule: str
    aggregation: str
    comparison: str
    threshold: float
    results_to_evaluate: int
    results_to_alarm: int
    missing: str
    evaluation: str
    unsure: Gap | None = None
    """Why it is not known what its query finds of refused requests, or of the guide's subjects; None: it is."""

    def reads(self, group_arn: str) -> bool:
        """Whether it queries the log group of this ARN."""
        return names_group(self.log_groups, group_arn)


class Alarms(Section, frozen=True, kw_only=True):
    """All alarms of a region."""

    key: ClassVar[str] = "alarms"
    scope: ClassVar[Scope] = Scope.REGION
    permissions: ClassVar[tuple[str, ...]] = ("cloudwatch:DescribeAlarms",)
    calls: ClassVar[Calls] = Calls(per_region=1, note="one more per further 100 alarms")

    metric: tuple[MetricAlarm, ...]
    composite: tuple[CompositeAlarm, ...]
    log: tuple[LogAlarm, ...] | Gap
    read_at: datetime

    def about(self, filters: Iterable[MetricFilter], group_arn: str) -> tuple[_Alarm, ...]:
        """Return the alarms that may have to do with *filters* or the group, and those that build on them.

        That is a question of names alone; whether such an alarm does what it should is for the checks.
        """
        metrics = {(item.namespace, item.name) for each in filters for item in each.metrics}
        found: dict[str, _Alarm] = {
            alarm.name: alarm for alarm in self.metric if any(_names(term, metrics) for term in alarm.terms)
        }
        if not isinstance(self.log, Gap):
            found |= {alarm.name: alarm for alarm in self.log if alarm.reads(group_arn)}
        return (*found.values(), *self.built_on(found.values()))

    def built_on(self, alarms: Iterable[_Alarm]) -> tuple[CompositeAlarm, ...]:
        """Return the composite alarms whose rule names one of *alarms*, or another of them."""
        names = {text for alarm in alarms for text in (alarm.name, alarm.arn)}
        found: dict[str, CompositeAlarm] = {}
        left = list(self.composite)
        while new := [alarm for alarm in left if any(_quoted(name, alarm.rule) for name in names)]:
            found |= {alarm.name: alarm for alarm in new}
            names = {text for alarm in new for text in (alarm.name, alarm.arn)}
            left = [alarm for alarm in left if alarm.name not in found]
        return tuple(found.values())


def _names(term: AlarmTerm, metrics: set[tuple[str, str]]) -> bool:
    if term.metric:
        return (term.namespace, term.metric) in metrics
    return any(namespace in term.expression and name in term.expression for namespace, name in metrics)


def _quoted(name: str, rule: str) -> bool:
    """Whether a rule names an alarm: `ALARM(name)`, `ALARM("name")`, or by its ARN."""
    return f'"{name}"' in rule or f"({name})" in rule.replace(" ", "") or f"({name}" in rule


class MuteRule(Record, frozen=True, kw_only=True):
    """A rule that mutes the actions of alarms for some time."""

    name: str
    alarms: tuple[str, ...]
    """Names of the alarms."""
    expression: str
    """When it mutes (cron or at)."""
    duration: str
    expires: datetime | None


class AlarmMuteRules(Section, frozen=True, kw_only=True):
    """The mute rules of a region that are in force."""

    key: ClassVar[str] = "alarm_mute_rules"
    scope: ClassVar[Scope] = Scope.REGION
    permissions: ClassVar[tuple[str, ...]] = ("cloudwatch:ListAlarmMuteRules", "cloudwatch:GetAlarmMuteRule")
    calls: ClassVar[Calls] = Calls(per_region=1, note="GetAlarmMuteRule for each rule that is in force")

    active: tuple[MuteRule, ...]

    def muting(self, alarm: str) -> MuteRule | None:
        """Return a rule that mutes the alarm of this name now; None: there is none."""
        return next((rule for rule in self.active if alarm in rule.alarms), None)


class TopicAttributes(Record, frozen=True, kw_only=True, tag="topic_attributes", tag_field="is"):
    """`GetTopicAttributes`."""

    exists: bool
    confirmed: int
    pending: int
    kms_key: str


class Subscriptions(Record, frozen=True, kw_only=True, tag="subscriptions", tag_field="is"):
    """`ListSubscriptionsByTopic`, without the addresses."""

    exists: bool
    confirmed: tuple[str, ...]
    """The protocols of the confirmed ones (`email`, `lambda`), sorted."""
    pending: tuple[str, ...]


class Topic(Record, frozen=True, kw_only=True):
    """An SNS topic that an alarm notifies."""

    arn: str
    attributes: TopicAttributes | Gap
    subscriptions: Subscriptions | Gap


class AlarmTopics(Section, frozen=True, kw_only=True):
    """The topics of the alarms that have to do with a cluster's audit log."""

    key: ClassVar[str] = "alarm_topics"
    scope: ClassVar[Scope] = Scope.CLUSTER
    permissions: ClassVar[tuple[str, ...]] = ("sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic")
    calls: ClassVar[Calls] = Calls(per_topic=2, note="one more per further 100 subscriptions")

    topics: tuple[Topic, ...]

    def topic(self, arn: str) -> Topic | None:
        """Return the topic of this ARN; None: it was not read."""
        return next((topic for topic in self.topics if topic.arn == arn), None)


class Coverage(Record, frozen=True, kw_only=True):
    """How far the runtime monitoring of GuardDuty covers a cluster."""

    cluster: str
    status: str
    """`HEALTHY` or `UNHEALTHY`."""
    nodes: int
    compatible: int
    issue: str


class GuardDuty(Section, frozen=True, kw_only=True):
    """The GuardDuty detector of a region."""

    key: ClassVar[str] = "guardduty"
    scope: ClassVar[Scope] = Scope.REGION
    permissions: ClassVar[tuple[str, ...]] = (
        "guardduty:ListDetectors",
        "guardduty:GetDetector",
        "guardduty:ListCoverage",
    )
    calls: ClassVar[Calls] = Calls(
        per_region=2, note="ListDetectors alone where there is no detector, ListCoverage where runtime monitoring is on"
    )

    detector: str
    """Its id; empty: there is none."""
    enabled: bool
    audit_logs: bool
    """Whether EKS audit log monitoring is on."""
    runtime: bool
    """Whether runtime monitoring (of EKS alone or of all) is on."""
    coverage: tuple[Coverage, ...] | Gap

    @property
    def watches(self) -> bool:
        """Whether GuardDuty reads the audit logs of the clusters of the region."""
        return self.enabled and self.audit_logs
