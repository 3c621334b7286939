"""The automata against an evaluator that was written on its own (`oracle.py`).

`EKSAMINER_TRUST_PAIRS=100000` makes the run long.
"""

from __future__ import annotations

import os
from collections import Counter
from itertools import islice
from random import Random

import pytest
from tests.trust import generate, oracle
from tests.trust.generate import PROVIDER, SUBJECTS

from eksaminer.trust import Reach, TrustPolicy, corrected

PAIRS = int(os.environ.get("EKSAMINER_TRUST_PAIRS", "5000"))
SUBJECTS_EACH = 20
CHUNKS = 10
POLICIES = PAIRS // SUBJECTS_EACH // CHUNKS
MOST_QUESTIONS = 3


def open_questions(document: dict[str, object]) -> int:
    request = oracle.Request(PROVIDER, SUBJECTS[0], generate.AUDIENCE, ())
    oracle.allowed(document, request)
    return request.asked


def documents(chunk: int) -> list[dict[str, object]]:
    """Policies that the other evaluator can try in all ways."""
    seeds = range(chunk * 1_000_000, (chunk + 1) * 1_000_000)
    found = (generate.policy(seed) for seed in seeds)
    return list(islice((item for item in found if open_questions(item) <= MOST_QUESTIONS), POLICIES))


def confirm(document: dict[str, object], reach: Reach, verdicts: dict[str, str], names: tuple[str, ...]) -> None:
    """Compare a reach with the evaluator: every subject, every witness, emptiness by sampling."""
    words = reach.some(6)
    sure = reach.surely.some(2)

    assert {subject: subject in reach for subject in verdicts} == {s: v != "no" for s, v in verdicts.items()}
    assert {subject: subject in reach.surely for subject in verdicts} == {s: v == "yes" for s, v in verdicts.items()}
    assert all(oracle.verdict(document, PROVIDER, word) != "no" for word in words)
    assert all(oracle.verdict(document, PROVIDER, word) == "yes" for word in sure)
    assert reach.is_decided
    if reach.is_empty:
        assert set(verdicts.values()) == {"no"}
        assert reach.witness() is None
    else:
        assert reach.witness() == words[0]
    beyond = reach.beyond(names)
    assert beyond not in names
    assert beyond is None or oracle.verdict(document, PROVIDER, beyond) != "no"
    assert beyond is not None or {s for s, v in verdicts.items() if v != "no"} <= set(names)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_agrees_with_the_other_evaluator(chunk: int) -> None:
    seen: Counter[str] = Counter()
    for number, document in enumerate(documents(chunk)):
        policy = TrustPolicy.from_document(document)
        subjects = Random(number).sample(SUBJECTS, SUBJECTS_EACH)
        answers: dict[str, str] = {subject: policy.may_assume(PROVIDER, subject) for subject in subjects}
        seen.update(answers.values())

        verdicts = {subject: oracle.verdict(document, PROVIDER, subject) for subject in subjects}
        assert answers == verdicts, document
        confirm(document, policy.reach(PROVIDER), verdicts, policy.named(PROVIDER))

    assert min(seen["yes"], seen["no"], seen["depends"]) > 0


@pytest.mark.parametrize("chunk", range(2))
def test_a_corrected_policy_admits_only_names_that_were_admitted(chunk: int) -> None:
    for document in documents(chunk):
        policy = TrustPolicy.from_document(document)
        better = corrected(policy, [PROVIDER])
        after = TrustPolicy.from_document(better) if better else policy
        named = policy.named(PROVIDER)

        assert after.reach(PROVIDER).beyond(named) is None, document
        admitted = {name for name in named if policy.may_assume(PROVIDER, name) != "no"}
        assert {name for name in named if after.may_assume(PROVIDER, name) != "no"} <= admitted
