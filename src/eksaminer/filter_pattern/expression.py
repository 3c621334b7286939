"""Conditions joined by `&&`, `||` and parentheses, read without recursion: depth costs no stack."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from eksaminer.filter_pattern.reader import Reader

T = TypeVar("T")

AND, OR = "&&", "||"


@dataclass(frozen=True, slots=True)
class Single(Generic[T]):
    """One condition."""

    condition: T


@dataclass(frozen=True, slots=True)
class Join(Generic[T]):
    """Two or more expressions, of which all (`&&`) or any (`||`) must hold."""

    sign: str
    parts: "tuple[Join[T] | Single[T], ...]"


Expression: TypeAlias = Join[T] | Single[T]


def read_expression(reader: Reader, condition: Callable[[Reader], T]) -> Expression[T]:
    """Read an expression: parentheses bind before `&&`, that before `||`. Raises `FilterPatternError`."""
    levels: list[list[list[Expression[T]]]] = []
    alternatives: list[list[Expression[T]]] = [[]]
    while True:
        if reader.accept("("):
            levels.append(alternatives)
            alternatives = [[]]
            continue
        alternatives[-1].append(Single(condition(reader)))
        while levels and reader.accept(")"):
            inner = _join(OR, (_join(AND, parts) for parts in alternatives))
            alternatives = levels.pop()
            alternatives[-1].append(inner)
        sign = reader.accept(AND, OR)
        if sign == OR:
            alternatives.append([])
        if not sign:
            break
    if levels:
        reader.fail(f") is expected{reader.instead()}")
    return _join(OR, (_join(AND, parts) for parts in alternatives))


def _join(sign: str, parts: Iterable[Expression[T]]) -> Expression[T]:
    """Join *parts*; one alone stays itself, and what they join by the same sign is theirs."""
    flat: list[Expression[T]] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Join) and part.sign == sign else [part])
    return flat[0] if len(flat) == 1 else Join(sign, tuple(flat))


def print_expression(expression: Expression[T], show: Callable[[T], str]) -> str:
    """Return *expression* as it is written, with the parentheses it needs."""
    if not isinstance(expression, Join):
        return show(expression.condition)
    texts = (
        f"({print_expression(part, show)})" if isinstance(part, Join) else print_expression(part, show)
        for part in expression.parts
    )
    return f" {expression.sign} ".join(texts)


def holds(expression: Expression[T], test: Callable[[T], bool]) -> bool:
    """Tell whether *expression* holds. Every condition is tested: a test may take note of what it asks."""
    if not isinstance(expression, Join):
        return test(expression.condition)
    found = [holds(part, test) for part in expression.parts]
    return all(found) if expression.sign == AND else any(found)


def conditions(expression: Expression[T]) -> list[T]:
    """Return the conditions of *expression*, from left to right."""
    if not isinstance(expression, Join):
        return [expression.condition]
    return [condition for part in expression.parts for condition in conditions(part)]
