"""What a role may do: administrators, ways to more permissions, services, boundaries, and what cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.samples import ADMINISTRATOR, ORDINARY, allowing, attached, role_arn, role_policies

from eksaminer.access import ESCALATIONS, Access, PermissionPolicyError, access_of, in_words, read_grants
from eksaminer.evidence.iam import PolicyDocument

ROLES = "arn:aws:iam::111122223333:role"
OWN = "arn:aws:iam::111122223333:policy/own"
LIMIT = "arn:aws:iam::111122223333:policy/limit"
IF = {"Bool": {"aws:SecureTransport": "true"}}


def judged(*items: str | PolicyDocument, boundary: PolicyDocument | None = None) -> Access:
    managed = {} if boundary is None else {LIMIT: boundary}
    held = attached(*items, boundary=LIMIT if boundary else "")
    return access_of(role_policies(held, managed=managed), role_arn("app"))


POWERS = [
    pytest.param([ADMINISTRATOR], "administrator", id="AdministratorAccess"),
    pytest.param([allowing("*:*")], "administrator", id="every action, with a colon"),
    pytest.param([allowing("iam:*"), allowing(NotAction=["iam:*"])], "administrator", id="all in two parts"),
    pytest.param([allowing("iam:*")], "escalates", id="all of IAM"),
    pytest.param([allowing(NotAction=["iam:*", "organizations:*"])], "escalates", id="all but IAM: sts is in it"),
    pytest.param([allowing("IAM:putrolepolicy")], "escalates", id="whatever the case"),
    pytest.param([allowing("iam:Put?olePolicy")], "escalates", id="by a wildcard"),
    pytest.param([allowing("iam:PutRolePolicy", on=f"{ROLES}/*")], "escalates", id="on every role"),
    pytest.param([allowing("iam:PutRolePolicy", on=f"{ROLES}/app")], "escalates", id="on itself"),
    pytest.param([allowing("iam:PutRolePolicy", on=f"{ROLES}/other")], "ordinary", id="on one other role"),
    pytest.param(
        [allowing("iam:PutRolePolicy", on=None, NotResource=[f"{ROLES}/x"])], "escalates", id="on all but one"
    ),
    pytest.param([allowing("sts:AssumeRole")], "escalates", id="becomes any role"),
    pytest.param([allowing("sts:AssumeRole", on=f"{ROLES}/team-*")], "ordinary", id="becomes some roles"),
    pytest.param([allowing("iam:PassRole")], "ordinary", id="passes roles, to nothing"),
    pytest.param([allowing("iam:PassRole", "ec2:RunInstances")], "escalates", id="passes any role"),
    pytest.param([allowing("iam:PassRole", on=f"{ROLES}/x"), allowing("ec2:RunInstances")], "ordinary", id="one"),
    pytest.param([allowing("iam:CreatePolicyVersion", on=OWN), OWN], "escalates", id="on a policy of its own"),
    pytest.param([allowing("*", Condition=IF)], "perhaps", id="everything, under a condition"),
    pytest.param([allowing("iam:PutRolePolicy", on=f"{ROLES}/${{aws:PrincipalTag/x}}")], "perhaps", id="a variable"),
    pytest.param([allowing("s3:*", "dynamodb:*")], "ordinary", id="all of some services"),
    pytest.param([], "ordinary", id="nothing"),
    pytest.param([allowing("*"), allowing("iam:*", "sts:*", effect="Deny")], "escalates", id="a Deny leaves eks"),
    pytest.param([allowing("iam:*"), allowing("*", effect="Deny")], "ordinary", id="a Deny takes all back"),
    pytest.param([allowing("iam:PutRolePolicy"), allowing("*", effect="Deny", Condition=IF)], "perhaps", id="if"),
    pytest.param([PolicyDocument(name="bad", document="{")], "unknown", id="not readable"),
]


@pytest.mark.parametrize(("items", "power"), POWERS)
def test_tells_how_powerful_a_role_is(items: list[str | PolicyDocument], power: str) -> None:
    assert judged(*items).power == power


BOUNDS = [
    pytest.param(allowing("s3:Get*"), "ordinary", "s3 (read)", id="takes all but reading"),
    pytest.param(allowing("*"), "administrator", "everything in the account", id="takes nothing"),
    pytest.param(allowing("iam:*", Condition=IF), "perhaps", "iam", id="allows under a condition"),
    pytest.param(allowing("ec2:*", effect="Deny"), "ordinary", "nothing by policies of its own", id="allows nothing"),
    pytest.param(PolicyDocument(name="x", document="[]"), "administrator", "everything", id="cannot be read: widened"),
]


@pytest.mark.parametrize(("boundary", "power", "words"), BOUNDS)
def test_a_boundary_narrows_what_is_allowed(boundary: PolicyDocument, power: str, words: str) -> None:
    access = judged(
        allowing("iam:*", "s3:*", "*") if power == "administrator" else allowing("iam:*", "s3:*"), boundary=boundary
    )

    assert access.power == power
    assert words in in_words(access)
    assert access.boundary == LIMIT


def test_a_boundary_that_is_not_known_narrows_nothing_and_is_said() -> None:
    access = access_of(role_policies(attached(ADMINISTRATOR, boundary=LIMIT)), role_arn("app"))

    assert access.power == "administrator"
    assert access.limits == (f"The permissions boundary {LIMIT} is not known, so nothing was taken off for it.",)


WORDS = [
    pytest.param([ORDINARY], "s3 (read)", id="reads"),
    pytest.param([allowing("sqs:SendMessage", on="arn:aws:sqs:*:*:q")], "sqs (write, some resources)", id="writes"),
    pytest.param([allowing("s3:*", "sqs:ReceiveMessage", "sqs:GetQueueUrl")], "s3 (all), sqs (read and write)", id="2"),
    pytest.param([allowing(NotAction=["iam:*"])], "every service except iam (all)", id="all but one"),
    pytest.param([allowing(NotAction=["iam:*", "sts:*"])], "every service except iam/sts (all)", id="all but two"),
    pytest.param([allowing("s3:*"), allowing("s3:*", effect="Deny")], "nothing by policies of its own", id="denied"),
    pytest.param([allowing("a:*", "b:*", "c:*")], "a (all), b (all), 1 more service", id="more than are named"),
]


@pytest.mark.parametrize(("items", "words"), WORDS)
def test_says_in_words_what_a_role_may_reach(items: list[str | PolicyDocument], words: str) -> None:
    assert in_words(judged(*items), most=2) == words


def test_keeps_the_resources_where_they_are_named() -> None:
    (found,) = judged(allowing("s3:GetObject", on=["arn:aws:s3:::b/*", "arn:aws:s3:::a/*"])).services

    assert found.resources == ("arn:aws:s3:::a/*", "arn:aws:s3:::b/*")
    assert not found.everywhere


def test_a_role_that_is_not_in_the_listing_is_not_known() -> None:
    access = access_of(role_policies(), role_arn("app"))

    assert (access.power, in_words(access)) == ("unknown", "not known")


def test_every_way_alone_makes_a_role_privileged() -> None:
    for way in ESCALATIONS:
        assert judged(allowing(*way.actions)).privileged, way.shown


BAD = [
    pytest.param("", id="empty"),
    pytest.param("[" * 100_000, id="nested deeply"),
    pytest.param(" " * 70_000, id="too large"),
    pytest.param('{"Statement":[1]}', id="a number"),
    pytest.param('{"Statement":[{"Effect":"Allow","Action":"*"}]}', id="no resource"),
    pytest.param('{"Statement":[{"Effect":"Allow","Action":[],"Resource":"*"}]}', id="no action"),
    pytest.param('{"Statement":[{"Effect":"Allow","Action":[7],"Resource":"*"}]}', id="an action that is a number"),
]


@pytest.mark.parametrize("document", BAD)
def test_what_is_no_permission_policy_is_refused(document: str) -> None:
    with pytest.raises(PermissionPolicyError):
        read_grants(document)


@given(
    st.recursive(st.none() | st.booleans() | st.text("*aA:?{}", max_size=5), lambda part: st.lists(part, max_size=3))
)
def test_hostile_actions_and_resources_never_raise(value: object) -> None:
    access = judged(allowing("s3:Get*", on=value), allowing("a", NotAction=value))

    assert access.power in ("administrator", "escalates", "perhaps", "ordinary", "unknown")


@given(st.lists(st.sampled_from(["iam:*", "s3:Get*", "*", "sts:AssumeRole", "iam:PassRole", "ec2:Run*"]), min_size=1))
def test_one_more_deny_never_makes_a_role_more_powerful(actions: list[str]) -> None:
    order = ("ordinary", "perhaps", "escalates", "administrator")
    before, after = judged(allowing(*actions)), judged(allowing(*actions), allowing("iam:*", effect="Deny"))

    assert order.index(after.power) <= order.index(before.power)
