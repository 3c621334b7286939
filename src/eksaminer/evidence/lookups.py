"""Events that CloudTrail itself keeps for 90 days, asked for by name (LookupEvents): no trail is needed for them.

Where files of a trail were given, the calls that change something are taken from these as well.
Which names are asked for stands in `eksaminer.collect.lookups`; a check that needs further ones adds them there.
"""

from datetime import datetime, timedelta
from typing import ClassVar

from eksaminer.evidence.model import Calls, Section
from eksaminer.gap import Cause, Gap
from eksaminer.outcome import Period, Scope
from eksaminer.record import Record

KEPT = timedelta(days=90)
"""How long CloudTrail keeps events (user guide, Viewing events with event history; read 2026-11-23)."""
MOST_CALLS = 300
"""Of LookupEvents in one region, for all names together: two and a half minutes at two calls a second."""
FIRST_PAGES = 10
"""So many pages are read of all calls that change something: a quiet region has no more, and no name is asked for."""
QUIET = timedelta(hours=1)
"""Without an event at either end of a period, files cover it all the same: CloudTrail delivers them some minutes late,
and in a quiet region nothing may happen for a while."""
CHANGES = ""
"""The name of what was asked for all calls that change something, whatever their name."""
FIRST_EVENTS = 1_000
"""So many events of a name are kept, the newest first; the rest is counted."""


class LookedUp(Record, frozen=True, kw_only=True):
    """What was asked for one name, and how much of it was read."""

    name: str
    """Of the event; `CHANGES`: all that change something."""
    window: Period
    """That was asked for."""
    since: datetime
    """How far back it was read: events come the newest first."""
    events: int
    calls: int
    unread: Gap | None
    """Why events of the window are missing; None: all of them were read."""
    configuration: bool = False
    """Asked for over the period of configuration (`--period`), for what changed; else over that of events."""


class FilesRead(Record, frozen=True, kw_only=True):
    """What the files of CloudTrail that were given hold of a region."""

    first: datetime
    """Of any event."""
    last: datetime
    unread: Gap | None
    """Why calls between these may be missing; that no file is missing altogether, the digests alone tell."""

    def covers(self, period: Period) -> bool:
        """Whether calls of the whole *period* would be in them."""
        slack = QUIET
        return self.unread is None and self.first <= period.since + slack and self.last >= period.until - slack


class ManagementEvent(Record, frozen=True, kw_only=True):
    """An event, without what may be secret: of the parameters only those that a check declares."""

    id: str
    time: datetime
    name: str
    source: str
    user_type: str
    """`userIdentity.type`."""
    user: str
    """`userIdentity`: its name, ARN, or the service it was invoked by; empty: it has none of them."""
    role: str
    """The ARN of the role whose session it was; empty: no session of a role."""
    address: str
    agent: str
    error: str
    """The error code; empty: it succeeded."""
    parameters: dict[str, str]
    """What has parts is JSON."""

    @property
    def actor(self) -> str:
        """Who did it: the role without its session, else the user."""
        return self.role or self.user


class CloudTrailEvents(Section, frozen=True, kw_only=True):
    """Management events of a region, by name."""

    key: ClassVar[str] = "cloudtrail_events"
    scope: ClassVar[Scope] = Scope.REGION
    tier: ClassVar[str] = "activity"
    permissions: ClassVar[tuple[str, ...]] = ("cloudtrail:LookupEvents",)
    calls: ClassVar[Calls] = Calls(
        per_region=2,
        note=f"one per 50 events, two a second, at most {MOST_CALLS} in a region: of all changes where these are few, "
        "else of each name that is asked for",
    )

    asked: tuple[LookedUp, ...]
    events: tuple[ManagementEvent, ...]
    """Sorted by time, name and id."""
    files: FilesRead | None = None
    """What files told beside the lookups; None: none were given, or they hold nothing of the region."""

    def looked_up(self, name: str) -> LookedUp | Gap:
        """Return what was read of the events *name*; a gap where nobody asked for them."""
        found = next((item for item in self.asked if item.name == name), None)
        return found or Gap(cause=Cause.NOT_REQUESTED, detail=f"Events named {name} were not looked up.")

    def changes(self) -> tuple[LookedUp, ...]:
        """Return what was read of the calls that change something, over the period of configuration."""
        return tuple(item for item in self.asked if item.configuration)

    def unread_changes(self) -> Gap | None:
        """Return why calls that change something in the period may not have been seen; None: all of it was read."""
        return next((item.unread for item in self._missed() if not self._in_files(item)), None)

    @property
    def changes_in_files(self) -> bool:
        """Whether files alone tell of a part of the period, or of all of it."""
        return any(map(self._in_files, self._missed()))

    def _missed(self) -> tuple[LookedUp, ...]:
        return tuple(item for item in self.changes() if item.unread is not None)

    def _in_files(self, item: LookedUp) -> bool:
        missed = Period(since=item.window.since, until=max(item.since, item.window.since))
        return self.files is not None and self.files.covers(missed)
