"""Weaken a predicate to the part of it that is decided already: which events it can be about at all."""

from collections.abc import Callable

from eksaminer.detection.predicate import (
    And,
    Each,
    Not,
    Or,
    Predicate,
    conjunction,
    disjunction,
    fields,
)

ALWAYS = And(parts=())
NEVER = Or(parts=())

Decided = Callable[[Predicate], bool]
"""Tells whether it is known if a test, or a combination of tests, holds."""


def guard(predicate: Predicate, decided: Decided) -> Predicate:
    """Return a predicate of *decided* parts alone that holds wherever *predicate* does."""
    if decided(predicate):
        return predicate
    match predicate:
        case And(parts=parts):
            needed = [part for part in (guard(part, decided) for part in parts) if part != ALWAYS]
            return conjunction(needed) if needed else ALWAYS
        case Or(parts=parts):
            each = [guard(part, decided) for part in parts]
            return ALWAYS if ALWAYS in each else disjunction(each)
        case Not(part=part):
            enough = certain(part, decided)
            return ALWAYS if enough == NEVER else Not(part=enough)
        case _:
            return ALWAYS


def certain(predicate: Predicate, decided: Decided) -> Predicate:
    """Return a predicate of *decided* parts alone that *predicate* holds wherever it does."""
    if decided(predicate):
        return predicate
    match predicate:
        case And(parts=parts):
            each = [certain(part, decided) for part in parts]
            return NEVER if NEVER in each else conjunction(each)
        case Or(parts=parts):
            enough = [part for part in (certain(part, decided) for part in parts) if part != NEVER]
            return disjunction(enough) if enough else NEVER
        case Not(part=part):
            needed = guard(part, decided)
            return NEVER if needed == ALWAYS else Not(part=needed)
        case _:
            return NEVER


def wholly(predicate: Predicate, decided: Decided) -> bool:
    """Tell whether *predicate* is *decided* in all its parts."""
    if decided(predicate):
        return True
    match predicate:
        case And(parts=parts) | Or(parts=parts):
            return all(wholly(part, decided) for part in parts)
        case Not(part=part):
            return wholly(part, decided)
        case _:
            return False


def by_fields(known: Callable[[str], bool]) -> Decided:
    """Return what decides a test where all fields that it reads are *known*."""

    def decided(predicate: Predicate) -> bool:
        match predicate:
            case Each() | And() | Or() | Not():
                return False
            case _:
                return all(map(known, fields(predicate)))

    return decided
