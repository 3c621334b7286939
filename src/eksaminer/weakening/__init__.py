"""Calls of AWS that weaken auditing: which they are, and what each did, judged by its parameters. Pure.

Which calls there are is dated data (`calls.yml`); here is how an event is held against it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal, get_args

import yaml

from eksaminer.detection.evaluate import matches
from eksaminer.detection.fields import Log
from eksaminer.detection.predicate import And, Predicate, fields
from eksaminer.detection.selection import Reading, parse_selection
from eksaminer.evidence.lookups import ManagementEvent

Subject = Literal["cluster", "group", "key", "bucket", "trail", "region"]
READING = Reading(log=Log.TRAIL, arrays=True)
ALWAYS = And(parts=())
PARAMETERS = "requestParameters."


@dataclass(frozen=True, slots=True)
class Control:
    """A part of auditing, with the calls that weaken and restore it."""

    id: str
    about: str
    """What a call that weakens it did, as the end of a sentence."""
    certain: bool
    """False: the event alone does not tell whether auditing got weaker."""
    subject: Subject
    source: str
    named_by: tuple[str, ...]
    """The request parameters that name the subject; the first that is there counts."""
    threshold: str
    """The path of a number of days: fewer than required weaken, others restore. Empty: nothing is measured."""
    weakens: Mapping[str, Predicate]
    restores: Mapping[str, Predicate]

    @property
    def parameters(self) -> tuple[str, ...]:
        """The request parameters that judging its calls takes."""
        predicates = (*self.weakens.values(), *self.restores.values())
        paths = {path for predicate in predicates for path in fields(predicate)} | {self.threshold}
        roots = {path.removeprefix(PARAMETERS).split(".")[0] for path in paths if path.startswith(PARAMETERS)}
        return tuple(sorted({*roots, *self.named_by}))


@dataclass(frozen=True, slots=True)
class Weakening:
    """A call that weakened auditing, or would have."""

    control: Control
    event: ManagementEvent
    subject: str
    """The name of what it was about: of an ARN the last part; empty: the event names none."""
    restored: datetime | None
    """When a later call restored it; None: none that was read did."""


@cache
def controls() -> tuple[Control, ...]:
    """Return all controls, in the order of the data."""
    document = yaml.safe_load(files("eksaminer.weakening").joinpath("calls.yml").read_text(encoding="utf-8"))
    return tuple(map(_control, document["controls"]))


def _control(given: Mapping[str, Any]) -> Control:
    if given["subject"] not in get_args(Subject):
        raise ValueError(f"{given['id']}: unknown subject {given['subject']}")
    return Control(
        id=given["id"],
        about=given["about"],
        certain=given.get("certain", True),
        subject=given["subject"],
        source=given["source"],
        named_by=tuple(given["named_by"]),
        threshold=given.get("threshold", ""),
        weakens=MappingProxyType(_predicates(given["weakens"])),
        restores=MappingProxyType(_predicates(given.get("restores") or {})),
    )


def _predicates(calls: Mapping[str, Any]) -> dict[str, Predicate]:
    return {name: ALWAYS if body is None else parse_selection(body, READING) for name, body in calls.items()}


@cache
def weakening_calls() -> Mapping[str, tuple[str, ...]]:
    """Return the names of the calls that weaken auditing, each with the request parameters that judging it takes.

    Those that surely do come first.
    """
    return MappingProxyType(_parameters((control, control.weakens) for control in controls()))


@cache
def restoring_calls() -> Mapping[str, tuple[str, ...]]:
    """Return the names of the calls that restore it, likewise."""
    return MappingProxyType(_parameters((control, control.restores) for control in controls()))


def _parameters(calls: Iterable[tuple[Control, Iterable[str]]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for control, names in sorted(calls, key=lambda call: (not call[0].certain, call[0].id)):
        for name in sorted(names):
            found.setdefault(name, set()).update(control.parameters)
    return {name: tuple(sorted(parameters)) for name, parameters in found.items()}


def weakenings(events: Sequence[ManagementEvent], days: int) -> Iterator[Weakening]:
    """Yield each call among *events* that weakened a control, or was refused; *days*: the retention required."""
    for control in controls():
        own = [event for event in events if event.source == control.source]
        for event in own:
            if event.name in control.weakens and _holds(control, control.weakens[event.name], event, days, less=True):
                name = subject_of(control, event)
                yield Weakening(control, event, name, _restored(control, own, event, name, days))


def _restored(
    control: Control, events: Iterable[ManagementEvent], weakened: ManagementEvent, name: str, days: int
) -> datetime | None:
    times = (
        event.time
        for event in events
        if event.time > weakened.time
        and not event.error
        and event.name in control.restores
        and subject_of(control, event) == name
        and _holds(control, control.restores[event.name], event, days, less=False)
    )
    return min(times, default=None)


def _holds(control: Control, predicate: Predicate, event: ManagementEvent, days: int, *, less: bool) -> bool:
    record = {"eventSource": event.source, "requestParameters": decoded(event)}
    if not matches(predicate, record):
        return False
    measured = list(_days(record, control.threshold.split("."))) if control.threshold else []
    if not measured:
        return not (control.threshold and less)
    fewer = min(measured) < days
    return fewer if less else not fewer


def _days(found: Any, path: Sequence[str]) -> Iterator[int]:
    """Yield the numbers at *path*, in each item of a list on the way; a rule of a life cycle may be switched off."""
    if isinstance(found, list):
        for item in found:
            yield from _days(item, path)
    elif not path:
        if str(found).isdigit():
            yield int(found)
    elif isinstance(found, dict) and found.get("Status") != "Disabled":
        yield from _days(found.get(path[0]), path[1:])


def decoded(event: ManagementEvent) -> dict[str, Any]:
    """Return the request parameters as they were: what has parts is kept as JSON."""
    return {name: _decoded(text) for name, text in event.parameters.items()}


def _decoded(text: str) -> Any:
    if not text.startswith(("{", "[")):
        return text
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found or text


def subject_of(control: Control, event: ManagementEvent) -> str:
    """Return the name of what a call is about."""
    named = next((event.parameters[name] for name in control.named_by if event.parameters.get(name)), "")
    if control.subject == "group":
        return named.partition(":log-group:")[2].removesuffix(":*") if ":log-group:" in named else named
    return named.rpartition("/")[2] if named.startswith("arn:") else named
