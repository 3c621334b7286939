"""The regular expressions of queries, matched in time linear in the text: whoever wrote them may mean no good.

They are turned into choices between sequences of characters, which `eksaminer.filter_pattern` matches. A group is
multiplied out; one that repeats without limit, a look-around and a back reference are not read.
"""

import re
from dataclasses import replace
from functools import lru_cache
from itertools import product
from typing import NoReturn, TypeAlias

from eksaminer.filter_pattern.regex import ASCII, CLASSES, Chars, Item, Regex, Sequence

MOST_CHOICES = 500
MOST_ITEMS = 5_000
MOST_COPIES = 5
"""What is multiplied out at most: choices, characters in all, and copies of a group."""
FLAG = re.compile(r"\(\?i\)")
GROUP = re.compile(r"\((?:\?:|\?P?<[A-Za-z][A-Za-z0-9]*>)?(?!\?)")
COUNT = re.compile(r"\?|\*|\+|\{(\d{1,3})(,(\d{0,3}))?\}")
TOO_MANY = re.compile(r"\{\d")
PLAIN_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}

Part: TypeAlias = Item | str
"""Characters, or an anchor."""
Word: TypeAlias = tuple[Part, ...]
Words: TypeAlias = list[Word]


class UnreadRegexError(Exception):
    """An expression that is not read here."""


@lru_cache(maxsize=4_096)
def read_regex(source: str) -> Regex | None:
    """Return the expression between two slashes; None: it is not read here."""
    try:
        return _Reader(source).regex()
    except UnreadRegexError:
        return None


class _Reader:
    def __init__(self, source: str) -> None:
        flag = FLAG.match(source)
        self._any_case = flag is not None
        self._source = source
        self._at = flag.end() if flag else 0

    def regex(self) -> Regex:
        words = self._choice()
        if self._at < len(self._source):
            _refuse()
        sequences = [made for word in words if (made := _sequence(word)) is not None]
        return Regex(self._source, tuple(sequences))

    def _choice(self) -> Words:
        words = self._row()
        while self._accept("|"):
            words = words + self._row()
        return words

    def _row(self) -> Words:
        words: Words = [()]
        while self._at < len(self._source) and self._source[self._at] not in "|)":
            words = _joined(words, self._counted())
        return words

    def _counted(self) -> Words:
        words = self._one()
        found = COUNT.match(self._source, self._at)
        if found is None:
            if TOO_MANY.match(self._source, self._at):
                _refuse()
            return words
        self._at = found.end()
        if self._accept("+"):
            _refuse()
        self._accept("?")
        return _repeated(words, *_limits(found))

    def _one(self) -> Words:
        group = GROUP.match(self._source, self._at)
        if group is not None:
            self._at = group.end()
            words = self._choice()
            if not self._accept(")"):
                _refuse()
            return words
        return [(self._part(),)]

    def _part(self) -> Part:
        character = self._take()
        if character in "^$":
            return character
        if character == ".":
            return Item(Chars(ASCII, beyond=True, dot=True))
        if character == "[":
            return Item(self._set())
        if character == "\\":
            return Item(self._cased(_escaped(self._take())))
        if character in "?*+(":
            _refuse()
        return Item(self._cased(_plain(character)))

    def _set(self) -> Chars:
        negated = self._accept("^")
        found: frozenset[str] = frozenset()
        first = True
        while first or not self._source.startswith("]", self._at):
            found |= self._member()
            first = False
        self._at += 1
        chars = self._cased(Chars(found))
        return chars.negated() if negated else chars

    def _member(self) -> frozenset[str]:
        start = self._character()
        ranged = self._source.startswith("-", self._at) and not self._source.startswith("-]", self._at)
        if not ranged:
            return start
        self._at += 1
        end = self._character()
        if len(start) != 1 or len(end) != 1 or min(start) > min(end):
            _refuse()
        return frozenset(map(chr, range(ord(min(start)), ord(min(end)) + 1)))

    def _character(self) -> frozenset[str]:
        character = self._take()
        if character == "[":
            _refuse()
        chars = _escaped(self._take()) if character == "\\" else _plain(character)
        if chars.beyond:
            _refuse()
        return chars.ascii

    def _cased(self, chars: Chars) -> Chars:
        if not self._any_case:
            return chars
        both = {other for each in chars.ascii for other in (each.lower(), each.upper())}
        return replace(chars, ascii=chars.ascii | both)

    def _accept(self, character: str) -> bool:
        found = self._source.startswith(character, self._at)
        self._at += found
        return found

    def _take(self) -> str:
        if self._at >= len(self._source):
            _refuse()
        self._at += 1
        return self._source[self._at - 1]


def _escaped(character: str) -> Chars:
    if character in CLASSES:
        return Chars(CLASSES[character])
    if character.lower() in CLASSES:
        return Chars(CLASSES[character.lower()]).negated()
    if character.isalnum() and character not in PLAIN_ESCAPES:
        _refuse()
    return _plain(PLAIN_ESCAPES.get(character, character))


def _plain(character: str) -> Chars:
    if character not in ASCII:
        _refuse()
    return Chars(frozenset(character))


def _limits(found: "re.Match[str]") -> tuple[int, int | None]:
    simple: dict[str, tuple[int, int | None]] = {"?": (0, 1), "*": (0, None), "+": (1, None)}
    if found[0] in simple:
        return simple[found[0]]
    least = int(found[1])
    if not found[2]:
        return least, least
    return least, int(found[3]) if found[3] else None


def _repeated(words: Words, least: int, most: int | None) -> Words:
    """Return *words* so many times; of characters alone that is a count, else it is multiplied out."""
    if most is not None and least > most:
        _refuse()
    chars = _single(words)
    if chars is not None:
        return [(Item(chars, least, most),)]
    if most is None or most > MOST_COPIES:
        _refuse()
    found: Words = []
    for copies in range(least, most + 1):
        made: Words = [()]
        for _ in range(copies):
            made = _joined(made, words)
        found += made
    return found


def _single(words: Words) -> Chars | None:
    """Return the characters, where each of *words* is one character."""
    found: Chars | None = None
    for word in words:
        item = word[0] if len(word) == 1 else None
        if not isinstance(item, Item) or (item.least, item.most) != (1, 1):
            return None
        chars = item.chars
        if found is not None:
            chars = Chars(found.ascii | chars.ascii, beyond=found.beyond or chars.beyond, dot=found.dot or chars.dot)
        found = chars
    return found


def _joined(first: Words, second: Words) -> Words:
    if len(first) * len(second) > MOST_CHOICES:
        _refuse()
    words = [(*before, *behind) for before, behind in product(first, second)]
    if sum(map(_size, words)) > MOST_ITEMS:
        _refuse()
    return words


def _size(word: Word) -> int:
    return sum(max(part.most or part.least, 1) for part in word if isinstance(part, Item))


def _sequence(word: Word) -> Sequence | None:
    """Return *word* with its anchors; None: one stands between characters and can never hold."""
    start = max((place + 1 for place, part in enumerate(word) if part == "^"), default=0)
    end = min((place for place, part in enumerate(word) if part == "$"), default=len(word))
    outside = [*word[:start], *word[end:]] if start <= end else [*word]
    if any(isinstance(part, Item) and part.least for part in outside):
        return None
    items = tuple(part for part in word[start:end] if isinstance(part, Item))
    return Sequence(items, at_start=start > 0, at_end=end < len(word))


def _refuse() -> NoReturn:
    raise UnreadRegexError
