"""The documentation of AWS, example by example."""

import pytest
from tests.filter_pattern.examples import EXAMPLES, Example

from eksaminer.filter_pattern import DEFAULT, FilterPattern


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(set(EXAMPLES)) >= 120


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.pattern} on {example.message[:20]}")
def test_a_documented_example_gives_what_the_page_says(example: Example) -> None:
    pattern = FilterPattern.parse(example.pattern)
    answer = pattern.answer(example.message)

    assert pattern.matches(example.message) is answer.matches is example.matches
    assert answer.policy is DEFAULT


@pytest.mark.parametrize("pattern", sorted({example.pattern for example in EXAMPLES}))
def test_a_documented_pattern_is_printed_so_that_it_reads_the_same(pattern: str) -> None:
    found = FilterPattern.parse(pattern)

    assert FilterPattern.parse(found.text()) == found
    assert FilterPattern.parse(found.text()).text() == found.text()
