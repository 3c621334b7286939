from typing import Any

import pytest
from tests.checks.judging import findings, statuses
from tests.samples import DENIED, hit_group, rule_result, scan

from eksaminer.criteria import Criteria
from eksaminer_checks.use_audit_metadata.changes_attributable import RULE, changes_attributable

ROLE = "arn:aws:iam::111122223333:role/Admin"
EVERYBODY = "system:serviceaccount:shop:default"


def changed(session: str = "alice", **fields: Any) -> Any:
    return hit_group(
        **({"user": f"arn:aws:sts::111122223333:assumed-role/Admin/{session}", "terms": (session,)} | fields)
    )


def found(*groups: Any, **fields: Any) -> Any:
    return scan(rule_result(RULE, *groups), **fields)


@pytest.mark.parametrize(
    "group",
    [
        pytest.param(changed(), id="a session that somebody named"),
        pytest.param(changed("eks-demo-builder-5f7c9-0b1d2e"), id="a pod, by EKS Pod Identity"),
        pytest.param(changed("1234"), id="a short number, the number of an employee, say"),
        pytest.param(changed("", user="ci", actor="arn:aws:iam::111122223333:user/ci"), id="an IAM user"),
        pytest.param(changed("", user="oidc:dana", actor="oidc:dana"), id="a user of an identity provider"),
        pytest.param(changed("i-0 and more"), id="a name that begins like that of a machine"),
    ],
)
def test_passes_where_the_change_names_one_person_or_workload(group: Any) -> None:
    assert statuses(changes_attributable, found(group)) == ["pass"]


@pytest.mark.parametrize(
    ("group", "why"),
    [
        pytest.param(changed("", user="system:anonymous", actor="anonymous"), "without credentials", id="nobody"),
        pytest.param(changed("", user="root", actor="arn:aws:iam::111122223333:root"), "root user", id="root"),
        pytest.param(changed("", user=EVERYBODY, actor=EVERYBODY), "called default", id="shared service account"),
        pytest.param(changed("i-05cba2a6cd92bd56d"), "EC2 instance", id="a machine"),
        pytest.param(changed("botocore-session-1764321000"), "nobody gave a name", id="SDK for Python"),
        pytest.param(changed("aws-go-sdk-1764321000123456789"), "nobody gave a name", id="SDK for Go"),
        pytest.param(changed("1764321000123456789"), "nobody gave a name", id="first SDK for Go"),
        pytest.param(changed("EKSGetTokenAuth"), "nobody gave a name", id="AWS CLI"),
        pytest.param(changed(""), "session does not stand in the event", id="no session"),
        pytest.param(changed("", terms=()), "session does not stand in the event", id="nothing known of the session"),
    ],
)
def test_says_what_makes_a_change_nobodys(group: Any, why: str) -> None:
    (finding,) = findings(changes_attributable, found(group))

    assert finding.status.value == "review"
    assert why in finding.text
    assert "patch configmaps in kube-system" in finding.text


def test_a_user_name_of_several_identities_is_listed_with_them() -> None:
    groups = [changed(name, user="admin", actor=f"arn:aws:iam::111122223333:role/{name}") for name in ("blue", "red")]

    (finding,) = findings(changes_attributable, found(*groups))

    assert finding.status.value == "review"
    assert "The user name admin stands for several IAM identities" in finding.text
    assert "role/blue and arn:aws:iam::111122223333:role/red" in finding.text


def test_each_shared_name_and_each_kind_is_a_finding_of_its_own() -> None:
    shared = [
        changed("a", user=name, actor=f"arn:aws:iam::1:role/{role}") for name in ("x", "y") for role in ("r", "s")
    ]
    results = findings(changes_attributable, found(*shared, changed(""), changed("i-05cba2a6cd92bd56d")))

    assert [finding.status.value for finding in results] == ["review"] * 4
    assert len({finding.id for finding in results}) == 4


def test_roles_that_several_sessions_used_are_listed() -> None:
    (finding,) = findings(
        changes_attributable, found(changed("alice"), changed("bob"), changed("alice", verb="delete"))
    )

    assert finding.status.value == "pass"
    assert f"{ROLE} (2)" in finding.text


def test_expected_identities_are_counted_and_make_no_finding() -> None:
    criteria = Criteria(allow={RULE: (ROLE,)})
    (finding,) = findings(changes_attributable, found(changed("i-05cba2a6cd92bd56d")), criteria=criteria)

    assert finding.status.value == "pass"
    assert "expected identities alone (1)" in finding.text


def test_passes_when_nobody_changed_anything() -> None:
    (finding,) = findings(changes_attributable, found())

    assert finding.status.value == "pass"
    assert "Nobody from outside the cluster" in finding.text


@pytest.mark.parametrize(
    "section",
    [
        pytest.param(scan(), id="the rule was not run"),
        pytest.param(found(unread=DENIED), id="part of the log was not read"),
        pytest.param(found(changed(), unread=DENIED), id="the rest may be somebody else's"),
    ],
)
def test_says_nothing_of_what_was_not_seen(section: Any) -> None:
    assert statuses(changes_attributable, section) == ["not_assessed"]


def test_what_was_seen_stands_even_where_a_part_was_not_read() -> None:
    assert statuses(changes_attributable, found(changed(""), unread=DENIED)) == ["review"]
