"""What verifying a folder of CloudTrail files gives: a state for each file, and for each stretch without digests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from eksaminer.record import Record

State = Literal["ok", "missing", "tampered", "gap", "unverifiable"]
"""`unverifiable`: nothing speaks against it, and something that would prove it is not there."""
Kind = Literal["digest", "log", "period"]
SCHEMA: Literal["eksaminer.digests/1"] = "eksaminer.digests/1"
MISMATCHES: frozenset[State] = frozenset({"missing", "tampered", "gap"})


class Item(Record, frozen=True, kw_only=True):
    """A file, or a stretch of time without digests."""

    kind: Kind
    state: State
    path: str
    """Below the folder; empty: there is no such file."""
    object: str
    """`bucket/key` of the S3 object, as the digests name it; empty: no digest names it."""
    reason: str
    """A sentence; empty for `ok`."""


class Chain(Record, frozen=True, kw_only=True):
    """The digests of one trail in one region of one account."""

    account: str
    region: str
    trail: str
    home_region: str
    backfill: bool
    """Digests for log files that CloudTrail delivered late: a chain of their own."""
    since: datetime
    """Start of the oldest digest: what came before was not given, or was never digested."""
    until: datetime
    """End of the newest digest."""
    digests: int
    verified: int
    """How many of the digests carry a signature of CloudTrail that fits."""
    logs: int
    """Log files that the digests list."""


class Verification(Record, frozen=True, kw_only=True):
    """The answer for a folder."""

    schema: Literal["eksaminer.digests/1"] = SCHEMA
    keys: tuple[str, ...]
    """Fingerprints of the public keys that were given."""
    keys_inside: bool
    """The keys were taken from the folder itself: whoever changed the files could have changed the keys."""
    chains: tuple[Chain, ...]
    items: tuple[Item, ...]
    others: int
    """Files that are neither log, digest, key nor metadata: not looked at."""

    def count(self, kind: Kind, state: State) -> int:
        """Return how many items of a kind are in a state."""
        return sum(item.kind == kind and item.state == state for item in self.items)

    @property
    def mismatches(self) -> Sequence[Item]:
        """What is missing, changed, or not covered."""
        return [item for item in self.items if item.state in MISMATCHES]

    @property
    def unverifiable(self) -> Sequence[Item]:
        """What could not be proved."""
        return [item for item in self.items if item.state == "unverifiable"]
