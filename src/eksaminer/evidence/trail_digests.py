"""Whether the CloudTrail files that were given are the ones that CloudTrail wrote: what their digests say of them."""

from datetime import datetime
from typing import ClassVar, Literal

from eksaminer.evidence.model import Calls, Section
from eksaminer.gap import Gap
from eksaminer.outcome import Scope
from eksaminer.record import Record

MOST_DAMAGED = 200
"""So many files that are not as they were written are named; the rest is counted."""


class DigestChain(Record, frozen=True, kw_only=True):
    """The digests of one trail in the region."""

    trail: str
    since: datetime
    until: datetime
    """What the digests that were given cover."""
    digests: int
    verified: int
    """Digests that carry a signature of CloudTrail that fits."""
    logs: int
    """Log files that they list."""


class DamagedFile(Record, frozen=True, kw_only=True):
    """A file, or a stretch of time, that is not as CloudTrail wrote it."""

    state: str
    """`missing`, `tampered` or `gap`."""
    name: str
    reason: str
    """A sentence."""


class TrailDigests(Section, frozen=True, kw_only=True):
    """What the digest files among the given files prove of a region."""

    key: ClassVar[str] = "trail_digests"
    scope: ClassVar[Scope] = Scope.REGION
    tier: ClassVar[str] = "files"
    permissions: ClassVar[tuple[str, ...]] = ("cloudtrail:ListPublicKeys",)
    calls: ClassVar[Calls] = Calls(note="none, unless digests are given: one for each home region of their trails")

    chains: tuple[DigestChain, ...]
    logs_verified: int
    """Log files that a verified digest lists, and that are as it says."""
    unproved: int
    """Digests and log files that nothing speaks against, and nothing proves: the newest digest and what it lists, and
    files that no digest lists."""
    damaged: tuple[DamagedFile, ...]
    damaged_found: int
    """How many there are."""
    tampered: int
    """How many of them were changed."""
    keys: Literal["aws", "folder", "none"]
    """Where the public keys came from: whoever changed files of a folder could have changed keys in it."""
    keys_unread: Gap | None
    """Why AWS did not tell its keys."""
    unverified: Gap | None
    """Why no digest is verified; None: some are."""
