import pytest
from tests.checks.judging import findings, statuses
from tests.samples import DENIED, INSIGHT_PATTERN, event_rule, event_rules, topic

from eksaminer.evidence.alarms import Subscriptions, TopicAttributes
from eksaminer.evidence.trail_insights import EventRule
from eksaminer_checks.use_cloudtrail_insights.insight_events_reach import insight_events_reach

ERRORS = INSIGHT_PATTERN.removesuffix("}") + ',"detail":{"insightDetails":{"insightType":["ApiErrorRateInsight"]}}}'
ONE_API = INSIGHT_PATTERN.removesuffix("}") + ',"detail":{"insightDetails":{"eventName":["RunInstances"]}}}'


@pytest.mark.parametrize(
    ("rules", "status", "said"),
    [
        pytest.param((event_rule(),), "pass", "arn:aws:sns", id="a rule with a target"),
        pytest.param((), "review", "2 rules are about other events", id="no rule"),
        pytest.param((event_rule(targets=()),), "review", "has no target", id="no target"),
        pytest.param((event_rule(enabled=False),), "review", "is disabled", id="disabled"),
        pytest.param((event_rule(pattern=ERRORS),), "review", "error rate alone", id="errors alone"),
        pytest.param((event_rule(pattern=ONE_API),), "review", "some of them alone", id="one API alone"),
        pytest.param((event_rule(pattern="{"),), "review", "could not be understood", id="no pattern"),
        pytest.param((event_rule(targets=DENIED),), "not_assessed", "denied", id="targets not readable"),
        pytest.param(
            (event_rule(targets=DENIED, enabled=False),), "review", "is disabled", id="disabled, whatever it targets"
        ),
        pytest.param((event_rule("a", targets=DENIED), event_rule("b")), "pass", "through b", id="another rule does"),
        pytest.param((event_rule("a", targets=()), event_rule("b")), "pass", "through b", id="one of two has a target"),
        pytest.param((event_rule(pattern='{"source":["aws.cloudtrail"]}'),), "pass", "through", id="a wider pattern"),
    ],
)
def test_judges_whether_someone_is_told(rules: tuple[EventRule, ...], status: str, said: str) -> None:
    (found,) = findings(insight_events_reach, event_rules(*rules))

    assert found.status == status
    assert said in found.text


NOBODY = Subscriptions(exists=True, confirmed=(), pending=("email",))
KEYED = TopicAttributes(exists=True, confirmed=1, pending=0, kms_key="alias/aws/sns")
GONE = Subscriptions(exists=False, confirmed=(), pending=())
TOPICS = [
    pytest.param({}, "pass", "security", id="a confirmed subscription"),
    pytest.param({"subscriptions": NOBODY}, "review", "no confirmed subscription", id="never confirmed"),
    pytest.param({"subscriptions": GONE}, "review", "does not exist", id="deleted"),
    pytest.param({"attributes": KEYED}, "review", "whose key EventBridge may not use", id="the key of AWS"),
    pytest.param({"subscriptions": DENIED}, "pass", "security", id="counted by the topic itself"),
    pytest.param({"attributes": DENIED}, "not_assessed", "denied", id="its key could not be seen"),
    pytest.param({"attributes": DENIED, "subscriptions": NOBODY}, "review", "no confirmed", id="whatever its key is"),
    pytest.param({"attributes": DENIED, "subscriptions": DENIED}, "not_assessed", "denied", id="nothing could be seen"),
]


@pytest.mark.parametrize(("fields", "status", "said"), TOPICS)
def test_a_topic_that_nobody_listens_to_reaches_nobody(fields: dict[str, object], status: str, said: str) -> None:
    rules = event_rules(event_rule(targets=(topic().arn,)), topics=(topic(**fields),))
    (found,) = findings(insight_events_reach, rules)

    assert found.status == status
    assert said in found.text


def test_a_second_target_that_is_no_topic_reaches_beyond_us() -> None:
    queue = "arn:aws:sqs:eu-central-1:111122223333:siem"
    silent = topic(subscriptions=NOBODY)
    (found,) = findings(insight_events_reach, event_rules(event_rule(targets=(silent.arn, queue)), topics=(silent,)))

    assert found.status == "pass"
    assert queue in found.text
    assert silent.arn not in found.text


def test_one_finding_for_a_region() -> None:
    assert statuses(insight_events_reach, event_rules(event_rule("a"), event_rule("b"))) == ["pass"]
