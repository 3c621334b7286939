"""Evaluates the part of the Logs Insights query language that asks for log events: fields, filter, sort, limit."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eksaminer.demo.wire import AwsError

MAX_FIELDS = 200
"""How many fields of a JSON event CloudWatch Logs discovers; later ones do not exist for a query."""
DEFAULT_LIMIT = 10_000

Row = Mapping[str, Any]
Predicate = Callable[[Row], bool]
Value = Callable[[Row], Any]

TOKEN = re.compile(
    r"""\s*(?:(?P<comment>\#[^\n]*)
    |(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    |(?P<regex>/(?:\\.|[^/\\\n])+/)
    |(?P<number>-?\d+(?:\.\d+)?(?![\w.]))
    |(?P<name>(?:[A-Za-z_@][\w@]*|`[^`]+`)(?:\.(?:[\w@]+|`[^`]+`))*)
    |(?P<operator>=~|!=|<=|>=|[=<>()\[\],|*]))""",
    re.VERBOSE,
)


def discovered(message: str) -> Mapping[str, Any]:
    """Return the fields that CloudWatch Logs discovers in a log line: the leaves of its JSON, by dotted path."""
    try:
        value = json.loads(message)
    except ValueError:
        return {}
    found: dict[str, Any] = {}
    for path, leaf in _leaves(value, ""):
        found[path] = leaf
        if len(found) == MAX_FIELDS:
            break
    return found


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    items: Any
    match value:
        case dict():
            items = value.items()
        case list():
            items = enumerate(value)
        case None:
            return
        case _:
            yield path, value
            return
    for key, item in items:
        yield from _leaves(item, f"{path}.{key}" if path else str(key))


@dataclass(frozen=True, kw_only=True)
class Request:
    """A query, understood."""

    fields: tuple[str, ...]
    keeps: Predicate
    """Whether a row passes all filters."""
    order: str
    """The field to sort by."""
    descending: bool
    limit: int | None
    sums: "Sums | None" = None
    """What is summed up, in place of single events."""


@dataclass(frozen=True, kw_only=True)
class Sums:
    """`stats sum(…) as NAME by FIELD, …`."""

    name: str
    value: Value
    by: tuple[str, ...]

    def of(self, rows: Iterable[Row]) -> list[dict[str, str]]:
        """Return a row for each combination of the fields, in their order."""
        found: dict[tuple[str, ...], float] = {}
        for row in rows:
            key = tuple(_text(row.get(field)) for field in self.by)
            found[key] = found.get(key, 0.0) + (_number(self.value(row)) or 0.0)
        return [
            {**dict(zip(self.by, key, strict=True)), self.name: f"{total:g}" if total % 1 else str(int(total))}
            for key, total in sorted(found.items())
        ]


def understand(text: str) -> Request:
    """Read a query. Raises `AwsError` for what is no query, or one that the emulator does not know."""
    return _Parser(list(_tokens(text))).request()


def sort_key(value: Any, pointer: str) -> tuple[bool, float, str, str]:
    """Order numbers as numbers and the rest as text; what lacks the field comes first, ties go by pointer."""
    return (value is not None, _number(value) or 0.0, _text(value), pointer)


def _malformed(why: str) -> AwsError:
    return AwsError(
        "MalformedQueryException", f"{why} (the emulator knows fields, display, filter, sort, limit and stats sum)"
    )


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    text = text.rstrip()
    while position < len(text):
        found = TOKEN.match(text, position)
        if found is None:
            raise _malformed(f"Unexpected text near {text[position : position + 20]!r}")
        position = found.end()
        kind = str(found.lastgroup)
        if kind != "comment":
            yield kind, found[kind]


class _Parser:
    """A recursive descent over the tokens."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = [*tokens, ("end", "")]
        self.at = 0
        self.fields: list[str] = []
        self.filters: list[Predicate] = []
        self.order = ("@timestamp", True)
        self.limit: int | None = None
        self.sums: Sums | None = None

    def request(self) -> Request:
        while True:
            self._command(self._take("name").lower())
            if self._peek() == "end":
                break
            self._expect("|")
        return Request(
            fields=tuple(self.fields) or ("@timestamp", "@message"),
            keeps=_all_of(self.filters),
            order=self.order[0],
            descending=self.order[1],
            limit=self.limit,
            sums=self.sums,
        )

    def _command(self, name: str) -> None:
        match name:
            case "fields" | "display":
                self.fields.append(self._field())
                while self._accept(","):
                    self.fields.append(self._field())
            case "filter" | "where":
                self.filters.append(self._either())
            case "sort":
                field = self._field()
                self.order = (field, not self._accept("asc") and (self._accept("desc") or True))
            case "stats":
                self._expect("sum")
                (value,) = self._arguments()
                self._expect("as")
                name = self._field()
                self._expect("by")
                by = [self._field()]
                while self._accept(","):
                    by.append(self._field())
                self.sums = Sums(name=name, value=value, by=tuple(by))
            case "limit":
                self.limit = int(self._take("number"))
            case _:
                raise _malformed(f"Unknown command {name!r}")

    def _either(self) -> Predicate:
        options = [self._both()]
        while self._accept("or"):
            options.append(self._both())
        return options[0] if len(options) == 1 else lambda row: any(option(row) for option in options)

    def _both(self) -> Predicate:
        parts = [self._negation()]
        while self._accept("and"):
            parts.append(self._negation())
        return _all_of(parts)

    def _negation(self) -> Predicate:
        if self._accept("not"):
            inner = self._negation()
            return lambda row: not inner(row)
        if self._accept("("):
            inner = self._either()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Predicate:
        function = self.tokens[self.at][1].lower()
        if function in _TESTS and self.tokens[self.at + 1][1] == "(":
            self.at += 1
            return _TESTS[function](self._arguments())
        left = self._value()
        negated = self._accept("not")
        test = self._test(left)
        return (lambda row: not test(row)) if negated else test

    def _test(self, left: Value) -> Predicate:
        if self._accept("like") or self._accept("=~"):
            return self._like(left)
        if self._accept("in"):
            self._expect("[")
            options = [self._value()]
            while self._accept(","):
                options.append(self._value())
            self._expect("]")
            return lambda row: any(_equal(left(row), option(row)) for option in options)
        operator = self._take("operator")
        right = self._value()
        compare = _COMPARISONS.get(operator)
        if compare is None:
            raise _malformed(f"Unknown operator {operator!r}")
        return lambda row: compare(left(row), right(row))

    def _like(self, left: Value) -> Predicate:
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "regex":
            pattern = re.compile(text[1:-1].replace("\\/", "/"))
            return lambda row: pattern.search(_text(left(row))) is not None
        if kind != "string":
            raise _malformed("`like` needs a string or a regular expression")
        part = _unquoted(text)
        return lambda row: part in _text(left(row))

    def _arguments(self) -> list[Value]:
        self._expect("(")
        found = [self._value()]
        while self._accept(","):
            found.append(self._value())
        self._expect(")")
        return found

    def _value(self) -> Value:
        kind, text = self.tokens[self.at]
        if kind == "name" and text.lower() in _FUNCTIONS and self.tokens[self.at + 1][1] == "(":
            self.at += 1
            return _FUNCTIONS[text.lower()](self._arguments())
        self.at += 1
        match kind:
            case "string":
                return _constant(_unquoted(text))
            case "number":
                return _constant(float(text))
            case "name":
                name = text.replace("`", "")
                return lambda row: row.get(name)
            case _:
                raise _malformed(f"Unexpected {text!r}")

    def _field(self) -> str:
        return self._take("name").replace("`", "")

    def _peek(self) -> str:
        return self.tokens[self.at][0]

    def _accept(self, word: str) -> bool:
        kind, text = self.tokens[self.at]
        if kind in ("name", "operator") and text.lower() == word:
            self.at += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise _malformed(f"Expected {word!r} before {self.tokens[self.at][1]!r}")

    def _take(self, kind: str) -> str:
        found, text = self.tokens[self.at]
        if found != kind:
            raise _malformed(f"Unexpected {text!r}")
        self.at += 1
        return text


def _all_of(parts: list[Predicate]) -> Predicate:
    return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)


def _constant(value: Any) -> Value:
    return lambda _: value


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _number(value: Any) -> float | None:
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except ValueError:
        return None


def _equal(left: Any, right: Any) -> bool:
    """Compare as numbers where both are, else as text; a missing field equals nothing."""
    if left is None or right is None:
        return False
    first, second = _number(left), _number(right)
    if first is not None and second is not None:
        return first == second
    return _text(left) == _text(right)


def _order(left: Any, right: Any) -> float | None:
    first, second = _number(left), _number(right)
    return None if first is None or second is None else first - second


def _ordered(test: Callable[[float], bool]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        difference = _order(left, right)
        return difference is not None and test(difference)

    return compare


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _ordered(lambda difference: difference < 0),
    "<=": _ordered(lambda difference: difference <= 0),
    ">": _ordered(lambda difference: difference > 0),
    ">=": _ordered(lambda difference: difference >= 0),
}

_TESTS: Mapping[str, Callable[[list[Value]], Predicate]] = {
    "ispresent": lambda values: lambda row: values[0](row) is not None,
    "isempty": lambda values: lambda row: _text(values[0](row)) == "",
    "isblank": lambda values: lambda row: not _text(values[0](row)).strip(),
    "strcontains": lambda values: lambda row: _text(values[1](row)) in _text(values[0](row)),
}

_FUNCTIONS: Mapping[str, Callable[[list[Value]], Value]] = {
    "tolower": lambda values: lambda row: _text(values[0](row)).lower(),
    "toupper": lambda values: lambda row: _text(values[0](row)).upper(),
    "strlen": lambda values: lambda row: len(_text(values[0](row))),
    "coalesce": lambda values: lambda row: next((found for v in values if (found := v(row)) is not None), None),
}
