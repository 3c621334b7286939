"""What a query says: values, tests of them, and its steps."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Constant:
    """A text or a number."""

    value: str | float


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the event, by its dotted path without backticks."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function of values."""

    name: str
    arguments: "tuple[Value, ...]"


Value: TypeAlias = Constant | Field | Call


@dataclass(frozen=True, slots=True)
class Compares:
    """A value stands in a relation to another one; `!=` is the negation of `=`."""

    left: Value
    sign: str
    right: Value


@dataclass(frozen=True, slots=True)
class Among:
    """A value equals one of several."""

    left: Value
    options: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Holds:
    """A value holds a text."""

    left: Value
    part: str


@dataclass(frozen=True, slots=True)
class Fits:
    """A regular expression matches somewhere in a value."""

    left: Value
    source: str


@dataclass(frozen=True, slots=True)
class Tells:
    """A function that is true or false."""

    name: str
    arguments: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: "Test"


@dataclass(frozen=True, slots=True)
class All:
    """All hold."""

    parts: "tuple[Test, ...]"


@dataclass(frozen=True, slots=True)
class Any:
    """At least one holds."""

    parts: "tuple[Test, ...]"


Leaf: TypeAlias = Compares | Among | Holds | Fits | Tells
Test: TypeAlias = Leaf | Not | All | Any


@dataclass(frozen=True, slots=True)
class Filter:
    """Lets an event pass for which the test holds."""

    test: Test


@dataclass(frozen=True, slots=True)
class Names:
    """Gives a value a name, for the steps behind it."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Cuts:
    """`parse` with asterisks: gives names to what stands between texts."""

    value: Value
    texts: tuple[str, ...]
    """One more than the names: before, between and behind the asterisks."""
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Extracts:
    """`parse` with a regular expression: gives names to what is not worked out here."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sums:
    """`stats`: events become rows of results, about which the steps behind it speak."""

    results: tuple[tuple[str, Value], ...]
    """By the names of the columns."""
    by: tuple[tuple[str, Value], ...]


Step: TypeAlias = Filter | Names | Cuts | Extracts | Sums
