"""LQ-01: queries, filters or alarms of the customer's watch the guide's eight subjects."""

from collections.abc import Iterator, Sequence

from eksaminer.api import (
    SUBJECTS,
    Alarms,
    AuditLogGroup,
    AuditLogSubscriptions,
    AuditMetricFilters,
    Basis,
    Gap,
    GuardDuty,
    Level,
    Resource,
    SavedQueries,
    ScheduledQueries,
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
from eksaminer_checks.analyze_logs_with_log_insights._watchers import (
    Sight,
    consumers,
    filters,
    log_alarms,
    saved,
    scheduled,
    selective,
    sight,
)

REMEDIES = {
    "terraform": """\
resource "aws_cloudwatch_query_definition" "aws_auth_changed" {{
  name            = "aws-auth-changed"
  log_group_names = [{log_group}]
  query_string    = <<-QUERY
    fields @timestamp, user.username, verb
    | filter objectRef.resource = "configmaps" and objectRef.name = "aws-auth"
    | filter verb in ["create", "update", "patch", "delete"]
  QUERY
}}""",
    "cloudformation": """\
Resources:
  AwsAuthChanged:
    Type: AWS::Logs::QueryDefinition
    Properties:
      Name: aws-auth-changed
      LogGroupNames:
        - {log_group}
      QueryString: |
        fields @timestamp, user.username, verb
        | filter objectRef.resource = "configmaps" and objectRef.name = "aws-auth"
        | filter verb in ["create", "update", "patch", "delete"]""",
    "console": "CloudWatch › Logs Insights › {log_group} › Save › Query name",
}


@check(
    id="LQ-01",
    title="The guide's eight subjects are watched by queries, filters or alarms",
    scope=Scope.CLUSTER,
    severity=Severity.LOW,
    basis=Basis.GUIDE,
    recommendation="analyze-logs-with-log-insights",
    criterion="Saved or scheduled queries of Logs Insights, metric filters, log alarms or subscription filters that "
    "pass on a part of the log find the events that the guide's eight queries find: changes of aws-auth, of validating "
    "webhooks, of Roles, RoleBindings, ClusterRoles and ClusterRoleBindings, unauthorised reads of Secrets, failed "
    "anonymous requests. All are tried on made-up events, whatever they are called; what finds everyday events as well "
    "lists the log and watches nothing.",
    remediation="Save the guide's queries, or better ones, for the log group, and let CloudWatch Logs run them on a "
    "schedule: a saved query finds something when somebody runs it. In Terraform: aws_cloudwatch_query_definition.",
    command="aws logs put-query-definition --region {region} --name aws-auth-changed "
    "--log-group-names /aws/eks/{cluster}/cluster --query-string "
    '\'fields @timestamp, user.username, verb | filter objectRef.resource = "configmaps" and objectRef.name = '
    '"aws-auth" and verb in ["create", "update", "patch", "delete"]\'',
    references=(
        "https://docs.aws.amazon.com/eks/latest/best-practices/auditing-and-logging.html",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html",
    ),
    level=Level.ADVISED,
    prerequisites=("LOG-01",),
    remedies=REMEDIES,
    texts={
        "LQ-01.watched": "All {count} subjects of the guide's queries are watched. As the guide's own queries do, "
        "those overlook: {overlooked}.",
        "LQ-01.lacking": "Not watched: {missing}. In part: {partly}. Could not be decided: {undecided}. Watched: "
        "{watched}. Who reads the whole log, and may watch the same: {consumers}.",
        "LQ-01.undecided": "Watched: {watched}. Could not be decided: {undecided}.",
        "LQ-01.unknown": "Not seen to be watched: {missing}. Whether something else watches them could not be seen.",
    },
)
def subjects_watched(  # noqa: PLR0917 - each is a place in which something may watch
    group: AuditLogGroup,
    queries: SavedQueries | Gap,
    schedules: ScheduledQueries | Gap,
    metric_filters: AuditMetricFilters | Gap,
    subscriptions: AuditLogSubscriptions | Gap,
    alarms: Alarms | Gap,
    guardduty: GuardDuty | Gap,
) -> Iterator[Verdict]:
    """A log that nobody asks is found out in the next incident, not in this one.

    The guide gives eight queries to begin with. A query with a fitting name can find nothing: one that asks for the
    answer 201 misses every update, one that asks for a user misses every 401.
    """
    watchers = (
        *saved(queries, group.arn),
        *scheduled(schedules, group.arn),
        *log_alarms(alarms, group.arn),
        *filters(metric_filters),
        *selective(subscriptions),
    )
    sights = [sight(subject, watchers) for subject in SUBJECTS]
    parts = [queries, schedules, metric_filters, subscriptions, alarms]
    within = () if isinstance(schedules, Gap) else schedules.queries
    log_part = None if isinstance(alarms, Gap) else alarms.log
    hidden = next((part for part in (*parts, *within, log_part) if isinstance(part, Gap)), None)
    yield _verdict(group.resource, sights, hidden, consumers(guardduty, subscriptions))


def _verdict(resource: Resource, sights: Sequence[Sight], hidden: Gap | None, whole: tuple[str, ...]) -> Verdict:
    seen = _seen(sights)
    watched = tuple(item.subject.title for item in sights if not item.missed)
    undecided = [item for item in sights if item.missed and item.gap is not None]
    lacking = [item for item in sights if item.missed and item.gap is None]
    if len(watched) == len(sights):
        overlooked = tuple(what for item in sights for what in item.overlooked)
        return conforms(resource, Text("LQ-01.watched", count=len(sights), overlooked=overlooked), seen=seen)
    if hidden is not None:
        missing = tuple(item.subject.title for item in sights if item.missed)
        return unseen(resource, hidden, Text("LQ-01.unknown", missing=missing), seen=seen)
    if not lacking:
        gap = undecided[0].gap
        assert gap is not None  # noqa: S101 - chosen so
        text = Text("LQ-01.undecided", watched=watched, undecided=_doubts(undecided))
        return unseen(resource, gap, text, seen=seen)
    text = Text(
        "LQ-01.lacking",
        missing=tuple(item.subject.title for item in lacking if not item.by),
        partly=tuple(f"{item.subject.title} (not: {', '.join(item.missed)})" for item in lacking if item.by),
        undecided=_doubts(undecided),
        watched=watched,
        consumers=whole,
    )
    limits = tuple(dict.fromkeys(item.gap for item in undecided if item.gap is not None))
    return deviates(resource, text, seen=seen, limits=limits)


def _doubts(undecided: Sequence[Sight]) -> tuple[str, ...]:
    return tuple(f"{item.subject.title} ({', '.join(item.doubted)})" for item in undecided)


def _seen(sights: Sequence[Sight]) -> Seen:
    return {item.subject.title: item.by for item in sights}
