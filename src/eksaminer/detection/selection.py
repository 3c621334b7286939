"""The detection section of a Sigma rule: named selections of field tests with modifiers."""

import re
from collections.abc import Mapping
from typing import Any

from eksaminer.detection.fields import FIELDS, unknown_field
from eksaminer.detection.predicate import (
    Cmp,
    Eq,
    Exists,
    In,
    Like,
    Not,
    Predicate,
    Re,
    conjunction,
    disjunction,
)
from eksaminer.detection.rule import RuleError

Scalar = str | int | float | bool | None

PLACES = frozenset({"contains", "startswith", "endswith"})
COMPARISONS = frozenset({"lt", "lte", "gt", "gte"})
FLAGS = frozenset({"i", "m", "s"})
MODIFIERS = PLACES | COMPARISONS | FLAGS | {"re", "all", "exists", "neq", "cased"}
MAX_VALUES = 1_000
MAX_TEXT = 4_096

NOT_SHARED = re.compile(r"\(\?[=!>(#]|\(\?<[=!]|\(\?P[=>]|\\[1-9AZzbBGpPX]|[*+?}]\+|\(\?[a-zA-Z-]+[:)]")
"""What Python's regular expressions and RE2 do not share, or do not mean alike."""


def parse_selection(body: Any) -> Predicate:
    """Return the predicate of one selection: a mapping (all of it), or a list of them (any of it)."""
    if isinstance(body, list) and body:
        return disjunction([parse_selection(item) for item in body])
    if not isinstance(body, Mapping) or not body:
        raise RuleError("a selection is a mapping of fields, or a list of such mappings; keywords are not supported")
    return conjunction([_item(str(key), value) for key, value in body.items()])


def _item(key: str, value: Any) -> Predicate:
    path, *modifiers = key.split("|")
    if path not in FIELDS:
        raise RuleError(unknown_field(path))
    unsupported = [modifier for modifier in modifiers if modifier not in MODIFIERS]
    if unsupported:
        raise RuleError(f"the modifier {unsupported[0]} of {path} is not supported")
    values = _values(path, value)
    join = conjunction if "all" in modifiers else disjunction
    rest = frozenset(modifiers) - {"all", "neq"}
    plain = _listed(path, values) if not rest and "all" not in modifiers else None
    predicate = plain or join([_test(path, rest, item) for item in values])
    return Not(part=predicate) if "neq" in modifiers else predicate


def _values(path: str, value: Any) -> list[Scalar]:
    values = value if isinstance(value, list) else [value]
    if not values or len(values) > MAX_VALUES:
        raise RuleError(f"{path} needs between 1 and {MAX_VALUES} values")
    if not all(item is None or isinstance(item, str | int | float | bool) for item in values):
        raise RuleError(f"the values of {path} have to be texts, numbers, true, false or null")
    if any(isinstance(item, str) and len(item) > MAX_TEXT for item in values):
        raise RuleError(f"a value of {path} is longer than {MAX_TEXT} characters")
    return values


def _listed(path: str, values: list[Scalar]) -> Predicate | None:
    """Return one test for several plain values, which the engine answers in one look."""
    parts = [glob_parts(str(value)) for value in values if isinstance(value, str)]
    plain = len(values) > 1 and None not in values and not any(set(part) & {"*", "?"} for part in parts)
    if not plain:
        return None
    return In(field=path, values=tuple(sorted({_literal(value) for value in values})))


def _test(path: str, modifiers: frozenset[str], value: Scalar) -> Predicate:
    if modifiers & COMPARISONS:
        return _comparison(path, modifiers, value)
    if "re" in modifiers:
        return _expression(path, modifiers - {"re"}, value)
    if modifiers & FLAGS:
        raise RuleError(f"the modifiers i, m and s of {path} need the modifier re")
    if modifiers == frozenset({"exists"}):
        if not isinstance(value, bool):
            raise RuleError(f"{path}|exists is true or false")
        return Exists(field=path) if value else Not(part=Exists(field=path))
    if len(modifiers - {"cased"}) > 1 or "exists" in modifiers:
        raise RuleError(f"the modifiers of {path} exclude each other")
    if value is None:
        if modifiers:
            raise RuleError(f"null cannot be combined with a modifier ({path})")
        return Not(part=Exists(field=path))
    return _text(path, modifiers, value)


def _comparison(path: str, modifiers: frozenset[str], value: Scalar) -> Predicate:
    if len(modifiers) > 1 or isinstance(value, bool) or not isinstance(value, int | float):
        raise RuleError(f"{path} is compared with one number")
    return Cmp(field=path, operator=next(iter(modifiers)), value=float(value))


def _expression(path: str, flags: frozenset[str], value: Scalar) -> Predicate:
    if flags - FLAGS or not isinstance(value, str):
        raise RuleError(f"{path}|re is a regular expression with at most the modifiers i, m and s")
    if NOT_SHARED.search(value):
        raise RuleError(f"the regular expression of {path} uses a construct that is not supported")
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError) as error:
        raise RuleError(f"the regular expression of {path} is wrong: {error}") from None
    return Re(field=path, pattern=value, flags="".join(sorted(flags)))


def _text(path: str, modifiers: frozenset[str], value: Scalar) -> Predicate:
    parts = glob_parts(value) if isinstance(value, str) else ("=" + _literal(value),)
    if modifiers & {"contains", "endswith"}:
        parts = ("*", *parts)
    if modifiers & {"contains", "startswith"}:
        parts = (*parts, "*")
    cased = "cased" in modifiers
    if any(part in {"*", "?"} for part in parts):
        return Like(field=path, pattern=parts, cased=cased)
    return Eq(field=path, value="".join(part[1:] for part in parts), cased=cased)


def glob_parts(text: str) -> tuple[str, ...]:
    r"""Split a Sigma value into literal parts (led by `=`) and the wildcards `*` and `?`.

    A backslash makes the wildcard or backslash after it literal; before anything else it is itself.
    """
    parts: list[str] = []
    literal = ""
    position = 0
    while position < len(text):
        char, following = text[position], text[position + 1 : position + 2]
        if char == "\\" and following and following in "*?\\":
            literal += following
            position += 1
        elif char in "*?":
            parts += ["=" + literal] if literal else []
            parts.append(char)
            literal = ""
        else:
            literal += char
        position += 1
    return tuple([*parts, "=" + literal] if literal else parts)


def _literal(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "".join(part[1:] for part in glob_parts(value)) if isinstance(value, str) else str(value)
