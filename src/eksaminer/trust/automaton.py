"""Decides a formula over a language of subjects: which words there are, the shortest first."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count, product

from eksaminer.trust.formula import Formula
from eksaminer.trust.machine import SETTLED, Machine, State
from eksaminer.trust.subject import Subjects

_NEVER = 10_000
"""More characters than a subject can have."""
_OVERHEAD = 4
"""What a step costs besides the places it touches."""


class Effort:
    """What may still be spent on one question, in steps: a bound that is the same on every computer."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def spend(self, steps: int) -> bool:
        """Return whether that much was left."""
        self.steps -= steps
        return self.steps >= 0


@dataclass(slots=True)
class _Node:
    """A state of language and patterns."""

    first_part: bool
    ends: bool
    edges: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    """Characters, and where they lead; in a fixed order."""
    rest: int = _NEVER
    """The fewest characters to the end of a subject, from a node of the last part."""
    ways: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    """From a node of the first part: characters in all, and of them in the first part; ever fewer of these."""
    least: int = _NEVER
    """The fewest characters of its part that lead here."""


class Automaton:
    """The subjects of a formula, as a graph whose paths they are."""

    def __init__(self, subjects: Subjects, nodes: list[_Node]) -> None:
        self._subjects = subjects
        self._nodes = nodes
        self._measure_last_part()
        self._measure_first_part()
        self._measure_from_start()

    @property
    def is_empty(self) -> bool:
        """Whether there is no word."""
        return not self._nodes or self._left(0, 0) >= _NEVER

    def words(self) -> Iterator[str]:
        """Give every word once, shorter ones first, in an order that is always the same."""
        for classes in self._paths():
            for characters in product(*classes):
                yield self._subjects.prefix + "".join(characters)

    def is_acyclic(self) -> bool:
        """Return whether the words are finitely many even without the limits of length."""
        return not self._has_cycle(range(len(self._nodes)))

    def first_parts(self) -> Iterator[str] | None:
        """Give every first part (namespace) of a word; None: they are not finitely many."""
        firsts = [number for number, node in enumerate(self._nodes) if node.first_part]
        return None if self._has_cycle(firsts) else self._first_parts()

    def _first_parts(self) -> Iterator[str]:
        """Depth first: every beginning that is alive is the beginning of a word."""
        stack = [(0, "")] if not self.is_empty else []
        while stack:
            number, text = stack.pop()
            for chars, target in reversed(self._nodes[number].edges):
                node = self._nodes[target]
                if not node.first_part:
                    if node.rest <= self._subjects.last_limit:
                        yield text
                elif self._left(target, len(text) + 1) < _NEVER:
                    stack.extend((target, text + char) for char in reversed(chars))

    def _paths(self) -> Iterator[tuple[str, ...]]:
        if self.is_empty:
            return
        order = count()
        queue: list[tuple[int, int, int, int, int, tuple[object, str] | None]] = []
        heappush(queue, (self._left(0, 0), 0, next(order), 0, 0, None))
        while queue:
            _, depth, _, number, length, path = heappop(queue)
            if number < 0:
                yield _classes(path)
                continue
            node = self._nodes[number]
            if node.ends:
                heappush(queue, (-depth, depth, next(order), -1, 0, path))
            for chars, target in node.edges:
                further = length + 1 if self._nodes[target].first_part == node.first_part else 0
                left = self._left(target, further)
                if left < _NEVER:
                    entry = (1 - depth + left, depth - 1, next(order), target, further, (path, chars))
                    heappush(queue, entry)

    def _left(self, number: int, length: int) -> int:
        """Return the fewest characters that end a word, *length* characters into the part of the node."""
        node = self._nodes[number]
        if not node.first_part:
            return node.rest if length + node.rest <= self._subjects.last_limit else _NEVER
        room = self._subjects.first_limit - length
        return next((total for total, first in node.ways if first <= room), _NEVER)

    def _measure_last_part(self) -> None:
        before = self._reversed(first_part=False)
        line = deque(number for number, node in enumerate(self._nodes) if node.ends)
        for number in line:
            self._nodes[number].rest = 0
        while line:
            number = line.popleft()
            for earlier in before[number]:
                if self._nodes[earlier].rest == _NEVER:
                    self._nodes[earlier].rest = self._nodes[number].rest + 1
                    line.append(earlier)

    def _measure_first_part(self) -> None:
        before = self._reversed(first_part=True)
        queue: list[tuple[int, int, int]] = []
        for number, node in enumerate(self._nodes):
            rests = [self._nodes[target].rest for _, target in node.edges if not self._nodes[target].first_part]
            if node.first_part and rests and min(rests) <= self._subjects.last_limit:
                heappush(queue, (min(rests) + 1, 0, number))
        while queue:
            total, first, number = heappop(queue)
            ways = self._nodes[number].ways
            if first > self._subjects.first_limit or (ways and ways[-1][1] <= first):
                continue
            ways.append((total, first))
            for earlier in before[number]:
                heappush(queue, (total + 1, first + 1, earlier))

    def _measure_from_start(self) -> None:
        """From the start to the first part, then from every colon that can be reached to the last part."""
        if not self._nodes:
            return
        self._nodes[0].least = 0
        line = deque([0])
        crossings: list[int] = []
        while line or crossings:
            if not line:
                line.extend(crossings)
                crossings.clear()
            number = line.popleft()
            node = self._nodes[number]
            for _, target in node.edges:
                other = self._nodes[target]
                if other.least < _NEVER:
                    continue
                if other.first_part == node.first_part:
                    other.least = node.least + 1
                    line.append(target)
                elif node.least <= self._subjects.first_limit:
                    other.least = 0
                    crossings.append(target)

    def _reversed(self, *, first_part: bool) -> list[list[int]]:
        before: list[list[int]] = [[] for _ in self._nodes]
        for number, node in enumerate(self._nodes):
            for _, target in node.edges:
                if node.first_part == self._nodes[target].first_part == first_part:
                    before[target].append(number)
        return before

    def _has_cycle(self, numbers: "range | list[int]") -> bool:
        """Kahn's algorithm over the edges that some word takes."""
        among = {number for number in numbers if self._alive(number)}
        following = {number: [t for t in self._targets(number) if t in among] for number in among}
        incoming = dict.fromkeys(among, 0)
        for targets in following.values():
            for target in targets:
                incoming[target] += 1
        free = [number for number, edges in incoming.items() if not edges]
        done = 0
        while free:
            done += 1
            for target in following[free.pop()]:
                incoming[target] -= 1
                if not incoming[target]:
                    free.append(target)
        return done < len(among)

    def _alive(self, number: int) -> bool:
        least = self._nodes[number].least
        return least < _NEVER and self._left(number, least) < _NEVER

    def _targets(self, number: int) -> Iterator[int]:
        node = self._nodes[number]
        for _, target in node.edges:
            same = self._nodes[target].first_part == node.first_part
            if self._left(target, node.least + 1 if same else 0) < _NEVER:
                yield target


def _classes(path: tuple[object, str] | None) -> tuple[str, ...]:
    found: list[str] = []
    rest: object = path
    while isinstance(rest, tuple):
        rest, chars = rest
        found.append(chars)
    return tuple(reversed(found))


def decide(formula: Formula, subjects: Subjects, effort: Effort) -> Automaton | None:
    """Return the automaton of the words of *subjects* that are in *formula*; None: that takes too much effort."""
    machine = Machine(formula)
    state = machine.start
    for char in subjects.prefix:
        if state is None:
            break
        if not effort.spend(len(state) + machine.size):
            return None
        state = machine.step(state, char)
    if state is None:
        return Automaton(subjects, [])
    nodes = _explored(machine, subjects, state, effort)
    return None if nodes is None else Automaton(subjects, nodes)


def _explored(machine: Machine, subjects: Subjects, start: State, effort: Effort) -> list[_Node] | None:
    known: dict[tuple[int, State], int] = {(0, start): 0}
    line = deque([(0, 0, start)])
    nodes: list[_Node] = []
    while line:
        depth, place, state = line.popleft()
        where = subjects.places[place]
        node = _Node(first_part=where.first_part, ends=where.ends and machine.accepts(state))
        nodes.append(node)
        if depth == subjects.longest:
            continue
        reached = _successors(machine, subjects, place, state, effort)
        if reached is None:
            return None
        for key, chars in sorted(reached.items(), key=lambda item: item[1][0]):
            if key not in known:
                known[key] = len(known)
                line.append((depth + 1, *key))
            node.edges.append(("".join(chars), known[key]))
    return nodes


def _successors(
    machine: Machine, subjects: Subjects, place: int, state: State, effort: Effort
) -> dict[tuple[int, State], list[str]] | None:
    always, on = machine.moves(state)
    reached: dict[tuple[int, State], list[str]] = {}
    for chars, target in subjects.places[place].moves:
        named = [char for char in chars if char in on]
        other = [char for char in chars if char not in on]
        for group in [[char] for char in named] + ([other] if other else []):
            more = on.get(group[0], [])
            if not effort.spend(len(always) + len(more) + machine.size + _OVERHEAD):
                return None
            following = state if state == SETTLED else machine.state([*always, *more])
            if following is not None:
                reached.setdefault((target, following), []).extend(group)
    return reached
