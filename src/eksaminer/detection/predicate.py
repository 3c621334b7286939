"""What a rule asks of one event, as a value: total predicates, without a third truth value.

A field holds none, one or several scalars (`sourceIPs` holds several). A test is true where at
least one of them satisfies it, and false where there is none; so `Not` is always the exact
opposite, and an event that lacks a field never makes a rule undecided.
"""

from collections.abc import Iterator

from eksaminer.record import Record


class Eq(Record, frozen=True, kw_only=True, tag="eq", tag_field="is"):
    """The text form of the field is *value*."""

    field: str
    value: str
    cased: bool = False
    """False: upper and lower case are the same, as Sigma has it."""


class In(Record, frozen=True, kw_only=True, tag="in", tag_field="is"):
    """The text form of the field is one of *values*, in any case."""

    field: str
    values: tuple[str, ...]


class Like(Record, frozen=True, kw_only=True, tag="like", tag_field="is"):
    """The text form of the field matches a pattern of literal parts and wildcards."""

    field: str
    pattern: tuple[str, ...]
    """`*` and `?` are the wildcards; every other part is literal and starts with `=`."""
    cased: bool = False


class Re(Record, frozen=True, kw_only=True, tag="re", tag_field="is"):
    """A regular expression (the subset that RE2 and Python share) is found in the field."""

    field: str
    pattern: str
    flags: str = ""
    """Any of `i`, `m` and `s`, sorted."""


class Cmp(Record, frozen=True, kw_only=True, tag="cmp", tag_field="is"):
    """The field is a number that compares so with *value*."""

    field: str
    operator: str
    """`lt`, `lte`, `gt` or `gte`."""
    value: float


class Exists(Record, frozen=True, kw_only=True, tag="exists", tag_field="is"):
    """The field is there and is not null."""

    field: str


class Cidr(Record, frozen=True, kw_only=True, tag="cidr", tag_field="is"):
    """The field is an internet address within a network."""

    field: str
    network: str


class Ref(Record, frozen=True, kw_only=True, tag="ref", tag_field="is"):
    """The field has the text form of the field *other* of the same event."""

    field: str
    other: str
    place: str = ""
    """Empty: equal; else `contains`, `startswith` or `endswith`."""
    cased: bool = False


class Each(Record, frozen=True, kw_only=True, tag="each", tag_field="is"):
    """An element of the array at *field* satisfies *part*, whose fields are named from the element."""

    field: str
    part: "Predicate"
    every: bool = False
    """True: there are elements, and every one of them does."""


class And(Record, frozen=True, kw_only=True, tag="and", tag_field="is"):
    """Every part holds; with no parts, true."""

    parts: "tuple[Predicate, ...]"


class Or(Record, frozen=True, kw_only=True, tag="or", tag_field="is"):
    """Some part holds; with no parts, false."""

    parts: "tuple[Predicate, ...]"


class Not(Record, frozen=True, kw_only=True, tag="not", tag_field="is"):
    """The part does not hold."""

    part: "Predicate"


Test = Eq | In | Like | Re | Cmp | Exists | Cidr | Ref
Predicate = Test | Each | And | Or | Not


def conjunction(parts: list[Predicate]) -> Predicate:
    """Return a predicate that holds where all *parts* do."""
    return parts[0] if len(parts) == 1 else And(parts=tuple(parts))


def disjunction(parts: list[Predicate]) -> Predicate:
    """Return a predicate that holds where one of *parts* does."""
    return parts[0] if len(parts) == 1 else Or(parts=tuple(parts))


def fields(predicate: Predicate) -> frozenset[str]:
    """Return the paths of the fields that *predicate* reads, of array blocks that of the array."""
    return frozenset(_fields(predicate))


def _fields(predicate: Predicate) -> Iterator[str]:
    match predicate:
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from _fields(part)
        case Not(part=part):
            yield from _fields(part)
        case Ref(field=field, other=other):
            yield from (field, other)
        case _:
            yield predicate.field


def tests(predicate: Predicate) -> int:
    """Return how many tests of one event *predicate* is made of."""
    match predicate:
        case And(parts=parts) | Or(parts=parts):
            return sum(map(tests, parts))
        case Not(part=part) | Each(part=part):
            return tests(part)
        case In(values=values):
            return 1 + len(values) // 50
        case _:
            return 1


def fold(text: str) -> str:
    """Lower the case of each character by itself, as the log engine's `lower` does."""
    if text.isascii():
        return text.lower()
    return "".join("i" if char == "\u0130" else char.lower() for char in text)
