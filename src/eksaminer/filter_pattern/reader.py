"""Read a pattern from left to right."""

import re
from collections.abc import Sequence
from typing import NoReturn

from eksaminer.filter_pattern.error import FilterPatternError
from eksaminer.filter_pattern.regex import Regex

SPACE = re.compile(r"[ \t\r\n]*")


class Reader:
    """A text and a place in it."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def skip(self) -> None:
        """Go on behind white space."""
        found = SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def sees(self, token: str) -> bool:
        """Tell whether *token* comes next, after white space; do not go on."""
        self.skip()
        return self.text.startswith(token, self.at)

    def accept(self, *tokens: str) -> str:
        """Go on behind the first of *tokens* that comes next; return it, or nothing."""
        found = next((token for token in tokens if self.sees(token)), "")
        self.at += len(found)
        return found

    def expect(self, token: str) -> None:
        """Go on behind *token*. Raises `FilterPatternError` if it does not come next."""
        if not self.accept(token):
            self.fail(f"{token} is expected{self.instead()}")

    def match(self, pattern: re.Pattern[str]) -> str:
        """Go on behind what *pattern* matches here; return it, or nothing."""
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return found[0] if found else ""

    def word(self, words: Sequence[str]) -> str:
        """Go on behind one of *words*, which ends where a word ends."""
        self.skip()
        return self.match(re.compile(rf"(?:{'|'.join(words)})(?![A-Za-z0-9_])"))

    @property
    def done(self) -> bool:
        """Whether nothing but white space is left."""
        self.skip()
        return self.at == len(self.text)

    def quoted(self) -> str:
        r"""Read a text in double quotes. `\"` and `\\` stand for a quote and a backslash."""
        start, self.at = self.at, self.at + 1
        found = re.compile(r'((?:[^"\\]|\\.)*)"', re.DOTALL).match(self.text, self.at)
        if found is None:
            self.fail("the double quotes are not closed", start)
        self.at = found.end()
        return re.sub(r'\\(["\\])', r"\1", found[1])

    def regex(self) -> Regex:
        """Read a regular expression between percent signs."""
        start, end = self.at, self.text.find("%", self.at + 1)
        if end < 0:
            self.fail("the percent signs of the regular expression are not closed")
        self.at = end + 1
        return Regex.parse(self.text[start + 1 : end], start + 1)

    def instead(self) -> str:
        """Say what comes instead, to go behind a sentence."""
        return ", but the pattern ends" if self.done else f" instead of {self.text[self.at]}"

    def fail(self, reason: str, at: int | None = None) -> NoReturn:
        """Raise `FilterPatternError` for *reason*, here or *at* a place."""
        raise FilterPatternError(reason, self.at if at is None else at)


def quote(text: str) -> str:
    """Return *text* in double quotes, as `Reader.quoted` reads it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
