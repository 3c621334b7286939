"""What the documentation of filter patterns leaves open, and what we take it to be.

Each question has a name. An answer that would be another one under another policy names the questions it
depends on, so that nobody takes our reading for a fact of AWS.
"""

from collections.abc import Callable
from enum import StrEnum

from eksaminer.record import Record


class Question(StrEnum):
    """One thing that the documentation does not say."""

    QUOTED_NUMBER = "quoted_number"
    """Whether `$.code = "403"` holds for the number 403, and `$.code = 403` for the string "403"."""
    MISSING_DIFFERS = "missing_differs"
    """Whether `$.user != "x"` holds where there is no field `user`."""
    ANY_ELEMENT_DIFFERS = "any_element_differs"
    """Whether `$.list[*] != "x"` asks for one element that differs, or for no element that equals."""
    INNER_ASTERISK = "inner_asterisk"
    """Whether an asterisk in the middle of a value is a wildcard (an earlier edition said it is not)."""
    BOOLEAN_TEXT = "boolean_text"
    """Whether `$.flag = true` holds for the value true, which `IS TRUE` is there for."""
    DOT_LINE_BREAK = "dot_line_break"
    """Whether the dot of a regular expression matches a line break."""


class Policy(Record, frozen=True, kw_only=True):
    """An answer to each question."""

    name: str
    quoted_number: bool
    missing_differs: bool
    any_element_differs: bool
    inner_asterisk: bool
    boolean_text: bool
    dot_line_break: bool

    def answers(self, question: Question) -> bool:
        """Return the answer to *question*."""
        return bool(getattr(self, question.value))


DEFAULT = Policy(
    name="as documented, 2026-11-23",
    # The page writes of strings and of numbers apart, and gives an example of each with its own kind of value.
    quoted_number=False,
    # "If a property selector points to an array or object, the filter pattern won't match": no value, no match.
    missing_differs=False,
    # "matches the element": a wildcard selects, and one selected value suffices.
    any_element_differs=True,
    # "Use the asterisk as a wild card to match text": the sentence of today has no exception.
    inner_asterisk=True,
    # "Value nodes can be strings or numbers."
    boolean_text=False,
    # "Matches any single character", as RE2 and Java have it without a flag.
    dot_line_break=False,
)

Ask = Callable[[Question], bool]
"""Gives the answer that is in force, and may take note that it was asked for."""
