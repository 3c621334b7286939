"""Event patterns of EventBridge, by the examples of its user guide and beyond."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eksaminer.event_pattern import MOST_CHARACTERS, OPEN, EventPatternError, parse
from eksaminer.evidence.trail_insights import ERROR_RATE, matches_insight

EVENT: dict[str, Any] = {
    "source": "aws.ec2",
    "region": "us-east-1",
    "detail": {
        "state": "running",
        "count": 5,
        "ratio": 0.5,
        "on": True,
        "none": None,
        "empty": "",
        "path": "a/lib/b.png",
        "star": "a*b",
        "address": "10.0.0.7",
        "tags": ["x", "y"],
        "later": OPEN,
    },
}


def about(name: str, *values: Any) -> dict[str, Any]:
    return {"detail": {name: list(values)}}


@pytest.mark.parametrize(
    ("pattern", "answer"),
    [
        pytest.param({"source": ["aws.ec2"]}, "yes", id="equal"),
        pytest.param({"source": ["aws.s3", "aws.ec2"]}, "yes", id="one of several"),
        pytest.param({"source": ["aws.s3"]}, "no", id="another"),
        pytest.param({"source": ["AWS.EC2"]}, "no", id="case counts"),
        pytest.param({"source": ["aws.ec2"], "region": ["eu-west-1"]}, "no", id="all fields"),
        pytest.param({"detail": {"state": ["running"], "count": [5]}}, "yes", id="nested"),
        pytest.param({"detail": {"state": {"deeper": ["x"]}}}, "no", id="deeper than the event"),
        pytest.param(about("count", 5.0), "yes", id="numbers by value"),
        pytest.param(about("count", "5"), "no", id="a text is no number"),
        pytest.param(about("on", 1), "no", id="true is no number"),
        pytest.param(about("on", True), "yes", id="true"),
        pytest.param(about("none", None), "yes", id="null"),
        pytest.param(about("missing", None), "no", id="null is not absent"),
        pytest.param(about("empty", ""), "yes", id="empty"),
        pytest.param(about("tags", "y"), "yes", id="one of a list"),
        pytest.param(about("tags", "z"), "no", id="none of a list"),
        pytest.param(about("state", {"prefix": "run"}), "yes", id="prefix"),
        pytest.param(about("state", {"prefix": "Run"}), "no", id="prefix, case counts"),
        pytest.param(about("state", {"prefix": {"equals-ignore-case": "RUN"}}), "yes", id="prefix, ignore case"),
        pytest.param(about("path", {"suffix": ".png"}), "yes", id="suffix"),
        pytest.param(about("path", {"suffix": {"equals-ignore-case": ".PNG"}}), "yes", id="suffix, ignore case"),
        pytest.param(about("count", {"prefix": "5"}), "no", id="prefix of a number"),
        pytest.param(about("state", {"equals-ignore-case": "RUNNING"}), "yes", id="ignore case"),
        pytest.param(about("path", {"wildcard": "*/lib/*"}), "yes", id="wildcard"),
        pytest.param(about("path", {"wildcard": "*/bin/*"}), "no", id="wildcard that does not fit"),
        pytest.param(about("star", {"wildcard": r"a\*b"}), "yes", id="a star itself"),
        pytest.param(about("path", {"wildcard": r"a\*b"}), "no", id="a star itself, elsewhere"),
        pytest.param(about("state", {"anything-but": "stopped"}), "yes", id="anything but"),
        pytest.param(about("state", {"anything-but": ["running", "stopped"]}), "no", id="anything but several"),
        pytest.param(about("state", {"anything-but": {"prefix": "run"}}), "no", id="anything but a prefix"),
        pytest.param(about("state", {"anything-but": {"suffix": ["ed"]}}), "yes", id="anything but suffixes"),
        pytest.param(about("state", {"anything-but": {"equals-ignore-case": "RUNNING"}}), "no", id="but, ignore case"),
        pytest.param(about("path", {"anything-but": {"wildcard": "*/lib/*"}}), "no", id="anything but a wildcard"),
        pytest.param(about("missing", {"anything-but": "x"}), "no", id="anything but, absent"),
        pytest.param(about("count", {"numeric": [">", 0, "<=", 5]}), "yes", id="a range"),
        pytest.param(about("count", {"numeric": [">", 5]}), "no", id="out of range"),
        pytest.param(about("ratio", {"numeric": ["=", 0.5]}), "yes", id="a fraction"),
        pytest.param(about("state", {"numeric": [">", 0]}), "no", id="a text in a range"),
        pytest.param(about("address", {"cidr": "10.0.0.0/24"}), "yes", id="an address"),
        pytest.param(about("address", {"cidr": "10.1.0.0/24"}), "no", id="an address elsewhere"),
        pytest.param(about("state", {"cidr": "10.1.0.0/24"}), "no", id="no address"),
        pytest.param(about("state", {"exists": True}), "yes", id="exists"),
        pytest.param(about("state", {"exists": False}), "no", id="does not exist"),
        pytest.param(about("missing", {"exists": False}), "yes", id="absent, as asked"),
        pytest.param(about("missing", {"exists": False}, "x"), "yes", id="absent, or a value"),
        pytest.param({"$or": [{"source": ["aws.s3"]}, {"region": ["us-east-1"]}]}, "yes", id="or"),
        pytest.param({"$or": [{"source": ["aws.s3"]}, {"region": ["x"]}]}, "no", id="or, neither"),
        pytest.param({"source": ["x"], "$or": [{"region": ["us-east-1"]}]}, "no", id="or beside a field"),
        pytest.param({"detail": {"$or": [{"count": [1]}, {"state": ["running"]}]}}, "yes", id="or, nested"),
        pytest.param(about("later", "x"), "depends", id="a value that is open"),
        pytest.param(about("later", {"exists": True}), "yes", id="an open value exists"),
        pytest.param({"detail": {"later": {"deeper": ["x"]}}}, "depends", id="within an open value"),
        pytest.param({"source": ["x"], "detail": {"later": ["y"]}}, "no", id="open, and decided otherwise"),
        pytest.param({"$or": [{"detail": {"later": ["y"]}}, {"source": ["aws.ec2"]}]}, "yes", id="open, or decided"),
    ],
)
def test_matches_as_documented(pattern: dict[str, Any], answer: str) -> None:
    assert parse(json.dumps(pattern)).matches(EVENT) == answer


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("[]", id="a list"),
        pytest.param("{}", id="no field"),
        pytest.param('{"a":"b"}', id="a value that is no list"),
        pytest.param('{"a":[]}', id="an empty list"),
        pytest.param('{"a":[{"like":"b"}]}', id="an unknown operator"),
        pytest.param('{"a":[{"prefix":"b","suffix":"c"}]}', id="two operators"),
        pytest.param('{"a":[{"prefix":1}]}', id="a prefix that is a number"),
        pytest.param('{"a":[{"prefix":{"suffix":"x"}}]}', id="a suffix in a prefix"),
        pytest.param('{"a":[{"numeric":[">"]}]}', id="half a comparison"),
        pytest.param('{"a":[{"numeric":["~",1]}]}', id="no comparison"),
        pytest.param('{"a":[{"cidr":"x"}]}', id="no network"),
        pytest.param('{"a":[{"anything-but":{"numeric":[">",1]}}]}', id="anything but a number range"),
        pytest.param('{"a":[{"wildcard":"a**b"}]}', id="two stars"),
        pytest.param('{"$or":[]}', id="or nothing"),
        pytest.param('{"a":' * 2000 + "1" + "}" * 2000, id="nested too deeply"),
        pytest.param('{"a":["' + "x" * MOST_CHARACTERS + '"]}', id="too long"),
    ],
)
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(EventPatternError):
        parse(text)


VALUES = st.one_of(st.text(max_size=4), st.integers(-3, 3), st.booleans(), st.none())
EVENTS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)
PATTERNS = st.dictionaries(st.sampled_from("abc"), st.lists(VALUES, min_size=1, max_size=3), min_size=1, max_size=3)


@given(PATTERNS, EVENTS)
def test_plain_values_agree_with_a_naive_reading(pattern: dict[str, list[Any]], event: dict[str, Any]) -> None:
    expected = all(
        name in event and any(json.dumps(event[name]) == json.dumps(value) for value in values)
        for name, values in pattern.items()
    )

    assert parse(json.dumps(pattern)).matches(event) == ("yes" if expected else "no")


@given(PATTERNS, PATTERNS, EVENTS)
def test_or_is_the_better_of_two(one: dict[str, Any], other: dict[str, Any], event: dict[str, Any]) -> None:
    either = parse(json.dumps({"$or": [one, other]})).matches(event)

    assert (either == "yes") == ("yes" in {parse(json.dumps(each)).matches(event) for each in (one, other)})


INSIGHT = {"source": ["aws.cloudtrail"], "detail-type": ["AWS Insight via CloudTrail"]}


@pytest.mark.parametrize(
    ("pattern", "answer"),
    [
        pytest.param(INSIGHT, "yes", id="as documented"),
        pytest.param({"source": ["aws.cloudtrail"]}, "yes", id="all of CloudTrail's own"),
        pytest.param({"source": [{"prefix": "aws."}]}, "yes", id="all of AWS"),
        pytest.param({"source": [{"prefix": ""}]}, "yes", id="everything"),
        pytest.param({"account": ["111122223333"]}, "yes", id="all of the account"),
        pytest.param({"account": ["444455556666"]}, "no", id="another account"),
        pytest.param({"detail-type": ["AWS API Call via CloudTrail"]}, "no", id="API calls"),
        pytest.param({"detail-type": ["AWS Insight Via CloudTrail"]}, "no", id="a slip of the pen"),
        pytest.param({**INSIGHT, "detail": {"insightDetails": {"state": ["Start"]}}}, "yes", id="the start"),
        pytest.param(
            {**INSIGHT, "detail": {"insightDetails": {"insightType": [ERROR_RATE]}}}, "no", id="the error rate"
        ),
        pytest.param(
            {**INSIGHT, "detail": {"insightDetails": {"eventName": ["RunInstances"]}}}, "depends", id="one API alone"
        ),
        pytest.param({**INSIGHT, "region": ["us-east-1"]}, "no", id="another region"),
        pytest.param({**INSIGHT, "detail": {"eventName": ["RunInstances"]}}, "no", id="a field it does not have"),
    ],
)
def test_says_whether_an_insights_event_matches(pattern: dict[str, Any], answer: str) -> None:
    assert matches_insight(parse(json.dumps(pattern)), "111122223333", "eu-central-1") == answer
