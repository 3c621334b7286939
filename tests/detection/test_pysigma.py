"""pySigma as the oracle: what is Sigma for us is Sigma for it, and means the same."""

import json
import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from sigma.collection import SigmaCollection
from sigma.conditions import ConditionAND, ConditionFieldEqualsValueExpression, ConditionNOT, ConditionOR
from sigma.rule import SigmaRule
from sigma.types import (
    SigmaBool,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SpecialChars,
)
from tests.checks.rule_cases import PACK, Case
from tests.logs.made import event

from eksaminer.detection import Rule, episodes, load_rules, matches, read_rule
from eksaminer.detection.evaluate import COMPARE, scalars, value
from eksaminer.detection.fields import KEYWORDS, Log
from eksaminer.logs import scan
from eksaminer.registry import load_checks

CONSTRUCTS = Path(__file__).parent / "constructs"
Event = Mapping[str, Any]

ARRAY_BLOCKS = frozenset(
    {
        "anonymous_granted", "ct_bucket_lifecycle", "ct_eks_logging_off", "ct_guardduty_weakened",
        "ct_trail_insights_off", "ct_trail_selectors", "dashboard_exposed", "pod_capabilities", "pod_hostpath",
        "pod_hostpath_sensitive", "pod_image_not_expected", "pod_privileged", "rbac_admin_bound",
        "rbac_admin_for_default_account", "rbac_exec_role", "rbac_node_proxy_role", "rbac_sensitive_role",
        "rbac_service_account_bound", "rbac_wildcard_added", "rbac_wildcard_role", "rbac_write_role",
    }
)  # fmt: skip
"""Rules with array blocks (`containers[any]:`), which Sigma has from version 3 on and pySigma does not know yet."""


def files() -> list[Path]:
    return sorted(path for path in PACK.rglob("*.yml") if path.name not in {"allow_lists.yml", "blind_spots.yml"})


def parsed(path: Path) -> SigmaCollection:
    return SigmaCollection.from_yaml(path.read_text(encoding="utf-8"), collect_errors=True)


def errors_of(collection: SigmaCollection) -> list[str]:
    """Return what pySigma has against the rules of one file."""
    found = [str(error) for rule in collection.rules for error in rule.errors] + [*map(str, collection.errors)]
    if not found:
        for rule in collection.rules:
            if isinstance(rule, SigmaRule):
                assert all(condition.parsed for condition in rule.detection.parsed_condition)
    return found


def test_every_rule_of_ours_is_sigma_but_those_with_array_blocks() -> None:
    refused = {path.stem: errors for path in files() if (errors := errors_of(parsed(path)))}

    assert refused.keys() == ARRAY_BLOCKS
    assert all("Unsupported type: <class 'dict'>" in error for errors in refused.values() for error in errors)


def holds(tree: Any, event: Event, log: Log) -> bool:
    """Judge an event by what pySigma made of a condition: another reading of the standard than ours."""
    match tree:
        case ConditionAND():
            return all(holds(each, event, log) for each in tree.args)
        case ConditionOR():
            return any(holds(each, event, log) for each in tree.args)
        case ConditionNOT():
            return not holds(tree.args[0], event, log)
        case ConditionFieldEqualsValueExpression():
            return equals(tree.field, tree.value, event, log)
        case _:
            wanted = SigmaString(f"*{tree.value.to_plain()}*")
            return any(equals(field, wanted, event, log) for field in KEYWORDS[log])


def equals(field: str, wanted: Any, event: Event, log: Log) -> bool:
    found = value(event, field, log)
    match wanted:
        case SigmaExists():
            return (found is not None) is wanted.exists
        case SigmaNull():
            return found is None
        case SigmaFieldReference():
            others = scalars(value(event, wanted.field, log))
            return any(text.lower() == other.lower() for text in scalars(found) for other in others)
        case _:
            return any(fits(text, wanted) for text in scalars(found))


def fits(text: str, wanted: Any) -> bool:
    match wanted:
        case SigmaString():
            wild: dict[object, str] = {SpecialChars.WILDCARD_MULTI: ".*", SpecialChars.WILDCARD_SINGLE: "."}
            pattern = "".join(re.escape(part) if isinstance(part, str) else wild[part] for part in wanted.s)
            return re.fullmatch(pattern, text, re.IGNORECASE | re.DOTALL) is not None
        case SigmaBool():
            return text == str(wanted.boolean).lower()
        case SigmaNumber():
            return text == str(wanted)
        case SigmaRegularExpression():
            return re.search(str(wanted.regexp), text, re.IGNORECASE if wanted.flags else 0) is not None
        case SigmaCIDRExpression():
            return within(text, wanted)
        case SigmaCompareExpression():
            return text.isdigit() and COMPARE[wanted.op.name.lower()](float(text), float(str(wanted.number)))
        case _:
            raise AssertionError(wanted)


def within(text: str, wanted: SigmaCIDRExpression) -> bool:
    try:
        return ip_address(text) in wanted.network
    except (ValueError, TypeError):
        return False


def events_of(path: Path) -> Iterator[Event]:
    cases = json.loads(path.with_suffix(".cases.json").read_text(encoding="utf-8"))
    for case in (*cases["fires"], *cases["does_not_fire"]):
        yield from case.get("events") or [case["event"]]


def test_both_read_every_rule_alike() -> None:
    judged = 0
    for path in files():
        for rule in () if path.stem in ARRAY_BLOCKS else parsed(path).rules:
            ours = read_rule(path.read_text(encoding="utf-8"), path.name)
            if not isinstance(rule, SigmaRule) or (ours.correlation and len(ours.correlation.bases) > 1):
                continue
            for each in events_of(path):
                expected = any(holds(tree.parsed, each, ours.log) for tree in rule.detection.parsed_condition)
                judged += 1

                assert matches(ours.predicate, each) is expected, f"{path.stem}: {each}"
    assert judged > 800


SECRETS = "secretsmanager.amazonaws.com"


def call(name: str, minute: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a record of CloudTrail."""
    number = f"{name}-{minute}-{len(changes)}"
    usual = {
        "eventVersion": "1.11",
        "eventTime": f"2026-11-23T06:{minute:02}:00Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": name,
        "eventID": number,
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "203.0.113.7",
        "userAgent": "aws-cli/2",
        "recipientAccountId": "111122223333",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/a", "accountId": "444455556666"},
    }
    return usual | changes


def thing(**fields: str) -> dict[str, str]:
    return {"resource": "secrets", "namespace": "web", "name": "db", **fields}


def run(command: str) -> str:
    return f"/api/v1/namespaces/web/pods/p/exec?{command}"


POLICY = '{"Statement":[{"Effect":"Allow","Action":"s3:GetObject"}]}'
ROBOT = {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/aws:ec2-instance/i-1"}
SHARED = {"accountId": "111122223333"}


def secret(minute: int, name: str) -> dict[str, Any]:
    return call("GetSecretValue", minute, requestParameters={"secretId": name})


CASES: dict[str, tuple[Case, Case]] = {
    "plain": (event(), event(verb="patch")),
    "values": (event(), event(verb="delete")),
    "number": (event(responseStatus={"code": 403}), event(responseStatus={"code": 404})),
    "numbers": (event(responseStatus={"code": 401}), event()),
    "any_value": (event(impersonatedUser={"username": "x"}), event()),
    "wildcards": (event(), event(userAgent="kubectl/v1.3.2")),
    "null": (event(), event(objectRef=thing(subresource="status"))),
    "contains": (event(userAgent="my-Scanner/1"), event()),
    "startswith": (event(user={"username": "system:serviceaccount:a:b"}), event(user={"username": "xsystem:"})),
    "endswith": (event(requestURI="/api/v1/pods/p/binding"), event(requestURI="/api/v1/pods/p/binding?x")),
    "contains_all": (event(requestURI=run("command=curl&command=https")), event(requestURI=run("command=curl"))),
    "regex": (event(userAgent="curl/8"), event(userAgent="my curl/8")),
    "exists": (event(objectRef={"resource": "nodes", "name": "n"}), event()),
    "fieldref": (event(objectRef=thing(name="WEB")), event(objectRef=thing())),
    "cidr": (event(sourceIPs=["10.0.0.1", "203.0.113.9"]), event()),
    "annotation": (event(annotations={"authorization.k8s.io/decision": "forbid"}), event(annotations=None)),
    "mappings": (event(verb="create"), event(verb="delete")),
    "keywords": (event(), event(requestURI="/", objectRef=None)),
    "and_or": (event(verb="list", objectRef=thing()), event(verb="get")),
    "not_one_of": (event(objectRef=thing()), event(objectRef=thing(), userAgent="kubelet/v1.36")),
    "all_of": (event(verb="create", objectRef=thing(resource="pods")), event(verb="create")),
    "one_of_them": (event(verb="deletecollection"), event()),
    "trail_plain": (call("DeleteFlowLogs"), call("DeleteFlowLogs", eventSource="vpc.amazonaws.com")),
    "trail_nested": (
        call(
            "ModifySnapshotAttribute",
            requestParameters={"attributeType": "createVolumePermission"},
            responseElements={"_return": True},
        ),
        call("ModifySnapshotAttribute", requestParameters=None),
    ),
    "trail_all": (
        call("PutUserPolicy", requestParameters={"policyDocument": POLICY}),
        call("PutUserPolicy", requestParameters={"policyDocument": POLICY.replace("Allow", "Deny")}),
    ),
    "trail_fieldref": (call("CreatePeering", userIdentity=SHARED), call("CreatePeering")),
    "trail_regex_and_list": (
        call("RunInstances", userIdentity=ROBOT),
        call("RunInstances", userIdentity=ROBOT, sourceIPAddress="AWS Internal"),
    ),
    "event_count": (
        [secret(1, "a"), secret(5, "b"), secret(9, "a")],
        [secret(1, "a"), secret(5, "b"), secret(19, "c")],
    ),
    "value_count": ([secret(1, "a"), secret(5, "b")], [secret(1, "a"), secret(5, "a")]),
    "temporal": ([call("CreateUser", 1), call("ListUsers", 5)], [call("CreateUser", 1), call("ListUsers", 7)]),
    "temporal_ordered": ([call("ListRoles", 1), call("AssumeRole", 5)], [call("AssumeRole", 1), call("ListRoles", 5)]),
}
"""Of each construct of SigmaHQ's rules on Kubernetes audit and CloudTrail: what fires, and what nearly does."""

RULES: dict[str, Rule] = {rule.file.removesuffix(".yml"): rule for rule in load_rules(CONSTRUCTS)[0]}
every_construct = pytest.mark.parametrize("name", CASES)


def fires(rule: Rule, case: Case) -> bool:
    events = case if isinstance(case, list) else [case]
    if rule.correlation is not None:
        return bool(episodes(rule.correlation, events, rule.log))
    return any(matches(rule.predicate, each) for each in events)


def test_every_construct_has_its_cases() -> None:
    assert RULES.keys() == CASES.keys()


@every_construct
def test_a_construct_loads_here_and_in_pysigma_and_means_what_it_says(name: str) -> None:
    yes, no = CASES[name]

    assert errors_of(parsed(CONSTRUCTS / f"{name}.yml")) == []
    assert (fires(RULES[name], yes), fires(RULES[name], no)) == (True, False)


@every_construct
def test_pysigma_means_the_same(name: str) -> None:
    rule = parsed(CONSTRUCTS / f"{name}.yml").rules[0]
    for case in () if RULES[name].correlation else CASES[name]:
        assert isinstance(rule, SigmaRule)
        assert isinstance(case, dict)
        tree = rule.detection.parsed_condition[0].parsed
        assert holds(tree, case, RULES[name].log) is fires(RULES[name], case)


def numbered(name: str, case: Case) -> list[dict[str, Any]]:
    """Return the events of a case with ids that begin with its name; a correlation has a user of its own."""
    events = [dict(each) for each in (case if isinstance(case, list) else [case])]
    for number, each in enumerate(events):
        each["eventID" if "eventSource" in each else "auditID"] = f"{name}.{number}"
        if RULES[name].correlation:
            each["userIdentity"] = {"arn": f"arn:aws:iam::111122223333:user/{name}"}
    return events


@pytest.mark.parametrize(
    ("which", "hit"), [pytest.param(0, True, id="fires"), pytest.param(1, False, id="near misses")]
)
@pytest.mark.parametrize("log", Log)
def test_the_log_engine_runs_every_construct(log: Log, which: int, hit: bool, tmp_path: Path) -> None:
    rules = {rule.id: name for name, rule in RULES.items() if rule.log is log}
    events = [each for name in rules.values() for each in numbered(name, CASES[name][which])]
    path = tmp_path / "log"
    path.write_text("".join(json.dumps(each) + "\n" for each in events), encoding="utf-8")
    with scan([path], [rule for rule in RULES.values() if rule.log is log]) as outcome:
        found = {(rules[rule], one.audit_id.partition(".")[0]) for rule, one in outcome.hits()}

    assert {name: (name, name) in found for name in rules.values()} == dict.fromkeys(rules.values(), hit)


def test_a_folder_with_rules_for_other_products_loads_and_they_are_counted() -> None:
    loaded = load_checks([CONSTRUCTS])

    assert loaded.errors == ()
    assert sum(loaded.left_out.values()) == 5
    assert {rule.id for rule in RULES.values()} <= {rule.id for rule in loaded.rules}
    assert {rule.id for rule in RULES.values()} <= {check.id for check in loaded.checks}
