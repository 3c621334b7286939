"""The query that fetches lines from CloudWatch Logs returns every line that a rule could match."""

import json
import re

import msgspec
import pytest
from tests.logs.made import all_rules, event, line, rules, sample

from eksaminer.detection import Rule, insights_filter, matches, narrow
from eksaminer.detection.predicate import Eq

CASES = [rule.id for rule in rules()]
CLAUSE = re.compile(r"@message like /((?:[^/\\]|\\.)*)/")


def selected(query: str, message: bytes) -> bool:
    """Evaluate the part of the query language that the filter uses."""
    expression = query.split(" and ", 1)[1]
    text = message.decode()

    def answer(match: re.Match[str]) -> str:
        return str(re.search(match[1].replace(r"\/", "/"), text) is not None)

    plain = CLAUSE.sub(answer, expression)
    assert re.fullmatch(r"(True|False|and|or|[() ])+", plain)
    return bool(eval(plain))


def one(rule_id: str) -> Rule:
    return next(rule for rule in rules() if rule.id == rule_id)


@pytest.mark.parametrize("rule_id", CASES)
def test_selects_every_event_that_the_rule_matches(rule_id: str) -> None:
    rule = one(rule_id)
    query = insights_filter([rule])
    hits = [text for text in sample() if matches(rule.predicate, json.loads(text))]

    assert hits
    assert all(selected(query, text) for text in hits)


def test_leaves_most_of_the_log_where_it_is() -> None:
    known = rules()
    query = insights_filter(known)
    quiet = [text for text in sample() if not any(matches(rule.predicate, json.loads(text)) for rule in known)]

    assert sum(selected(query, text) for text in quiet) < len(quiet) / 10


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(line(event())[:400] + b"[Truncated...]", id="cut, whatever is left"),
        pytest.param(b'{"kind":"Ev[Truncated...]', id="cut at once"),
        pytest.param(line(event(verb="UPDATE")), id="another case"),
        pytest.param(json.dumps(event()).encode(), id="spaces between keys and values"),
    ],
)
def test_selects_lines_whose_fields_are_not_extracted(message: bytes) -> None:
    assert selected(insights_filter([one("EKS-AWS-AUTH")]), message)


def test_asks_the_audit_streams_alone_and_fits_into_a_query() -> None:
    query = insights_filter(rules())

    assert query.startswith('@logStream like "kube-apiserver-audit" and (')
    assert "\n" not in query
    assert len(query) < 9_000


def test_without_rules_only_cut_lines_are_fetched() -> None:
    assert insights_filter([]) == r'@logStream like "kube-apiserver-audit" and @message like /\[Truncated\.\.\.\]/'


def test_asks_for_impersonations_by_their_key_alone() -> None:
    rule = next(item for item in all_rules() if item.id == "AUTH-IMPERSONATE")
    query = insights_filter([rule])
    in_masters = line(
        event(user={"username": "alice"}, impersonatedUser={"username": "x", "groups": ["system:masters"]})
    )

    assert matches(rule.predicate, json.loads(in_masters))
    assert selected(query, in_masters)
    assert not selected(query, line(event(user={"username": "system:kube-scheduler", "groups": ["system:masters"]})))
    assert rule in narrow(all_rules())
    assert sum(selected(query, text) for text in sample()) < len(sample()) / 20


@pytest.mark.parametrize("groups", [["system:masters"], ["a]b", "System:Masters"], ["x", "system:masters", "y"]])
def test_finds_a_text_in_a_list(groups: list[str]) -> None:
    rule = msgspec.structs.replace(one("EKS-AWS-AUTH"), predicate=Eq(field="user.groups", value="system:masters"))
    query = insights_filter([rule])

    assert selected(query, line(event(user={"username": "alice", "groups": groups})))
    assert not selected(query, line(event(user={"username": "alice", "groups": ["others"]})))
