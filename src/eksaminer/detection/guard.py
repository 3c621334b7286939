"""Weaken a predicate to the part of it that some fields decide: which events it can be about at all."""

from collections.abc import Callable

from eksaminer.detection.predicate import (
    And,
    Each,
    Not,
    Or,
    Predicate,
    Ref,
    conjunction,
    disjunction,
)

CHEAP = frozenset(
    {
        "verb", "objectRef.apiGroup", "objectRef.resource", "objectRef.subresource", "objectRef.namespace",
        "eventSource", "eventName",
    }
)  # fmt: skip
ALWAYS = And(parts=())
NEVER = Or(parts=())

Known = Callable[[str], bool]
"""Tells whether the value of a field is known."""


def guard(predicate: Predicate, known: Known = CHEAP.__contains__) -> Predicate:
    """Return a predicate over *known* fields that holds wherever *predicate* does."""
    match predicate:
        case And(parts=parts):
            needed = [part for part in (guard(part, known) for part in parts) if part != ALWAYS]
            return conjunction(needed) if needed else ALWAYS
        case Or(parts=parts):
            each = [guard(part, known) for part in parts]
            return ALWAYS if ALWAYS in each else disjunction(each)
        case Not(part=part):
            enough = certain(part, known)
            return ALWAYS if enough == NEVER else Not(part=enough)
        case _:
            return predicate if _decided(predicate, known) else ALWAYS


def certain(predicate: Predicate, known: Known) -> Predicate:
    """Return a predicate over *known* fields that *predicate* holds wherever it does."""
    match predicate:
        case And(parts=parts):
            each = [certain(part, known) for part in parts]
            return NEVER if NEVER in each else conjunction(each)
        case Or(parts=parts):
            enough = [part for part in (certain(part, known) for part in parts) if part != NEVER]
            return disjunction(enough) if enough else NEVER
        case Not(part=part):
            needed = guard(part, known)
            return NEVER if needed == ALWAYS else Not(part=needed)
        case _:
            return predicate if _decided(predicate, known) else NEVER


def _decided(test: Predicate, known: Known) -> bool:
    match test:
        case Ref(field=field, other=other):
            return known(field) and known(other)
        case Each() | And() | Or() | Not():
            return False
        case _:
            return known(test.field)
