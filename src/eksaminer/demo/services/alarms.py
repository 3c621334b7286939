"""Amazon CloudWatch alarms and the Amazon SNS topics that they notify."""

from collections.abc import Mapping
from typing import Any

from eksaminer.demo.model import MuteRule, Topic, stable_id
from eksaminer.demo.services.world import Operation, World
from eksaminer.demo.wire import AwsError, Call

ALARMS_PAGE = 100
SUBSCRIPTIONS_PAGE = 100
KINDS = {"MetricAlarm": "MetricAlarms", "CompositeAlarm": "CompositeAlarms", "LogAlarm": "LogAlarms"}


def describe_alarms(world: World, call: Call) -> Mapping[str, Any]:
    """List the alarms of the asked kinds; without any, as AWS does, the metric alarms alone."""
    region = world.region(call)
    wanted = call.parameters.get("AlarmTypes") or ["MetricAlarm"]
    held = {"MetricAlarm": region.metric_alarms, "CompositeAlarm": region.composite_alarms}
    held["LogAlarm"] = region.log_alarms
    found = [(kind, _alarm(world, call, alarm)) for kind in KINDS if kind in wanted for alarm in held[kind]]
    found.sort(key=lambda item: str(item[1]["AlarmName"]))
    page, token = world.page(found, call.parameters.get("NextToken"), ALARMS_PAGE)
    lists = {name: [alarm for kind, alarm in page if KINDS[kind] == name] for name in KINDS.values()}
    return {**lists, "NextToken": token}


def _alarm(world: World, call: Call, alarm: Mapping[str, Any]) -> Mapping[str, Any]:
    arn = f"arn:aws:cloudwatch:{call.region}:{world.account.id}:alarm:{alarm['AlarmName']}"
    return {"AlarmArn": arn, **alarm}


def _mute_arn(world: World, call: Call, rule: MuteRule) -> str:
    return f"arn:aws:cloudwatch:{call.region}:{world.account.id}:alarm-mute-rule:{rule.name}"


def list_alarm_mute_rules(world: World, call: Call) -> Mapping[str, Any]:
    """List the mute rules, by status or by the alarm they mute."""
    statuses = call.parameters.get("Statuses")
    alarm = call.parameters.get("AlarmName")
    items = [
        {
            "AlarmMuteRuleArn": _mute_arn(world, call, rule),
            "Status": rule.status,
            "ExpireDate": rule.expires,
            "MuteType": "RECURRING",
            "LastUpdatedTimestamp": world.now,
        }
        for rule in world.region(call).mute_rules
        if (not statuses or rule.status in statuses) and (not alarm or alarm in rule.alarms)
    ]
    page, token = world.page(items, call.parameters.get("NextToken"), ALARMS_PAGE)
    return {"AlarmMuteRuleSummaries": page, "NextToken": token}


def get_alarm_mute_rule(world: World, call: Call) -> Mapping[str, Any]:
    """Describe a mute rule."""
    for rule in world.region(call).mute_rules:
        if rule.name == call.parameters["AlarmMuteRuleName"]:
            return {
                "Name": rule.name,
                "AlarmMuteRuleArn": _mute_arn(world, call, rule),
                "Rule": {"Schedule": {"Expression": "cron(0 0 * * *)", "Duration": "P1D", "Timezone": "UTC"}},
                "MuteTargets": {"AlarmNames": list(rule.alarms)},
                "ExpireDate": rule.expires,
                "Status": rule.status,
                "LastUpdatedTimestamp": world.now,
                "MuteType": "RECURRING",
            }
    raise AwsError("ResourceNotFoundException", "The alarm mute rule does not exist.", 404)


def topic_arn(world: World, call: Call, name: str) -> str:
    """Return the ARN of a topic."""
    return f"arn:aws:sns:{call.region}:{world.account.id}:{name}"


def _topic(world: World, call: Call) -> Topic:
    for topic in world.region(call).topics:
        if topic_arn(world, call, topic.name) == call.parameters["TopicArn"]:
            return topic
    raise AwsError("NotFound", "Topic does not exist", 404)


def get_topic_attributes(world: World, call: Call) -> Mapping[str, Any]:
    """Describe a topic."""
    topic = _topic(world, call)
    attributes = {
        "TopicArn": call.parameters["TopicArn"],
        "Owner": world.account.id,
        "DisplayName": "",
        "SubscriptionsConfirmed": str(len(topic.confirmed)),
        "SubscriptionsPending": str(len(topic.pending)),
        "SubscriptionsDeleted": "0",
    }
    return {"Attributes": {**attributes, "KmsMasterKeyId": topic.kms_key} if topic.kms_key else attributes}


def list_subscriptions_by_topic(world: World, call: Call) -> Mapping[str, Any]:
    """List the subscriptions of a topic; those that wait have no ARN."""
    topic = _topic(world, call)
    arn = str(call.parameters["TopicArn"])
    every = [*((protocol, True) for protocol in topic.confirmed), *((protocol, False) for protocol in topic.pending)]
    items = [
        {
            "SubscriptionArn": f"{arn}:{stable_id(arn, str(number), length=36)}" if done else "PendingConfirmation",
            "Owner": world.account.id,
            "Protocol": protocol,
            "Endpoint": f"{protocol}-{number}@example.com",
            "TopicArn": arn,
        }
        for number, (protocol, done) in enumerate(every)
    ]
    page, token = world.page(items, call.parameters.get("NextToken"), SUBSCRIPTIONS_PAGE)
    return {"Subscriptions": page, "NextToken": token}


OPERATIONS: Mapping[str, Operation] = {
    "cloudwatch:DescribeAlarms": describe_alarms,
    "cloudwatch:ListAlarmMuteRules": list_alarm_mute_rules,
    "cloudwatch:GetAlarmMuteRule": get_alarm_mute_rule,
    "sns:GetTopicAttributes": get_topic_attributes,
    "sns:ListSubscriptionsByTopic": list_subscriptions_by_topic,
}
