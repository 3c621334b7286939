"""The condition of a Sigma rule: selections joined by and, or, not, and quantifiers."""

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from eksaminer.detection.predicate import Not, Predicate, conjunction, disjunction
from eksaminer.detection.rule import RuleError

TOKEN = re.compile(r"\s*(?:([()])|([A-Za-z0-9_*?.-]+))")
MAX_TOKENS = 200
MAX_DEPTH = 20


def parse_condition(text: str, selections: Mapping[str, Predicate]) -> Predicate:
    """Return the predicate that *text* makes of the named *selections*."""
    return _Parser(_tokens(text), selections).whole()


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    rest = text.strip()
    while rest:
        found = TOKEN.match(rest)
        if found is None:
            raise RuleError(f"the condition has an unexpected character {rest[0]!r}")
        tokens.append(found[1] or found[2])
        rest = rest[found.end() :].lstrip()
    if len(tokens) > MAX_TOKENS:
        raise RuleError(f"the condition has more than {MAX_TOKENS} words")
    return tokens


class _Parser:
    """Recursive descent over the words of a condition: or binds weakest, not strongest."""

    def __init__(self, tokens: list[str], selections: Mapping[str, Predicate]) -> None:
        self.tokens = tokens
        self.selections = selections
        self.depth = 0

    def whole(self) -> Predicate:
        """Parse everything."""
        predicate = self._or()
        if self.tokens:
            raise RuleError(f"the condition goes on after its end, at {self.tokens[0]!r}")
        return predicate

    def _or(self) -> Predicate:
        parts = [self._and()]
        while self._skip("or"):
            parts.append(self._and())
        return disjunction(parts)

    def _and(self) -> Predicate:
        parts = [self._not()]
        while self._skip("and"):
            parts.append(self._not())
        return conjunction(parts)

    def _not(self) -> Predicate:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise RuleError(f"the condition is nested deeper than {MAX_DEPTH}")
        predicate = Not(part=self._not()) if self._skip("not") else self._atom()
        self.depth -= 1
        return predicate

    def _atom(self) -> Predicate:
        word = self._take()
        if word == "(":
            predicate = self._or()
            if not self._skip(")"):
                raise RuleError("the condition has an opening parenthesis without a closing one")
            return predicate
        if word.lower() in {"1", "any", "all"} and self._skip("of"):
            join = conjunction if word.lower() == "all" else disjunction
            return join(self._named(self._take()))
        if word not in self.selections:
            raise RuleError(f"the condition names {word!r}, which is no selection of the rule")
        return self.selections[word]

    def _named(self, pattern: str) -> list[Predicate]:
        glob = "*" if pattern.lower() == "them" else pattern
        hidden = glob == "*"
        found = [
            predicate
            for name, predicate in self.selections.items()
            if fnmatchcase(name, glob) and not (hidden and name.startswith("_"))
        ]
        if not found:
            raise RuleError(f"the condition asks for {pattern!r}, which no selection is called")
        return found

    def _take(self) -> str:
        if not self.tokens:
            raise RuleError("the condition ends too early")
        return self.tokens.pop(0)

    def _skip(self, word: str) -> bool:
        if self.tokens and self.tokens[0].lower() == word:
            self.tokens.pop(0)
            return True
        return False


def used(text: str, selections: Iterable[str]) -> frozenset[str]:
    """Return the names of the *selections* that the condition *text* looks at."""
    globs = ["*" if token.lower() == "them" else token for token in _tokens(text)]
    return frozenset(name for name in selections if any(fnmatchcase(name, glob) for glob in globs))
