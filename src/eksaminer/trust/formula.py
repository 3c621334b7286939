"""Sets of subjects as formulas over patterns: or, not, and what follows from them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from eksaminer.trust.glob import Glob


@dataclass(frozen=True, slots=True)
class Constant:
    """Every subject, or none."""

    value: bool


@dataclass(frozen=True, slots=True)
class Matches:
    """The subjects that are one of the words or match one of the patterns."""

    words: frozenset[str] = frozenset()
    globs: tuple[Glob, ...] = ()


@dataclass(frozen=True, slots=True)
class Negation:
    """All other subjects."""

    part: "Matches | Either"


@dataclass(frozen=True, slots=True)
class Either:
    """The subjects of any part; two or more parts, none of them a constant, at most one `Matches`."""

    parts: tuple["Matches | Negation", ...]


Formula = Constant | Matches | Negation | Either

EVERY = Constant(value=True)
NONE = Constant(value=False)


def matching(globs: Iterable[Glob]) -> Formula:
    """Return the set of what matches one of the patterns."""
    words: set[str] = set()
    others: dict[Glob, None] = {}
    for glob in globs:
        literal = glob.literal
        if literal is None:
            others[glob] = None
        else:
            words.add(literal)
    return Matches(frozenset(words), tuple(others)) if words or others else NONE


def either(parts: Iterable[Formula]) -> Formula:
    """Return the union."""
    words: set[str] = set()
    globs: dict[Glob, None] = {}
    others: dict[Negation, None] = {}
    for part in _flat(parts):
        if isinstance(part, Constant):
            if part.value:
                return EVERY
        elif isinstance(part, Matches):
            words |= part.words
            globs |= dict.fromkeys(part.globs)
        else:
            others[part] = None
    simple = [Matches(frozenset(words), tuple(globs))] if words or globs else []
    merged: tuple[Matches | Negation, ...] = (*simple, *others)
    return Either(merged) if len(merged) > 1 else merged[0] if merged else NONE


def _flat(parts: Iterable[Formula]) -> Iterator[Constant | Matches | Negation]:
    for part in parts:
        if isinstance(part, Either):
            yield from part.parts
        else:
            yield part


def negated(part: Formula) -> Formula:
    """Return the complement."""
    if isinstance(part, Constant):
        return NONE if part.value else EVERY
    return part.part if isinstance(part, Negation) else Negation(part)


def both(parts: Iterable[Formula]) -> Formula:
    """Return the intersection."""
    return negated(either(negated(part) for part in parts))


def without(part: Formula, removed: Formula) -> Formula:
    """Return the difference."""
    return both((part, negated(removed)))


def holds(formula: Formula, word: str) -> bool:
    """Return whether *word* is in the set."""
    if isinstance(formula, Constant):
        return formula.value
    if isinstance(formula, Matches):
        return word in formula.words or any(glob.matches(word) for glob in formula.globs)
    if isinstance(formula, Negation):
        return not holds(formula.part, word)
    return any(holds(part, word) for part in formula.parts)


def atoms(formula: Formula) -> Iterator[Matches]:
    """Give every `Matches` of the formula."""
    if isinstance(formula, Matches):
        yield formula
    elif isinstance(formula, Negation):
        yield from atoms(formula.part)
    elif isinstance(formula, Either):
        for part in formula.parts:
            yield from atoms(part)


def without_words(formula: Formula) -> Formula:
    """Return the formula as it is for all subjects that are none of its words."""
    if isinstance(formula, Matches):
        return Matches(globs=formula.globs) if formula.globs else NONE
    if isinstance(formula, Negation):
        return negated(without_words(formula.part))
    if isinstance(formula, Either):
        return either(without_words(part) for part in formula.parts)
    return formula
