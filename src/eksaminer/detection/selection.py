"""The detection section of a Sigma rule: named selections of field tests with modifiers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from eksaminer.detection.addresses import network_of
from eksaminer.detection.expression import refused
from eksaminer.detection.fields import KEYWORDS, Kind, Log, element_field, field_of, unknown_field
from eksaminer.detection.predicate import (
    And,
    Cidr,
    Cmp,
    Each,
    Eq,
    Exists,
    In,
    Like,
    Not,
    Or,
    Predicate,
    Re,
    Ref,
    Test,
    conjunction,
    disjunction,
)
from eksaminer.detection.rule import RuleError

Scalar = str | int | float | bool | None

PLACES = frozenset({"contains", "startswith", "endswith"})
COMPARISONS = frozenset({"lt", "lte", "gt", "gte"})
FLAGS = frozenset({"i", "m", "s"})
MODIFIERS = PLACES | COMPARISONS | FLAGS | {"re", "all", "exists", "neq", "cased", "cidr", "fieldref"}
BLOCK = re.compile(r"(.+)\[(any|all)\]")
ARRAYS = frozenset(
    {
        "allContainers", "containerDefinitions", "containers", "env", "envFrom", "ephemeralContainers",
        "eventSelectors",
        "fieldSelectors", "imagePullSecrets", "ingress", "initContainers", "items", "ownerReferences", "paths", "ports",
        "resources", "rules", "secrets", "subjects", "tags", "tls", "tolerations", "volumeMounts", "volumes",
        "webhooks",
    }
)  # fmt: skip
"""Keys below which Kubernetes and CloudTrail hold several objects: a path through one looks into each of them."""
MAX_VALUES = 1_000
MAX_TEXT = 4_096
MAX_NUMBER = 10**15
"""No field is a larger number, and up to here every whole number is exact."""

NOT_SHARED = re.compile(r"\(\?[=!>(#]|\(\?<[=!]|\(\?P[=>]|\\[1-9AZzbBGpPX]|[*+?}]\+|\(\?[a-zA-Z-]+[:)]")
"""What Python's regular expressions and RE2 do not share, or do not mean alike."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the selections of one rule are read."""

    log: Log = Log.AUDIT
    arrays: bool = False
    """Whether the version of Sigma that the rule asks for has array blocks."""
    strict: bool = True
    """Whether a field that no event has is an error; else no event is taken to have it."""
    element: bool = False
    """Within an array block, where fields are named from the element."""


def parse_selection(body: Any, reading: Reading) -> Predicate:
    """Return the predicate of one selection: a mapping (all of it), or a list of mappings and keywords (any of it)."""
    if isinstance(body, list) and 0 < len(body) <= MAX_VALUES:
        return disjunction([parse_selection(item, reading) for item in body])
    if isinstance(body, Mapping) and body:
        return conjunction([_item(str(key), value, reading) for key, value in body.items()])
    if isinstance(body, str | int | float) and not isinstance(body, bool) and not reading.element and str(body):
        return _keyword(body, reading)
    raise RuleError("a selection is a mapping of fields, or a list of such mappings and of keywords")


def _keyword(word: Scalar, reading: Reading) -> Predicate:
    return disjunction([_text(path, frozenset({"contains"}), word) for path in KEYWORDS[reading.log]])


def _item(key: str, value: Any, reading: Reading) -> Predicate:
    path, *modifiers = key.split("|")
    block = BLOCK.fullmatch(path)
    if block is not None:
        return _block(block[1], block[2] == "all", value, modifiers, reading)
    if not path and "all" in modifiers and isinstance(value, list):
        return conjunction([_keyword(word, reading) for word in value])
    _known(path, reading)
    unsupported = [modifier for modifier in modifiers if modifier not in MODIFIERS]
    if unsupported:
        raise RuleError(f"the modifier {unsupported[0]} of {path} is not supported")
    values = _values(path, value)
    join = conjunction if "all" in modifiers else disjunction
    rest = frozenset(modifiers) - {"all", "neq"}
    plain = _listed(path, values) if not rest and "all" not in modifiers else None
    if "fieldref" in rest:
        predicate = join([_reference(path, rest - {"fieldref"}, item, reading) for item in values])
    else:
        predicate = _anywhere(plain or join([_test(path, rest, item) for item in values]), reading)
    return Not(part=predicate) if "neq" in modifiers else predicate


def _anywhere(test: Predicate, reading: Reading) -> Predicate:
    """Return *test* as it is meant by who wrote a path through an array: of any of its objects."""
    match test:
        case Not(part=part):
            return Not(part=_anywhere(part, reading))
        case And(parts=parts):
            return And(parts=tuple(_anywhere(part, reading) for part in parts))
        case Or(parts=parts):
            return Or(parts=tuple(_anywhere(part, reading) for part in parts))
        case Each() | Ref():
            return test
        case _:
            return _through_arrays(test, reading)


def _through_arrays(test: Test, reading: Reading) -> Predicate:
    steps = element_field(test.field).steps if reading.element else field_of(test.field, reading.log).steps
    several = next((number for number, step in enumerate(steps[:-1], 1) if step in ARRAYS), 0)
    if not several:
        return test
    rest = ".".join(steps[several:])
    inner = _anywhere(msgspec.structs.replace(test, field=rest), replace(reading, element=True))
    whole = test.field.removesuffix(f".{rest}")
    return disjunction([test, Each(field=whole, part=inner)])


def _block(path: str, every: bool, body: Any, modifiers: list[str], reading: Reading) -> Predicate:  # noqa: FBT001 - one of two kinds of block
    if not reading.arrays:
        raise RuleError(f"the array block of {path} needs sigma-version: 3 at the top of the rule")
    if modifiers or not isinstance(body, Mapping | list):
        raise RuleError(f"the array block of {path} holds a mapping, or a list of mappings, and takes no modifier")
    _known(path, reading)
    if not reading.element and field_of(path, reading.log).kind not in {Kind.BODY, Kind.NOTHING}:
        raise RuleError(f"{path} is no array of objects; ask for its values without a block")
    inner = Reading(log=reading.log, arrays=True, strict=reading.strict, element=True)
    return Each(field=path, part=parse_selection(body, inner), every=every)


def _known(path: str, reading: Reading) -> None:
    if "[" in path or not all(path.split(".")):
        raise RuleError(f"{path!r} is no path of a field")
    if reading.strict and not reading.element and field_of(path, reading.log).kind is Kind.NOTHING:
        raise RuleError(unknown_field(path, reading.log))


def _reference(path: str, rest: frozenset[str], value: Scalar, reading: Reading) -> Predicate:
    places = rest & PLACES
    if not isinstance(value, str) or rest - PLACES - {"cased"} or len(places) > 1:
        raise RuleError(f"{path}|fieldref names another field")
    _known(value, reading)
    return Ref(field=path, other=value, place=next(iter(places), ""), cased="cased" in rest)


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
    if "cidr" in modifiers:
        return _network(path, modifiers - {"cidr"}, value)
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


def _network(path: str, others: frozenset[str], value: Scalar) -> Predicate:
    if others or not isinstance(value, str):
        raise RuleError(f"{path}|cidr is a network such as 10.0.0.0/8, without other modifiers")
    network_of(value)
    return Cidr(field=path, network=value)


def _comparison(path: str, modifiers: frozenset[str], value: Scalar) -> Predicate:
    if len(modifiers) > 1 or isinstance(value, bool) or not isinstance(value, int | float):
        raise RuleError(f"{path} is compared with one number")
    if not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise RuleError(f"{path} is compared with a number beyond {MAX_NUMBER:,}")
    return Cmp(field=path, operator=next(iter(modifiers)), value=float(value))


def _expression(path: str, flags: frozenset[str], value: Scalar) -> Predicate:
    if flags - FLAGS or not isinstance(value, str):
        raise RuleError(f"{path}|re is a regular expression with at most the modifiers i, m and s")
    if "i" in flags and not value.isascii():
        raise RuleError(f"the regular expression of {path} ignores case, and so can hold ASCII characters alone")
    if NOT_SHARED.search(value):
        raise RuleError(f"the regular expression of {path} uses a construct that is not supported")
    problem = refused(value, flags)
    if problem:
        raise RuleError(f"the regular expression of {path} is wrong: {problem}")
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
