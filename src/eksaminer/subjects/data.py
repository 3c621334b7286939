"""The subjects and their events, read from `subjects.toml`."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from eksaminer.filter_pattern.probes import audit_event
from eksaminer.record import Record


class SubjectEvent(Record, frozen=True, kw_only=True):
    """A made-up event of the audit log."""

    what: str
    message: str
    """The line, as the API server writes it."""
    beyond: bool = False
    """The guide's own query does not find it, and it is about the subject as well."""


class Subject(Record, frozen=True, kw_only=True):
    """What one of the guide's queries is about."""

    id: str
    title: str
    query: str
    """The guide's query, as published."""
    events: tuple[SubjectEvent, ...]

    @property
    def needed(self) -> tuple[SubjectEvent, ...]:
        """The events that whatever watches the subject finds: those that the guide's query finds."""
        return tuple(event for event in self.events if not event.beyond)


def _event(item: Mapping[str, Any], users: Mapping[str, Any], usual: Mapping[str, Any]) -> SubjectEvent:
    given = {**usual, **item}
    message = audit_event(
        given["code"],
        users[given.get("user", "person")],
        given["verb"],
        given["resource"],
        group=given.get("group", ""),
        namespace=given["namespace"],
        name=given["name"],
    )
    return SubjectEvent(what=given["what"], message=message, beyond=given.get("beyond", False))


def _subject(item: Mapping[str, Any], users: Mapping[str, Any]) -> Subject:
    events = tuple(_event(event, users, item) for event in item["events"])
    return Subject(id=item["id"], title=item["title"], query=item["query"].strip(), events=events)


_DATA = tomllib.loads(files("eksaminer.subjects").joinpath("subjects.toml").read_text(encoding="utf-8"))
SUBJECTS: tuple[Subject, ...] = tuple(_subject(item, _DATA["users"]) for item in _DATA["subjects"])
ROUTINE: tuple[SubjectEvent, ...] = tuple(_event(item, _DATA["users"], {}) for item in _DATA["routine"])
"""What fills an audit log: whatever finds these as well watches nothing."""
