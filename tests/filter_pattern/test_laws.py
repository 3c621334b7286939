"""What must hold of every filter pattern, for patterns and messages made at random."""

import json
import re
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.filter_pattern.naive import (
    Made,
    documents,
    equalities,
    expressions,
    flat,
    full_documents,
    regexes,
    terms,
    wild,
)

from eksaminer.filter_pattern import FilterPattern, FilterPatternError

QUICK = settings(max_examples=60, deadline=None)
MESSAGES = st.text("aAb4 .-@_1xE\n", max_size=12)


def text_of(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"))


@QUICK
@given(expressions)
def test_a_json_pattern_reads_the_same_after_printing(made: Made) -> None:
    pattern = FilterPattern.parse(f"{{{made[0]}}}")

    assert FilterPattern.parse(pattern.text()) == pattern


@QUICK
@given(expressions, documents)
def test_a_json_pattern_agrees_with_the_naive_judge(made: Made, document: Any) -> None:
    text, judge = made

    assert FilterPattern.parse(f"{{ {text} }}").matches(text_of(document)) is judge(document)


@QUICK
@given(wild(), documents)
def test_a_wildcard_selector_agrees_with_the_naive_judge(made: Made, document: Any) -> None:
    text, judge = made

    assert FilterPattern.parse(f"{{ {text} }}").matches(text_of(document)) is judge(document)


@QUICK
@given(regexes(), MESSAGES)
def test_a_regular_expression_agrees_with_the_one_of_python(source: str, message: str) -> None:
    found = FilterPattern.parse(f"%{source}%").matches(message)

    assert found is (re.search(source.replace("$", r"\Z"), message, re.ASCII) is not None)


@QUICK
@given(terms(), MESSAGES)
def test_terms_agree_with_the_naive_judge(made: Any, message: str) -> None:
    text, judge = made
    pattern = FilterPattern.parse(text)

    assert pattern.matches(message) is judge(message)
    assert FilterPattern.parse(pattern.text()) == pattern


@QUICK
@given(expressions, expressions, documents)
def test_joining_two_patterns_is_and_and_or(one: Made, other: Made, document: Any) -> None:
    message = text_of(document)
    first, second = (FilterPattern.parse(f"{{ {made[0]} }}").matches(message) for made in (one, other))
    assume(len(one[0]) + len(other[0]) < 1_000)

    assert FilterPattern.parse(f"{{ ({one[0]}) && ({other[0]}) }}").matches(message) is (first and second)
    assert FilterPattern.parse(f"{{ ({one[0]}) || ({other[0]}) }}").matches(message) is (first or second)


@QUICK
@given(equalities(flat), equalities(flat), full_documents)
def test_de_morgan_holds_where_both_fields_have_values(one: Made, other: Made, document: Any) -> None:
    message = text_of(document)
    negations = [negated(made[0]) for made in (one, other)]

    assert judged(" || ".join(negations), message) is not judged(f"{one[0]} && {other[0]}", message)
    assert judged(" && ".join(negations), message) is not judged(f"({one[0]}) || ({other[0]})", message)


def negated(condition: str) -> str:
    selector, sign, value = re.fullmatch(r"(\S+) (!?=) (.*)", condition, re.DOTALL).groups()  # type: ignore[union-attr] # - made so
    return f"{selector} {'=' if sign == '!=' else '!='} {value}"


def judged(expression: str, message: str) -> bool:
    return FilterPattern.parse(f"{{ {expression} }}").matches(message)


FIELDS = st.lists(st.text('ab4.[]"', min_size=1, max_size=4), max_size=6).map(" ".join)
COLUMNS = st.lists(
    st.sampled_from(["a", "b", "c = 4*", "d != ab || d = 4", 'e = "a b"', "f > 3 && f < 9", "g=%^a%", ""]), max_size=5
)


@QUICK
@given(COLUMNS, st.integers(0, 5), st.booleans(), FIELDS)
def test_a_pattern_of_fields_reads_the_same_after_printing(
    columns: list[str], place: int, ellipsis: bool, message: str
) -> None:
    named = [*columns[:place], *(["..."] if ellipsis else []), *columns[place:]]
    assume(sum("%" in column for column in columns) <= 2)
    pattern = FilterPattern.parse(f"[{','.join(named)}]")

    assert FilterPattern.parse(pattern.text()) == pattern
    assert FilterPattern.parse(pattern.text()).matches(message) is pattern.matches(message)


@QUICK
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    try:
        pattern = FilterPattern.parse(text)
    except FilterPatternError as refused:
        error = refused
    else:
        assert FilterPattern.parse(pattern.text()) == pattern
        return

    assert 0 <= error.position <= len(text)
