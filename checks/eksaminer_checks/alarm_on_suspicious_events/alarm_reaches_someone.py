"""ALM-03: the alarm reaches someone."""

from collections.abc import Iterable, Iterator, Sequence

from eksaminer.api import (
    AlarmMuteRules,
    Alarms,
    AlarmTopics,
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
    not_applicable,
    unseen,
)
from eksaminer_checks.alarm_on_suspicious_events._alarms import Raised, querying, sources, watches
from eksaminer_checks.alarm_on_suspicious_events._filters import Instead, instead, tried, union
from eksaminer_checks.alarm_on_suspicious_events._reach import Reach, Ways

MOST = 20
"""Alarms with a finding of their own."""

REMEDIES = {
    "terraform": """\
resource "aws_sns_topic" "security" {{
  name = "eks-audit-alarms"
}}

resource "aws_sns_topic_subscription" "security" {{
  topic_arn = aws_sns_topic.security.arn
  protocol  = "email"
  endpoint  = "ADDRESS" # its owner confirms it
}}

# In the alarm {alarm}:
#   actions_enabled = true
#   alarm_actions   = [aws_sns_topic.security.arn]""",
    "cloudformation": """\
Resources:
  SecurityTopic:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: eks-audit-alarms
      Subscription: # its owner confirms it
        - Protocol: email
          Endpoint: ADDRESS
# In the alarm {alarm}:
#   ActionsEnabled: true
#   AlarmActions:
#     - !Ref SecurityTopic""",
    "console": "CloudWatch › Alarms › {alarm} › Actions › Edit › Notification › In alarm › Select an existing SNS "
    "topic",
}


@check(
    id="ALM-03",
    title="The alarm on refused requests reaches someone",
    scope=Scope.CLUSTER,
    severity=Severity.MEDIUM,
    basis=Basis.GUIDE,
    recommendation="alarm-on-suspicious-events",
    criterion="The alarms that a rise of refused requests raises have their actions enabled, are not muted now, and "
    "notify an existing topic with a confirmed subscription (or open an OpsItem or an incident), themselves or through "
    "a composite alarm that they raise alone.",
    remediation="Add a topic with a confirmed subscription to the actions of the alarm. In Terraform: alarm_actions = "
    "[aws_sns_topic.security.arn], and an aws_sns_topic_subscription whose owner has confirmed it.",
    command="aws cloudwatch enable-alarm-actions --region {region} --alarm-names {alarm}",
    references=(
        "https://docs.aws.amazon.com/eks/latest/best-practices/auditing-and-logging.html",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions.html",
    ),
    deviations=(Level.REQUIRED, Level.ADVISED),
    prerequisites=("LOG-01",),
    remedies=REMEDIES,
    texts={
        "ALM-03.reached": "The alarms {alarms} reach: {reached}.",
        "ALM-03.nothing": "No alarm is raised by a rise of refused requests, so none can reach anybody (ALM-02).",
        "ALM-03.unknown": "The alarm reaches nobody; whether something else watches the audit log could not be seen.",
        "ALM-03.unsure": "Whether the alarm {alarm} reaches anybody could not be seen.",
        "ALM-03.partly": "Of the refused requests that alarms watch, some raise alarms that reach nobody. Others "
        "reach: {reached}.",
        "ALM-03.no_action": "The alarm {alarm} has no action: it is raised and tells nobody.",
        "ALM-03.disabled": "The actions of the alarm {alarm} are disabled.",
        "ALM-03.suppressed": "The actions of the composite alarm {alarm} are suppressed by {suppressor}.",
        "ALM-03.muted": "The alarm {alarm} is muted now, by the rule {rule}.",
        "ALM-03.topic_gone": "The alarm {alarm} notifies the topic {topic}, which does not exist.",
        "ALM-03.topic_key": "The alarm {alarm} notifies the topic {topic}, which is encrypted with the key alias/aws/"
        "sns: CloudWatch may not use that key, so nothing arrives.",
        "ALM-03.unconfirmed": "The alarm {alarm} notifies the topic {topic}, which has no confirmed subscription "
        "(waiting to be confirmed: {pending}).",
        "ALM-03.function": "The alarm {alarm} calls {action}; whether that tells anybody a person has to look up.",
        "ALM-03.nobody": "The alarm {alarm} does {action} and tells nobody.",
        "ALM-03.rule": "The alarm {alarm} is part of composite alarms whose rules are not judged: {composites}.",
    },
)
def alarm_reaches_someone(  # noqa: PLR0917 - each is a part of the way from the alarm to people
    filters: AuditMetricFilters,
    alarms: Alarms,
    topics: AlarmTopics,
    mutes: AlarmMuteRules | Gap,
    guardduty: GuardDuty | Gap,
    subscriptions: AuditLogSubscriptions | Gap,
) -> Iterator[Verdict]:
    """An alarm that tells nobody is a light in an empty room.

    Most often a subscription was never confirmed, the topic was deleted, or the actions were disabled for a change
    and never enabled again.
    """
    watching = [watch for watch in watches(alarms, sources(tried(filters.filters))) if not watch.flaws]
    sound = [Raised(watch.alarm, watch.source.counts) for watch in watching]
    sound += querying(alarms, filters.group_arn)
    if not sound:
        yield not_applicable(filters.resource, Text("ALM-03.nothing"))
        return
    ways = Ways(alarms, mutes, topics)
    reaches = {item.alarm.name: ways.of(item.alarm) for item in sound}
    covered = union(item.counts for item in sound if reaches[item.alarm.name].reached)
    if covered >= union(item.counts for item in sound):
        names = tuple(sorted(name for name, reach in reaches.items() if reach.reached))
        text = Text("ALM-03.reached", alarms=names, reached=_reached(reaches.values()))
        yield conforms(filters.resource, text)
        return
    left = [item for item in sound if not item.counts <= covered]
    yield from _lacking(left, reaches, instead(guardduty, subscriptions))


def _lacking(left: Sequence[Raised], reaches: dict[str, Reach], watching: Instead) -> Iterator[Verdict]:
    """Give a verdict for each alarm that reaches nobody; where one may reach somebody, nothing is certain."""
    by_name = {item.alarm.name: item.alarm for item in left}
    unsure = next((name for name in by_name if reaches[name].gap is not None), None)
    if unsure is not None:
        gap = reaches[unsure].gap
        assert gap is not None  # noqa: S101 - chosen so
        text = Text("ALM-03.unsure", alarm=unsure)
        yield unseen(by_name[unsure].resource, gap, text)
        return
    unknown = next(iter(watching.unknown), None)
    if not watching.controls and unknown is not None:
        resource = next(iter(by_name.values())).resource
        yield unseen(resource, unknown, Text("ALM-03.unknown"))
        return
    for name, alarm in list(by_name.items())[:MOST]:
        flaw = reaches[name].flaw
        text = flaw.text if flaw else Text("ALM-03.partly", reached=_reached(reaches.values()))
        level = (flaw.level if flaw else None) or watching.level
        seen: Seen = {"alarm": name, "actions": alarm.actions, "watching instead": watching.controls}
        command = None if text.id == "ALM-03.disabled" else ""
        yield deviates(alarm.resource, text, level=level, seen=seen, command=command, remedies=True)


def _reached(reaches: Iterable[Reach]) -> tuple[str, ...]:
    found = {name for reach in reaches for name in reach.reached}
    return tuple(sorted(found))
