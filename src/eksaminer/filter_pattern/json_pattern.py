"""JSON patterns: `{ $.responseStatus.code = 403 }`."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from eksaminer.filter_pattern.expression import (
    Expression,
    conditions,
    holds,
    print_expression,
    read_expression,
)
from eksaminer.filter_pattern.limits import MOST_REGEXES, MOST_WILDCARDS
from eksaminer.filter_pattern.policy import Ask, Question
from eksaminer.filter_pattern.reader import Reader
from eksaminer.filter_pattern.regex import Regex
from eksaminer.filter_pattern.selector import Selector, read_selector
from eksaminer.filter_pattern.value import Number, Value, compares, print_value, read_comparison

CONSTANTS = {"NULL": None, "TRUE": True, "FALSE": False}


@dataclass(frozen=True, slots=True)
class Compares:
    """A value that is selected stands in a relation to a value of the pattern."""

    selector: Selector
    sign: str
    value: Value

    def __str__(self) -> str:
        return f"{self.selector} {self.sign} {print_value(self.value)}"

    def test(self, message: Any, ask: Ask) -> bool:
        """Tell whether it holds for *message*."""
        found = self.selector.select(message)
        values = [value for value in found if not isinstance(value, dict | list)]
        if not found and self.sign == "!=":
            return ask(Question.MISSING_DIFFERS)
        results = [compares(value, self.sign, self.value, ask) for value in values]
        if self.sign == "!=" and self.selector.wild and any(results) and not all(results):
            return ask(Question.ANY_ELEMENT_DIFFERS)
        return any(results)


@dataclass(frozen=True, slots=True)
class Is:
    """A value that is selected is null, true or false."""

    selector: Selector
    constant: str

    def __str__(self) -> str:
        return f"{self.selector} IS {self.constant}"

    def test(self, message: Any, ask: Ask) -> bool:  # noqa: ARG002 - the tests of conditions are alike
        """Tell whether it holds for *message*."""
        return any(value is CONSTANTS[self.constant] for value in self.selector.select(message))


@dataclass(frozen=True, slots=True)
class NotExists:
    """Nothing is selected."""

    selector: Selector

    def __str__(self) -> str:
        return f"{self.selector} NOT EXISTS"

    def test(self, message: Any, ask: Ask) -> bool:  # noqa: ARG002 - the tests of conditions are alike
        """Tell whether it holds for *message*."""
        return not self.selector.select(message)


Condition = Compares | Is | NotExists


@dataclass(frozen=True, slots=True)
class JsonPattern:
    """Conditions on the fields of a message that is one JSON object."""

    expression: Expression[Condition]

    @property
    def regexes(self) -> int:
        """How many regular expressions it holds."""
        return sum(isinstance(each, Compares) and isinstance(each.value, Regex) for each in conditions(self.expression))

    def text(self) -> str:
        """Return it as it is written."""
        return f"{{ {print_expression(self.expression, str)} }}"

    def reading(self, message: str) -> Callable[[Ask], bool]:
        """Read *message* once; return what tells whether it matches, for the answers to open questions."""
        found = _object(message)
        if found is None:
            return lambda _: False
        return partial(self._test, found)

    def _test(self, message: dict[str, Any], ask: Ask) -> bool:
        return holds(self.expression, lambda condition: condition.test(message, ask))


def read_json_pattern(reader: Reader) -> JsonPattern:
    """Read `{ conditions }`. Raises `FilterPatternError`."""
    reader.expect("{")
    expression = read_expression(reader, _condition)
    reader.expect("}")
    pattern = JsonPattern(expression)
    if pattern.regexes > MOST_REGEXES:
        reader.fail(f"a pattern has {MOST_REGEXES} regular expressions at most", 0)
    if sum(condition.selector.wild for condition in conditions(expression)) > MOST_WILDCARDS:
        reader.fail(f"a pattern has {MOST_WILDCARDS} wildcard selectors at most", 0)
    return pattern


def _condition(reader: Reader) -> Condition:
    selector = read_selector(reader)
    if reader.word(["NOT"]):
        if not reader.word(["EXISTS"]):
            reader.fail("NOT stands before EXISTS alone")
        return NotExists(selector)
    if reader.word(["IS"]):
        constant = reader.word(list(CONSTANTS))
        if not constant:
            reader.fail("IS stands before NULL, TRUE or FALSE alone")
        return Is(selector, constant)
    return Compares(selector, *read_comparison(reader))


def _object(message: str) -> dict[str, Any] | None:
    """Return the object that *message* is; None if it is none: a JSON pattern matches nothing else."""
    try:
        found = json.loads(message, parse_int=Number, parse_float=Number, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refuse(constant: str) -> Any:
    raise ValueError(constant)
