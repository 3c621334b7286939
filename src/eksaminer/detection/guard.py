"""Weaken a predicate to the cheap part of it: which requests it can be about at all."""

from collections.abc import Callable

from eksaminer.detection.predicate import And, Eq, In, Or, Predicate, conjunction, disjunction

CHEAP = frozenset(
    {
        "verb", "objectRef.apiGroup", "objectRef.resource", "objectRef.subresource", "objectRef.namespace",
        "eventSource", "eventName",
    }
)  # fmt: skip
ALWAYS = And(parts=())


def guard(predicate: Predicate, cheap: Callable[[str], bool] = CHEAP.__contains__) -> Predicate:
    """Return a predicate over *cheap* fields that holds wherever *predicate* does."""
    match predicate:
        case And(parts=parts):
            known = [part for part in (guard(part, cheap) for part in parts) if part != ALWAYS]
            return conjunction(known) if known else ALWAYS
        case Or(parts=parts):
            each = [guard(part, cheap) for part in parts]
            return ALWAYS if ALWAYS in each or not each else disjunction(each)
        case Eq(field=field) | In(field=field) if cheap(field):
            return predicate
        case _:
            return ALWAYS
