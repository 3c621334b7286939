"""Amazon EventBridge: the rules of the default event bus and their targets."""

from collections.abc import Mapping
from typing import Any

from eksaminer.demo.model import EventRule
from eksaminer.demo.services.world import Operation, World
from eksaminer.demo.wire import AwsError, Call

PAGE = 100


def list_rules(world: World, call: Call) -> Mapping[str, Any]:
    """List the rules of a bus; only the default one has any."""
    bus = call.parameters.get("EventBusName") or "default"
    rules = sorted(world.region(call).event_rules, key=lambda rule: rule.name) if bus == "default" else []
    page, token = world.page(rules, call.parameters.get("NextToken"), int(call.parameters.get("Limit") or PAGE))
    return {"Rules": [_described(world, call, rule) for rule in page], "NextToken": token}


def _described(world: World, call: Call, rule: EventRule) -> Mapping[str, Any]:
    return {
        "Name": rule.name,
        "Arn": f"arn:aws:events:{call.region}:{world.account.id}:rule/{rule.name}",
        "EventPattern": rule.pattern or None,
        "ScheduleExpression": None if rule.pattern else "rate(1 hour)",
        "State": rule.state,
        "EventBusName": "default",
    }


def list_targets_by_rule(world: World, call: Call) -> Mapping[str, Any]:
    """List what a rule sends events to."""
    name = call.parameters["Rule"]
    for rule in world.region(call).event_rules:
        if rule.name == name:
            targets = [{"Id": f"target-{number}", "Arn": arn} for number, arn in enumerate(rule.targets)]
            page, token = world.page(targets, call.parameters.get("NextToken"), PAGE)
            return {"Targets": page, "NextToken": token}
    raise AwsError("ResourceNotFoundException", f"Rule {name} does not exist on EventBus default.")


OPERATIONS: Mapping[str, Operation] = {
    "events:ListRules": list_rules,
    "events:ListTargetsByRule": list_targets_by_rule,
}
