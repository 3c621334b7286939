"""Whom an alarm reaches when it is raised."""

from collections.abc import Sequence
from dataclasses import dataclass

from eksaminer.api import (
    AlarmMuteRules,
    Alarms,
    AlarmTopics,
    CompositeAlarm,
    Gap,
    Level,
    LogAlarm,
    MetricAlarm,
    Subscriptions,
    Text,
    Topic,
    TopicAttributes,
)
from eksaminer_checks.alarm_on_suspicious_events._alarms import Flaw
from eksaminer_checks.alarm_on_suspicious_events._rule import raises

AWS_SNS_KEY = "alias/aws/sns"
"""CloudWatch may not use this key, so nothing that an alarm sends reaches a topic that has it (CloudWatch user
guide, Amazon SNS encryption; read 2026-11)."""
PEOPLE = ("ssm", "ssm-incidents")
"""Services whose actions open a case that people work on: OpsItems and incidents."""
DEEPEST = 5
"""Composite alarms upon composite alarms that are followed."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom an alarm reaches, why nobody, or why that is not known."""

    reached: tuple[str, ...] = ()
    flaw: Flaw | None = None
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class Ways:
    """What leads from an alarm to people."""

    alarms: Alarms
    mutes: AlarmMuteRules | Gap
    topics: AlarmTopics

    def of(self, alarm: MetricAlarm | LogAlarm) -> Reach:
        """Return whom *alarm* reaches, itself or through composite alarms that it raises alone."""
        chain: list[MetricAlarm | LogAlarm | CompositeAlarm] = [alarm]
        reaches: list[Reach] = []
        unread: list[str] = []
        for step in range(DEEPEST):
            if step >= len(chain):
                break
            current = chain[step]
            reaches.append(self._own(current))
            names = frozenset({current.name, current.arn})
            for above in self.alarms.built_on([current]):
                raised = raises(above.rule, names)
                if raised and above not in chain:
                    chain.append(above)
                elif raised is None:
                    unread.append(above.name)
        return _best(reaches, unread, alarm.name)

    def _own(self, alarm: MetricAlarm | LogAlarm | CompositeAlarm) -> Reach:
        if not alarm.actions:
            return Reach(flaw=Flaw(Text("ALM-03.no_action", alarm=alarm.name)))
        if not alarm.actions_enabled:
            return Reach(flaw=Flaw(Text("ALM-03.disabled", alarm=alarm.name)))
        if isinstance(alarm, CompositeAlarm) and alarm.suppressed_by:
            return Reach(flaw=Flaw(Text("ALM-03.suppressed", alarm=alarm.name, suppressor=alarm.suppressor)))
        muted = None if isinstance(self.mutes, Gap) else self.mutes.muting(alarm.name)
        if muted is not None:
            return Reach(flaw=Flaw(Text("ALM-03.muted", alarm=alarm.name, rule=muted.name)))
        found = _best([self._action(alarm.name, action) for action in alarm.actions], [], alarm.name)
        if found.reached and isinstance(self.mutes, Gap):
            return Reach(gap=self.mutes)
        return found

    def _action(self, alarm: str, action: str) -> Reach:
        service = (action.split(":") + [""] * 3)[2]
        if service == "sns":
            topic = self.topics.topic(action)
            return Reach() if topic is None else _topic(alarm, topic)
        if service in PEOPLE:
            return Reach(reached=(action,))
        if service == "lambda":
            return Reach(flaw=Flaw(Text("ALM-03.function", alarm=alarm, action=action), Level.ADVISED))
        return Reach(flaw=Flaw(Text("ALM-03.nobody", alarm=alarm, action=action)))


def _topic(alarm: str, topic: Topic) -> Reach:
    attributes, subscriptions = topic.attributes, topic.subscriptions
    name = topic.arn.rpartition(":")[2]
    known = [part for part in (attributes, subscriptions) if not isinstance(part, Gap)]
    if any(not part.exists for part in known):
        return Reach(flaw=Flaw(Text("ALM-03.topic_gone", alarm=alarm, topic=name)))
    if isinstance(attributes, TopicAttributes) and attributes.kms_key.endswith(AWS_SNS_KEY):
        return Reach(flaw=Flaw(Text("ALM-03.topic_key", alarm=alarm, topic=name)))
    return _subscribed(alarm, name, topic)


def _subscribed(alarm: str, name: str, topic: Topic) -> Reach:
    """Return whom the topic reaches, by its list of subscriptions or by its own counts."""
    attributes, subscriptions = topic.attributes, topic.subscriptions
    if isinstance(subscriptions, Subscriptions):
        reached = tuple(f"{name} ({protocol})" for protocol in subscriptions.confirmed)
        pending = len(subscriptions.pending)
    elif isinstance(attributes, TopicAttributes):
        reached = (f"{name} ({attributes.confirmed} confirmed)",) if attributes.confirmed else ()
        pending = attributes.pending
    else:
        return Reach(gap=subscriptions)
    if not reached:
        return _unconfirmed(alarm, name, pending)
    # Which key encrypts the topic is in its attributes alone, and with one of them nothing arrives.
    return Reach(gap=attributes) if isinstance(attributes, Gap) else Reach(reached=reached)


def _unconfirmed(alarm: str, topic: str, pending: int) -> Reach:
    return Reach(flaw=Flaw(Text("ALM-03.unconfirmed", alarm=alarm, topic=topic, pending=pending)))


def _best(reaches: Sequence[Reach], unread: Sequence[str], alarm: str) -> Reach:
    """Return the reach of several ways together: one that reaches somebody suffices."""
    reached = tuple(sorted({name for reach in reaches for name in reach.reached}))
    if reached:
        return Reach(reached=reached)
    gap = next((reach.gap for reach in reaches if reach.gap is not None), None)
    if gap is not None:
        return Reach(gap=gap)
    if unread:
        return Reach(flaw=Flaw(Text("ALM-03.rule", alarm=alarm, composites=tuple(unread)), Level.ADVISED))
    flaws = [reach.flaw for reach in reaches if reach.flaw is not None]
    milder = [flaw for flaw in flaws if flaw.level is not None]
    telling = [flaw for flaw in flaws if flaw.text.id != "ALM-03.no_action"]
    return Reach(flaw=next(iter([*milder, *telling, *flaws]), None))
