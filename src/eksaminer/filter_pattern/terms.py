"""Patterns for unstructured messages: `ERROR -ARGUMENTS`, `?ERROR ?WARN`, `"exact phrase"`, `%regex%`."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from eksaminer.filter_pattern.policy import Ask, Question
from eksaminer.filter_pattern.reader import Reader, quote
from eksaminer.filter_pattern.regex import Regex

WORD = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Term:
    """A text that stands in a message."""

    text: str
    sign: str = ""
    """Empty: it must; `?`: one of these must; `-`: it must not."""

    def __str__(self) -> str:
        return self.sign + (self.text if WORD.fullmatch(self.text) else quote(self.text))

    def stands_in(self, message: str) -> bool:
        """Tell whether *message* has the text; a blank one stands in every message (`" "` matches everything)."""
        return not self.text.strip() or self.text in message


@dataclass(frozen=True, slots=True)
class TermsPattern:
    """Terms, upper and lower case told apart. Without a term it matches every message."""

    terms: tuple[Term, ...]

    regexes = 0

    def text(self) -> str:
        """Return it as it is written."""
        return " ".join(map(str, self.terms))

    def reading(self, message: str) -> Callable[[Ask], bool]:
        """Return what tells whether *message* matches."""
        matched = self._matches(message)
        return lambda _: matched

    def _matches(self, message: str) -> bool:
        optional = [term for term in self.terms if term.sign == "?"]
        if optional and len(optional) == len(self.terms):
            return any(term.stands_in(message) for term in optional)
        # Beside other terms "all question mark terms will be ignored".
        others = (term for term in self.terms if term.sign != "?")
        return all(term.stands_in(message) is (term.sign != "-") for term in others)


@dataclass(frozen=True, slots=True)
class RegexPattern:
    """A regular expression that some part of the message satisfies."""

    regex: Regex

    regexes = 1

    def text(self) -> str:
        """Return it as it is written."""
        return f"%{self.regex.source}%"

    def reading(self, message: str) -> Callable[[Ask], bool]:
        """Return what tells whether *message* matches, for the answers to open questions."""
        asks = self.regex.has_dot and "\n" in message
        return lambda ask: self.regex.search(message, dot_line_break=asks and ask(Question.DOT_LINE_BREAK))


def read_terms(reader: Reader) -> TermsPattern | RegexPattern:
    """Read terms, or one regular expression. Raises `FilterPatternError`."""
    if reader.sees("%"):
        regex = reader.regex()
        if not reader.done:
            reader.fail("a regular expression stands alone")
        return RegexPattern(regex)
    terms: list[Term] = []
    while not reader.done:
        terms.append(_term(reader))
    return TermsPattern(tuple(terms))


def _term(reader: Reader) -> Term:
    sign = reader.accept("?", "-")
    if sign == "-":
        reader.skip()
    quoted = reader.text.startswith('"', reader.at)
    text = reader.quoted() if quoted else reader.match(WORD)
    if not text and not quoted:
        reader.fail(f"a term is expected{reader.instead()}; other characters stand in double quotes")
    if reader.at < len(reader.text) and not reader.text[reader.at].isspace():
        reader.fail(f"{reader.text[reader.at]} stands in double quotes, and white space between terms")
    return Term(text, sign)
