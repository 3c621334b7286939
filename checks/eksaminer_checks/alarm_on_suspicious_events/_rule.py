"""The rule of a composite alarm: whether one of the alarms it names raises it alone."""

import re

TOKEN = re.compile(
    r'\s*(?:(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"([^"]*)"|([^)\s]*))\s*\)'
    r"|(AND|OR|NOT|TRUE|FALSE|[()])|(\S))"
)
DEEPEST = 100


class UnknownRuleError(Exception):
    """A rule that is not of the language that is known here."""


def raises(rule: str, names: frozenset[str]) -> bool | None:
    """Tell whether *rule* holds while an alarm that has one of *names* is raised, and all others are OK.

    None: the rule is not understood.
    """
    try:
        return _Rule(rule, names).value()
    except UnknownRuleError:
        return None


class _Rule:
    def __init__(self, text: str, raised: frozenset[str]) -> None:
        self._tokens = [found.groups() for found in TOKEN.finditer(text)]
        self._raised = raised
        self._at = 0
        self._depth = 0

    def value(self) -> bool:
        found = self._any()
        if self._at < len(self._tokens):
            raise UnknownRuleError
        return found

    def _any(self) -> bool:
        found = self._all()
        while self._accept("OR"):
            found = self._all() or found
        return found

    def _all(self) -> bool:
        found = self._one()
        while self._accept("AND"):
            found = self._one() and found
        return found

    def _one(self) -> bool:
        self._depth += 1
        if self._depth > DEEPEST:
            raise UnknownRuleError
        found = self._state()
        self._depth -= 1
        return found

    def _state(self) -> bool:
        if self._accept("NOT"):
            return not self._one()
        if self._accept("("):
            found = self._any()
            if not self._accept(")"):
                raise UnknownRuleError
            return found
        if self._at >= len(self._tokens):
            raise UnknownRuleError
        state, quoted, bare, word, _ = self._tokens[self._at]
        self._at += 1
        if state:
            raised = (quoted if quoted is not None else bare) in self._raised
            return {"ALARM": raised, "OK": not raised, "INSUFFICIENT_DATA": False}[state]
        if word not in {"TRUE", "FALSE"}:
            raise UnknownRuleError
        return word == "TRUE"

    def _accept(self, word: str) -> bool:
        seen = self._at < len(self._tokens) and self._tokens[self._at][3] == word
        self._at += seen
        return seen
