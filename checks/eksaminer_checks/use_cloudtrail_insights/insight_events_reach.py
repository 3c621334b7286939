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
    Text,
    Verdict,
    check,
    conforms,
    deviates,
    matches_insight,
    parse_event_pattern,
    unseen,
)


@check(
    id="INS-03",
    title="Insights events reach someone",
    scope=Scope.REGION,
    severity=Severity.MEDIUM,
    basis=Basis.GUIDE,
    recommendation="use-cloudtrail-insights",
    criterion="An enabled rule of EventBridge on the default bus matches every Insights event on the call rate, and "
    "has a target.",
    remediation='Create a rule with the pattern {"source":["aws.cloudtrail"],"detail-type":["AWS Insight via '
    'CloudTrail"]} and a target that somebody reads.',
    references=(
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html",
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-aws-service-specific-topics.html",
    ),
    level=Level.ADVISED,
    prerequisites=("INS-01",),
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
    found = [_way(rule, rules) for rule in rules.rules]
    whole = [way for way in found if way.reaches]
    gap = next((way.unseen for way in found if way.unseen is not None), None)
    if whole:
        names = tuple(way.rule.name for way in whole)
        targets = tuple(sorted({target for way in whole for target in _targets(way.rule)}))
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
    """A rule: why nothing comes through it, or what could not be seen."""

    rule: EventRule
    fault: str = ""
    unseen: Gap | None = None

    @property
    def reaches(self) -> bool:
        return not self.fault and self.unseen is None


def _way(rule: EventRule, rules: EventRules) -> _Way:
    fault = _pattern_fault(rule, rules)
    if not rule.enabled:
        return _Way(rule, "is disabled")
    if fault:
        return _Way(rule, fault)
    if isinstance(rule.targets, Gap):
        return _Way(rule, unseen=rule.targets)
    return _Way(rule, "" if rule.targets else "has no target")


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


def _targets(rule: EventRule) -> tuple[str, ...]:
    return () if isinstance(rule.targets, Gap) else rule.targets
