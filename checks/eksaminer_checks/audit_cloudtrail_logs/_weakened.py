"""Calls that weakened auditing, told alike by CT-05 and LOG-09."""

from collections.abc import Iterable
from typing import Any

from eksaminer.api import Seen, Weakening

NAMED = 200
"""Verdicts of one check about one target; the rest share one."""


def last_part(name: str) -> str:
    """Return the last part of an ARN."""
    return name.rpartition("/")[2]


def by_actor(found: Iterable[Weakening]) -> list[list[Weakening]]:
    """Group the calls that did the same to the same by the same, in the order of time."""
    groups: dict[tuple[str, ...], list[Weakening]] = {}
    for item in sorted(found, key=lambda item: (item.event.time, item.event.id, item.control.id)):
        event = item.event
        groups.setdefault(
            (item.control.id, event.name, item.subject, event.actor, "refused" if event.error else ""), []
        ).append(item)
    return [group for _, group in sorted(groups.items())]


def others_of(ranked: list[list[Weakening]]) -> int:
    """Return how many calls have no verdict of their own."""
    return sum(len(group) for group in ranked[NAMED:])


def words_of(own: list[Weakening]) -> dict[str, Any]:
    """Return the words of a verdict: of the last of several calls."""
    last = own[-1]
    return {
        "actor": last.event.actor or "Somebody",
        "about": last.control.about,
        "subject": last.subject or "unnamed",
        "time": last.event.time,
        "address": last.event.address or "an unknown address",
        "call": f"{last.event.source.partition('.')[0]}:{last.event.name}",
        "count": len(own),
    }


def seen_of(own: list[Weakening]) -> Seen:
    """Return what was observed of the calls."""
    return {
        "events": tuple(item.event.id for item in own[:10]),
        "first": own[0].event.time,
        "last": own[-1].event.time,
        "user_agent": own[-1].event.agent,
        "restored": tuple(f"{item.restored:%Y-%m-%d %H:%M:%S} UTC" for item in own if item.restored is not None)[:10],
    }
