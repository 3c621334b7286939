"""Patterns of IAM: literal text, `?` for one character, `*` for any run of characters."""

import re
from dataclasses import dataclass
from functools import lru_cache

Segment = str | tuple[str, ...]
"""Tokens without `*`. A string: its characters. A tuple: for each place the characters that fit, "" for all."""

_VARIABLE = re.compile(r"\$\{([^${}]*|\$)\}")
_ESCAPED = {"*", "?", "$"}
"""`${*}` is how a policy writes a literal asterisk."""


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern: segments with a `*` between each two."""

    segments: tuple[Segment, ...]

    @property
    def literal(self) -> str | None:
        """Return the only text that matches; None if there are several."""
        only = self.segments[0]
        return only if len(self.segments) == 1 and isinstance(only, str) else None

    def matches(self, text: str) -> bool:
        """Return whether all of *text* fits."""
        first, *rest = self.segments
        if not rest:
            return len(text) == len(first) and _fits(text, 0, first)
        *middle, last = rest
        at, end = len(first), len(text) - len(last)
        if end < at or not _fits(text, 0, first) or not _fits(text, end, last):
            return False
        for segment in middle:
            found = _find(text, at, end, segment)
            if found < 0:
                return False
            at = found + len(segment)
        return True


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a condition, read as a pattern."""

    glob: Glob
    certain: bool
    """False: it holds a policy variable, whose value no policy tells; the glob has `*` in its place."""


def _fits(text: str, at: int, segment: Segment) -> bool:
    if isinstance(segment, str):
        return text.startswith(segment, at)
    return _compiled(segment).match(text, at) is not None


def _find(text: str, at: int, end: int, segment: Segment) -> int:
    if isinstance(segment, str):
        return text.find(segment, at, end)
    found = _compiled(segment).search(text, at, end)
    return found.start() if found else -1


@lru_cache(maxsize=8192)
def _compiled(segment: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern of fixed length: it cannot backtrack."""
    places = ("." if not fitting else f"[{re.escape(fitting)}]" for fitting in segment)
    return re.compile("".join(places), re.DOTALL)


@lru_cache(maxsize=16384)
def read_value(text: str, *, wildcards: bool, fold: bool = False, variables: bool = False) -> Value:
    """Read *text* as IAM does.

    Args:
        text: The value as it stands in the policy.
        wildcards: `*` and `?` stand for other characters.
        fold: Upper and lower case are the same.
        variables: `${…}` are policy variables (version 2012-10-17).
    """
    tokens: list[str | None] = []
    certain, at = True, 0
    for found in _VARIABLE.finditer(text) if variables else ():
        tokens += _tokens(text[at : found.start()], wildcards=wildcards, fold=fold)
        if found[1] in _ESCAPED:
            tokens.append(found[1])
        else:
            certain = False
            tokens.append(None)
        at = found.end()
    tokens += _tokens(text[at:], wildcards=wildcards, fold=fold)
    return Value(Glob(tuple(_segments(tokens))), certain)


def _tokens(text: str, *, wildcards: bool, fold: bool) -> list[str | None]:
    if wildcards:
        return [None if char == "*" else "" if char == "?" else _cases(char, fold=fold) for char in text]
    return [_cases(char, fold=fold) for char in text]


def _cases(char: str, *, fold: bool) -> str:
    if not fold:
        return char
    variants = (char, char.lower(), char.upper(), char.upper().lower())
    return "".join(dict.fromkeys(variant for variant in variants if len(variant) == 1))


def _segments(tokens: list[str | None]) -> list[Segment]:
    runs: list[list[str]] = [[]]
    for token in tokens:
        if token is None:
            runs.append([])
        else:
            runs[-1].append(token)
    kept = [run for index, run in enumerate(runs) if run or index in (0, len(runs) - 1)]
    return ["".join(run) if all(len(token) == 1 for token in run) else tuple(run) for run in kept]
