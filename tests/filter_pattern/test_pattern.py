"""Filter patterns: what is refused and where, what is left open, and what a hostile pattern costs."""

import re
from pathlib import Path
from time import process_time

import pytest

from eksaminer.filter_pattern import DEFAULT, FilterPattern, FilterPatternError, Question
from eksaminer.filter_pattern import limits as facts

REFUSED = [
    pytest.param("{ $.a = 1", 9, "} is expected, but the pattern ends", id="a brace that is not closed"),
    pytest.param("{ }", 2, "a property selector", id="no condition"),
    pytest.param("{ $.a == 1 }", 7, "equality is written =", id="two equals signs"),
    pytest.param("{ $.a = !b }", 8, "equality is written =", id="equals, not"),
    pytest.param("{ $.a ~ 1 }", 6, "an operator", id="an unknown operator"),
    pytest.param("{ a = 1 }", 2, "a property selector", id="no dollar"),
    pytest.param("{ $a = 1 }", 2, "a property selector", id="no dot"),
    pytest.param("{ $.a.. = 1 }", 6, "the name of a property", id="two dots"),
    pytest.param("{ $.a/b = 1 }", 5, "an operator", id="a slash in a name"),
    pytest.param("{ $.a[x] = 1 }", 5, "brackets hold", id="a word in brackets"),
    pytest.param("{ $.a[*].* = 1 }", 2, "one wildcard at most", id="two wildcards in a selector"),
    pytest.param('{ $.a = "b }', 8, "the double quotes are not closed", id="quotes that are not closed"),
    pytest.param("{ $.a = %b }", 8, "the percent signs", id="percent signs that are not closed"),
    pytest.param("{ $.a = 'b' }", 8, "a value is expected", id="single quotes"),
    pytest.param("{ $.a = system:anonymous }", 14, "} is expected", id="a colon without quotes"),
    pytest.param("{ $.a = eu-west-1 }", 10, "} is expected", id="a hyphen without quotes"),
    pytest.param("{ $.a < b }", 8, "< compares numbers", id="less than a word"),
    pytest.param('{ $.a >= "4" }', 9, ">= compares numbers", id="at least a text"),
    pytest.param("{ $.a IS NOT NULL }", 9, "IS stands before", id="IS NOT"),
    pytest.param("{ $.a EXISTS }", 6, "an operator", id="EXISTS"),
    pytest.param("{ $.a NOT NULL }", 10, "NOT stands before", id="NOT without EXISTS"),
    pytest.param("{ $.a is null }", 6, "an operator", id="keywords in small letters"),
    pytest.param("{ !($.a = 1) }", 2, "a property selector", id="not"),
    pytest.param("{ ($.a = 1 }", 11, ") is expected", id="a parenthesis that is not closed"),
    pytest.param("{ $.a = 1) }", 9, "} is expected", id="a parenthesis that was not opened"),
    pytest.param("{ $.a = 1 && }", 13, "a property selector", id="nothing behind and"),
    pytest.param("{ $.a = 1 & $.b = 2 }", 10, "} is expected", id="one ampersand"),
    pytest.param("{ $.a = 1 } x", 12, "the pattern has ended", id="something behind the brace"),
    pytest.param("{ $.a = %x% || $.b = %y% || $.c = %z% }", 0, "2 regular expressions", id="three expressions"),
    pytest.param(
        "{ $.a[*]=1 || $.b[*]=1 || $.c[*]=1 || $.d[*]=1 }", 0, "3 wildcard selectors", id="four wildcard selectors"
    ),
    pytest.param("[a, b", 5, "] is expected", id="a bracket that is not closed"),
    pytest.param("[..., a, ...]", 0, "one ellipsis", id="two ellipses"),
    pytest.param("[a = 1 || b = 2]", 10, "names the field b", id="a condition of another field"),
    pytest.param(
        "[a = 1 || ", 10, "the field a is expected, but the pattern ends", id="a condition of no field, at the end"
    ),
    pytest.param("[a = 1 && = 2]", 10, "the field a is expected instead of =", id="a condition of no field"),
    pytest.param("[= 1 && b = 2]", 8, "a field without a name names the field b", id="a name where none was"),
    pytest.param("[a=%x%, b=%y%, c=%z%]", 0, "2 regular expressions", id="three expressions in fields"),
    pytest.param('"phrase', 0, "the double quotes", id="a phrase that is not closed"),
    pytest.param("foo:bar", 3, "stands in double quotes", id="a term with a colon"),
    pytest.param("ERROR (x)", 6, "a term is expected", id="a term in parentheses"),
    pytest.param("ERROR ?", 7, "a term is expected", id="a question mark alone"),
    pytest.param("%x% y", 4, "stands alone", id="a term beside an expression"),
    pytest.param("%something!%", 10, "cannot hold '!'", id="a character that expressions do not have"),
    pytest.param("%(ab)+%", 1, "cannot hold '('", id="a group"),
    pytest.param(r"%\(%", 1, r"\( is not supported", id="an escaped parenthesis"),
    pytest.param("%café%", 4, "cannot hold", id="a character beyond ASCII"),
    pytest.param(r"%\bx%", 1, r"\b is not supported", id="a word boundary"),
    pytest.param("%%", 1, "is empty", id="an empty expression"),
    pytest.param("%*a%", 1, "something to count", id="a count of nothing"),
    pytest.param("%a+?%", 3, "a count follows a count", id="a lazy count"),
    pytest.param("%a{3,1}%", 1, "minimum above its maximum", id="a count that is upside down"),
    pytest.param("%a{x}%", 2, "a count is", id="a count that is none"),
    pytest.param("%a{1001}%", 2, "1000 at most", id="a count too high"),
    pytest.param("%[a%", 3, "ends too early", id="a class that is not closed"),
    pytest.param("%[]%", 1, "hold nothing", id="an empty class"),
    pytest.param("%[z-a]%", 2, "no order", id="a range upside down"),
    pytest.param(r"%\xZZ%", 1, "two hexadecimal digits", id="digits that are none"),
    pytest.param("%a]%", 2, "needs a backslash", id="a bracket alone"),
    pytest.param("x" * 1_025, 1_024, "1024 characters at most", id="a pattern too long"),
]


@pytest.mark.parametrize(("text", "position", "reason"), REFUSED)
def test_what_is_no_pattern_is_refused_with_place_and_reason(text: str, position: int, reason: str) -> None:
    with pytest.raises(FilterPatternError, match=re.escape(reason)) as refused:
        FilterPattern.parse(text)

    assert refused.value.position == position
    assert refused.value.diagnostics()[0].startswith("The filter pattern cannot be read at character")


@pytest.mark.parametrize(
    ("text", "kind"),
    [("{ $.a = 1 }", "json"), ("[a, b]", "fields"), ("ERROR", "terms"), ("", "terms"), ("%E%", "regex")],
)
def test_a_pattern_says_for_what_messages_it_is_written(text: str, kind: str) -> None:
    assert FilterPattern.parse(text).kind == kind


OPEN = [
    pytest.param('{ $.code = "403" }', '{"code":403}', Question.QUOTED_NUMBER, False, id="text against number"),
    pytest.param("{ $.code = 403 }", '{"code":"403"}', Question.QUOTED_NUMBER, False, id="number against text"),
    pytest.param("{ $.code > 400 }", '{"code":"403"}', Question.QUOTED_NUMBER, False, id="order of a text"),
    pytest.param('{ $.user != "x" }', "{}", Question.MISSING_DIFFERS, False, id="a field that is missing"),
    pytest.param('{ $.l[*] != "x" }', '{"l":["x","y"]}', Question.ANY_ELEMENT_DIFFERS, True, id="one of two elements"),
    pytest.param('{ $.e = "Ev*ent" }', '{"e":"Ev1ent"}', Question.INNER_ASTERISK, True, id="an asterisk in the middle"),
    pytest.param("{ $.f = true }", '{"f":true}', Question.BOOLEAN_TEXT, False, id="true as a word"),
    pytest.param("%a.b%", "a\nb", Question.DOT_LINE_BREAK, False, id="a line break"),
]


@pytest.mark.parametrize(("text", "message", "question", "expected"), OPEN)
def test_what_the_documentation_leaves_open_is_named(
    text: str, message: str, question: Question, expected: bool
) -> None:
    answer = FilterPattern.parse(text).answer(message)

    assert answer.matches is expected
    assert answer.depends_on == (question,)
    assert answer.policy.answers(question) is expected


def test_every_open_question_has_an_example() -> None:
    assert {case.values[2] for case in OPEN} == set(Question)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param('{ $.code = "403" || $.code = 403 }', '{"code":403}', id="both spellings"),
        pytest.param('{ $.user != "x" && $.code = 1 }', '{"code":2}', id="decided by another condition"),
        pytest.param('{ $.code = "404" }', '{"code":403}', id="another number in any reading"),
    ],
)
def test_a_question_that_changes_nothing_is_not_named(text: str, message: str) -> None:
    assert FilterPattern.parse(text).answer(message).depends_on == ()


def test_two_questions_that_matter_only_together_are_both_named() -> None:
    pattern = FilterPattern.parse('{ $.code = "403" && $.user != "x" }')

    assert pattern.answer('{"code":403}').depends_on == (Question.MISSING_DIFFERS, Question.QUOTED_NUMBER)


def test_of_two_questions_the_one_that_does_not_matter_is_not_named() -> None:
    pattern = FilterPattern.parse('{ $.code = "403" || ($.user != "x" && $.code = 500) }')

    assert pattern.answer('{"code":403}').depends_on == (Question.QUOTED_NUMBER,)


def test_a_question_that_only_another_answer_leads_to_is_named() -> None:
    pattern = FilterPattern.parse('{ $.flag = "t*e" }')

    assert pattern.answer('{"flag":true}').depends_on == (Question.BOOLEAN_TEXT, Question.INNER_ASTERISK)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{ ($.a = 1) || ($.b = 2) }", "{$.a=1||$.b=2}"),
        ("{ ($.a = 1 && $.b = 2) || $.c = 3 }", "{ $.a = 1 && $.b = 2 || $.c = 3 }"),
        ("{ $.['a'] = 1 }", "{ $.a = 1 }"),
        ("{ ((($.a = 1))) }", "{\n$.a = 1\n}"),
    ],
)
def test_spelling_makes_no_difference(one: str, other: str) -> None:
    assert FilterPattern.parse(one) == FilterPattern.parse(other)


@pytest.mark.parametrize(
    ("text", "message", "expected"),
    [
        pytest.param("{ $.a = 1 }", "not json", False, id="no JSON"),
        pytest.param("{ $.a = 1 }", 'I0101 {"a":1}', False, id="JSON behind a prefix"),
        pytest.param("{ $.a NOT EXISTS }", "[1]", False, id="an array"),
        pytest.param("{ $.a NOT EXISTS }", "[" * 100_000, False, id="JSON without end"),
        pytest.param("{ $.a > 0 }", '{"a":NaN}', False, id="no number of JSON"),
        pytest.param("{ $.a = 1 }", '{"a":' + "9" * 50_000 + "}", False, id="a number of 50,000 digits"),
        pytest.param("{ $.a > 1e400 }", '{"a":1e401}', True, id="numbers beyond a float"),
        pytest.param("{ $.a > 1 }", '{"a":1e99999999999999999999999}', False, id="a number beyond all"),
        pytest.param("{ $.a = 9007199254740993 }", '{"a":9007199254740992}', False, id="neighbours beyond 2^53"),
        pytest.param('{ $.a = "é" }', '{"a":"\\u00e9"}', True, id="an escaped letter"),
        pytest.param("[a, b]", "", False, id="no fields"),
        pytest.param("ERROR", "\ud800ERROR", True, id="half a surrogate pair"),
    ],
)  # fmt: skip
def test_any_message_can_be_judged(text: str, message: str, expected: bool) -> None:
    assert FilterPattern.parse(text).matches(message) is expected


HOSTILE = [
    pytest.param("{" + "(" * 500 + "$.a=1" + ")" * 500 + "}", '{"a":1}', True, id="500 parentheses"),
    pytest.param("{" + "($.a=1&&($.a=1||" * 55 + "$.a=2" + "))" * 55 + "}", '{"a":1}', True, id="110 levels"),
    pytest.param("%" + "a*" * 500 + "b%", "a" * 20_000, False, id="500 repetitions"),
    pytest.param("%a{1000}" + "a{0,1000}" * 8 + "b%", "a" * 20_000, False, id="counts of counts"),
    pytest.param("%" + "|".join(["a+b"] * 250) + "%", "a" * 20_000, False, id="250 choices"),
    pytest.param('{ $.a = "' + "*a" * 200 + '*b" }', '{"a":"' + "a" * 100_000 + '"}', False, id="200 asterisks"),
    pytest.param("[..., a = x]", "[ " * 200_000, False, id="200,000 brackets"),
    pytest.param('[a, b, ..., c = "x"]', '" ' * 200_001, False, id="200,001 quotes"),
    pytest.param("?" + " ?".join("abcdefgh"), "z" * 1_000_000, False, id="a message of 1 MB"),
]


@pytest.mark.parametrize(("text", "message", "expected"), HOSTILE)
def test_a_hostile_pattern_or_message_costs_little(text: str, message: str, expected: bool) -> None:
    started = process_time()

    found = FilterPattern.parse(text).matches(message)

    assert found is expected
    assert process_time() - started < 5


def test_counts_that_add_up_to_too_much_are_refused() -> None:
    with pytest.raises(FilterPatternError, match="add up to too many"):
        FilterPattern.parse("%" + "a{1000}" * 11 + "%")


def test_facts_of_aws_have_a_source_and_a_day() -> None:
    text = Path(facts.__file__).read_text(encoding="utf-8")

    assert re.fullmatch(r"\d{4}-\d\d-\d\d", facts.AS_OF)
    assert facts.SYNTAX.startswith("https://docs.aws.amazon.com/")
    assert "botocore" in text
    assert DEFAULT.name.endswith(facts.AS_OF)
