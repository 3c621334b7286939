"""INS-03: Insights events reach someone."""

from collections.abc import Iterator
from dataclasses import dataclass

from eksaminer.api import (
    CALL_RATE,
    ERROR_RATE,
    Basis,
    EventPatternError,
    EventRule,
    EventRules,
    Gap,
    Level,
    Resource,
    Scope,
    Severity,
    Subscriptions,
    Text,
    Topic,
    TopicAttributes,
    Verdict,
    check,
    conforms,
    deviates,
    matches_insight,
    parse_event_pattern,
    unseen,
)

AWS_SNS_KEY = "alias/aws/sns"
"""Services may not use this key, so nothing that a rule sends reaches a topic that has it (Amazon SNS Developer Guide,
"Enable compatibility between event sources from AWS services and encrypted topics"; read 2026-11)."""

REMEDIES = {
    "terraform": """\
resource "aws_cloudwatch_event_rule" "insights" {{
  name = "cloudtrail-insights"
  event_pattern = jsonencode({{
    source      = ["aws.cloudtrail"]
    detail-type = ["AWS Insight via CloudTrail"]
  }})
}}

resource "aws_cloudwatch_event_target" "insights" {{
  rule = aws_cloudwatch_event_rule.insights.name
  arn  = "TOPIC_ARN" # its policy lets events.amazonaws.com publish
}}""",
    "cloudformation": """\
Resources:
  InsightsRule:
    Type: AWS::Events::Rule
    Properties:
      Name: cloudtrail-insights
      EventPattern:
        source:
          - aws.cloudtrail
        detail-type:
          - AWS Insight via CloudTrail
      Targets:
        - Id: security
          Arn: TOPIC_ARN # its policy lets events.amazonaws.com publish""",
    "console": "Amazon EventBridge › Rules › Create rule › Event pattern › AWS services › CloudTrail › AWS Insight "
    "via CloudTrail › SNS topic",
}


@check(
    id="INS-03",
    title="Insights events reach someone",
    scope=Scope.REGION,
    severity=Severity.MEDIUM,
    basis=Basis.GUIDE,
    recommendation="use-cloudtrail-insights",
    criterion="An enabled rule of EventBridge on the default bus matches every Insights event on the call rate, and "
    "has a target; a target that is an SNS topic exists, with a confirmed subscription and a key that "
    "EventBridge may use.",
    remediation='Create a rule with the pattern {"source":["aws.cloudtrail"],"detail-type":["AWS Insight via '
    'CloudTrail"]} and a target that somebody reads.',
    references=(
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html",
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-aws-service-specific-topics.html",
    ),
    level=Level.ADVISED,
    prerequisites=("INS-01",),
    remedies=REMEDIES,
    texts={
        "INS-03.reaches": "Insights events go through {rules} to {targets}. Whether somebody reads there was not "
        "looked at.",
        "INS-03.none": "No rule of EventBridge sends Insights events on; {others} rules are about other events. What "
        "else may read the files of the trail was not looked for.",
        "INS-03.ineffective": "Insights events reach nobody: {faults}.",
    },
)
def insight_events_reach(rules: EventRules) -> Iterator[Verdict]:
    """An event that nobody is told of is found by chance, or in the next audit."""
    region = Resource(type="AWS::::Region", id=f"{rules.account}/{rules.region}")
    found = [way for rule in rules.rules for way in _ways(rule, rules)]
    whole = [way for way in found if way.reaches]
    gap = next((way.unseen for way in found if way.unseen is not None), None)
    if whole:
        names = tuple(dict.fromkeys(way.rule.name for way in whole))
        targets = tuple(sorted({way.target for way in whole}))
        yield conforms(region, Text("INS-03.reaches", rules=names, targets=targets))
    elif gap is not None:
        yield unseen(region, gap)
    elif found:
        faults = tuple(f"the rule {way.rule.name} {way.fault}" for way in found)
        yield deviates(region, Text("INS-03.ineffective", faults=faults))
    else:
        yield deviates(region, Text("INS-03.none", others=rules.others))


@dataclass(frozen=True, slots=True)
class _Way:
    """A rule and one of its targets: why nothing comes through to it, or what could not be seen."""

    rule: EventRule
    target: str = ""
    fault: str = ""
    unseen: Gap | None = None

    @property
    def reaches(self) -> bool:
        return not self.fault and self.unseen is None


def _ways(rule: EventRule, rules: EventRules) -> Iterator[_Way]:
    fault = _pattern_fault(rule, rules)
    if not rule.enabled:
        yield _Way(rule, fault="is disabled")
    elif fault:
        yield _Way(rule, fault=fault)
    elif isinstance(rule.targets, Gap):
        yield _Way(rule, unseen=rule.targets)
    elif not rule.targets:
        yield _Way(rule, fault="has no target")
    else:
        yield from (_way(rule, target, rules.topic(target)) for target in rule.targets)


def _way(rule: EventRule, target: str, topic: Topic | None) -> _Way:
    """Return the way to a target: of a topic it is known whether somebody listens there, of others it is not."""
    fault = "" if topic is None else _silence(topic)
    if isinstance(fault, Gap):
        return _Way(rule, target, unseen=fault)
    name = target.rpartition(":")[2]
    return _Way(rule, target, fault=f"targets the topic {name}, {fault}" if fault else "")


def _silence(topic: Topic) -> str | Gap:
    """Return why nobody hears of a topic; empty: somebody does. A gap: that could not be seen."""
    attributes, subscriptions = topic.attributes, topic.subscriptions
    if any(not isinstance(part, Gap) and not part.exists for part in (attributes, subscriptions)):
        return "which does not exist"
    if isinstance(subscriptions, Subscriptions):
        listening = len(subscriptions.confirmed)
    elif isinstance(attributes, TopicAttributes):
        listening = attributes.confirmed
    else:
        return subscriptions
    if not listening:
        return "which has no confirmed subscription"
    if isinstance(attributes, Gap):
        return attributes
    return "whose key EventBridge may not use" if attributes.kms_key.endswith(AWS_SNS_KEY) else ""


def _pattern_fault(rule: EventRule, rules: EventRules) -> str:
    try:
        pattern = parse_event_pattern(rule.pattern)
    except EventPatternError as error:
        return f"has a pattern that could not be understood ({error})"
    answer = matches_insight(pattern, rules.account, rules.region, CALL_RATE)
    if answer == "depends":
        return "takes some of them alone"
    if answer == "no" and matches_insight(pattern, rules.account, rules.region, ERROR_RATE) != "no":
        return "takes those on the error rate alone"
    return "" if answer == "yes" else "matches none of them"
