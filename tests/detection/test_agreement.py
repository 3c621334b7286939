"""The compiled SQL and the direct evaluator agree: on random events, for random rules."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.logs.made import event

from eksaminer.detection import Rule, matches, read_rule
from eksaminer.detection.fields import FIELDS, Kind, Log
from eksaminer.logs import Options, scan

WORDS = st.sampled_from(
    [
        "",
        "get",
        "GET",
        "aws-auth",
        "a%b",
        "a_b",
        "100%",
        "x*y",
        "a?c",
        "a\\b",
        "a'b",
        "é",
        "É",
        "İ",
        "ΑΣ",
        "日本",
        "403",
        "0",
    ]
)
TEXTS = st.one_of(WORDS, st.text(alphabet="ab*?%_\\'.É\n ", max_size=6))
GLOBS = st.one_of(WORDS, st.text(alphabet="ab*?%_\\É", max_size=5))
NUMBERS = st.sampled_from([0, 1, 200, 201, 401, 403, 500])
PATTERNS = st.sampled_from(["a", "^a", "b$", "a.b", "[ab]+", "(get|aws)", "\\d+", "a{2}", "^$"])
TEXT_FIELDS = st.sampled_from(
    ["verb", "userAgent", "user.username", "objectRef.name", "objectRef.namespace", "requestURI"]
)
LIST_FIELDS = st.sampled_from(["sourceIPs", "user.groups"])
ANY_FIELD = st.one_of(TEXT_FIELDS, LIST_FIELDS, st.just("responseStatus.code"))

BODY = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "A", "c.d"]), inner, max_size=3)
    ),
    max_leaves=8,
)
BODIES_OF_EVENTS = st.fixed_dictionaries({}, optional={"spec": BODY, "a": BODY, "items": st.lists(BODY, max_size=3)})
INNER_FIELDS = st.sampled_from(["a", "b", "A", "a.b", "b.a", "a.b.a", "labels.c.d", "a.items.b"])
BODY_FIELDS = st.builds(
    "requestObject.{}".format,
    st.sampled_from(["a", "spec", "spec.a", "spec.a.b", "a.b", "items", "items.a", "items.a.b"]),
)
INNER_TESTS = st.dictionaries(INNER_FIELDS, WORDS | NUMBERS | st.none() | st.lists(WORDS, min_size=1), min_size=1)


def key(path: str, suffix: str, value: object) -> dict[str, object]:
    return {f"{path}{suffix}": value}


def suffixed(paths: st.SearchStrategy[str], suffix: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(key, paths, st.just(suffix), values)


NESTED = st.one_of(
    INNER_TESTS,
    suffixed(st.sampled_from(["a", "b"]), "[any]", INNER_TESTS),
    suffixed(INNER_FIELDS, "|exists", st.booleans()),
)
BLOCKS = st.one_of(
    suffixed(BODY_FIELDS, "[any]", NESTED),
    suffixed(BODY_FIELDS, "[all]", NESTED),
    st.dictionaries(BODY_FIELDS, WORDS | NUMBERS | st.none(), min_size=1, max_size=2),
    suffixed(BODY_FIELDS, "|exists", st.booleans()),
    suffixed(BODY_FIELDS, "|fieldref", BODY_FIELDS | TEXT_FIELDS),
    suffixed(st.just("sourceIPs"), "|cidr", st.sampled_from(["10.0.0.0/8", "2001:db8::/32", "::/0"])),
    st.sampled_from([["get"], ["aws"], ["é"]]),
    st.sampled_from(
        [
            {"source.public": True},
            {"outcome": "refused"},
            {"request.dryRun": False},
            {"uri.path|contains": "a"},
            {"uri.command|exists": True},
        ]
    ),
)


PLAIN_TESTS = st.tuples(
    ANY_FIELD, st.one_of(GLOBS, NUMBERS, st.none(), st.lists(st.one_of(GLOBS, NUMBERS), min_size=1, max_size=3))
)
PLACES = st.sampled_from(["contains", "startswith", "endswith", "cased", "neq"])
MODIFIED_TESTS = st.one_of(
    st.tuples(
        st.builds("|".join, st.tuples(ANY_FIELD, PLACES)),
        st.one_of(GLOBS.filter(bool), NUMBERS),
    ),
    st.tuples(st.builds("{}|contains|all".format, ANY_FIELD), st.lists(GLOBS.filter(bool), min_size=1, max_size=2)),
    st.tuples(st.builds("|".join, st.tuples(ANY_FIELD, st.sampled_from(["re", "re|i", "re|s"]))), PATTERNS),
    st.tuples(st.builds("{}|exists".format, ANY_FIELD), st.booleans()),
    st.tuples(st.builds("|".join, st.tuples(ANY_FIELD, st.sampled_from(["lt", "lte", "gt", "gte"]))), NUMBERS),
)  # fmt: skip
SELECTIONS = st.lists(st.one_of(PLAIN_TESTS, MODIFIED_TESTS), min_size=1, max_size=3).map(dict)
BODIES = st.one_of(SELECTIONS, BLOCKS, st.lists(SELECTIONS, min_size=1, max_size=2))
CONDITIONS = st.sampled_from(
    ["a", "not a", "a and b", "a or b", "a and not b", "not (a or b)", "1 of them", "all of them", "a or not b and a"]
)
RULES = st.tuples(BODIES, BODIES, CONDITIONS)


def made(changes: dict[str, Any]) -> dict[str, Any]:
    return event(**changes)


ADDRESSES = st.sampled_from(["10.1.2.3", "8.8.8.8", "2001:db8::1", "::ffff:10.0.0.1", "fe80::1%eth0", "1::2::3"])
OBJECTS = st.dictionaries(st.sampled_from(["name", "namespace", "resource"]), TEXTS, max_size=3)
EVENTS = st.fixed_dictionaries(
    {"verb": TEXTS},
    optional={
        "userAgent": TEXTS,
        "user": st.fixed_dictionaries({}, optional={"username": TEXTS, "groups": st.lists(TEXTS, max_size=3)}),
        "objectRef": OBJECTS,
        "sourceIPs": st.none() | st.lists(TEXTS | ADDRESSES, max_size=3),
        "requestURI": TEXTS | st.sampled_from(["/a?command=%ff+b&command=c", "/a?dryRun=All", "/?command=%20x"]),
        "requestObject": BODIES_OF_EVENTS,
        "responseStatus": st.none() | st.fixed_dictionaries({"code": NUMBERS}),
    },
).map(made)


TRAIL_FIELDS = st.sampled_from(
    [
        "eventSource", "eventName", "errorCode", "userIdentity.type", "userIdentity.arn", "userIdentity.principalId",
        "sourceIPAddress", "requestParameters.a", "requestParameters.spec.a", "requestParameters.items",
    ]
)  # fmt: skip
TRAIL_TESTS = st.one_of(
    st.tuples(TRAIL_FIELDS, st.one_of(GLOBS, NUMBERS, st.none(), st.lists(GLOBS, min_size=1, max_size=3))),
    st.tuples(st.builds("|".join, st.tuples(TRAIL_FIELDS, PLACES)), st.one_of(GLOBS.filter(bool), NUMBERS)),
    st.tuples(st.builds("{}|exists".format, TRAIL_FIELDS), st.booleans()),
)
TRAIL_SELECTIONS = st.lists(TRAIL_TESTS, min_size=1, max_size=3).map(dict)
TRAIL_RULES = st.tuples(TRAIL_SELECTIONS, TRAIL_SELECTIONS, CONDITIONS)
RECORD = {
    "eventVersion": "1.11",
    "eventTime": "2026-11-22T08:00:00Z",
    "awsRegion": "eu-central-1",
    "recipientAccountId": "111122223333",
}
TOLD = TEXTS.filter(bool)
RECORDS = st.fixed_dictionaries(
    {"eventSource": TOLD, "eventName": TOLD},
    optional={
        "errorCode": TEXTS | st.none(),
        "userIdentity": st.none()
        | st.fixed_dictionaries({}, optional=dict.fromkeys(("type", "arn", "principalId"), TEXTS | st.none())),
        "sourceIPAddress": TEXTS | ADDRESSES,
        "requestParameters": st.none() | BODIES_OF_EVENTS,
    },
).map(RECORD.__or__)


def rule(number: int, first: Any, second: Any, condition: str, source: dict[str, str] | None = None) -> Rule:
    document = {
        "title": "A rule",
        "id": "5b1c7c0e-3b61-4a0a-9c34-0c9a1de2a4f1",
        "logsource": source or {"product": "kubernetes", "service": "audit"},
        "detection": {"a": first, "b": second, "condition": condition},
        "sigma-version": 3,
        "eksaminer": {"id": f"R-{number}"},
    }
    return read_rule(json.dumps(document, ensure_ascii=False), f"{number}.yml")


def found_by_engine(rules: list[Rule], events: list[dict[str, Any]], path: Path, *, at_once: bool) -> set[Any]:
    path.write_text("".join(json.dumps(one) + "\n" for one in events), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        if at_once:
            patch.setattr("eksaminer.logs.columns.MANY", 0)
            patch.setattr("eksaminer.logs.columns.MANY_WITH_BODIES", dict.fromkeys(Log, 0))
        with scan([path], rules, Options(threads=1)) as outcome:
            return {(name, hit.audit_id) for name, hit in outcome.hits()}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
@given(given=st.lists(RULES, min_size=10, max_size=25), events=st.lists(EVENTS, min_size=10, max_size=25), at_once=...)
def test_the_engine_and_the_evaluator_agree(
    given: list[tuple[Any, Any, str]],
    events: list[dict[str, Any]],
    at_once: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    rules = [rule(number, *parts) for number, parts in enumerate(given)]
    named = [one | {"auditID": f"id-{number}"} for number, one in enumerate(events)]
    found = found_by_engine(rules, named, tmp_path_factory.mktemp("log") / "log", at_once=at_once)
    expected = {(one.id, each["auditID"]) for one in rules for each in named if matches(one.predicate, each)}

    assert found == expected


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
@given(
    given=st.lists(TRAIL_RULES, min_size=10, max_size=25),
    events=st.lists(RECORDS, min_size=10, max_size=25),
    at_once=...,
)
def test_they_agree_over_cloudtrail(
    given: list[tuple[Any, Any, str]],
    events: list[dict[str, Any]],
    at_once: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    source = {"product": "aws", "service": "cloudtrail"}
    rules = [rule(number, *parts, source) for number, parts in enumerate(given)]
    named = [one | {"eventID": f"id-{number}"} for number, one in enumerate(events)]
    found = found_by_engine(rules, named, tmp_path_factory.mktemp("log") / "log", at_once=at_once)
    expected = {(one.id, each["eventID"]) for one in rules for each in named if matches(one.predicate, each)}

    assert found == expected


def test_many_rules_that_search_the_uri_of_all_events_agree_too(tmp_path: Path) -> None:
    bodies = [{"requestURI|contains": [f"/a{number}", f"/b{number}"]} for number in range(40)]
    rules = [rule(number, body, {"userAgent": "x"}, "a or b") for number, body in enumerate(bodies)]
    events = [event(auditID=f"id-{number}", requestURI=f"/x/a{number}/B{number + 1}") for number in range(45)]
    expected = {(one.id, each["auditID"]) for one in rules for each in events if matches(one.predicate, each)}

    assert len(expected) > len(rules)
    assert found_by_engine(rules, events, tmp_path / "log", at_once=False) == expected
    assert found_by_engine(rules, events, tmp_path / "log", at_once=True) == expected


def test_every_field_can_be_asked_for_in_every_way(tmp_path: Path) -> None:
    bodies: list[dict[str, Any]] = []
    for name, field in FIELDS.items():
        value = 403 if field.kind is Kind.NUMBER else "x"
        bodies += [{name: value}, {f"{name}|contains": value}, {f"{name}|exists": True}, {f"{name}|re": "x"}]
        bodies += [{f"{name}|gte": 1}, {name: [value, 7]}, {name: None}]
    rules = [rule(number, body, body, "a") for number, body in enumerate(bodies)]
    whole = event(responseStatus={"code": 403, "reason": "x"})
    path = tmp_path / "log"
    path.write_text(json.dumps(whole) + "\n", encoding="utf-8")
    with scan([path], rules, Options()) as outcome:
        found = {name for name, _ in outcome.hits()}

    assert found == {one.id for one in rules if matches(one.predicate, whole)}
