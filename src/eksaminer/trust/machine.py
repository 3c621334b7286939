"""Reads subjects character by character and remembers what of a formula is still open.

A state is the set of places in the patterns that may come next. Three things keep the states few: a pattern
that has passed a `*` need not remember what came before it; what can no longer match, or cannot fail any more,
is settled; and what does not matter any longer, given what is settled, is forgotten.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from eksaminer.trust.formula import Constant, Either, Formula, Matches, atoms
from eksaminer.trust.glob import Glob

State = tuple[int, ...]
"""Places, in ascending order."""

SETTLED: State = (-1,)
"""Whatever follows, the subject is in the set."""
_ANY = ""


@dataclass(frozen=True, slots=True)
class _Not:
    part: "_Shape"


@dataclass(frozen=True, slots=True)
class _Or:
    parts: tuple["_Shape", ...]


_Shape = bool | int | _Not | _Or
"""A formula with a number for each of its `Matches`."""


class Machine:
    """The patterns of a formula, laid out place after place."""

    def __init__(self, formula: Formula) -> None:
        numbers = {atom: number for number, atom in enumerate(dict.fromkeys(atoms(formula)))}
        self._shape = _shape(formula, numbers)
        self._token: list[str | None] = []
        self._star: list[bool] = []
        self._glob: list[int] = []
        self._atom: list[int] = []
        self.size = max(1, len(numbers))
        starts: list[int] = []
        for atom, number in numbers.items():
            for glob in atom.globs:
                starts.append(len(self._token))
                self._lay(glob, number)
        self.start = self.state(starts)
        """None: no subject is in the set."""

    def _lay(self, glob: Glob, atom: int) -> None:
        tokens: list[tuple[str | None, bool]] = []
        star = False
        for index, segment in enumerate(glob.segments):
            star = index > 0
            for fitting in segment:
                tokens.append((fitting, star))
                star = False
        tokens.append((None, star))
        number = self._glob[-1] + 1 if self._glob else 0
        for token, loops in tokens:
            self._token.append(token)
            self._star.append(loops)
            self._glob.append(number)
            self._atom.append(atom)

    def moves(self, state: State) -> tuple[list[int], dict[str, list[int]]]:
        """Return the places that follow on any character, and those that follow on one."""
        always: list[int] = []
        on: dict[str, list[int]] = {}
        for place in state if state != SETTLED else ():
            token = self._token[place]
            if self._star[place]:
                always.append(place)
            if token is None:
                continue
            if token == _ANY:
                always.append(place + 1)
            for char in token:
                on.setdefault(char, []).append(place + 1)
        return always, on

    def step(self, state: State, char: str) -> State | None:
        """Return the state after *char*; None: no subject is in the set any more."""
        if state == SETTLED:
            return SETTLED
        always, on = self.moves(state)
        return self.state([*always, *on.get(char, ())])

    def accepts(self, state: State) -> bool:
        """Return whether a subject that ends here is in the set."""
        if state == SETTLED:
            return True
        ending = {self._atom[place] for place in state if self._token[place] is None}
        return _holds(self._shape, ending)

    def state(self, places: Iterable[int]) -> State | None:
        """Return the state of these places; None: no subject is in the set any more."""
        kept: list[int] = []
        settled: set[int] = set()
        passed = -1
        for place in sorted(set(places), reverse=True):
            if self._glob[place] == passed:
                continue
            kept.append(place)
            if self._star[place]:
                passed = self._glob[place]
                if self._token[place] is None:
                    settled.add(self._atom[place])
        unsure = {self._atom[place] for place in kept} - settled
        value, matter = _partly(self._shape, settled, unsure)
        if value is not None:
            return SETTLED if value else None
        return tuple(place for place in reversed(kept) if self._matters(place, matter, settled))

    def _matters(self, place: int, matter: set[int], settled: set[int]) -> bool:
        atom = self._atom[place]
        if atom in settled:
            return self._star[place] and self._token[place] is None
        return atom in matter


def _shape(formula: Formula, numbers: dict[Matches, int]) -> _Shape:
    if isinstance(formula, Constant):
        return formula.value
    if isinstance(formula, Matches):
        return numbers[formula]
    if isinstance(formula, Either):
        return _Or(tuple(_shape(part, numbers) for part in formula.parts))
    return _Not(_shape(formula.part, numbers))


def _holds(shape: _Shape, true: set[int]) -> bool:
    if isinstance(shape, bool):
        return shape
    if isinstance(shape, int):
        return shape in true
    if isinstance(shape, _Or):
        return any(_holds(part, true) for part in shape.parts)
    return not _holds(shape.part, true)


def _partly(shape: _Shape, true: set[int], unsure: set[int]) -> tuple[bool | None, set[int]]:
    """Return the value, if it is settled, else what it still depends on."""
    if isinstance(shape, bool):
        return shape, set()
    if isinstance(shape, int):
        return (None, {shape}) if shape in unsure else (shape in true, set())
    if isinstance(shape, _Not):
        value, matter = _partly(shape.part, true, unsure)
        return (None if value is None else not value), matter
    matter = set[int]()
    for part in shape.parts:
        value, more = _partly(part, true, unsure)
        if value:
            return True, set()
        matter |= more
    return (None, matter) if matter else (False, set())
