"""Compile predicates to DuckDB SQL over the columns that `fields` names.

Every test is wrapped in `coalesce(…, false)`, so that a missing field is never NULL further up.
In a conjunction the cheap tests guard the expensive ones through CASE: the engine is free to
reorder AND, and did so at ten times the cost, but never evaluates a branch before its guard.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from eksaminer.detection.addresses import MACROS as ADDRESS_MACROS
from eksaminer.detection.addresses import network_of
from eksaminer.detection.derived import MACROS as DERIVED_MACROS
from eksaminer.detection.fields import Kind, Log, element_field, field_of
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
    fold,
)
from eksaminer.detection.shapes import Place, Shapes
from eksaminer.detection.shapes import text as literal

MACROS = (
    *ADDRESS_MACROS,
    *DERIVED_MACROS,
    (
        "CREATE TEMP MACRO eks_scalar(value) AS CASE left(value, 1) WHEN '{' THEN NULL WHEN '[' THEN NULL "
        "WHEN '\"' THEN json_extract_string(value, '$') ELSE regexp_replace(value, '\\.0$', '') END"
    ),
    # A body holds a scalar, a list of scalars, or what a test of a scalar cannot hold for.
    (
        "CREATE TEMP MACRO eks_texts(value) AS list_transform(CASE WHEN starts_with(value, '[') "
        "THEN CAST(CAST(CAST(value AS JSON) AS JSON[]) AS VARCHAR[]) ELSE [value] END, lambda item: eks_scalar(item))"
    ),
)
"""What the connection needs before any compiled predicate runs."""

LEAST_COMMON, MOST_COMMON = 3, 40
NOTHING_GIVEN: Mapping[Predicate, str] = MappingProxyType({})
WILD = {"*": "%", "?": "_"}
OPERATORS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


def to_sql(
    predicate: Predicate,
    shapes: Shapes | None = None,
    log: Log = Log.AUDIT,
    given: Mapping[Predicate, str] = NOTHING_GIVEN,
) -> str:
    """Return an SQL expression that is true or false for every row, and never NULL.

    *given* names the columns that hold already whether some parts of the predicate hold.
    """
    known = shapes or Shapes([(predicate, log)])

    def column(path: str) -> _Column:
        field = field_of(path, log)
        match field.kind:
            case Kind.BODY:
                return _Column(Kind.BODY, known.place(field))
            case Kind.NOTHING:
                return _Column(Kind.TEXT, Place("CAST(NULL AS VARCHAR)", None))
            case kind:
                return _Column(kind, Place(field.column, None))

    return _Compiler(column, given).sql(predicate)


@dataclass(frozen=True, slots=True)
class _Column:
    kind: Kind
    place: Place

    @property
    def texts(self) -> str | None:
        """The list of the text forms of what it holds; None where it holds one scalar."""
        if self.kind is Kind.BODY:
            return f"eks_texts(CAST({self.place.sql} AS VARCHAR))"
        return self.place.sql if self.kind is Kind.TEXTS else None

    @property
    def text(self) -> str:
        """The text form of its one scalar."""
        return f"CAST({self.place.sql} AS VARCHAR)" if self.kind in {Kind.NUMBER, Kind.FLAG} else self.place.sql


class _Compiler:
    """Compiles what is asked of one event, or of one element of an array."""

    def __init__(
        self, column: Callable[[str], _Column], given: Mapping[Predicate, str] = NOTHING_GIVEN, depth: int = 0
    ) -> None:
        self._column = column
        self._given = given
        self._depth = depth

    def sql(self, predicate: Predicate) -> str:  # noqa: PLR0911 - one answer for each kind of predicate
        """Compile *predicate*."""
        if self._given and predicate in self._given:
            return self._given[predicate]
        match predicate:
            case And(parts=()):
                return "true"
            case Or(parts=()):
                return "false"
            case And(parts=parts):
                return self._guarded(parts)
            case Or(parts=parts):
                found, rest = self._contained(parts)
                return "(" + " OR ".join([*map(self.sql, sorted(rest, key=self._cost)), *found]) + ")"
            case Not(part=part):
                return f"(NOT {self.sql(part)})"
            case Each():
                return self._each(predicate)
            case Ref():
                return self._refers(predicate)
            case _:
                return _test(predicate, self._column(predicate.field))

    def _contained(self, parts: tuple[Predicate, ...]) -> tuple[list[str], list[Predicate]]:
        """Search for all the words that may stand in one text at once; return that, and the other parts."""
        words: dict[str, list[str]] = {}
        rest: list[Predicate] = []
        for part in parts:
            field, word = ("", "") if part in self._given else _word(part)
            if word and self._column(field).kind is Kind.TEXT:
                words.setdefault(field, []).append(word)
            else:
                rest.append(part)
        found = [_search(f"lower({self._column(field).text})", given) for field, given in words.items()]
        return found, rest

    def _guarded(self, parts: tuple[Predicate, ...]) -> str:
        """Join *parts* so that a dear test runs only where the cheaper ones hold."""
        tiers: dict[int, list[str]] = {}
        for part in parts:
            tiers.setdefault(self._cost(part), []).append(self.sql(part))
        ranked = [" AND ".join(tiers[cost]) for cost in sorted(tiers)]
        guarded = ranked.pop()
        while ranked:
            guarded = f"(CASE WHEN {ranked.pop()} THEN {guarded} ELSE false END)"
        return f"({guarded})"

    def _cost(self, predicate: Predicate) -> int:
        match predicate:
            case And(parts=parts) | Or(parts=parts):
                return max((self._cost(part) for part in parts), default=0)
            case Not(part=part):
                return self._cost(part)
            case Cidr() | Ref() | Each():
                return 2
            case Like() | Re():
                return 1
            case _:
                return int(self._column(predicate.field).kind in {Kind.TEXTS, Kind.BODY})

    def _each(self, block: Each) -> str:
        column = self._column(block.field)
        if column.kind is not Kind.BODY:
            return "false"
        items, shape = column.place.items()
        name = f"element{self._depth}"
        element = Place(name, shape)
        inner = _Compiler(lambda path: _Column(Kind.BODY, element.at(element_field(path).steps)), depth=self._depth + 1)
        test = inner.sql(block.part)
        if block.every:
            none = f"len(list_filter({items}, lambda {name}: NOT {test})) = 0"
            return f"coalesce(len({items}) > 0 AND {none}, false)"
        return f"coalesce(len(list_filter({items}, lambda {name}: {test})) > 0, false)"

    def _refers(self, test: Ref) -> str:
        sides = [self._column(path) for path in (test.field, test.other)]
        lists = [side.texts or f"[{side.text}]" for side in sides]
        one, other = (f"text{number}{self._depth}" for number in (1, 2))
        left, right = (name if test.cased else f"lower({name})" for name in (one, other))
        function = {"startswith": "starts_with", "endswith": "ends_with", "contains": "contains"}.get(test.place)
        compared = f"{function}({left}, {right})" if function else f"{left} = {right}"
        inner = f"coalesce(len(list_filter({lists[1]}, lambda {other}: coalesce({compared}, false))) > 0, false)"
        return f"coalesce(len(list_filter({lists[0]}, lambda {one}: {inner})) > 0, false)"


def _search(text: str, words: Sequence[str]) -> str:
    """Return the SQL of whether one of *words* stands in *text* (SQL).

    To look for what all of them have in common takes a sixth of the time that an expression takes.
    """
    expression = f"regexp_matches({text}, {literal('|'.join(map(re.escape, words)))})"
    common = _common(words)
    guarded = (
        f"CASE WHEN contains({text}, {literal(common)}) THEN {expression} ELSE false END" if common else expression
    )
    return f"coalesce({guarded}, false)"


def _common(words: Sequence[str]) -> str:
    """Return the longest text of three to forty characters that stands in each of *words*; empty where none does."""
    shortest = min(words, key=len)[:MOST_COMMON]
    pieces = (
        shortest[start : start + size]
        for size in range(len(shortest), LEAST_COMMON - 1, -1)
        for start in range(len(shortest) - size + 1)
    )
    return next((piece for piece in pieces if all(piece in word for word in words)), "")


def _word(predicate: Predicate) -> tuple[str, str]:
    """Return a field, and what has to stand anywhere in it, in any case; empty where something else is asked."""
    match predicate:
        case Like(field=field, pattern=("*", word, "*"), cased=False) if word[:1] == "=" and word.isprintable():
            return field, fold(word[1:])
        case _:
            return "", ""


def _test(test: Test, column: _Column) -> str:
    if isinstance(test, Exists):
        return f"({column.place.sql} IS NOT NULL)"
    if column.texts is not None:
        inner = f"coalesce({_scalar(test, 'item')}, false)"
        return f"coalesce(len(list_filter({column.texts}, lambda item: {inner})) > 0, false)"
    return f"coalesce({_scalar(test, column.text)}, false)"


def _scalar(test: Test, column: str) -> str:  # noqa: PLR0911 - one answer for each kind of predicate
    match test:
        case Eq(value=value, cased=cased):
            return f"{column} = {literal(value)}" if cased else f"lower({column}) = {literal(fold(value))}"
        case In(values=values):
            return f"lower({column}) IN ({', '.join(sorted({literal(fold(value)) for value in values}))})"
        case Like(pattern=pattern, cased=cased):
            subject = column if cased else f"lower({column})"
            like = literal(_like(pattern) if cased else fold(_like(pattern)))
            return f"{subject} LIKE {like} ESCAPE '\\'"
        case Re(pattern=pattern, flags=flags):
            flagged = f"(?{flags}){pattern}" if flags else pattern
            return f"regexp_matches({column}, {literal(flagged)})"
        case Cmp(operator=operator, value=value):
            number = f"regexp_full_match({column}, '[+-]?[0-9]+(\\.[0-9]+)?')"
            return f"CASE WHEN {number} THEN CAST({column} AS DOUBLE) {OPERATORS[operator]} {value!r} ELSE false END"
        case Cidr(network=network):
            low, high = network_of(network)
            return f"eks_address({column}) BETWEEN '{low}' AND '{high}'"
        case Exists() | Ref():
            return "true"


def _like(pattern: tuple[str, ...]) -> str:
    escaped = str.maketrans({"%": "\\%", "_": "\\_", "\\": "\\\\"})
    return "".join(WILD[part] if part in WILD else part[1:].translate(escaped) for part in pattern)
