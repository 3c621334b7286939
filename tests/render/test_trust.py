"""The trust chapter says in each language what a role may reach, and in English as the checks say it."""

from __future__ import annotations

import msgspec
import pytest
from tests.render.sample import TRUST, access, assessment, trust_row
from tests.samples import ADMINISTRATOR, ORDINARY, allowing, attached, role_arn, role_policies

from eksaminer.access import Access, access_of, in_words
from eksaminer.evidence.iam import PolicyDocument
from eksaminer.outcome import Status
from eksaminer.render.blocks import Cell
from eksaminer.render.limits import SCREEN
from eksaminer.render.texts import CHINESE, ENGLISH, texts
from eksaminer.render.translate import translated
from eksaminer.render.trust import trust

SHOWN = 8
"""Services that a row of the table names."""


def reach(may: Access | None, language: str) -> Cell:
    """Return the cell of the table that says what a role may reach."""
    one = msgspec.structs.replace(assessment(()), trust=(trust_row("app", Status.PASS, access=may),))
    return trust(translated(one, language), SCREEN, texts(language)).table.rows[0][-1]


def judged(*items: str | PolicyDocument) -> Access:
    return access_of(role_policies(attached(*items)), role_arn("app"))


REACHED = [
    pytest.param(judged(ADMINISTRATOR), "帳戶中的一切", id="administrator"),
    pytest.param(judged(ORDINARY), "s3（讀取）", id="reads"),
    pytest.param(judged(allowing("sqs:SendMessage", on="arn:aws:sqs:*:*:q")), "sqs（寫入，限部分資源）", id="writes"),
    pytest.param(
        judged(allowing("s3:*", "sqs:ReceiveMessage", "sqs:GetQueueUrl")), "s3（全部）、sqs（讀取與寫入）", id="two"
    ),
    pytest.param(judged(allowing(NotAction=["iam:*", "sts:*"])), "除 iam/sts 以外的所有服務（全部）", id="all but two"),
    pytest.param(
        judged(allowing("*", Condition={"Bool": {"aws:SecureTransport": "true"}})), "所有服務（全部）", id="if"
    ),
    pytest.param(judged(allowing("s3:*"), allowing("s3:*", effect="Deny")), "其自身的政策未允許任何資源", id="nothing"),
    pytest.param(access_of(role_policies(), role_arn("app")), "不明", id="not read"),
    pytest.param(
        access("ordinary", *"abcdefghi"),
        "、".join(f"{name}（讀取與寫入）" for name in "abcdefgh") + "、另外 1 項服務",
        id="one more than are named",
    ),
]


@pytest.mark.parametrize(("may", "chinese"), REACHED)
def test_what_a_role_may_reach_is_said_in_both_languages(may: Access, chinese: str) -> None:
    assert reach(may, CHINESE).text == chinese
    assert reach(may, ENGLISH).text == in_words(may, SHOWN)


def test_every_role_of_the_sample_is_told_as_the_checks_tell_it() -> None:
    for row in TRUST:
        expected = "not known" if row.access is None else in_words(row.access, SHOWN)

        assert reach(row.access, ENGLISH).text == expected


def test_what_makes_a_role_powerful_is_a_whole_sentence_in_each_language() -> None:
    may = judged(allowing("iam:PutRolePolicy"))

    assert reach(may, ENGLISH).under == f"{may.why[0]}."
    assert reach(may, CHINESE).under == "該角色可藉由 iam:PutRolePolicy 賦予自身或他人更多權限，或以他人身分行事。"
