"""No sentence of the engine stays English: each that its source code can put into an assessment is in the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

import msgspec
import pytest
from tests.render.sample import FINDINGS, assessment
from tests.render.sentences import (
    SAMPLE,
    Module,
    Said,
    Unread,
    after_causes,
    arguments,
    details,
    keywords,
    modules,
    results,
    table,
)

import eksaminer
from eksaminer.assess import OTHER_GAP
from eksaminer.check import Check
from eksaminer.criteria import TOOL_DEFAULT
from eksaminer.evidence.sections import SECTIONS
from eksaminer.findings import CheckInfo, Message, MessageParameter
from eksaminer.frameworks import frameworks
from eksaminer.gap import Cause
from eksaminer.registry import Loaded
from eksaminer.render.texts import CHINESE, ENGLISH, LANGUAGES, texts
from eksaminer.render.translate import Translator, catalogue, translated
from eksaminer.render.unseen import limitation

ROOT = Path(eksaminer.__file__).parent
MARK = texts(CHINESE)("word.english", text="")

ELSEWHERE = {
    ("collect/exports.py:_scanned", "str(error)"): "the sentence of a log without an event: see `LogError` below",
    ("collect/gaps.py:gap_of", "detail"): "made by the functions beside it, which name a cause with each sentence",
    ("render/unseen.py:_alike", "_detail(group, texts)"): "joined by the report from sentences of the assessment",
    ("assessment.py:_left_out", "Cause.OUT_OF_SCOPE"): "a cause that stands beside a cause",
}
"""Expressions that cannot be read where they stand, and where what they say is looked at instead."""

COMPOSED = {("collect/kubernetes.py", "_unauthenticated"), ("collect/kubernetes.py", "_transport_gap")}
"""Functions that put a part of a sentence beside the cause: it is looked at as part of the whole."""

NAMES = {"ARN", "Kubernetes"}
"""Facts whose name is a name."""

CODE = re.compile(
    r"`[^`]*`|--[a-z-]+|\[allow\]|eksaminer\.toml|eksaminer scan|insecure-[a-z-]+|name'?\]?|vended logs|access entry"
)
"""Commands and terms that stand in a Chinese sentence as they are."""
TERMS = {
    "assess", "boto", "botocore", "context", "dump", "gzip", "limit", "observabilityadmin", "parse", "stats", "trail",
    "zstd",
}  # fmt: skip
"""Words that do."""
WORDS = re.compile(r"(?<![A-Za-z])[a-z][a-z]+")
NOT_OURS = re.compile(rf"{SAMPLE}|UTC")
WORDS_OF_OURS = re.compile(r"[A-Za-z]{2}")


@cache
def sources() -> dict[str, Module]:
    return {module.name: module for module in modules(ROOT)}


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator(catalogue(CHINESE), texts(CHINESE), assessment())


def untranslated(found: Iterable[Said | Unread], translator: Translator) -> list[str]:
    """Return what stays English, wholly or in part, and where it is made."""
    left: list[str] = []
    for item in found:
        if isinstance(item, Unread):
            left += [] if (item.place, item.expression) in ELSEWHERE else [f"{item.place}: {item.expression}"]
        elif WORDS_OF_OURS.search(NOT_OURS.sub("", item.text)) and item.text not in NAMES:
            other = translator.sentence(item.text)
            if MARK in other or english_words(other):
                left.append(f"{item.file}:{item.line}: {item.text} = {other}")
    return left


def english_words(text: str) -> set[str]:
    """Return the English words of a Chinese sentence that are no terms."""
    return set(WORDS.findall(CODE.sub("", text))) - TERMS


def said(found: Iterable[Said | Unread]) -> list[Said]:
    """Leave out what another place says."""
    return [item for item in found if isinstance(item, Said)]


def test_the_details_of_all_gaps(translator: Translator) -> None:
    found = [item for module in sources().values() for item in details(module)]

    assert len(found) > 100
    assert untranslated(found, translator) == []


def test_the_details_that_stand_beside_a_cause(translator: Translator) -> None:
    found = [item for module in sources().values() for item in after_causes(module)]
    whole = [item for item in found if isinstance(item, Unread) or (item.file, item.function) not in COMPOSED]
    gaps = sources()["collect/gaps.py"]
    for name, function in (("where", "_where"), ("whose", "_of_profile"), ("login", "login_advice")):
        whole = [one for item in whole for one in in_place(item, name, said(results(gaps, function)))]
    for name in ("key", "error"):
        whole = [one for item in whole for one in in_place(item, name, [Said("", 0, SAMPLE)])]

    assert len(whole) > 20
    assert untranslated(whole, translator) == []


def in_place(item: Said | Unread, name: str, parts: Iterable[Said]) -> list[Said | Unread]:
    """Return *item* with each of *parts* in the place *name* of its template; as it is where it has none."""
    place = f"{{{name}}}"
    if isinstance(item, Unread) or place not in item.text:
        return [item]
    return [replace(item, text=item.text.replace(place, part.text)) for part in parts]


def test_the_policies_that_deny(translator: Translator) -> None:
    found = list(table(sources()["collect/gaps.py"], "_POLICIES"))

    assert len(found) > 5
    assert untranslated(found, translator) == []


def test_what_was_asked_about(translator: Translator) -> None:
    found = [item for module in sources().values() for item in arguments(module, "attempt", 1)]
    kinds = said(arguments(sources()["collect/identities.py"], "_each", 2))
    each = [Said(item.file, item.line, f"{item.text} {SAMPLE}") for item in kinds]

    assert len(found) > 50
    assert each
    assert untranslated([*found, *each], translator) == []


@pytest.mark.parametrize(
    ("file", "function", "place"),
    [
        pytest.param("collect/kubernetes.py", "_gap", 2, id="why a kind was not read"),
        pytest.param("collect/kubernetes.py", "_unexpected", 4, id="why an answer of Kubernetes is none"),
        pytest.param("collect/kubernetes_connect.py", "_unusable", 1, id="why a connection cannot be used"),
        pytest.param("collect/kubernetes_dump.py", "_spoil", 1, id="why a dump cannot be used"),
        pytest.param("collect/kubernetes_dump.py", "_UnreadableError", 0, id="why a file of a dump cannot be used"),
        pytest.param("collect/kubernetes_dump.py", "append", 0, id="what differs within a dump"),
        pytest.param("access/judge.py", "append", 0, id="what is not known of a role's policies"),
        pytest.param("access/grants.py", "PermissionPolicyError", 0, id="why a policy cannot be read"),
    ],
)
def test_the_reasons_within_a_sentence(file: str, function: str, place: int, translator: Translator) -> None:
    found = said(arguments(sources()[file], function, place))

    assert found
    assert untranslated(found, translator) == []


@pytest.mark.parametrize(
    ("file", "function"),
    [
        pytest.param("collect/kubernetes_kinds.py", "reason", id="why JSON cannot be used"),
        pytest.param("logs/scanning.py", "_cut_short", id="why a file is none"),
        pytest.param("subjects/trial.py", "unsure", id="why it is not known what a query finds"),
        pytest.param("insights_query/query.py", "_unread", id="what of a query is not worked out"),
        pytest.param("assessment.py", "_obstacles", id="what stands against a conclusion"),
        pytest.param("assessment.py", "_missing", id="which mandatory checks are missing"),
        pytest.param("assessment.py", "_unanswered", id="which leads await an answer"),
        pytest.param("assessment.py", "_noted", id="why an exception is noted"),
        pytest.param("assessment.py", "_open_items", id="what is open"),
        pytest.param("assessment.py", "_facts", id="the facts of a target"),
    ],
)
def test_what_a_function_says(file: str, function: str, translator: Translator) -> None:
    found = said(results(sources()[file], function))

    assert found
    assert untranslated(found, translator) == []


@pytest.mark.parametrize(
    ("folder", "functions", "instead"),
    [
        pytest.param(
            "filter_pattern/", ("fail", "wrong", "FilterPatternError"), "filter_pattern/reader.py", id="filters"
        ),
        pytest.param("insights_query/", ("fail",), "insights_query/tokens.py", id="queries"),
    ],
)
def test_why_a_pattern_or_a_query_cannot_be_read(
    folder: str, functions: tuple[str, ...], instead: str, translator: Translator
) -> None:
    comes = {"instead": [item.text for item in said(results(sources()[instead], "instead"))]}
    own = [module for name, module in sources().items() if name.startswith(folder)]
    found = [item for module in own for name in functions for item in said(arguments(module, name, 0, comes))]

    assert len(found) > 5
    assert untranslated(found, translator) == []


def test_what_stands_in_for_a_rule_that_cannot_be_used(translator: Translator) -> None:
    words = ("title", "criterion", "rationale", "remediation")
    found = list(keywords(sources()["rule_check.py"], "_broken", words))

    assert len(found) > len(words)
    assert untranslated(found, translator) == []


def test_a_log_without_an_event(translator: Translator) -> None:
    logs = [module for name, module in sources().items() if name.startswith("logs/")]
    found = [item for module in logs for item in arguments(module, "LogError", 1, first="Problem.EMPTY")]

    assert len(found) > 1
    assert untranslated(found, translator) == []


def test_the_reasons_of_conclusions(translator: Translator) -> None:
    found = [item for item in said(results(sources()["assessment.py"], "_verdict")) if item.text.endswith(".")]

    assert found
    assert untranslated(found, translator) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_limitation_names_the_part_of_the_evidence_and_the_cause_in_the_words_of_the_reader(language: str) -> None:
    told = {
        (section, cause): OTHER_GAP.format(section=section, cause=cause, detail="There is nothing to judge.")
        for section in SECTIONS
        for cause in Cause
    }
    shown = translated(assessment((msgspec.structs.replace(FINDINGS[0], limitations=tuple(told.values())),)), language)

    for (section, cause), limit in zip(told, shown.findings[0].limitations, strict=True):
        words = limitation(limit, texts(language))
        assert texts(language)(f"part.{section}") in words
        assert texts(language)(f"cause.{cause.value}.name").lower() in words
        assert not re.search("[a-z]_[a-z]", words)
        assert MARK not in words


def test_a_limitation_of_another_version_is_said_as_far_as_it_is_known() -> None:
    told = OTHER_GAP.format(section="moon_phase", cause="new_moon", detail="It is dark.")

    assert limitation(told, texts(ENGLISH)).endswith("moon phase (new moon). It is dark.")
    assert limitation("It is dark.", texts(ENGLISH)) == "It is dark."


def test_who_set_a_criterion(translator: Translator) -> None:
    for item in frameworks().values():
        shown = translator.value(f"{TOOL_DEFAULT}: {item.label} names no number of days", phrase=True)
        assert "工具預設" in shown
    assert translator.value("eksaminer.toml", phrase=True) == "eksaminer.toml"


def test_the_criterion_of_a_rule_reads_from_its_title(loaded: Loaded) -> None:
    plain = assessment(checks=tuple(described(check) for check in loaded.checks if check.rule_class))

    for check in translated(plain, CHINESE).checks:
        assert check.criterion == f"本期間的日誌中沒有此類事件：{check.title}。"
        assert MARK not in check.title
        assert MARK not in check.remediation


def test_what_remedies_say_in_comments_and_beside_the_names_of_the_console_is_translated(loaded: Loaded) -> None:
    checks = tuple(described(check) for check in loaded.checks if check.remedies)
    comment = re.compile(r"(?:^|\s)# (\S.*)$", re.MULTILINE)
    others = translated(assessment(checks=checks), CHINESE).checks
    pairs = [
        (old.remedies[form], new.remedies[form])
        for old, new in zip(checks, others, strict=True)
        for form in old.remedies
    ]
    comments = [pair for old, new in pairs for pair in zip(comment.findall(old), comment.findall(new), strict=True)]

    assert len(comments) > 10
    for old, new in comments:
        assert re.search("[\u4e00-\u9fff]", new), old
        assert re.findall(r"{\w+}", new) == re.findall(r"{\w+}", old)
    assert all(comment.sub("", old) == comment.sub("", new) for old, new in pairs if "›" not in old)
    assert any("{valid_retention_days} days" in old and "天" in new for old, new in pairs if "›" in old)
    assert not any(" days" in new for _, new in pairs)


def described(check: Check) -> CheckInfo:
    return CheckInfo(**{name: getattr(check, name) for name in CheckInfo.__struct_fields__ if hasattr(check, name)})


def test_a_hit_is_told_in_chinese_with_the_verbs_and_resources_of_kubernetes(loaded: Loaded) -> None:
    rule = next(check for check in loaded.checks if check.rule_class)
    params: dict[str, MessageParameter] = {
        "actor": "dana.lee",
        "count": 7,
        "refused": 1,
        "dry": 0,
        "sources": ["203.0.113.7", "an unknown address"],
        "first": {"time": "2026-11-23T08:00:00Z"},
        "last": {"time": "2026-11-23T09:00:00Z"},
        "what": ["create pods/exec in prod", "get a path that is no resource", "3 more"],
    }
    hit = msgspec.structs.replace(FINDINGS[0], check=rule.id, message=Message(id="rule.hits", params=params))

    (shown,) = translated(assessment([hit]), CHINESE).findings

    assert "create pods/exec（命名空間 prod）" in shown.text
    assert english_words(shown.text) == {"dana", "lee", "get", "create", "pods", "exec", "prod"}
    assert MARK not in shown.text


def test_a_sentence_of_no_catalogue_would_be_found(translator: Translator) -> None:
    new = Said("collect/new.py", 1, f"The new thing {SAMPLE} was not seen.")

    assert untranslated([new], translator) != []


DENIED = "eks:ListClusters was denied in eu-west-1: no statement allows it in the identity's own policies."


@pytest.mark.parametrize(
    ("around", "begin"),
    [
        pytest.param(
            "There may be more to assess: {}", "可能還有其他須評估的對象：eks:ListClusters 遭拒絕", id="a reason"
        ),
        pytest.param(
            "LOG-01 could not be assessed: {}", "LOG-01 無法評估：eks:ListClusters 遭拒絕", id="a prerequisite"
        ),
        pytest.param("CT-01 failed: {}", "CT-01 不符合：eks:ListClusters 遭拒絕", id="a failed one"),
    ],
)
def test_a_sentence_within_another_is_recognised_as_one(around: str, begin: str, translator: Translator) -> None:
    shown = translator.sentence(around.format(DENIED))

    assert shown.startswith(begin)
    assert english_words(shown) <= {"eks", "eu", "west"}


@pytest.mark.parametrize("number", [10, 400])
def test_sentences_without_end_within_each_other_are_shown(number: int, translator: Translator) -> None:
    shown = translator.sentence("CT-01 failed: " * number + "Nothing.")

    assert shown.endswith("Nothing.")
