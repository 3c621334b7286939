"""No sentence of the engine stays English: each that its source code can put into an assessment is in the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from tests.render.sample import assessment
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
from eksaminer.criteria import TOOL_DEFAULT
from eksaminer.detection.rule import RuleClass
from eksaminer.frameworks import frameworks
from eksaminer.gap import Cause
from eksaminer.registry import Loaded
from eksaminer.render.texts import CHINESE, texts
from eksaminer.render.translate import _Translator, catalogue, translated

ROOT = Path(eksaminer.__file__).parent
MARK = texts(CHINESE)("word.english", text="")

ELSEWHERE = {
    ("collect/exports.py:_scanned", "str(error)"): "a log without an event, whose sentence is in logs/scanning.py",
    ("collect/gaps.py:gap_of", "detail"): "made from the answer of AWS by the functions beside it",
    ("collect/kubernetes.py:_unexpected", "why"): "its callers are asked",
    ("render/unseen.py:_alike", "_detail(group, texts)"): "joined by the report from sentences that are translated",
    ("assessment.py:_left_out", "Cause.OUT_OF_SCOPE"): "a cause beside a cause",
    ("assessment.py:_facts", "cluster.arn"): "a value of AWS",
    ("assessment.py:_facts", "cluster.version"): "a value of AWS",
    ("assessment.py:_facts", "cluster.status"): "a value of AWS",
    ("assessment.py:_facts", "cluster.endpoint"): "a value of AWS",
    ("collect/kubernetes.py:_require_success", "why"): "its table is asked",
}
"""Expressions that cannot be read where they stand, and where what they say is looked at instead."""

FOREIGN = {"collect/kubernetes.py", "collect/kubernetes_dump.py"}
NAMES = {"ARN", "Kubernetes", "exception noted", "not in scope", "not concluded", "no exception noted"}
"""What is no sentence: names, and values of the file that the report has its own words for."""

CODE = re.compile(r"`[^`]*`|--[a-z-]+|\[allow\]|eksaminer (?:scan|trust)|assess |vended logs|access entry|dry run")
"""Commands and terms that stand in a Chinese sentence as they are."""
ENGLISH_WORDS = re.compile(r"\b[a-z]{2,} [a-z]{2,}\b")


@cache
def sources() -> dict[str, Module]:
    return {module.name: module for module in modules(ROOT)}


@pytest.fixture(scope="module")
def translator() -> _Translator:
    return _Translator(catalogue(CHINESE), texts(CHINESE), assessment())


def untranslated(found: Iterable[Said | Unread], translator: _Translator) -> list[str]:
    """Return what stays English, wholly or in part, and where it is made."""
    left: list[str] = []
    for item in found:
        if isinstance(item, Unread):
            left += [] if (item.place, item.expression) in ELSEWHERE else [f"{item.place}: {item.expression}"]
        elif item.text not in {"", SAMPLE, *NAMES}:
            other = translator.sentence(item.text)
            if MARK in other or ENGLISH_WORDS.search(CODE.sub("", other)):
                left.append(f"{item.file}:{item.line}: {item.text} = {other}")
    return left


def everywhere(read: str, place: int, prefix: str = "") -> Iterator[Said | Unread]:
    for module in sources().values():
        if module.name.startswith(prefix):
            yield from arguments(module, read, place)


def test_the_details_of_all_gaps(translator: _Translator) -> None:
    found = [item for module in sources().values() for item in details(module)]

    assert len(found) > 100
    assert untranslated(found, translator) == []


def test_the_details_that_stand_beside_a_cause(translator: _Translator) -> None:
    found = [item for module in sources().values() for item in after_causes(module)]
    found += table(sources()["collect/gaps.py"], "_ERRORS")

    assert untranslated((item for item in found if "{" not in getattr(item, "text", "")), translator) == []


def test_the_policies_that_deny(translator: _Translator) -> None:
    found = list(table(sources()["collect/gaps.py"], "_POLICIES"))

    assert len(found) > 5
    assert untranslated(found, translator) == []


def test_what_was_asked_about(translator: _Translator) -> None:
    assert untranslated(everywhere("attempt", 1), translator) == []


@pytest.mark.parametrize(
    ("file", "function", "place"),
    [
        pytest.param("collect/kubernetes.py", "_gap", 2, id="why a kind was not read"),
        pytest.param("collect/kubernetes.py", "_unexpected", 4, id="why an answer of Kubernetes cannot be used"),
        pytest.param("collect/kubernetes_dump.py", "_spoil", 1, id="why a dump cannot be used"),
        pytest.param("collect/kubernetes_dump.py", "_UnreadableError", 0, id="why a file cannot be used"),
        pytest.param("collect/kubernetes_dump.py", "append", 0, id="what differs in a dump"),
        pytest.param("collect/identities.py", "_each", 2, id="what is read one by one"),
        pytest.param("logs/scanning.py", "LogError", 1, id="a log without an event"),
    ],
)
def test_the_reasons_within_a_sentence(file: str, function: str, place: int, translator: _Translator) -> None:
    found = [item for item in arguments(sources()[file], function, place) if isinstance(item, Said)]
    if function == "LogError":
        found = [item for item in found if "covers no period" in item.text]
    if function == "_each":
        found = [Said(item.file, item.line, f"{item.text} {SAMPLE}") for item in found]

    assert found
    assert untranslated(found, translator) == []
