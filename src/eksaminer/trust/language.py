"""The words of a formula: those that the policy writes out one by one, and those that its patterns give."""

from collections.abc import Iterator
from functools import cached_property
from heapq import merge
from itertools import islice

from eksaminer.trust.automaton import Automaton, Effort, decide
from eksaminer.trust.formula import Formula, atoms, holds, matching, without_words
from eksaminer.trust.subject import Subjects

STEPS = 120_000
"""What one question may cost: a fifth of a second or so."""
LOOK_UPS = 500_000
"""Words times patterns that are compared one by one."""
_STEPS_OF_A_GUESS = 5_000
_FEW = 64


class Language:
    """The subjects of a formula. Words that stand in it are looked up; the others are decided by an automaton."""

    def __init__(self, formula: Formula, subjects: Subjects, steps: int = STEPS) -> None:
        self._formula = formula
        self._subjects = subjects
        self._steps = steps

    @cached_property
    def _mentioned(self) -> frozenset[str]:
        return frozenset(word for atom in atoms(self._formula) for word in atom.words if self._subjects.has(word))

    @cached_property
    def _written(self) -> tuple[str, ...]:
        patterns = sum(len(atom.globs) for atom in atoms(self._formula))
        if len(self._mentioned) * patterns > LOOK_UPS:
            return ()
        admitted = (word for word in self._mentioned if holds(self._formula, word))
        return tuple(sorted(admitted, key=_order))

    @cached_property
    def _automaton(self) -> Automaton | None:
        patterns = sum(len(atom.globs) for atom in atoms(self._formula))
        if len(self._mentioned) * patterns > LOOK_UPS:
            return None
        return decide(without_words(self._formula), self._subjects, Effort(self._steps))

    @property
    def is_decided(self) -> bool:
        """Whether the formula was simple enough to be decided exactly."""
        return self._automaton is not None

    def has(self, subject: str) -> bool:
        """Return whether *subject* is in the set."""
        return holds(self._formula, subject)

    def words(self) -> Iterator[str]:
        """Give the words, shorter ones first; where nothing is decided, some words that are known to be in it."""
        if self._automaton is None:
            yield from self._guessed
            return
        others = (word for word in self._automaton.words() if word not in self._mentioned)
        yield from merge(self._written, others, key=len)

    @cached_property
    def _guessed(self) -> tuple[str, ...]:
        most = 1 + self._steps // _STEPS_OF_A_GUESS
        globs = dict.fromkeys(glob for atom in atoms(self._formula) for glob in atom.globs)
        guesses: set[str] = set(islice(self._written, _FEW)) | set(_plain(self._subjects))
        for glob in islice(globs, most):
            found = decide(matching([glob]), self._subjects, Effort(self._steps // most))
            guesses |= set(islice(found.words(), 2)) if found else set()
        return tuple(word for word in sorted(guesses, key=_order) if self.has(word))

    @cached_property
    def is_empty(self) -> bool:
        """Whether there is no word; False where nothing is decided."""
        return self.is_decided and next(self.words(), None) is None

    @cached_property
    def is_finite(self) -> bool:
        """Whether the words can be counted without the limits of length; False where nothing is decided."""
        if self._automaton is None:
            return False
        return self._automaton.is_acyclic() or len(list(islice(self._automaton.words(), _FEW + 1))) <= _FEW

    def first_parts(self, most: int) -> tuple[str, ...] | None:
        """Return the namespaces, sorted; None: more than *most*, without end, or not decided."""
        prefix = len(self._subjects.prefix)
        patterns = self._automaton.first_parts() if self._automaton is not None else None
        if patterns is None:
            return None
        found = {word[prefix:].partition(":")[0] for word in self._written} | set(islice(patterns, most + 1))
        return tuple(sorted(found)) if len(found) <= most else None


def _plain(subjects: Subjects) -> Iterator[str]:
    """Give a few words of the language, short and long ones: patterns that remember much often take one of them."""
    for last in (1, 60, subjects.last_limit):
        first = f"{'a' * min(last, subjects.first_limit)}:" if subjects.first_limit else ""
        yield f"{subjects.prefix}{first}{'a' * last}"


def _order(word: str) -> tuple[int, str]:
    return len(word), word
