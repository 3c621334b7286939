"""Traditional Chinese: nothing is left in English unnoticed, and each sentence says the same of the same values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.render.sample import FINDINGS, PROD, assessment, unseen

from eksaminer.findings import Assessment, EvidenceItem, Message
from eksaminer.gap import Cause
from eksaminer.registry import Loaded
from eksaminer.render.json import load_assessment
from eksaminer.render.pdf import unprintable
from eksaminer.render.texts import CHINESE, ENGLISH, texts
from eksaminer.render.translate import CheckWords, Template, catalogue, translated
from eksaminer.rule_check import described

ROOT = Path(__file__).parents[2]
MARK = texts(CHINESE)("word.english", text="")

ELSEWHERE = (
    "服務器", "默認", "審核日誌", "集群", "調度", "數據", "信息", "用戶", "訪問", "賬戶", "網絡", "軟件", "缺省",
    "創建", "響應", "字段", "日志", "服务", "对象", "请求", "查询",
)  # fmt: skip
"""Words (and characters) that Taiwan writes otherwise; the guide, which has some of them, is quoted as it is."""


def places(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def chinese() -> Iterator[tuple[str, str]]:
    """Give every sentence of ours, with its id."""
    for name in sorted(texts(CHINESE).identifiers):
        if not name.startswith("guide."):
            yield name, texts(CHINESE).word(name, "")
    yield from catalogue(CHINESE).sentences.items()
    for check, words in catalogue(CHINESE).checks.items():
        yield from (
            (f"{check}.{part}", getattr(words, part)) for part in ("title", "criterion", "rationale", "remediation")
        )
        yield from words.texts.items()


def in_chinese(name: str) -> str:
    """Return the sentence *name*: Chinese has no plurals, so it may stand there once for both forms."""
    return texts(CHINESE).word(name, texts(CHINESE).word(name.removesuffix(".one").removesuffix(".many"), ""))


def reported() -> list[str]:
    """Return the ids of the sentences of reports; the catalogue of checks is a page of the project, and English."""
    return sorted(name for name in texts(ENGLISH).identifiers if not name.startswith("catalogue."))


def test_every_sentence_of_the_reports_is_translated() -> None:
    assert [name for name in reported() if texts(ENGLISH)(name).strip() and not in_chinese(name)] == []


def test_no_sentence_is_translated_that_is_not_there() -> None:
    english = {name.removesuffix(".one").removesuffix(".many") for name in reported()} | set(reported())

    assert {name for name in texts(CHINESE).identifiers if not name.startswith("guide.")} <= english


def test_each_sentence_has_the_same_places_in_both_languages() -> None:
    for name in set(reported()) - {"limits.display"}:
        # The singular may say its one thing without a number.
        assert places(in_chinese(name)) - {"n"} == places(texts(ENGLISH)(name)) - {"n"}, name
    for one, other in catalogue(CHINESE).sentences.items():
        assert places(one) == places(other), one


def test_a_report_sentence_that_is_equal_in_both_languages_is_a_name() -> None:
    equal = {name for name in reported() if texts(ENGLISH)(name) == in_chinese(name)}
    words = {
        name
        for name in equal
        if any(letter.islower() for letter in Formatter().vformat(texts(ENGLISH)(name), (), Empty()))
    }

    assert words == {"activity.origin_cloudwatch", "cost.origin_price_list"}


class Empty(dict[str, str]):
    """Has nothing in every place."""

    def __missing__(self, name: str) -> str:
        return ""


def test_every_check_is_translated_with_all_its_texts(loaded: Loaded) -> None:
    words = catalogue(CHINESE).checks
    missing: list[str] = []
    every = {check.id: check for check in (*map(described, loaded.rules), *loaded.checks)}
    for check in every.values():
        own = words.get(check.id, CheckWords())
        parts = ("title", "rationale", "remediation", *(() if check.rule_class else ("criterion",)))
        missing += [f"{check.id}.{part}" for part in parts if not getattr(own, part)]
        if not check.rule_class:
            missing += [name for name in check.texts if name not in own.texts]
        for name, text in own.texts.items():
            assert places(text) == places(check.texts[name]), name

    assert missing == []


def test_what_all_rules_say_is_translated(loaded: Loaded) -> None:
    rule = next(check for check in loaded.checks if check.rule_class)
    words = catalogue(CHINESE).checks[""].texts

    assert {name: places(words[name]) for name in rule.texts} == {
        name: places(text) for name, text in rule.texts.items()
    }


def test_no_translation_is_about_a_check_that_is_not_there(loaded: Loaded) -> None:
    known = {*(check.id for check in loaded.checks), *(rule.id for rule in loaded.rules), ""}

    assert set(catalogue(CHINESE).checks) <= known


def test_the_words_are_those_of_taiwan() -> None:
    found = [(name, word) for name, text in chinese() for word in ELSEWHERE if word in text.replace("用戶端", "")]

    assert found == []


def test_nothing_of_the_sample_report_stays_english() -> None:
    shown = translated(load_assessment((ROOT / "sample_reports" / "assessment.json").read_bytes()), CHINESE)

    assert english_in(shown) == set()


def english_in(shown: Assessment) -> set[str]:
    """Return the sentences that are marked as English."""
    found: set[str] = set()
    pending: list[object] = [msgspec.structs.replace(shown, sources=())]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            if MARK in item:
                found.add(item)
        elif isinstance(item, msgspec.Struct):
            pending.extend(getattr(item, name) for name in item.__struct_fields__)
        elif isinstance(item, Mapping):
            pending.extend(item.values())
        elif isinstance(item, tuple | list):
            pending.extend(item)
    return found


def test_english_is_the_assessment_as_it_is() -> None:
    plain = assessment()

    assert translated(plain, ENGLISH) is plain


def test_a_sentence_of_a_later_version_is_shown_in_english_and_marked() -> None:
    later = msgspec.structs.replace(
        FINDINGS[0], text="Something new was seen.", message=Message(id="LOG-01.unheard_of", params={})
    )

    (shown,) = translated(assessment([later]), CHINESE).findings

    assert shown.text == f"{MARK}Something new was seen."


def test_a_sentence_with_other_parameters_than_the_catalogue_has_stays_english() -> None:
    other = msgspec.structs.replace(FINDINGS[0], message=Message(id="LOG-04.kept", params={}), check="LOG-04")

    (shown,) = translated(assessment([other]), CHINESE).findings

    assert shown.text == f"{MARK}{FINDINGS[0].text}"


def test_a_name_that_looks_like_a_place_is_only_a_name() -> None:
    detail = "eks:DescribeCluster was denied for {region.__class__} in eu-central-1; AWS does not say by which policy."

    (shown,) = translated(assessment([unseen("LOG-01", PROD, Cause.DENIED, detail)]), CHINESE).findings

    assert shown.cause is not None
    assert "{region.__class__}" in shown.cause.detail
    assert MARK not in shown.cause.detail


def test_a_sentence_is_recognised_by_its_shape() -> None:
    assert Template.of("{action} was denied{where}: {policy}.").places("a was denied for b: c.") == {
        "action": "a",
        "where": " for b",
        "policy": "c",
    }


WORDS = st.text("ab .", min_size=1, max_size=4)


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=4), WORDS)
def test_a_sentence_made_from_a_template_is_that_template(parts: list[tuple[str, str]], end: str) -> None:
    """Whatever stands in its places, if it is not empty; what is found there makes the same sentence."""
    names = [f"p{place}" for place in range(len(parts))]
    english = "".join(f"{fixed}{{{name}}}" for name, (fixed, _) in zip(names, parts, strict=True)) + end
    sentence = english.format_map({name: value for name, (_, value) in zip(names, parts, strict=True)})

    found = Template.of(english).places(sentence)

    assert found is not None
    assert english.format_map(found) == sentence


def test_no_two_places_of_a_sentence_touch() -> None:
    """Nobody could say where the one ends."""
    assert [one for one in catalogue(CHINESE).sentences if places(one) and "" in Template.of(one).fixed[1:-1]] == []


def test_a_hostile_sentence_takes_no_longer_than_its_length() -> None:
    template = Template.of("{a} in {b} in {c} in {d} in {e} in {f}: {g} and {h}.")

    assert template.places(" in x" * 200_000) is None


def test_the_fonts_have_every_character_of_the_language() -> None:
    assert unprintable(text for _, text in chinese()) == ()


def test_an_observed_value_is_translated_where_it_is_words_of_ours_and_kept_where_it_is_a_name() -> None:
    item = EvidenceItem(
        sources=(),
        seen={
            "changes of Roles": ["the saved query EKS audit/roles"],
            "none": "none",
            "log_group": "/aws/eks/none of us",
        },
    )

    (shown,) = translated(assessment([msgspec.structs.replace(FINDINGS[0], evidence=(item,))]), CHINESE).findings

    name, own, group = shown.evidence[0].seen.items()
    assert not re.search("[a-z]{2,} [a-z]{2,}", name[0])
    assert name[1] != ["the saved query EKS audit/roles"]
    assert "EKS audit/roles" in str(name[1])
    assert own == ("none", "none")
    assert group == ("log_group", "/aws/eks/none of us")
