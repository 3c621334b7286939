"""Metric math of alarms: whether its result rises when a metric rises. A small part of the language, by trying.

What is not known here (`None`) is left to a person: a wrong sign would be a wrong verdict.
"""

import re
from collections.abc import Callable, Mapping

TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|(\S))")
DEEPEST = 40
SELECT = re.compile(
    r'\s*SELECT\s+(SUM|COUNT|MAX|AVG|MIN)\(\s*"?([^")\s]+)"?\s*\)'
    r'\s+FROM\s+(?:SCHEMA\(\s*"([^"]+)"[^)]*\)|"([^"]+)")\s*(.*)',
    re.IGNORECASE | re.DOTALL,
)
"""A query of Metrics Insights over one namespace."""

FUNCTIONS: Mapping[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "MAX": max,
    "MIN": min,
    "AVG": lambda values: sum(values) / len(values),
    "FILL": lambda values: values[0],
    "ABS": lambda values: abs(values[0]),
    "CEIL": lambda values: values[0],
    "FLOOR": lambda values: values[0],
    "RATE": lambda values: values[0],
    "DIFF": lambda values: values[0],
    "RUNNING_SUM": lambda values: values[0],
    "IF": lambda values: values[1] if values[0] else values[2] if len(values) > 2 else 0.0,  # noqa: PLR2004 - a choice
}
SIGNS: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right if right else 0.0,
    "^": lambda left, right: left**right,
    ">": lambda left, right: float(left > right),
    "<": lambda left, right: float(left < right),
}
LEVELS = (("<", ">"), ("+", "-"), ("*", "/"), ("^",))


class UnknownError(Exception):
    """An expression that is not of the part of the language that is known here."""


def direction(expression: str, term: str, others: tuple[str, ...]) -> int | None:
    """Return 1 if *expression* rises with *term*, -1 if it falls, 0 if it does neither; None: not known."""
    try:
        results = [
            _Expression(expression, {**dict.fromkeys(others, 1.0), term: value}).value() for value in (0.0, 1.0, 100.0)
        ]
    except (UnknownError, ArithmeticError, IndexError, ValueError):
        return None
    rising, falling = results[0] < results[2] >= results[1], results[0] > results[2] <= results[1]
    return int(rising) - int(falling)


class _Expression:
    def __init__(self, text: str, values: Mapping[str, float]) -> None:
        self._tokens = [found.groups() for found in TOKEN.finditer(text)]
        self._at = 0
        self._values = values
        self._depth = 0

    def value(self) -> float:
        found = self._level(0)
        if self._at < len(self._tokens):
            raise UnknownError
        return found

    def _level(self, level: int) -> float:
        if level == len(LEVELS):
            return self._atom()
        found = self._level(level + 1)
        while self._sees(*LEVELS[level]):
            sign = str(self._take()[2])
            found = SIGNS[sign](found, self._level(level + 1))
        return found

    def _atom(self) -> float:
        minus = 0
        while self._sees("-"):
            self._take()
            minus += 1
        return -self._operand() if minus % 2 else self._operand()

    def _operand(self) -> float:
        number, name, sign = self._take()
        if number:
            return float(number)
        if name:
            return self._named(str(name))
        if sign == "(":
            (found,) = self._arguments(")")
            return found
        raise UnknownError

    def _named(self, name: str) -> float:
        if not self._sees("("):
            if name not in self._values:
                raise UnknownError
            return self._values[name]
        self._take()
        if name == "METRICS" and self._sees(")"):
            self._take()
            return sum(self._values.values())
        if name not in FUNCTIONS:
            raise UnknownError
        if self._sees("["):
            self._take()
            values = self._arguments("]")
            if not self._sees(")"):
                raise UnknownError
            self._take()
            return FUNCTIONS[name](values)
        return FUNCTIONS[name](self._arguments(")"))

    def _arguments(self, closing: str) -> list[float]:
        self._depth += 1
        if self._depth > DEEPEST:
            raise UnknownError
        found = [self._level(0)]
        while self._sees(","):
            self._take()
            if self._sees(closing):
                break
            found.append(self._level(0))
        if not self._sees(closing):
            raise UnknownError
        self._take()
        self._depth -= 1
        return found

    def _sees(self, *signs: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at][2] in signs

    def _take(self) -> tuple[str | None, ...]:
        if self._at >= len(self._tokens):
            raise UnknownError
        self._at += 1
        return self._tokens[self._at - 1]
