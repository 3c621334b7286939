"""Read a query, step by step, and try it on log events."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from eksaminer.insights_query.evaluate import (
    AS_DOCUMENTED,
    FUNCTIONS,
    TELLING,
    UNKNOWN,
    Answer,
    Reading,
    Row,
    given,
    judged,
    values_of,
)
from eksaminer.insights_query.evaluate import text_of as shown
from eksaminer.insights_query.model import (
    All,
    Among,
    Any,
    Call,
    Compares,
    Constant,
    Cuts,
    Extracts,
    Field,
    Filter,
    Fits,
    Holds,
    Names,
    Not,
    Step,
    Sums,
    Tells,
    Test,
    Value,
)
from eksaminer.insights_query.regex import read_regex
from eksaminer.insights_query.tokens import Tokens, fail, unquoted

SIGNS = frozenset({"=", "<", "<=", ">", ">="})
GROUP_NAME = re.compile(r"\(\?P?<([A-Za-z][A-Za-z0-9]*)>")
DEEPEST = 100
"""Parentheses and negations within each other."""
Tried = Callable[[Row], bool | None]


@dataclass(frozen=True)
class InsightsQuery:
    """A query in the language of Logs Insights: `fields`, `display`, `filter`, `parse`, `stats`, `sort`, `limit`."""

    steps: tuple[Step, ...]
    shown: tuple[str, ...] = ()
    """The fields that it asks for, by name."""
    order: str = "@timestamp"
    """The field to sort by; empty: an expression."""
    descending: bool = True
    limit: int | None = None

    @classmethod
    def parse(cls, text: str) -> "InsightsQuery":
        """Read a query.

        Raises:
            InsightsQueryError: It is none, or uses a command that is not read here.
        """
        return _Reader(Tokens(text)).query()

    def answer(self, row: Row) -> Answer:
        """Say whether the event of *row* passes the filters, by what is documented.

        An event that passes is shown, or counted by `stats`. Filters on the results of `stats` leave it open.
        """
        found = {test(row) for test in self._tests}
        return "open" if len(found) > 1 or None in found else "yes" if True in found else "no"

    @property
    def sums(self) -> Sums | None:
        """What `stats` makes of the events, if the query has it."""
        return next((step for step in self.steps if isinstance(step, Sums)), None)

    @property
    def unread(self) -> tuple[str, ...]:
        """What an answer may be open for, in words: each part of the query that is not worked out here."""
        found: list[str] = []
        counted = False
        for step in self.steps:
            counted = counted or isinstance(step, Sums)
            if isinstance(step, Extracts):
                found.append("parse with a regular expression")
            if isinstance(step, Filter) and counted:
                found.append("a filter on the results of stats")
            elif isinstance(step, Filter | Names):
                found += _unread(step.test if isinstance(step, Filter) else step.value)
        return tuple(dict.fromkeys(found))

    @cached_property
    def _tests(self) -> tuple[Tried, ...]:
        return tuple(self.passing(reading) for reading in AS_DOCUMENTED)

    def passing(self, reading: Reading) -> Tried:
        """Return what tells whether a row passes the filters under one *reading*; None: that is open."""
        steps = tuple(_steps(self.steps, reading))

        def test(row: Row) -> bool | None:
            unsure = False
            for step in steps:
                found = step(row)
                if found is False:
                    return False
                if found is None:
                    unsure = True
                elif found is not True:
                    row = found
            return None if unsure else True

        return test


Stepped = Callable[[Row], "bool | Row | None"]
"""A filter answers, another step gives the row that the steps behind it see."""


def _steps(steps: tuple[Step, ...], reading: Reading) -> Iterator[Stepped]:
    counted = False
    for step in steps:
        match step:
            case Filter(test=test):
                yield _results_unknown if counted else judged(test, reading)
            case Names(name=name, value=value):
                yield _naming(name, value)
            case Cuts():
                yield _cutting(step)
            case Extracts(names=names):
                yield _extracting(names)
            case Sums():
                counted = True


def _results_unknown(_: Row) -> None:
    return None


def _naming(name: str, value: Value) -> Stepped:
    found = given(value)
    return lambda row: {**row, name: found(row)}


def _extracting(names: tuple[str, ...]) -> Stepped:
    return lambda row: {**row, **dict.fromkeys(names, UNKNOWN)}


def _cutting(step: Cuts) -> Stepped:
    found = given(step.value)

    def cut(row: Row) -> Row:
        value = found(row)
        if value is UNKNOWN:
            return {**row, **dict.fromkeys(step.names, UNKNOWN)}
        return {**row, **dict(zip(step.names, between(shown(value), step.texts), strict=False))}

    return cut


def between(text: str, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return what stands between *texts*, the earliest there is; nothing where one of them is missing."""
    at = text.find(texts[0])
    if at < 0:
        return ()
    at += len(texts[0])
    parts: list[str] = []
    for number, behind in enumerate(texts[1:], 2):
        end = len(text) if not behind and number == len(texts) else text.find(behind, at)
        if end < 0:
            return ()
        parts.append(text[at:end])
        at = end + len(behind)
    return tuple(parts)


@dataclass
class _Reader:
    """Reads from left to right."""

    tokens: Tokens
    steps: list[Step] = field(default_factory=list[Step])
    shown: list[str] = field(default_factory=list[str])
    order: tuple[str, bool] = ("@timestamp", True)
    limit: int | None = None
    depth: int = 0

    def query(self) -> InsightsQuery:
        while True:
            self._command(self.tokens.take("name").lower())
            if self.tokens.done:
                break
            self.tokens.expect("|")
        return InsightsQuery(
            steps=tuple(self.steps),
            shown=tuple(self.shown) or ("@timestamp", "@message"),
            order=self.order[0],
            descending=self.order[1],
            limit=self.limit,
        )

    def _command(self, name: str) -> None:
        commands = {
            "fields": self._fields,
            "display": self._fields,
            "filter": self._filter,
            "where": self._filter,
            "sort": self._sort,
            "stats": self._stats,
            "limit": self._limited,
            "parse": self._parse,
        }
        if name not in commands:
            fail(f"the command {name} is not read")
        commands[name]()

    def _fields(self) -> None:
        for name, value in self._columns():
            self.shown.append(name)
            if value != Field(name):
                self.steps.append(Names(name, value))

    def _filter(self) -> None:
        self.steps.append(Filter(self._either()))

    def _sort(self) -> None:
        keys: list[tuple[str, bool]] = []
        while not keys or self.tokens.accept(","):
            value = self._value()
            rising = self.tokens.accept("asc", "desc") == "asc"
            keys.append((value.name if isinstance(value, Field) else "", not rising))
        self.order = keys[0]

    def _stats(self) -> None:
        results = self._columns()
        by = self._columns() if self.tokens.accept("by") else []
        self.steps.append(Sums(tuple(results), tuple(by)))

    def _limited(self) -> None:
        text = self.tokens.take("number")
        if not text.isdigit():
            fail(f"limit {text} is no number of events")
        self.limit = int(text)

    def _parse(self) -> None:
        value = Field("@message") if self.tokens.next.kind in {"string", "regex"} else self._value()
        kind, text = self.tokens.next
        self.tokens.take("string", "regex")
        named = [self._name() for _ in range(1)] if self.tokens.accept("as") else []
        while named and self.tokens.accept(","):
            named.append(self._name())
        if kind == "regex":
            self.steps.append(Extracts(tuple(named or group_names(text))))
            return
        texts = tuple(unquoted(text).split("*"))
        if len(texts) != len(named) + 1:
            fail("parse has another number of asterisks than of names")
        self.steps.append(Cuts(value, texts, tuple(named)))

    def _columns(self) -> list[tuple[str, Value]]:
        found: list[tuple[str, Value]] = []
        while not found or self.tokens.accept(","):
            value = self._value()
            found.append((self._name() if self.tokens.accept("as") else written(value), value))
        return found

    # Conditions ----------------------------------------------------------------------------------

    def _either(self) -> Test:
        parts = [self._both()]
        while self.tokens.accept("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def _both(self) -> Test:
        parts = [self._one()]
        while self.tokens.accept("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self) -> Test:
        self.depth += 1
        if self.depth > DEEPEST:
            fail("parentheses stand too deep within each other")
        found = self._negation()
        self.depth -= 1
        return found

    def _negation(self) -> Test:
        if self.tokens.accept("not"):
            return Not(self._one())
        if self.tokens.accept("("):
            inner = self._either()
            self.tokens.expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Test:
        left = self._value()
        negated = bool(self.tokens.accept("not"))
        test = self._test(left)
        if test is None:
            if negated or not isinstance(left, Call):
                fail(f"a comparison is expected {self.tokens.instead()}")
            return Tells(left.name, left.arguments)
        return Not(test) if negated else test

    def _test(self, left: Value) -> Test | None:
        if self.tokens.accept("like", "=~"):
            return self._like(left)
        if self.tokens.accept("in"):
            return Among(left, self._options())
        if self.tokens.accept("!="):
            return Not(Compares(left, "=", self._value()))
        sign = self.tokens.accept(*SIGNS)
        return Compares(left, sign, self._value()) if sign else None

    def _options(self) -> tuple[Value, ...]:
        self.tokens.expect("[")
        options = [self._value()]
        while self.tokens.accept(","):
            options.append(self._value())
        self.tokens.expect("]")
        return tuple(options)

    def _like(self, left: Value) -> Test:
        kind = self.tokens.next.kind
        text = self.tokens.take("string", "regex")
        return Fits(left, text[1:-1]) if kind == "regex" else Holds(left, unquoted(text))

    # Values --------------------------------------------------------------------------------------

    def _value(self) -> Value:
        kind, text = self.tokens.next
        if kind == "name" and self.tokens.behind.text == "(":
            return self._call()
        self.tokens.take("name", "string", "number", "duration")
        match kind:
            case "string":
                return Constant(unquoted(text))
            case "number":
                return Constant(float(text))
            case "duration":
                return Constant(text)
            case _:
                return Field(text.replace("`", ""))

    def _call(self) -> Value:
        self.depth += 1
        if self.depth > DEEPEST:
            fail("functions stand too deep within each other")
        name = self.tokens.take("name").lower()
        self.tokens.expect("(")
        arguments: list[Value] = []
        while not self.tokens.accept(")"):
            if arguments:
                self.tokens.expect(",")
            arguments.append(Field("*") if self.tokens.accept("*") else self._value())
        self.depth -= 1
        return Call(name, tuple(arguments))

    def _name(self) -> str:
        return self.tokens.take("name").replace("`", "")


def group_names(regex: str) -> tuple[str, ...]:
    """Return the names of the groups of a regular expression."""
    return tuple(GROUP_NAME.findall(regex))


def written(value: Value) -> str:
    """Return the name of a column that was given none."""
    match value:
        case Field(name=name):
            return name
        case Constant(value=constant):
            return shown(constant)
        case Call(name=name, arguments=arguments):
            return f"{name}({', '.join(map(written, arguments))})"


def _unread(part: Value | Test) -> Iterator[str]:
    """Say what of a value or test is not worked out here."""
    match part:
        case Call(name=name) if name not in FUNCTIONS:
            yield f"the function {name}"
        case Tells(name=name) if name not in TELLING:
            yield f"the function {name}"
        case Fits(source=source) if read_regex(source) is None:
            yield f"the expression /{source[:60]}/"
        case _:
            pass
    for each in _within(part):
        yield from _unread(each)


def _within(part: Value | Test) -> tuple[Value | Test, ...]:
    match part:
        case Not(part=negated):
            return (negated,)
        case All(parts=parts) | Any(parts=parts):
            return parts
        case Call(arguments=arguments):
            return arguments
        case Constant() | Field():
            return ()
        case _:
            return values_of(part)
