"""The regular expressions of filter patterns: a small language, matched in time linear in the text.

No parentheses, no back references, ASCII only: an expression is a choice between sequences of items, each a
set of characters with a count. So the states fit into the bits of one integer, and a character moves all of
them at once; no expression makes the matching backtrack.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from eksaminer.filter_pattern.error import FilterPatternError
from eksaminer.filter_pattern.limits import MOST_POSITIONS, MOST_REPEATS

SYMBOLS = frozenset(":_#=@/;,- ")
"""The blank is in no list of the documentation, but in its examples."""
OPERATORS = frozenset("^$?[]{}|\\*+.")
ASCII = frozenset(map(chr, range(128)))
DIGITS = frozenset("0123456789")
SPACES = frozenset(" \t\n\r\f\v")
WORD = frozenset(character for character in ASCII if character.isalnum()) | {"_"}
CLASSES = {"d": DIGITS, "s": SPACES, "w": WORD}
HEX = frozenset("0123456789abcdefABCDEF")


@dataclass(frozen=True, slots=True)
class Chars:
    """A set of characters."""

    ascii: frozenset[str]
    beyond: bool = False
    """Whether it holds every character beyond ASCII."""
    dot: bool = False
    """Whether it is the dot, of which the documentation does not say whether it matches a line break."""

    def negated(self) -> "Chars":
        """Return all other characters."""
        return Chars(ascii=ASCII - self.ascii, beyond=not self.beyond)


@dataclass(frozen=True, slots=True)
class Item:
    """A set of characters, at least *least* and at most *most* times (None: no limit)."""

    chars: Chars
    least: int = 1
    most: int | None = 1


@dataclass(frozen=True, slots=True)
class Sequence:
    """Items in a row, perhaps held to the start and to the end of the text."""

    items: tuple[Item, ...]
    at_start: bool = False
    at_end: bool = False


@dataclass(frozen=True)
class Regex:
    """A regular expression, as written between two percent signs."""

    source: str
    choices: tuple[Sequence, ...]

    @classmethod
    def parse(cls, source: str, offset: int = 0) -> "Regex":
        """Read *source*, which starts at *offset* of a pattern. Raises `FilterPatternError`."""
        choices = tuple(_Reader(source, offset).choices())
        if sum(_copies(item) for choice in choices for item in choice.items) > MOST_POSITIONS:
            raise FilterPatternError("the counts of the regular expression add up to too many characters", offset)
        return cls(source, choices)

    @property
    def has_dot(self) -> bool:
        """Whether it may depend on what the dot matches."""
        return any(item.chars.dot for choice in self.choices for item in choice.items)

    def __eq__(self, other: object) -> bool:
        """Two are equal if they are written alike."""
        return isinstance(other, Regex) and self.source == other.source

    def __hash__(self) -> int:
        return hash(self.source)

    def search(self, text: str, *, dot_line_break: bool) -> bool:
        """Tell whether some part of *text* is in the language."""
        return self._machine(dot_line_break).run(text)

    def _machine(self, dot_line_break: bool) -> "_Machine":  # noqa: FBT001 - one of two machines
        return self._machines[dot_line_break]

    @cached_property
    def _machines(self) -> "tuple[_Machine, _Machine]":
        return _Machine(self.choices, dot_line_break=False), _Machine(self.choices, dot_line_break=True)


class _Reader:
    def __init__(self, source: str, offset: int) -> None:
        self.source, self.offset, self.at = source, offset, 0

    def choices(self) -> Iterator[Sequence]:
        if not self.source:
            raise self.wrong("the regular expression is empty")
        yield from self.sequence()
        while self.at < len(self.source):
            self.at += 1
            yield from self.sequence()

    def sequence(self) -> Iterator[Sequence]:
        """Give the next sequence, or nothing where an anchor stands between characters and can never hold."""
        before: list[Item] = []
        items: list[Item] = []
        after: list[Item] = []
        at_start = at_end = False
        while self.at < len(self.source) and self.source[self.at] != "|":
            if self.source[self.at] == "^":
                before, items, at_start = before + items, [], True
                self.at += 1
            elif self.source[self.at] == "$":
                at_end = True
                self.at += 1
            else:
                (after if at_end else items).append(self.item())
        if all(item.least == 0 for item in before + after):
            yield Sequence(tuple(items), at_start=at_start, at_end=at_end)

    def item(self) -> Item:
        start = self.at
        chars = self.chars()
        least, most = self.count()
        if self.at < len(self.source) and self.source[self.at] in "?*+{":
            raise self.wrong("a count follows a count")
        if most is not None and least > most:
            raise self.wrong("the count has a minimum above its maximum", start)
        return Item(chars, least, most)

    def chars(self) -> Chars:
        character = self.take()
        if character == "\\":
            return self.escape()
        if character == "[":
            return self.bracket()
        if character == ".":
            return Chars(ASCII, beyond=True, dot=True)
        if character in "?*+{":
            raise self.wrong("a count needs something to count", self.at - 1)
        if character in "]}":
            raise self.wrong(f"{character} needs a backslash before it", self.at - 1)
        return Chars(frozenset(self.allowed(character)))

    def allowed(self, character: str) -> str:
        if character in SYMBOLS or (character.isascii() and character.isalnum()):
            return character
        raise self.wrong(f"regular expressions cannot hold {character!r}", self.at - 1)

    def escape(self) -> Chars:
        character = self.take()
        if character.lower() in CLASSES:
            chars = Chars(CLASSES[character.lower()])
            return chars if character.islower() else chars.negated()
        if character == "x":
            return Chars(frozenset(self.hexadecimal()))
        if character in OPERATORS or character in SYMBOLS - {" "}:
            return Chars(frozenset(character))
        raise self.wrong(f"\\{character} is not supported", self.at - 2)

    def hexadecimal(self) -> str:
        digits = self.source[self.at : self.at + 2]
        if len(digits) != 2 or not HEX.issuperset(digits) or int(digits, 16) > 0x7F:  # noqa: PLR2004 - two digits, ASCII
            raise self.wrong("\\x takes two hexadecimal digits of an ASCII character", self.at - 2)
        self.at += 2
        return chr(int(digits, 16))

    def bracket(self) -> Chars:
        start = self.at - 1
        negated = self.source.startswith("^", self.at)
        self.at += negated
        found = Chars(frozenset())
        while not self.source.startswith("]", self.at):
            found = _union(found, self.member())
        if not found.ascii:
            raise self.wrong("the brackets hold nothing", start)
        self.at += 1
        return found.negated() if negated else found

    def member(self) -> Chars:
        start = self.at
        first = self.one()
        if not self.source.startswith("-", self.at) or self.source.startswith("-]", self.at):
            return first
        self.at += 1
        last = self.one()
        if len(first.ascii) != 1 or len(last.ascii) != 1 or min(first.ascii) > min(last.ascii):
            raise self.wrong("the range of characters has no order", start)
        low, high = ord(min(first.ascii)), ord(min(last.ascii))
        return Chars(frozenset(map(chr, range(low, high + 1))))

    def one(self) -> Chars:
        character = self.take()
        if character == "\\":
            return self.escape()
        if character == "[":
            raise self.wrong("[ needs a backslash before it", self.at - 1)
        return Chars(frozenset(character if character in OPERATORS else self.allowed(character)))

    def count(self) -> tuple[int, int | None]:
        if self.at == len(self.source) or self.source[self.at] not in "?*+{":
            return 1, 1
        character = self.take()
        if character == "{":
            return self.braces()
        return {"?": (0, 1), "*": (0, None), "+": (1, None)}[character]

    def braces(self) -> tuple[int, int | None]:
        start = self.at - 1
        inner, closed, _ = self.source[self.at :].partition("}")
        least, comma, most = (part.strip(" ") for part in inner.partition(","))
        if not closed or not (least or most) or not DIGITS.issuperset(least + most):
            raise self.wrong("a count is {m}, {m,}, {,n} or {m,n}", start)
        if any(len(number) > 4 or int(number or 0) > MOST_REPEATS for number in (least, most)):  # noqa: PLR2004 - digits
            raise self.wrong(f"a count goes to {MOST_REPEATS} at most", start)
        self.at += len(inner) + 1
        at_least = int(least or 0)
        return at_least, (int(most) if most else None) if comma else at_least

    def take(self) -> str:
        if self.at >= len(self.source):
            raise self.wrong("the regular expression ends too early")
        self.at += 1
        return self.source[self.at - 1]

    def wrong(self, reason: str, at: int | None = None) -> FilterPatternError:
        return FilterPatternError(reason, self.offset + (self.at if at is None else at))


def _copies(item: Item) -> int:
    return item.most if item.most is not None else max(item.least, 1)


def _union(one: Chars, other: Chars) -> Chars:
    return Chars(one.ascii | other.ascii, beyond=one.beyond or other.beyond)


class _Machine:
    """The positions of all choices side by side in one integer; bit n set: what is before position n was read."""

    def __init__(self, choices: tuple[Sequence, ...], *, dot_line_break: bool) -> None:
        self.reading = dict.fromkeys(ASCII, 0)
        self.beyond = self.repeats = self.optional = self.size = 0
        self.first = self.free = self.last = self.anywhere = 0
        for choice in choices:
            self.first |= 1 << self.size
            self.free |= 0 if choice.at_start else 1 << self.size
            for item in choice.items:
                self._add(item, dot_line_break=dot_line_break)
            self.last |= 1 << self.size
            self.anywhere |= 0 if choice.at_end else 1 << self.size
            self.size += 1

    def _add(self, item: Item, *, dot_line_break: bool) -> None:
        characters = item.chars.ascii - ({"\n"} if item.chars.dot and not dot_line_break else frozenset())
        copies = _copies(item)
        for copy in range(copies):
            bit = 1 << self.size
            for character in characters:
                self.reading[character] |= bit
            self.beyond |= bit if item.chars.beyond else 0
            self.optional |= bit if copy >= item.least else 0
            self.repeats |= bit if item.most is None and copy == copies - 1 else 0
            self.size += 1

    def run(self, text: str) -> bool:
        states = self._skip(self.first)
        for character in text:
            if states & self.anywhere:
                return True
            read = states & self.reading.get(character, self.beyond)
            states = self._skip(read << 1 | read & self.repeats | self.free)
        return bool(states & self.last)

    def _skip(self, states: int) -> int:
        """Add what is reached by leaving out optional items.

        Adding a bit to a run of ones carries through the run and sets the bit behind it: the bits that change
        are those to which one may skip.
        """
        return states | (self.optional + (states & self.optional)) ^ self.optional
