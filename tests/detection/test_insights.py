"""The query that fetches lines from CloudWatch Logs returns every line that a rule could match."""

import json
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.checks.rule_cases import cases_of
from tests.logs.made import all_rules, event, line, rules, sample

from eksaminer.detection import Rule, insights_filter, matches, narrow
from eksaminer.detection.addresses import public
from eksaminer.detection.predicate import And, Eq, Exists, Like, Not, Or, Predicate

CASES = [rule.id for rule in rules()]
ASKED = narrow(all_rules())
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


def firing(rule: Rule) -> list[dict[str, Any]]:
    """Return the events of the cases of *rule* that fire it; of a correlation all of one case."""
    given = [case for _, fires, case in cases_of(Path(rule.file).stem) if fires]
    events = [item for case in given for item in (case if isinstance(case, list) else [case])]
    return [item for item in events if matches(rule.predicate, item)]


def asking(predicate: Predicate) -> str:
    return insights_filter([msgspec.structs.replace(one("EKS-AWS-AUTH"), predicate=predicate)])


@pytest.mark.parametrize("rule", ASKED, ids=[rule.id for rule in ASKED])
def test_a_query_for_all_rules_selects_what_fires_each(rule: Rule) -> None:
    events = firing(rule)

    assert events
    assert all(selected(insights_filter(ASKED), json.dumps(item).encode()) for item in events)


def test_what_lets_through_no_more_than_another_part_is_left_out_and_nothing_is_lost() -> None:
    together = insights_filter(ASKED)
    single = [insights_filter([rule]) for rule in ASKED]

    assert len(together) < sum(map(len, single)) / 2
    for text in sample():
        assert selected(together, text) == any(selected(query, text) for query in single)


@pytest.mark.parametrize("rule_id", ["META-NO-DECISION", "AUTH-REASON-RARE"])
def test_a_rule_that_would_fetch_the_whole_log_is_not_asked_for(rule_id: str) -> None:
    assert rule_id not in {rule.id for rule in ASKED}


@pytest.mark.parametrize("rule", ASKED, ids=[rule.id for rule in ASKED])
def test_no_rule_that_is_asked_for_fetches_much_of_the_log(rule: Rule) -> None:
    query = insights_filter([rule])
    quiet = [text for text in sample() if not matches(rule.predicate, json.loads(text))]

    assert sum(selected(query, text) for text in quiet) < len(quiet) / 3


ADDRESSES = st.one_of(
    st.ip_addresses().map(str),
    st.ip_addresses(v=6).map(lambda address: ip_address(int(address)).exploded),
    st.ip_addresses(v=4).map("::ffff:{}".format),
    st.builds("{}.{}.1.{}".format, st.sampled_from([1, 10, 11, 100, 127, 169, 172, 192]), *[st.integers(0, 255)] * 2),
)


@given(addresses=st.lists(ADDRESSES, min_size=1, max_size=3))
def test_selects_every_event_from_outside(addresses: list[str]) -> None:
    query = asking(Eq(field="source.public", value="true"))

    if any(map(public, addresses)):
        assert selected(query, line(event(sourceIPs=addresses)))


@pytest.mark.parametrize("address", ["10.0.1.23", "172.31.255.1", "192.168.4.4", "100.64.0.9", "127.0.0.1", "::1"])
def test_leaves_events_from_inside_where_they_are(address: str) -> None:
    assert not selected(asking(Eq(field="source.public", value="true")), line(event(sourceIPs=[address])))


NAMES = st.one_of(
    st.text(max_size=12),
    st.builds(
        "{}{}".format, st.sampled_from(["system:", "SYSTEM:", "systém:", "sys", "eks", "ſystem:"]), st.text(max_size=4)
    ),
)
NOT_OURS = And(
    parts=(
        Exists(field="user.username"),
        Not(
            part=Or(
                parts=(
                    Like(field="user.username", pattern=("=system:", "*")),
                    Like(field="user.username", pattern=("=eks:", "*")),
                )
            )
        ),
    )
)


@given(name=NAMES)
def test_selects_every_name_that_does_not_begin_with_a_word(name: str) -> None:
    found = event(user={"username": name})

    if matches(NOT_OURS, found):
        assert selected(asking(NOT_OURS), line(found))
        assert selected(asking(NOT_OURS), json.dumps(found, ensure_ascii=False).encode())


@pytest.mark.parametrize("name", ["system:node:ip-10-0-1-23", "System:apiserver", "eks:addon-manager"])
def test_leaves_the_names_of_the_cluster_where_they_are(name: str) -> None:
    assert not selected(asking(NOT_OURS), line(event(user={"username": name})))


def test_a_quote_in_a_word_is_found_however_it_is_written() -> None:
    rule = next(item for item in all_rules() if item.id == "META-ALL-AUTHENTICATED")

    assert 'to Group "system:authenticated"' not in insights_filter([rule])
    assert all(selected(insights_filter([rule]), json.dumps(item).encode()) for item in firing(rule))
