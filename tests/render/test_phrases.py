"""The words that checks borrow from the program, and put into their sentences, are in the catalogue of Chinese."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec
import pytest
from tests.render.sample import FINDINGS, assessment

from eksaminer.access import ESCALATIONS, Escalation
from eksaminer.evidence.kubernetes import Replicas, Runs
from eksaminer.evidence.kubernetes import Workload as KubernetesWorkload
from eksaminer.filter_pattern.probes import PROBES
from eksaminer.findings import Message, MessageParameter
from eksaminer.render.texts import CHINESE
from eksaminer.render.translate import catalogue, translated
from eksaminer.subjects import SUBJECTS
from eksaminer.trust import TrustPolicy, TrustPolicyError
from eksaminer.trust.flaw import Flaw, FlawId
from eksaminer.weakening import controls
from eksaminer_checks.additional_resources._tools import POSTURE_TOOLS, Found
from eksaminer_checks.enable_audit_logs.log_class_sufficient import LIMITS

ISSUER = "oidc.eks.eu-central-1.amazonaws.com/id/ABC"
PROVIDER = f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"
WORDS = re.compile(r"(?<![\w:/.*-])[a-z]{2,} [a-z]{2,}\b|英文原文")
"""Two English words, which no name holds, or the mark of an English sentence."""


def known(english: str) -> bool:
    return catalogue(CHINESE).find(english) is not None


def chinese(identifier: str, **params: MessageParameter) -> str:
    """Return a sentence of a check in Chinese."""
    check = identifier.partition(".")[0]
    (shown,) = translated(
        assessment([msgspec.structs.replace(FINDINGS[1], check=check, message=Message(id=identifier, params=params))]),
        CHINESE,
    ).findings
    return shown.text


def test_every_flaw_of_a_trust_policy_is_translated() -> None:
    flaws = [Flaw(id=identifier, condition=f"StringLike on {ISSUER}:sub", value="repo:*") for identifier in FlawId]

    assert [flaw.sentence for flaw in flaws if not known(flaw.sentence)] == []


def test_every_call_that_weakens_auditing_is_translated() -> None:
    assert [item.about for item in controls() if not known(item.about)] == []


def test_every_made_up_event_and_subject_is_translated() -> None:
    words = [probe.what for probe in PROBES]
    words += [subject.title for subject in SUBJECTS]
    words += [event.what for subject in SUBJECTS for event in subject.events]
    words += [f"{subject.title} (the saved query q, the log alarm a)" for subject in SUBJECTS]

    assert [text for text in words if not known(text)] == []


def test_every_limit_and_every_note_is_translated() -> None:
    words = [*LIMITS.values(), *(tool.note for tool in POSTURE_TOOLS if tool.note)]

    assert [text for text in words if not known(text)] == []


@pytest.mark.parametrize("way", ESCALATIONS, ids=lambda way: way.shown)
def test_every_way_to_more_permissions_is_translated(way: Escalation) -> None:
    power = f"It can give more permissions to itself or others, or act as others, by {way.shown} and 2 more ways"

    assert " with " not in catalogued(power)


def catalogued(power: str) -> str:
    """Return what IRSA-01 says of the power of a role."""
    names = ("issuer", "witness", "names", "why", "existing", "allowed")
    return chinese("IRSA-01.everyone_privileged", power=power, **dict.fromkeys(names, ""))


POLICIES = {
    "everyone": {},
    "one name": {"StringEquals": {f"{ISSUER}:sub": "system:serviceaccount:a:b"}},
    "several names": {"StringEquals": {f"{ISSUER}:sub": [f"system:serviceaccount:a:b{n}" for n in range(9)]}},
    "no name": {"StringEquals": {f"{ISSUER}:sub": "nobody"}},
    "a namespace": {"StringLike": {f"{ISSUER}:sub": "system:serviceaccount:a:*"}},
    "part of a namespace": {"StringLike": {f"{ISSUER}:sub": "system:serviceaccount:a:b*"}},
    "two namespaces": {"StringLike": {f"{ISSUER}:sub": ["system:serviceaccount:a:*", "system:serviceaccount:b:*"]}},
    "parts of two": {"StringLike": {f"{ISSUER}:sub": ["system:serviceaccount:a:x*", "system:serviceaccount:b:x*"]}},
    "namespaces": {"StringLike": {f"{ISSUER}:sub": "system:serviceaccount:*:app"}},
    "on the request": {
        "StringEquals": {f"{ISSUER}:sub": "system:serviceaccount:a:b"},
        "IpAddress": {"aws:SourceIp": "192.0.2.0/24"},
    },
    "two doubts": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}, "Bool": {"aws:SecureTransport": "true"}},
}


def policy(conditions: object, provider: str = PROVIDER) -> TrustPolicy:
    statement = {
        "Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": conditions,
    }  # fmt: skip
    return TrustPolicy.from_document({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize("name", POLICIES)
def test_who_can_assume_a_role_is_said_in_chinese(name: str) -> None:
    english = policy(POLICIES[name]).reach(PROVIDER).describe()

    text = chinese("IRSA-01.outside_bounded", issuer=ISSUER, why=english.removesuffix("."))

    assert not WORDS.search(text)


def test_subjects_of_a_public_service_are_said_in_chinese() -> None:
    provider = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
    conditions = {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:example/*"}}
    english = policy(conditions, provider).reach(provider).describe()

    text = chinese("IRSA-01.outside_bounded", issuer=ISSUER, why=english.removesuffix("."))

    assert not WORDS.search(text)


BROKEN = (
    "", "[]", "1", '"x"', "null", "{", '{"a": 1}', "x", '{"a" 1}', '{"a": 1 2}', "{} x", '"', '"\t"', '"\\x"', '"\\ux"',
    "[1,]", '{"a": 1,}', '{"Version": "1"}', "{}", '{"Statement": 1}', '{"Statement": [NaN]}',
    '{"Statement": {}, "Statement": {}}', '{"Statement": {"Sid": 1}}', '{"Statement": {"Effect": "x"}}',
    '{"Statement": {"Resource": "*"}}', '{"Statement": {"x": "*"}}', '{"Statement": {"Effect": "Allow"}}',
    '{"Statement": {"Effect": "Allow", "Principal": "*"}}',
    '{"Statement": {"Effect": "Allow", "Principal": "*", "NotPrincipal": "*"}}',
    '{"Statement": {"Effect": "Allow", "Principal": true, "Action": "*"}}',
    '{"Statement": {"Effect": "Allow", "Principal": {"x": "y"}, "Action": "*"}}',
    '{"Statement": {"Effect": "Allow", "Principal": {"AWS": 1}, "Action": "*"}}',
    '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": null}}',
    '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": []}}',
    '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {"Bool": 1}}}',
    '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {"Bool": {"k": {}}}}}',
    "[" * 100_000, '"' + "x" * 70_000 + '"', '{"Id": "\\ud800"}',
)  # fmt: skip


@pytest.mark.parametrize("document", BROKEN, ids=lambda text: text[:60])
def test_why_a_document_is_no_trust_policy_is_said_in_chinese(document: str) -> None:
    with pytest.raises(TrustPolicyError) as refused:
        TrustPolicy.from_document(document)

    text = chinese("IRSA-02.unreadable", why=str(refused.value).removesuffix("."))

    assert not WORDS.search(text)


TIME = datetime(2026, 11, 1, 10, tzinfo=UTC)
STATES = [
    Replicas(ready=1, wanted=2),
    *(
        Runs(suspended=suspended, scheduled=scheduled, succeeded=succeeded)
        for suspended in (False, True)
        for scheduled in (None, TIME)
        for succeeded in (None, TIME)
    ),
    None,
]


@pytest.mark.parametrize("version", ["", "1.2"])
@pytest.mark.parametrize("state", STATES, ids=repr)
def test_the_state_of_a_tool_is_said_in_chinese(state: Replicas | Runs | None, version: str) -> None:
    workload = KubernetesWorkload(
        kind="CronJob", namespace="ns", name="tool", service_account="", images=(), state=state
    )

    text = chinese("ADD-03.seen", tool="Tool", workloads=[Found(workload, version).label])

    assert not WORDS.search(text)
    assert "CronJob ns/tool" in text
    assert version in text


def test_a_list_in_one_string_is_translated_item_by_item() -> None:
    allowed = "every service except account/iam (all), s3 (read, some resources), 2 more services"

    text = chinese("IRSA-01.undecided", issuer="any identity provider", allowed=allowed)

    assert "除 account/iam 以外的所有服務（全部）、s3（讀取，限部分資源）與另外 2 項服務" in text
    assert "經由 任何身分提供者" in text


def test_what_the_catalogue_has_as_a_whole_is_no_list() -> None:
    text = chinese("IRSA-01.undecided", issuer=ISSUER, allowed="not known, since its policies were not read")

    assert "不明（未讀取其政策）" in text


def test_sentences_in_a_row_are_translated_one_by_one() -> None:
    why = "repo:* is a pattern: it admits every subject that fits it. The policy admits other principals too: a, b"

    text = chinese("IRSA-02.unreadable", why=why)

    assert text.endswith("repo:* 是模式：允許所有與其相符的主旨。政策也允許其他主體：a 與 b。")


def test_a_sentence_in_a_row_that_is_not_known_is_marked() -> None:
    text = chinese("IRSA-02.unreadable", why="Something new. NotPrincipal may admit every provider that is not listed")

    assert "［英文原文］Something new." in text
