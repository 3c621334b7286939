from datetime import timedelta

import pytest
from tests.checks.judging import findings, statuses
from tests.samples import DENIED, NOW, group, policies, subscriptions

from eksaminer.config import with_framework
from eksaminer.cost import valid_retention
from eksaminer.criteria import Criteria
from eksaminer.evidence.alarms import AuditLogSubscriptions, SubscriptionFilter
from eksaminer.evidence.log_group import RetentionPolicies, RetentionPolicy
from eksaminer.frameworks import frameworks
from eksaminer_checks.enable_audit_logs.audit_log_kept import audit_log_kept


def policy(**fields: object) -> RetentionPolicy:
    usual: dict[str, object] = {
        "name": "short", "days": 30, "selection": "", "retroactive": True, "updated_at": NOW - timedelta(hours=1),
    }  # fmt: skip
    return RetentionPolicy(**(usual | fields))  # type: ignore[arg-type]  # - fields by name


@pytest.mark.parametrize(
    ("days", "asked", "status"),
    [
        pytest.param(None, 90, "pass", id="never expires"),
        pytest.param(90, 90, "pass", id="exactly as long"),
        pytest.param(60, 90, "fail", id="too short"),
        pytest.param(365, 366, "fail", id="one day short of what a user asks"),
        pytest.param(1, 1, "pass", id="the user asks for a day"),
    ],
)
def test_compares_with_the_required_days(days: int | None, asked: int, status: str) -> None:
    criteria = Criteria(minimum_retention_days=asked)

    assert statuses(audit_log_kept, group(retention_days=days), criteria=criteria) == [status]


FIREHOSE = "arn:aws:firehose:eu-central-1:111122223333:deliverystream/archive"


def passing_on(pattern: str = "") -> AuditLogSubscriptions:
    return subscriptions(SubscriptionFilter(name="copy", pattern=pattern, destination=FIREHOSE, unreadable=None))


COPIES = [
    pytest.param(passing_on(), Criteria(), "review", FIREHOSE, id="all events"),
    pytest.param(passing_on("{ $.verb = delete }"), Criteria(), "fail", "90 days", id="some events"),
    pytest.param(passing_on(), with_framework(Criteria(), "pci-dss"), "fail", "PCI DSS", id="too little at hand"),
]


@pytest.mark.parametrize(("copy", "criteria", "status", "said"), COPIES)
def test_a_copy_of_all_events_is_for_a_person_to_review(
    copy: AuditLogSubscriptions, criteria: Criteria, status: str, said: str
) -> None:
    (finding,) = findings(audit_log_kept, group(retention_days=30), copy, criteria=criteria)

    assert finding.status == status
    assert said in finding.text


def test_whether_there_is_a_copy_has_to_be_seen() -> None:
    found = statuses(audit_log_kept, group(retention_days=30), gaps={AuditLogSubscriptions: DENIED})

    assert found == ["not_assessed"]


def test_a_short_retention_fails_even_if_the_policies_could_not_be_read() -> None:
    found = statuses(audit_log_kept, group(retention_days=30), gaps={RetentionPolicies: DENIED})

    assert found == ["fail"]


def test_a_long_retention_is_not_assessed_if_a_policy_might_cut_it() -> None:
    assert statuses(audit_log_kept, gaps={RetentionPolicies: DENIED}) == ["not_assessed"]


@pytest.mark.parametrize(
    ("items", "status"),
    [
        pytest.param((policy(),), "review", id="will cut it within a day"),
        pytest.param((policy(selection="something"),), "review", id="may match: widened"),
        pytest.param((policy(retroactive=False),), "pass", id="for new groups only"),
        pytest.param((policy(updated_at=NOW - timedelta(days=3)),), "pass", id="in force already, and does not match"),
        pytest.param((policy(), policy(name="long", days=400)), "pass", id="the longest policy wins"),
        pytest.param((policy(days=90),), "pass", id="long enough"),
        pytest.param((policy(), policy(name="ever", days=None)), "pass", id="another policy never expires"),
    ],
)
def test_looks_ahead_to_policies_that_take_effect(items: tuple[RetentionPolicy, ...], status: str) -> None:
    assert statuses(audit_log_kept, group(), policies(*items)) == [status]


def test_names_the_policy_that_set_the_retention() -> None:
    (finding,) = findings(audit_log_kept, group(retention_policy="org-wide"))

    assert "account-level policy org-wide" in finding.text


SHORT = [
    pytest.param(Criteria(minimum_retention_days=184), "184 days are required", "365", id="no value fits exactly"),
    pytest.param(Criteria(minimum_retention_days=365), "365 days are required", "365", id="a value fits"),
    pytest.param(Criteria(), "this tool's own default", "90", id="the default says whose it is"),
]


@pytest.mark.parametrize(("criteria", "said", "valid"), SHORT)
def test_names_the_shortest_retention_that_does(criteria: Criteria, said: str, valid: str) -> None:
    (finding,) = findings(audit_log_kept, group(retention_days=30), criteria=criteria)

    assert said in finding.text
    assert f"The shortest retention that does is {valid} days." in finding.text
    assert finding.command.endswith(f"--retention-in-days {valid}")


def test_what_no_retention_is_long_enough_for_must_never_expire() -> None:
    (finding,) = findings(audit_log_kept, group(retention_days=3653), criteria=Criteria(minimum_retention_days=3654))

    assert "must never expire" in finding.text
    assert finding.command.startswith("aws logs delete-retention-policy")


def test_names_the_framework_that_asks() -> None:
    criteria = with_framework(Criteria(), "taiwan-appendix-10")

    (finding,) = findings(audit_log_kept, group(retention_days=180), criteria=criteria)

    assert finding.status == "fail"
    assert "Taiwan Cyber Security Management Act, classification rules Appendix 10" in finding.text


@pytest.mark.parametrize("name", sorted(frameworks()))
def test_every_framework_has_a_source_and_a_value_that_meets_it(name: str) -> None:
    framework = frameworks()[name]
    criteria = with_framework(Criteria(), name)

    assert framework.source
    assert framework.control
    assert criteria.minimum_retention_days == framework.days or framework.days is None
    assert valid_retention(criteria.minimum_retention_days) is not None
