"""Events that show a rule at work, shortened: from the file of cases beside it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from eksaminer.detection.evaluate import scalars, value
from eksaminer.detection.fields import Kind, Log, field_of
from eksaminer.detection.predicate import And, Each, Not, Or, Predicate, Ref
from eksaminer.detection.rule import Rule
from eksaminer.record import Record

SUFFIX = ".cases.json"
"""A rule `x.yml` has its cases in `x.cases.json`."""
USUAL = {
    Log.AUDIT: (
        "verb", "objectRef.resource", "objectRef.subresource", "objectRef.namespace", "objectRef.name",
        "user.username", "responseStatus.code",
    ),
    Log.TRAIL: ("eventSource", "eventName", "userIdentity.arn", "sourceIPAddress", "errorCode"),
}  # fmt: skip
"""What is shown of every event."""
LONGEST = 120
MOST_FACTS = 14


class Fact(Record, frozen=True, kw_only=True):
    """One field of an event."""

    field: str
    value: str


class Example(Record, frozen=True, kw_only=True):
    """One case: an event, or the first of several."""

    name: str
    events: int
    facts: tuple[Fact, ...]


class Examples(Record, frozen=True, kw_only=True):
    """A case that fires and a near miss; how many there are of each, all of which the tests try."""

    fires: Example
    near_miss: Example
    firing: int
    missing: int


def examples_of(rule: Rule, cases: str) -> Examples | None:
    """Return the first firing case and the first near miss of *cases*, the text of a file; None where one lacks."""
    found: Mapping[str, Any] = json.loads(cases)
    fires, misses = found.get("fires", []), found.get("does_not_fire", [])
    if not fires or not misses:
        return None
    return Examples(
        fires=_example(rule, fires[0]),
        near_miss=_example(rule, misses[0]),
        firing=len(fires),
        missing=len(misses),
    )


def _example(rule: Rule, case: Mapping[str, Any]) -> Example:
    events = case.get("events") or [case["event"]]
    return Example(name=str(case["name"]), events=len(events), facts=tuple(_facts(rule, events[0])))


def _facts(rule: Rule, event: Mapping[str, Any]) -> Iterator[Fact]:
    own = [path for path in dict.fromkeys(_paths(rule.predicate)) if path not in USUAL[rule.log]]
    for path in (*USUAL[rule.log], *own)[:MOST_FACTS]:
        shown = _shown(path, event, rule.log)
        if shown:
            yield Fact(field=path, value=shown)


def _shown(path: str, event: Mapping[str, Any], log: Log) -> str:
    field = field_of(path, log)
    found = None if field.kind is Kind.NOTHING else value(event, path, log)
    texts = scalars(found)
    whole = ", ".join(texts) if texts else ("" if found is None else json.dumps(found, ensure_ascii=False))
    return whole if len(whole) <= LONGEST else f"{whole[: LONGEST - 1]}…"


def _paths(predicate: Predicate) -> Iterator[str]:
    """Give the fields that *predicate* reads, in its order."""
    match predicate:
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from _paths(part)
        case Not(part=part):
            yield from _paths(part)
        case Ref(field=field, other=other):
            yield from (field, other)
        case Each(field=field):
            yield field
        case _:
            yield predicate.field
