"""ALM-01: a metric filter on the audit log counts 401 and 403."""

from collections.abc import Iterator, Sequence

from eksaminer.api import (
    Alarms,
    AuditLogSubscriptions,
    AuditMetricFilters,
    Basis,
    Gap,
    GuardDuty,
    Level,
    Scope,
    Seen,
    Severity,
    Text,
    Verdict,
    check,
    conforms,
    deviates,
    unseen,
)
from eksaminer_checks.alarm_on_suspicious_events._alarms import querying, reading_log
from eksaminer_checks.alarm_on_suspicious_events._filters import (
    WANTED,
    Instead,
    Tried,
    instead,
    names,
    read_by,
    tried,
    union,
)

REMEDIES = {
    "terraform": """\
resource "aws_cloudwatch_log_metric_filter" "refused" {{
  name           = "refused"
  log_group_name = {log_group}
  pattern        = "{{ ($.responseStatus.code = 401) || ($.responseStatus.code = 403) }}"

  metric_transformation {{
    name          = {refused_metric}
    namespace     = "EKS/Audit"
    value         = "1"
    default_value = "0"
  }}
}}""",
    "cloudformation": """\
Resources:
  RefusedRequests:
    Type: AWS::Logs::MetricFilter
    Properties:
      FilterName: refused
      LogGroupName: {log_group}
      FilterPattern: "{{ ($.responseStatus.code = 401) || ($.responseStatus.code = 403) }}"
      MetricTransformations:
        - MetricName: {refused_metric}
          MetricNamespace: EKS/Audit
          MetricValue: "1"
          DefaultValue: 0""",
    "console": "CloudWatch › Log Management › {log_group} › Metric filters › Create metric filter › {{ "
    "($.responseStatus.code = 401) || ($.responseStatus.code = 403) }} › EKS/Audit › {refused_metric} › "
    "1 › 0",
}


@check(
    id="ALM-01",
    title="A metric filter counts refused requests",
    scope=Scope.CLUSTER,
    severity=Severity.MEDIUM,
    basis=Basis.GUIDE,
    recommendation="alarm-on-suspicious-events",
    criterion="The metric filters of the cluster's log group, and the queries of log alarms, together match a 403 of a "
    "known user, a 403 of an anonymous request and a 401 without a user, and no request that succeeded. They are tried "
    "on made-up events. Where something else watches the audit log (GuardDuty, a subscription), a person decides "
    "whether that is enough.",
    remediation="Add a metric filter with the default value 0 and without dimensions to the log group. In Terraform: "
    'resource "aws_cloudwatch_log_metric_filter" with pattern = "{ ($.responseStatus.code = 401) || '
    '($.responseStatus.code = 403) }" and metric_transformation { name = "Refused-CLUSTER", namespace = "EKS/Audit", '
    'value = "1", default_value = "0" }.',
    command="aws logs put-metric-filter --region {region} --log-group-name /aws/eks/{cluster}/cluster "
    "--filter-name refused --filter-pattern "
    "'{{ ($.responseStatus.code = 401) || ($.responseStatus.code = 403) }}' "
    "--metric-transformations metricName=Refused-{cluster},metricNamespace=EKS/Audit,metricValue=1,defaultValue=0",
    references=(
        "https://docs.aws.amazon.com/eks/latest/best-practices/auditing-and-logging.html",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html",
    ),
    levels={"counts": Level.REQUIRED, "reading": Level.ADVISED},
    prerequisites=("LOG-01",),
    remedies=REMEDIES,
    texts={
        "ALM-01.counted": "Refused requests (401 and 403) are counted, and no successful one, by: {filters}.",
        "ALM-01.none": "The log group has no metric filter. Watching instead: {instead}.",
        "ALM-01.class": "The log group is of the class {log_class}, in which there are no metric filters. Watching "
        "instead: {instead}.",
        "ALM-01.missed": "The metric filters of the log group ({filters}) do not count: {missed}. Watching instead: "
        "{instead}.",
        "ALM-01.noise": "The metric filter {filter} counts requests that succeeded as well ({noise}), so that its "
        "metric says nothing of refusals; other filters do not count: {missed}. Watching instead: {instead}.",
        "ALM-01.value": "The metric filter {filter} matches refused requests and writes {value} for each, so that its "
        "metric does not rise; other filters do not count: {missed}. Watching instead: {instead}.",
        "ALM-01.log_alarm": "No metric filter counts: {missed}. The log alarms {alarms} query the log group: whether "
        "their queries count these a person has to read.",
        "ALM-01.open": "Whether {missed} are counted depends on what the documentation of filter patterns leaves open "
        "({questions}), and AWS was not heard on it.",
        "ALM-01.unreadable": "Whether {missed} are counted is not known.",
        "ALM-01.unknown": "No metric filter counts {missed}; whether something else watches the audit log could not "
        "be seen.",
        "ALM-01.disputed": "Of the metric filter {filter}, AWS says otherwise than its documentation about: {events}. "
        "What AWS says was taken.",
    },
)
def filter_counts_refusals(
    filters: AuditMetricFilters,
    alarms: Alarms | Gap,
    guardduty: GuardDuty | Gap,
    subscriptions: AuditLogSubscriptions | Gap,
) -> Iterator[Verdict]:
    """Nobody reads an audit log line by line: somebody who tries doors shows as a rise of refused requests.

    A filter that looks right can count nothing: an anonymous request is answered 401 without a user since
    Kubernetes 1.32 on EKS, and its event ends in the stage ResponseStarted. So filters are tried, not read.
    """
    judged = tried(filters.filters)
    yield _verdict(filters, judged, alarms, instead(guardduty, subscriptions))
    for item in judged:
        if item.disputed:
            text = Text("ALM-01.disputed", filter=item.filter.name, events=item.disputed)
            yield deviates(filters.resource, text, aspect="reading", discriminator=item.filter.name)


def _verdict(filters: AuditMetricFilters, judged: Sequence[Tried], alarms: Alarms | Gap, watching: Instead) -> Verdict:
    queries = querying(alarms, filters.group_arn)
    counted = union([*(item.counts for item in judged), *(item.counts for item in queries)])
    if counted >= WANTED:
        useful = [item for item in judged if item.counts]
        seen: Seen = {"patterns": tuple(item.filter.pattern for item in useful), "judged by": read_by(useful)}
        asking = tuple(f"the query of the log alarm {item.alarm.name}" for item in queries)
        text = Text("ALM-01.counted", filters=(*(item.filter.name for item in useful), *asking))
        return conforms(filters.resource, text, aspect="counts", seen=seen)
    missed = names(WANTED - counted)
    if counted | union(item.may_count for item in judged) >= WANTED:
        return _uncertain(filters, judged, missed)
    return _missed(filters, judged, missed, _log_alarms(filters, alarms, WANTED - counted), watching)


def _uncertain(filters: AuditMetricFilters, judged: Sequence[Tried], missed: tuple[str, ...]) -> Verdict:
    item = next(item for item in judged if item.gap is not None and item.may_count - item.counts)
    gap = item.gap
    assert gap is not None  # noqa: S101 - chosen so
    if item.questions:
        text = Text("ALM-01.open", missed=missed, questions=item.questions)
    else:
        text = Text("ALM-01.unreadable", missed=missed)
    return unseen(filters.resource, gap, text, aspect="counts", seen=_patterns(filters))


def _missed(
    filters: AuditMetricFilters,
    judged: Sequence[Tried],
    missed: tuple[str, ...],
    reading: tuple[str, ...] | Gap,
    watching: Instead,
) -> Verdict:
    if not watching.controls:
        if isinstance(reading, tuple) and reading:
            text = Text("ALM-01.log_alarm", missed=missed, alarms=reading)
            return deviates(filters.resource, text, aspect="counts", level=Level.ADVISED, seen=_patterns(filters))
        gap = reading if isinstance(reading, Gap) else next(iter(watching.unknown), None)
        if gap is not None:
            text = Text("ALM-01.unknown", missed=missed)
            return unseen(filters.resource, gap, text, aspect="counts", seen=_patterns(filters))
    text = _what(filters, judged, missed, watching.controls)
    # The class of a log group that knows no metric filter has to change first (LOG-07).
    command = "" if text.id == "ALM-01.class" else None
    seen = _patterns(filters)
    return deviates(filters.resource, text, aspect="counts", level=watching.level, seen=seen, command=command)


def _log_alarms(filters: AuditMetricFilters, alarms: Alarms | Gap, missed: frozenset[str]) -> tuple[str, ...] | Gap:
    if isinstance(alarms, Gap):
        return alarms
    reading = reading_log(alarms, filters.group_arn, missed)
    return reading if isinstance(reading, Gap) else tuple(alarm.name for alarm in reading)


def _what(
    filters: AuditMetricFilters, judged: Sequence[Tried], missed: tuple[str, ...], controls: tuple[str, ...]
) -> Text:
    noisy = next((item for item in judged if item.noise and item.matched), None)
    still = next((item for item in judged if item.matched and not item.writes), None)
    if not judged and isinstance(filters.log_class, str) and filters.log_class != "STANDARD":
        return Text("ALM-01.class", log_class=filters.log_class, instead=controls)
    if not judged:
        return Text("ALM-01.none", instead=controls)
    if noisy is not None:
        return Text("ALM-01.noise", filter=noisy.filter.name, noise=noisy.noise, missed=missed, instead=controls)
    if still is not None:
        value = still.filter.metrics[0].value if still.filter.metrics else "nothing"
        return Text("ALM-01.value", filter=still.filter.name, value=value, missed=missed, instead=controls)
    return Text("ALM-01.missed", filters=tuple(item.filter.name for item in judged), missed=missed, instead=controls)


def _patterns(filters: AuditMetricFilters) -> Seen:
    return {"patterns": tuple(item.pattern for item in filters.filters)}
