"""ALM-02: an alarm watches the metric of refused requests, in the right direction."""

from collections.abc import Iterator, Sequence

from eksaminer.api import (
    Alarms,
    AuditLogSubscriptions,
    AuditMetricFilters,
    Basis,
    Gap,
    GuardDuty,
    Level,
    Resource,
    Scope,
    Severity,
    Text,
    Verdict,
    check,
    conforms,
    deviates,
    not_applicable,
    unseen,
)
from eksaminer_checks.alarm_on_suspicious_events._alarms import Source, Watch, querying, reading_log, sources, watches
from eksaminer_checks.alarm_on_suspicious_events._filters import Instead, instead, names, tried, union

MOST = 20
"""Alarms with a finding of their own."""

REMEDIES = {
    "terraform": """\
resource "aws_cloudwatch_metric_alarm" "refused" {{
  alarm_name          = {refused_alarm}
  namespace           = "EKS/Audit"
  metric_name         = {refused_metric}
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 20
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = ["TOPIC_ARN"]
}}""",
    "cloudformation": """\
Resources:
  RefusedRequestsAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: {refused_alarm}
      Namespace: EKS/Audit
      MetricName: {refused_metric}
      Statistic: Sum
      Period: 300
      EvaluationPeriods: 1
      Threshold: 20
      ComparisonOperator: GreaterThanOrEqualToThreshold
      TreatMissingData: notBreaching
      AlarmActions:
        - TOPIC_ARN""",
    "console": "CloudWatch › Alarms › Create alarm › Select metric › EKS/Audit › {refused_metric} › Sum, 5 minutes "
    "› Greater/Equal, 20 › Treat missing data as good",
}


@check(
    id="ALM-02",
    title="An alarm watches the refused requests",
    scope=Scope.CLUSTER,
    severity=Severity.MEDIUM,
    basis=Basis.GUIDE,
    recommendation="alarm-on-suspicious-events",
    criterion="Everything that the metric filters count of refused requests is watched by an alarm on exactly that "
    "metric, directly, through metric math or by an anomaly band. The alarm is raised by a rise, within an hour, its "
    "threshold can be reached and is not always reached, and it has data.",
    remediation="Put an alarm on the metric: statistic Sum, period 300 seconds, a threshold that your own counts "
    "suggest (the report shows them), missing data notBreaching. In Terraform: resource "
    '"aws_cloudwatch_metric_alarm" with comparison_operator = "GreaterThanOrEqualToThreshold" and '
    'treat_missing_data = "notBreaching".',
    command="aws cloudwatch put-metric-alarm --region {region} --alarm-name refused-{cluster} --namespace EKS/Audit "
    "--metric-name Refused-{cluster} --statistic Sum --period 300 --evaluation-periods 1 --threshold 20 "
    "--comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching "
    "--alarm-actions TOPIC_ARN",
    references=(
        "https://docs.aws.amazon.com/eks/latest/best-practices/auditing-and-logging.html",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html",
    ),
    deviations=(Level.REQUIRED, Level.ADVISED),
    prerequisites=("LOG-01",),
    remedies=REMEDIES,
    texts={
        "ALM-02.watched": "A rise of refused requests raises: {alarms}.",
        "ALM-02.nothing": "Nothing counts refused requests, so there is nothing for an alarm to watch (ALM-01).",
        "ALM-02.none": "No alarm of the region looks at {metrics}. Watching instead: {instead}.",
        "ALM-02.partly": "Alarms watch some of the refused requests alone. Without an alarm: {missed}. Watching "
        "instead: {instead}.",
        "ALM-02.log_alarm": "No alarm watches the metrics of refused requests, and the log alarms {alarms} query the "
        "log group: whether their queries count refused requests a person has to read.",
        "ALM-02.unsure": "Alarms look at {metrics}; what these count is not known.",
        "ALM-02.unknown": "No alarm is raised by a rise of refused requests; whether something else watches the audit "
        "log could not be seen.",
        "ALM-02.direction": "The alarm {alarm} is not raised by a rise: it compares with {comparison}.",
        "ALM-02.expression": "What makes the alarm {alarm} rise is not judged: {expression}.",
        "ALM-02.dimensions": "The alarm {alarm} looks at the metric with the dimensions {looked}, and the filter "
        "writes it with {written}: the alarm has no data.",
        "ALM-02.narrow": "The alarm {alarm} looks at a part of the refused requests alone: {dimensions}.",
        "ALM-02.statistic": "The alarm {alarm} uses the statistic {statistic}, which does not rise with the number of "
        "refused requests.",
        "ALM-02.sample_count": "The alarm {alarm} counts samples; as the filter writes its default value for all other "
        "events too, it counts every event.",
        "ALM-02.always": "The alarm {alarm} has the threshold {threshold}, which is reached without any refused "
        "request.",
        "ALM-02.never": "The alarm {alarm} has the threshold {threshold}, which the statistic {statistic} of the "
        "metric cannot reach.",
        "ALM-02.high": "The alarm {alarm} is raised by {threshold} refused requests within {period}: nobody who tries "
        "doors reaches that.",
        "ALM-02.slow": "The alarm {alarm} takes {needed} of refused requests to be raised.",
        "ALM-02.evaluation": "The alarm {alarm} cannot be evaluated: {state}.",
        "ALM-02.missing_breaching": "The alarm {alarm} takes missing data for a breach, and the filter writes nothing "
        "while no request is refused: it is raised by silence.",
        "ALM-02.missing_ignored": "The alarm {alarm} ignores missing data, and the filter writes nothing while no "
        "request is refused: once raised it stays so, and a second rise tells nobody.",
        "ALM-02.stuck": "The alarm {alarm} has had no data since {since}.",
    },
)
def alarm_watches_refusals(
    filters: AuditMetricFilters, alarms: Alarms, guardduty: GuardDuty | Gap, subscriptions: AuditLogSubscriptions | Gap
) -> Iterator[Verdict]:
    """A number that nobody looks at warns nobody.

    Alarms that look right often are not: on a metric that no filter writes any more, with the comparison turned
    round, on an average, or without data for months.
    """
    metrics = sources(tried(filters.filters))
    found = watches(alarms, metrics)
    sound = [watch for watch in found if not watch.flaws]
    queries = querying(alarms, filters.group_arn)
    watched = union([*(watch.source.counts for watch in sound), *(item.counts for item in queries)])
    counted = union([*(source.counts for source in metrics.values()), *(item.counts for item in queries)])
    if counted and watched >= counted:
        text = Text("ALM-02.watched", alarms=(*_names(sound), *(item.alarm.name for item in queries)))
        yield conforms(filters.resource, text, seen=_seen(metrics, sound))
        return
    reading = reading_log(alarms, filters.group_arn)
    if not metrics and not (isinstance(reading, tuple) and reading):
        yield not_applicable(filters.resource, Text("ALM-02.nothing"))
        return
    yield from _lacking(
        _Case(filters.resource, metrics, found, counted - watched, reading), instead(guardduty, subscriptions)
    )


class _Case:
    """What was found where not everything is watched."""

    def __init__(
        self,
        group: Resource,
        metrics: dict[tuple[str, str], Source],
        found: Sequence[Watch],
        missed: frozenset[str],
        reading: object,
    ) -> None:
        self.group, self.metrics, self.found, self.missed, self.reading = group, metrics, found, missed, reading
        self.names = tuple(sorted("/".join(key) for key in metrics))
        self.seen = _seen(metrics, found)


def _lacking(case: _Case, watching: Instead) -> Iterator[Verdict]:
    gap = next((source.gap for source in case.metrics.values() if source.gap is not None), None)
    if not case.missed and gap is not None:
        text = Text("ALM-02.unsure", metrics=case.names)
        yield unseen(case.group, gap, text, seen=case.seen)
        return
    if not watching.controls:
        if isinstance(case.reading, tuple) and case.reading:
            text = Text("ALM-02.log_alarm", alarms=tuple(alarm.name for alarm in case.reading))
            yield deviates(case.group, text, level=Level.ADVISED, seen=case.seen)
            return
        unknown = case.reading if isinstance(case.reading, Gap) else next(iter(watching.unknown), None)
        if unknown is not None:
            text = Text("ALM-02.unknown")
            yield unseen(case.group, unknown, text, seen=case.seen)
            return
    yield from _deviating(case, watching)


def _deviating(case: _Case, watching: Instead) -> Iterator[Verdict]:
    flawed = [watch for watch in case.found if watch.flaws and watch.source.counts & case.missed]
    if not case.found:
        text = Text("ALM-02.none", metrics=case.names, instead=watching.controls)
        yield deviates(case.group, text, level=watching.level, seen=case.seen)
    elif not flawed:
        text = Text("ALM-02.partly", missed=names(case.missed), instead=watching.controls)
        yield deviates(case.group, text, level=watching.level, seen=case.seen, command="")
    for watch in flawed[:MOST]:
        flaw = min(watch.flaws, key=lambda flaw: flaw.level is not None)
        yield deviates(
            watch.alarm.resource, flaw.text, level=flaw.level or watching.level, discriminator=watch.term.id,
            seen=_seen(case.metrics, [watch]), command="",
        )  # fmt: skip


def _names(found: Sequence[Watch]) -> tuple[str, ...]:
    return tuple(sorted({watch.alarm.name for watch in found}))


def _seen(metrics: dict[tuple[str, str], Source], found: Sequence[Watch]) -> dict[str, tuple[str, ...]]:
    told = sorted({_told(watch) for watch in found})
    return {"metrics": tuple(sorted("/".join(key) for key in metrics)), "alarms": tuple(told[:MOST])}


def _told(watch: Watch) -> str:
    alarm = watch.alarm
    limit = "an anomaly band" if alarm.threshold is None else f"{alarm.threshold:g}"
    return (
        f"{alarm.name}: {watch.term.stat or 'expression'} {alarm.comparison} {limit}, {watch.term.period} s, "
        f"{alarm.datapoints} of {alarm.evaluation_periods}, missing data {alarm.missing}, {alarm.state}"
    )
