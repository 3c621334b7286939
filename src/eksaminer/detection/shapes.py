"""The parts of bodies that rules read, as one type for each body: the engine parses a body once, into that.

A body is JSON of any shape. The engine turns it into nested structs and lists that hold exactly the
fields some rule names; the fields themselves stay JSON, because they may hold a scalar or a list.
Where one rule reads a value whole and another looks into it, it stays JSON too, and is looked into then.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from eksaminer.detection.fields import Field, Kind, Log, element_field, field_of
from eksaminer.detection.predicate import And, Each, Not, Or, Predicate, Ref


@dataclass(slots=True)
class Shape:
    """What is read at one place of a body."""

    members: "dict[str, Shape]" = field(default_factory=dict)
    element: "Shape | None" = None
    whole: bool = False

    @property
    def json(self) -> bool:
        """Whether it stays JSON: read as a whole, or as what no type of the engine can be."""
        clash = len({name.casefold() for name in self.members}) < len(self.members)
        return self.whole or clash or bool(self.members and self.element) or not (self.members or self.element)

    def structure(self) -> Any:
        """Return the structure in the words of `json_transform`."""
        if self.json:
            return "JSON"
        if self.element is not None:
            return [self.element.structure()]
        return {name: member.structure() for name, member in self.members.items()}

    def at(self, steps: Iterable[str]) -> "Shape":
        """Return the place below this one, which is made where it is not there yet."""
        place = self
        for step in steps:
            place = place.members.setdefault(step, Shape())
        return place

    def items(self) -> "Shape":
        """Return the place of the elements."""
        self.element = self.element or Shape()
        return self.element


@dataclass(slots=True)
class Place:
    """An SQL expression, and what it holds: a struct or list of that shape, or (None) JSON."""

    sql: str
    shape: Shape | None

    def at(self, steps: tuple[str, ...]) -> "Place":
        """Return the place below, with JSON as a text that is NULL for null."""
        place = self
        for position, step in enumerate(steps):
            if place.shape is None or place.shape.json:
                return place.looked_into(steps[position:])
            place = Place(f"{place.sql}.{_name(step)}", place.shape.members[step])
        return place

    def looked_into(self, steps: tuple[str, ...]) -> "Place":
        """Return the place below one that is JSON."""
        pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)
        return Place(f"nullif(CAST(json_extract({self.sql}, {text(pointer)}) AS VARCHAR), 'null')", None)

    def items(self) -> tuple[str, Shape | None]:
        """Return the list of the elements, and the shape of one."""
        if self.shape is None or self.shape.json:
            whole = f"CAST({self.sql} AS VARCHAR)"
            return f"CASE WHEN starts_with({whole}, '[') THEN CAST(CAST({whole} AS JSON) AS JSON[]) END", None
        return self.sql, self.shape.element


class Shapes:
    """The shapes of all bodies that some rules read."""

    def __init__(self, predicates: Iterable[tuple[Predicate, Log]]) -> None:
        self.roots: dict[str, Shape] = {}
        for predicate, log in predicates:
            self._add(predicate, partial(self._of_log, log))

    def place(self, of: Field) -> Place:
        """Return the place of a field in the table of events."""
        return Place(f"{of.column}_tree", self.roots[of.column]).at(of.steps)

    def structures(self) -> Mapping[str, str]:
        """Return the structure of each body, as `json_transform` takes it."""
        return {name: json.dumps(shape.structure()) for name, shape in sorted(self.roots.items())}

    def _of_log(self, log: Log, path: str) -> Shape | None:
        return self._root(field_of(path, log))

    def _root(self, of: Field) -> Shape | None:
        if of.kind is not Kind.BODY:
            return None
        return self.roots.setdefault(of.column, Shape()).at(of.steps)

    def _add(self, predicate: Predicate, find: Callable[[str], Shape | None]) -> None:
        match predicate:
            case And(parts=parts) | Or(parts=parts):
                for part in parts:
                    self._add(part, find)
            case Not(part=part):
                self._add(part, find)
            case Each(field=name, part=part):
                shape = find(name)
                if shape is not None:
                    items = shape.items()
                    self._add(part, partial(_of_items, items))
            case _:
                names = (predicate.field, predicate.other) if isinstance(predicate, Ref) else (predicate.field,)
                for shape in filter(None, map(find, names)):
                    shape.whole = True


def text(content: str) -> str:
    """Return *content* as an SQL string."""
    pieces = [("'" + piece.replace("'", "''") + "'") for piece in content.split("\0")]
    return pieces[0] if len(pieces) == 1 else "(" + " || chr(0) || ".join(pieces) + ")"


def _name(step: str) -> str:
    return '"' + step.replace('"', '""') + '"'


def _of_items(items: Shape, path: str) -> Shape:
    return items.at(element_field(path).steps)
