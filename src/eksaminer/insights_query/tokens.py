"""The words of a query, from left to right."""

import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from eksaminer.insights_query.error import InsightsQueryError

TOKEN = re.compile(
    r"""\s*(?:(?P<comment>\#[^\n]*)
    |(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    |(?P<regex>/(?:\\.|[^/\\\n])+/)
    |(?P<number>-?\d+(?:\.\d+)?(?![\w.]))
    |(?P<duration>\d+(?:ms|mo|s|m|h|d|w|q|y)\b)
    |(?P<name>(?:[A-Za-z_@][\w@]*|`[^`]+`)(?:\.(?:[\w@]+|`[^`]+`))*)
    |(?P<operator>=~|!=|<=|>=|[=<>()\[\],|*]))""",
    re.VERBOSE,
)
MOST_CHARACTERS = 10_000
"""Of a query (CloudWatch Logs API reference, StartQuery, read 2026-11-23)."""


class Token(NamedTuple):
    """One word."""

    kind: str
    text: str


END = Token("end", "")


class Tokens:
    """The words of a query and a place among them."""

    def __init__(self, text: str) -> None:
        if len(text) > MOST_CHARACTERS:
            fail(f"a query has {MOST_CHARACTERS:,} characters at most")
        self._tokens = [*_split(text), END, END]
        self._at = 0

    @property
    def next(self) -> Token:
        """The word that comes next."""
        return self._tokens[self._at]

    @property
    def behind(self) -> Token:
        """The word behind that."""
        return self._tokens[self._at + 1]

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.next is END

    def accept(self, *words: str) -> str:
        """Go on behind one of *words* if it comes next; return it, or nothing. Keywords have no case."""
        kind, text = self.next
        if kind in {"name", "operator"} and text.lower() in words:
            self._at += 1
            return text.lower()
        return ""

    def expect(self, word: str) -> None:
        """Go on behind *word*. Raises `InsightsQueryError` if it does not come next."""
        if not self.accept(word):
            fail(f"{word} is expected {self.instead()}")

    def take(self, *kinds: str) -> str:
        """Go on behind a word of one of *kinds*; return it. Raises `InsightsQueryError` for another."""
        kind, text = self.next
        if kind not in kinds:
            fail(f"a {kinds[0]} is expected {self.instead()}")
        self._at += 1
        return text

    def instead(self) -> str:
        """Say what comes instead."""
        return "at its end" if self.done else f"before {self.next.text[:40]}"


def _split(text: str) -> Iterator[Token]:
    position, text = 0, text.rstrip()
    while position < len(text):
        found = TOKEN.match(text, position)
        if found is None:
            fail(f"{text[position : position + 20].strip()} is not read")
        position = found.end()
        kind = str(found.lastgroup)
        if kind != "comment":
            yield Token(kind, found[kind])


def unquoted(text: str) -> str:
    """Return the text within quotes; a backslash stands for the character behind it."""
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def fail(reason: str) -> NoReturn:
    """Raise `InsightsQueryError`."""
    raise InsightsQueryError(reason)
