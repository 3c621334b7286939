"""What became of findings since the audit before: values that travel in each assessment, so a chain needs no more."""

from datetime import datetime
from typing import Literal

from msgspec import field

from eksaminer.outcome import Status
from eksaminer.record import Record

ChangeState = Literal[
    "new", "regressed", "waiver_expired", "resolved", "gone", "not_repeated", "not_assessed", "not_in_run", "unchanged"
]
"""What became of an exception.

`resolved`: the same finding was judged again and is none. `gone`: what it was about is there no more. `not_repeated`:
it was about acts of an earlier period, which stay what they were. `not_assessed` and `not_in_run` are never a cure.
"""


class AuditCounts(Record, frozen=True, kw_only=True):
    """One audit of the chain, in numbers."""

    run: str
    as_of: datetime
    statuses: dict[str, int]
    waived: int = 0


class Change(Record, frozen=True, kw_only=True):
    """What became of one exception."""

    finding: str
    """Its id."""
    check: str
    account: str
    region: str
    cluster: str
    resource: str
    state: ChangeState
    before: Status | None
    """None: the audit before had no such finding."""
    now: Status | None
    text: str
    """The sentence of the newer audit; of what is there no more, that of the older one."""


class Trend(Record, frozen=True, kw_only=True):
    """This audit, and those before it that are known."""

    audits: tuple[AuditCounts, ...]
    """The oldest first; the last one is this."""
    changes: tuple[Change, ...]
    """Of every exception of this audit and of the one before it."""
    first_seen: dict[str, datetime] = field(default_factory=dict[str, datetime])
    """When each exception was first seen in this chain, by the id of the finding; also of those that could not be
    judged again since."""
    closed: dict[str, datetime] = field(default_factory=dict[str, datetime])
    """Exceptions of earlier audits that were resolved since, and when they were first seen; the newest, if many."""
    same_criteria: bool = True
    """False: what changed may come from other criteria."""
    same_packs: bool = True
    """False: what changed may come from other checks."""
