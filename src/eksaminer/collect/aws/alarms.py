"""What counts refused requests and what raises an alarm on them: filters, alarms, topics, GuardDuty."""

from collections.abc import Iterable, Mapping
from typing import Any

from eksaminer.collect.aws.log_groups import find_group, group_arn
from eksaminer.collect.aws.queries import unread
from eksaminer.collect.aws.reader import Reader, text, utc
from eksaminer.collect.gaps import MissingError, attempt
from eksaminer.collect.operations import BOTOCORE_FLOOR
from eksaminer.collect.session import CallFailed
from eksaminer.evidence.alarms import (
    AlarmMuteRules,
    Alarms,
    AlarmTerm,
    AlarmTopics,
    AuditLogSubscriptions,
    AuditMetricFilters,
    CompositeAlarm,
    Coverage,
    GuardDuty,
    LogAlarm,
    MetricAlarm,
    MetricFilter,
    MuteRule,
    SubscriptionFilter,
    Subscriptions,
    Topic,
    TopicAttributes,
    Transformation,
)
from eksaminer.evidence.log_group import group_name
from eksaminer.evidence.model import Target
from eksaminer.filter_pattern import FilterPattern, FilterPatternError
from eksaminer.filter_pattern.probes import PROBES
from eksaminer.gap import Cause, Gap

NO_FILTERS = frozenset({"INFREQUENT_ACCESS"})
"""Log classes without metric filters and subscription filters (CloudWatch Logs user guide, log classes; 2026-11)."""
ALARM_TYPES = ("MetricAlarm", "CompositeAlarm", "LogAlarm")
GONE = frozenset({"NotFound", "NotFoundException", "ResourceNotFoundException"})


# Filters of the log group ----------------------------------------------------------------------------


def read_metric_filters(reader: Reader, target: Target) -> AuditMetricFilters:
    """Return the metric filters of the cluster's log group. Raises `CallFailed` and `MissingError`."""
    log_class = _class_of(reader, target)
    found = () if log_class in NO_FILTERS else _items(reader, target, "logs:DescribeMetricFilters", "metricFilters")
    filters = sorted((_metric_filter(reader, item) for item in found), key=lambda item: item.name)
    return AuditMetricFilters(
        sources=reader.sources, group_arn=group_arn(target), log_class=log_class, filters=tuple(filters)
    )


def read_subscriptions(reader: Reader, target: Target) -> AuditLogSubscriptions:
    """Return the subscription filters of the cluster's log group. Raises `CallFailed` and `MissingError`."""
    none = _class_of(reader, target) in NO_FILTERS
    found = () if none else _items(reader, target, "logs:DescribeSubscriptionFilters", "subscriptionFilters")
    filters = sorted((_subscription_filter(item) for item in found), key=lambda item: item.name)
    return AuditLogSubscriptions(sources=reader.sources, filters=tuple(filters))


def _class_of(reader: Reader, target: Target) -> str | Gap:
    """Return the class of the log group. Raises `MissingError` where there is none."""
    group = attempt(lambda: find_group(reader, target.cluster), "the log groups")
    if group is None:
        raise _no_group(reader, target)
    return group if isinstance(group, Gap) else text(group.get("logGroupClass") or "STANDARD")


def _no_group(reader: Reader, target: Target) -> MissingError:
    detail = f"The log group {group_name(target.cluster)} does not exist in {target.region}."
    return MissingError(Gap(cause=Cause.PREREQUISITE_FAILED, detail=detail, sources=reader.sources))


def _items(reader: Reader, target: Target, operation: str, field: str) -> list[Any]:
    try:
        return reader.items(operation, field, {"logGroupName": group_name(target.cluster)})
    except CallFailed as failed:
        if failed.code != "ResourceNotFoundException":
            raise
        raise _no_group(reader, target) from failed


def _metric_filter(reader: Reader, item: Mapping[str, Any]) -> MetricFilter:
    name, pattern = str(item["filterName"]), text(item.get("filterPattern"))
    unreadable = _unreadable(f"metric filter {name}", pattern, item)
    transformed = bool(item.get("applyOnTransformedLogs"))
    return MetricFilter(
        name=name,
        pattern=pattern,
        metrics=tuple(_transformation(metric, item) for metric in item["metricTransformations"]),
        tested=unreadable if transformed and unreadable else _tested(reader, name, pattern),
        unreadable=unreadable,
    )


def _transformation(metric: Mapping[str, Any], item: Mapping[str, Any]) -> Transformation:
    default = metric.get("defaultValue")
    dimensions = {*(metric.get("dimensions") or {}), *(item.get("emitSystemFieldDimensions") or ())}
    return Transformation(
        namespace=str(metric["metricNamespace"]),
        name=str(metric["metricName"]),
        value=str(metric["metricValue"]),
        default=None if default is None else float(default),
        dimensions=frozenset(map(str, dimensions)),
    )


def _subscription_filter(item: Mapping[str, Any]) -> SubscriptionFilter:
    name, pattern = str(item["filterName"]), text(item.get("filterPattern"))
    return SubscriptionFilter(
        name=name,
        pattern=pattern,
        destination=text(item.get("destinationArn")),
        unreadable=_unreadable(f"subscription filter {name}", pattern, item),
    )


def _unreadable(what: str, pattern: str, item: Mapping[str, Any]) -> Gap | None:
    """Return why what a filter matches cannot be judged here; None: it can."""
    if item.get("applyOnTransformedLogs"):
        detail = (
            f"The {what} looks at transformed events: what a transformer makes of an audit event is not known here."
        )
    elif item.get("fieldSelectionCriteria"):
        detail = f"The {what} selects events by account or region as well: that is not judged."
    else:
        try:
            FilterPattern.parse(pattern)
        except FilterPatternError as error:
            detail = f"The pattern of the {what} is not one the documentation describes. {error.what}"
        else:
            return None
    return Gap(cause=Cause.NOT_OBSERVABLE, detail=detail)


def _tested(reader: Reader, name: str, pattern: str) -> frozenset[str] | Gap:
    """Return the probes that match according to AWS: made-up events alone are sent."""
    params = {"filterPattern": pattern, "logEventMessages": [probe.message for probe in PROBES]}
    shown = {"filterPattern": pattern, "logEventMessages": f"{len(PROBES)} made-up events"}

    def ask() -> frozenset[str]:
        answer = reader.call("logs:TestMetricFilter", params, shown=shown)
        return frozenset(PROBES[int(match["eventNumber"]) - 1].id for match in answer.data["matches"])

    return attempt(ask, f"the test of the metric filter {name}")


# Alarms ----------------------------------------------------------------------------------------------


def read_alarms(reader: Reader) -> Alarms:
    """Return all alarms of the region. Raises `CallFailed`."""
    log_alarms = reader.aws.knows("cloudwatch", "DescribeAlarmsOutput", "LogAlarms", reader.region)
    params = {"AlarmTypes": [name for name in ALARM_TYPES if log_alarms or name != "LogAlarm"]}
    metric: list[MetricAlarm] = []
    composite: list[CompositeAlarm] = []
    log: list[LogAlarm] = []
    answers = list(reader.pages("cloudwatch:DescribeAlarms", params))
    for answer in answers:
        metric += [_metric_alarm(item) for item in answer.data["MetricAlarms"]]
        composite += [_composite_alarm(item) for item in answer.data.get("CompositeAlarms") or ()]
        log += [_log_alarm(item) for item in answer.data.get("LogAlarms") or ()]
    return Alarms(
        sources=reader.sources,
        metric=tuple(sorted(metric, key=lambda alarm: alarm.name)),
        composite=tuple(sorted(composite, key=lambda alarm: alarm.name)),
        log=tuple(sorted(log, key=lambda alarm: alarm.name)) if log_alarms else _too_old("log alarms"),
        read_at=answers[0].time,
    )


def _too_old(what: str) -> Gap:
    detail = f"The installed botocore does not read {what}: install boto3 {BOTOCORE_FLOOR} or newer."
    return Gap(cause=Cause.UNSUPPORTED, detail=detail)


def _common(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return what alarms of all kinds have. The description is left alone: it may hold anything."""
    return {
        "name": str(item["AlarmName"]),
        "arn": str(item["AlarmArn"]),
        "actions_enabled": bool(item["ActionsEnabled"]),
        "actions": tuple(map(str, item.get("AlarmActions") or ())),
        "state": str(item["StateValue"]),
        "state_since": utc(item.get("StateTransitionedTimestamp") or item["StateUpdatedTimestamp"]),
    }


def _metric_alarm(item: Mapping[str, Any]) -> MetricAlarm:
    criteria = (item.get("EvaluationCriteria") or {}).get("PromQLCriteria") or {}
    periods = int(item.get("EvaluationPeriods") or 0)
    threshold = item.get("Threshold")
    return MetricAlarm(
        **_common(item),
        terms=tuple(_terms(item)),
        comparison=text(item.get("ComparisonOperator")),
        threshold=None if threshold is None else float(threshold),
        threshold_term=text(item.get("ThresholdMetricId")),
        evaluation_periods=periods,
        datapoints=int(item.get("DatapointsToAlarm") or periods),
        missing=text(item.get("TreatMissingData") or "missing"),
        evaluation=text(item.get("EvaluationState")),
        promql=text(criteria.get("Query")),
    )


def _terms(item: Mapping[str, Any]) -> Iterable[AlarmTerm]:
    if item.get("MetricName"):
        yield AlarmTerm(
            id="m",
            namespace=text(item.get("Namespace")),
            metric=str(item["MetricName"]),
            dimensions=_dimensions(item),
            stat=text(item.get("Statistic") or item.get("ExtendedStatistic")),
            period=int(item.get("Period") or 0),
        )
    for term in item.get("Metrics") or ():
        yield _term(term)


def _term(term: Mapping[str, Any]) -> AlarmTerm:
    measured = term.get("MetricStat") or {}
    metric = measured.get("Metric") or {}
    return AlarmTerm(
        id=str(term["Id"]),
        namespace=text(metric.get("Namespace")),
        metric=text(metric.get("MetricName")),
        dimensions=_dimensions(metric),
        stat=text(measured.get("Stat")),
        period=int(measured.get("Period") or term.get("Period") or 0),
        account=text(term.get("AccountId")),
        expression=text(term.get("Expression")),
        returned=bool(term.get("ReturnData", True)),
    )


def _dimensions(metric: Mapping[str, Any]) -> dict[str, str]:
    return {str(item["Name"]): str(item["Value"]) for item in metric.get("Dimensions") or ()}


def _composite_alarm(item: Mapping[str, Any]) -> CompositeAlarm:
    return CompositeAlarm(
        **_common(item),
        rule=str(item["AlarmRule"]),
        suppressor=text(item.get("ActionsSuppressor")),
        suppressed_by=text(item.get("ActionsSuppressedBy")),
    )


def _log_alarm(item: Mapping[str, Any]) -> LogAlarm:
    query = item["ScheduledQueryConfiguration"]
    return LogAlarm(
        **_common(item),
        query=str(query["QueryString"]),
        log_groups=tuple(sorted(map(str, query.get("LogGroupIdentifiers") or ()))),
        schedule=text((query.get("ScheduleConfiguration") or {}).get("ScheduleExpression")),
        aggregation=text(query.get("AggregationExpression")),
        comparison=text(item.get("ComparisonOperator")),
        threshold=float(item["Threshold"]),
        results_to_evaluate=int(item.get("QueryResultsToEvaluate") or 1),
        results_to_alarm=int(item.get("QueryResultsToAlarm") or 1),
        missing=text(item.get("TreatMissingData") or "missing"),
        evaluation=text(item.get("EvaluationState")),
        unsure=unread(f"the log alarm {item['AlarmName']}", str(query["QueryString"])),
    )


def read_mute_rules(reader: Reader) -> AlarmMuteRules:
    """Return the mute rules that are in force in the region. Raises `CallFailed`."""
    rules = reader.items("cloudwatch:ListAlarmMuteRules", "AlarmMuteRuleSummaries", {"Statuses": ["ACTIVE"]})
    names = sorted(str(rule["AlarmMuteRuleArn"]).rpartition(":")[2] for rule in rules)
    active = tuple(_mute_rule(reader, name) for name in names)
    return AlarmMuteRules(sources=reader.sources, active=active)


def _mute_rule(reader: Reader, name: str) -> MuteRule:
    data = reader.call("cloudwatch:GetAlarmMuteRule", {"AlarmMuteRuleName": name}).data
    schedule = (data.get("Rule") or {}).get("Schedule") or {}
    expires = data.get("ExpireDate")
    return MuteRule(
        name=name,
        alarms=tuple(sorted(map(str, data["MuteTargets"]["AlarmNames"]))),
        expression=text(schedule.get("Expression")),
        duration=text(schedule.get("Duration")),
        expires=utc(expires) if expires else None,
    )


# Topics ----------------------------------------------------------------------------------------------


def read_topics(reader: Reader, filters: AuditMetricFilters | Gap, alarms: Alarms | Gap) -> AlarmTopics | Gap:
    """Return the topics of the alarms that have to do with the cluster's audit log."""
    if isinstance(filters, Gap):
        return filters
    if isinstance(alarms, Gap):
        return alarms
    actions = {action for alarm in alarms.about(filters.filters, filters.group_arn) for action in alarm.actions}
    arns = sorted(action for action in actions if action.split(":")[2:3] == ["sns"])
    topics = tuple(read_topic(reader, arn) for arn in arns)
    return AlarmTopics(sources=reader.sources, topics=topics)


def read_topic(reader: Reader, arn: str) -> Topic:
    """Return a topic, in the region of its ARN; what cannot be read of it is a gap in it."""
    name = arn.rpartition(":")[2]
    return Topic(
        arn=arn,
        attributes=attempt(lambda: _topic_attributes(reader, arn), f"the topic {name}"),
        subscriptions=attempt(lambda: _topic_subscriptions(reader, arn), f"the subscriptions of {name}"),
    )


def _topic_attributes(reader: Reader, arn: str) -> TopicAttributes:
    try:
        answer = reader.call("sns:GetTopicAttributes", {"TopicArn": arn}, region=arn.split(":")[3])
    except CallFailed as failed:
        if failed.code not in GONE:
            raise
        return TopicAttributes(exists=False, confirmed=0, pending=0, kms_key="")
    attributes = answer.data["Attributes"]
    return TopicAttributes(
        exists=True,
        confirmed=int(attributes.get("SubscriptionsConfirmed") or 0),
        pending=int(attributes.get("SubscriptionsPending") or 0),
        kms_key=text(attributes.get("KmsMasterKeyId")),
    )


def _topic_subscriptions(reader: Reader, arn: str) -> Subscriptions:
    there = Reader(reader.aws, arn.split(":")[3])
    try:
        found = there.items("sns:ListSubscriptionsByTopic", "Subscriptions", {"TopicArn": arn})
    except CallFailed as failed:
        if failed.code not in GONE:
            raise
        return Subscriptions(exists=False, confirmed=(), pending=())
    finally:
        for source in there.sources:
            reader.note(source)
    pending = [str(item["Protocol"]) for item in found if not str(item["SubscriptionArn"]).startswith("arn:")]
    confirmed = [str(item["Protocol"]) for item in found if str(item["SubscriptionArn"]).startswith("arn:")]
    return Subscriptions(exists=True, confirmed=tuple(sorted(confirmed)), pending=tuple(sorted(pending)))


# GuardDuty -------------------------------------------------------------------------------------------


def read_guardduty(reader: Reader) -> GuardDuty:
    """Return the GuardDuty detector of the region. Raises `CallFailed`."""
    detectors = reader.items("guardduty:ListDetectors", "DetectorIds")
    if not detectors:
        return GuardDuty(
            sources=reader.sources, detector="", enabled=False, audit_logs=False, runtime=False, coverage=()
        )
    detector = str(detectors[0])
    data = reader.call("guardduty:GetDetector", {"DetectorId": detector}).data
    features = {str(item["Name"]): item.get("Status") == "ENABLED" for item in data["Features"]}
    runtime = features.get("RUNTIME_MONITORING", False) or features.get("EKS_RUNTIME_MONITORING", False)
    coverage = attempt(lambda: _coverage(reader, detector), "the coverage of GuardDuty") if runtime else ()
    return GuardDuty(
        sources=reader.sources,
        detector=detector,
        enabled=data["Status"] == "ENABLED",
        audit_logs=features.get("EKS_AUDIT_LOGS", False),
        runtime=runtime,
        coverage=coverage,
    )


def _coverage(reader: Reader, detector: str) -> tuple[Coverage, ...]:
    criterion = {"CriterionKey": "RESOURCE_TYPE", "FilterCondition": {"Equals": ["EKS"]}}
    params = {"DetectorId": detector, "FilterCriteria": {"FilterCriterion": [criterion]}}
    found = reader.items("guardduty:ListCoverage", "Resources", params)
    return tuple(sorted((_covered(item) for item in found), key=lambda item: item.cluster))


def _covered(item: Mapping[str, Any]) -> Coverage:
    details = (item.get("ResourceDetails") or {}).get("EksClusterDetails") or {}
    return Coverage(
        cluster=text(details.get("ClusterName")),
        status=text(item.get("CoverageStatus")),
        nodes=int(details.get("CoveredNodes") or 0),
        compatible=int(details.get("CompatibleNodes") or 0),
        issue=text(item.get("Issue")),
    )
