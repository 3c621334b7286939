"""The algebra of patterns, against all words of a small language."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.trust.oracle import wild

from eksaminer.trust.automaton import Effort, decide
from eksaminer.trust.formula import EVERY, Formula, both, either, holds, matching, negated, without
from eksaminer.trust.glob import read_value
from eksaminer.trust.language import Language
from eksaminer.trust.subject import ANY_SUBJECT, PREFIX, SERVICE_ACCOUNTS, Place, Subjects, parts

SMALL = Subjects(
    prefix="",
    places=(
        Place(moves=(("ab", 1),), first_part=True),
        Place(moves=(("ab", 1), ("-", 2), (":", 3)), first_part=True),
        Place(moves=(("ab", 1), ("-", 2)), first_part=True),
        Place(moves=(("ab", 4),)),
        Place(moves=(("ab", 4), ("-", 5), (".", 3)), ends=True),
        Place(moves=(("ab", 4), ("-", 5))),
    ),
    first_limit=3,
    last_limit=3,
)
"""Service accounts of two letters, three characters each part."""

WORDS = sorted(
    (
        f"{first}:{last}"
        for first in ("".join(chars) for size in (1, 2, 3) for chars in product("ab-", repeat=size))
        for last in ("".join(chars) for size in (1, 2, 3) for chars in product("ab-.", repeat=size))
        if parts(f"{PREFIX}{first}:{last}")
    ),
    key=lambda word: (len(word), word),
)

globs = st.text(alphabet="ab*?:-.", max_size=8)
atoms = st.lists(globs, max_size=3).map(
    lambda texts: (
        matching(read_value(text, wildcards=True).glob for text in texts),
        frozenset(word for word in WORDS if any(wild(text, word) for text in texts)),
    )
)
Pair = tuple[Formula, frozenset[str]]
"""A formula and, found without automata, its words."""
ALL = frozenset(WORDS)


def _not(pair: Pair) -> Pair:
    return negated(pair[0]), ALL - pair[1]


def _or(items: list[Pair]) -> Pair:
    return either(item[0] for item in items), ALL - ALL.intersection(*(ALL - item[1] for item in items))


def _and(items: list[Pair]) -> Pair:
    return both(item[0] for item in items), ALL.intersection(*(item[1] for item in items))


def _larger(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    lists = st.lists(inner, max_size=3)
    return st.one_of(inner.map(_not), lists.map(_or), lists.map(_and))


pairs: st.SearchStrategy[Pair] = st.recursive(atoms, _larger, max_leaves=6)


def words_of(formula: Formula) -> list[str]:
    return list(Language(formula, SMALL).words())


@settings(max_examples=300, deadline=None)
@given(pairs)
def test_a_formula_has_exactly_its_words(pair: Pair) -> None:
    formula, expected = pair
    found = words_of(formula)

    assert len(found) == len(set(found))
    assert set(found) == expected
    assert [len(word) for word in found] == sorted(len(word) for word in found)
    assert Language(formula, SMALL).is_empty == (not expected)


@settings(max_examples=150, deadline=None)
@given(pairs, pairs)
def test_de_morgan(left: Pair, right: Pair) -> None:
    assert set(words_of(negated(both((left[0], right[0]))))) == ALL - (left[1] & right[1])
    assert set(words_of(negated(either((left[0], right[0]))))) == ALL - (left[1] | right[1])


@settings(max_examples=150, deadline=None)
@given(pairs, pairs)
def test_a_difference_leaves_what_is_not_in_the_other(left: Pair, right: Pair) -> None:
    assert set(words_of(without(left[0], right[0]))) == left[1] - right[1]


@settings(max_examples=150, deadline=None)
@given(pairs)
def test_the_first_word_is_a_shortest_one(pair: Pair) -> None:
    formula, expected = pair
    first = next(iter(words_of(formula)), None)

    assert (first is None) == (not expected)
    assert first is None or len(first) == min(map(len, expected))


@settings(max_examples=150, deadline=None)
@given(pairs)
def test_the_namespaces_are_those_of_the_words(pair: Pair) -> None:
    formula, expected = pair
    found = Language(formula, SMALL).first_parts(100)

    if found is not None:
        assert set(found) == {word.partition(":")[0] for word in expected}


@settings(max_examples=200, deadline=None)
@given(globs, st.text(alphabet="ab:-.*?", max_size=8))
def test_a_pattern_matches_as_the_table_of_positions_says(pattern: str, text: str) -> None:
    assert read_value(pattern, wildcards=True).glob.matches(text) == wild(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "shortest"),
    [
        pytest.param("*", "a:a", id="anything"),
        pytest.param(f"{PREFIX}{'a' * 62}*:b", f"{'a' * 62}:b", id="room for one more"),
        pytest.param(f"{PREFIX}{'a' * 63}*:b", f"{'a' * 63}:b", id="a namespace as long as can be"),
        pytest.param(f"{PREFIX}{'a' * 64}*:b", None, id="a namespace that is too long"),
        pytest.param(f"{PREFIX}a:{'b' * 253}*", f"a:{'b' * 253}", id="a name as long as can be"),
        pytest.param(f"{PREFIX}a:{'b' * 254}*", None, id="a name that is too long"),
        pytest.param(f"{PREFIX}{'?' * 64}:*", None, id="question marks beyond the limit"),
        pytest.param(f"{PREFIX}*-:a", None, id="a namespace cannot end in a hyphen"),
        pytest.param(f"{PREFIX}*.*:a", None, id="a namespace has no dot"),
        pytest.param(f"{PREFIX}a:*..*", None, id="no two dots in a row"),
        pytest.param("*-?*:*", "a-a:a", id="a hyphen needs a letter behind it"),
    ],
)
def test_length_limits_are_exact(pattern: str, shortest: str | None) -> None:
    found = Language(matching([read_value(pattern, wildcards=True).glob]), SERVICE_ACCOUNTS)

    assert next(found.words(), None) == (None if shortest is None else PREFIX + shortest)
    assert found.is_empty == (shortest is None)


def test_the_shortest_word_minds_the_limit_of_each_part() -> None:
    long_namespace = read_value(f"{PREFIX}{'?' * 64}*:b", wildcards=True).glob
    long_name = read_value(f"{PREFIX}*:{'c' * 200}", wildcards=True).glob
    found = Language(matching([long_namespace, long_name]), SERVICE_ACCOUNTS)

    assert next(found.words()) == f"{PREFIX}a:{'c' * 200}"


@given(st.from_regex(r"[a-z0-9.:-]{1,12}", fullmatch=True))
def test_every_subject_of_the_language_is_read_by_the_automaton(text: str) -> None:
    subject = PREFIX + text
    automaton = decide(matching([read_value(f"{subject}*", wildcards=True).glob]), SERVICE_ACCOUNTS, Effort(100_000))

    assert automaton is not None
    assert (next(automaton.words(), None) == subject) == (parts(subject) is not None)


def test_any_subject_is_printable_text_of_at_most_255_characters() -> None:
    longest = matching([read_value("?" * 255, wildcards=True).glob])

    assert not Language(longest, ANY_SUBJECT).is_empty
    assert Language(matching([read_value("?" * 256, wildcards=True).glob]), ANY_SUBJECT).is_empty
    assert next(Language(EVERY, ANY_SUBJECT).words()) == "0"
    assert ANY_SUBJECT.has("repo:org/name:ref:refs/heads/main")
    assert not ANY_SUBJECT.has("")


@pytest.mark.parametrize("text", ["${aws:username}", "a${x}b", "${}"])
def test_a_variable_stands_for_any_text_and_is_not_certain(text: str) -> None:
    value = read_value(text, wildcards=False, variables=True)

    assert not value.certain
    assert value.glob.matches(re.sub(r"\$\{.*\}", "anything", text))


def test_escaped_wildcards_are_literal() -> None:
    value = read_value("a${*}b${?}c${$}", wildcards=True, variables=True)

    assert value.certain
    assert value.glob.literal == "a*b?c$"


def test_case_can_be_ignored() -> None:
    glob = read_value("Ab*", wildcards=True, fold=True).glob

    assert all(glob.matches(text) for text in ("ab", "AB", "aBx"))
    assert holds(matching([glob]), "ABc")
