"""What service accounts did in AWS, as CloudTrail tells it: the roles they took, and the calls made with those.

The name of a service account stands only in the event by which it takes a role. Later calls show an access key:
the two are joined by that key, also where one role takes the next.
"""

from datetime import datetime
from typing import ClassVar, Literal

from eksaminer.evidence.model import Calls, Section
from eksaminer.evidence.scan import Accounting
from eksaminer.gap import Gap
from eksaminer.outcome import Period, Scope
from eksaminer.record import Record

MOST_TAKEN = 5_000
"""Of so many pairs of a service account and a role the evidence tells; the rest is counted."""
MOST_APIS = 200
"""So many APIs are listed of each pair."""
MOST_ADDRESSES = 20
FIRST_EVENTS = 5
"""So many events that took a role are named by their ids."""
LONGEST_CHAIN = 10
"""Roles taken with the credentials of a role are followed so far."""

Way = Literal["irsa", "pods"]
"""By a token and `AssumeRoleWithWebIdentity`, or through EKS Pod Identity."""


class CalledApi(Record, frozen=True, kw_only=True):
    """Calls of one API in one region, made with the credentials of one role."""

    source: str
    name: str
    region: str
    role: str
    """Whose credentials they were: the role that was taken, or one that was taken with it."""
    count: int
    refused: int
    """How many of them ended in an error."""
    first: datetime
    last: datetime
    addresses: tuple[str, ...]
    """The first `MOST_ADDRESSES` source addresses, sorted."""


class TakenRole(Record, frozen=True, kw_only=True):
    """A service account and a role that it asked for."""

    way: Way
    provider: str
    """The ARN of the identity provider; of Pod Identity empty."""
    audience: str
    cluster: str
    """The ARN of the cluster; of a token empty: there the provider tells it."""
    subject: str
    """`system:serviceaccount:NAMESPACE:NAME`, or whatever the token said. Empty: the event does not tell."""
    role: str
    granted: int
    refused: int
    errors: tuple[str, ...]
    """The error codes of the refusals, sorted."""
    first: datetime
    last: datetime
    regions: tuple[str, ...]
    addresses: tuple[str, ...]
    """From where the role was asked for: the first `MOST_ADDRESSES`, sorted."""
    events: tuple[str, ...]
    """The ids of the first `FIRST_EVENTS` events."""
    apis: tuple[CalledApi, ...]
    """What was called with the credentials; sorted by source, name, region and role."""
    more_apis: int
    """How many further entries `apis` would have."""


class PodRequests(Record, frozen=True, kw_only=True):
    """What the pods of a cluster asked EKS Pod Identity for: the events name a node, and no service account."""

    cluster: str
    """Its name."""
    region: str
    granted: int
    refused: int
    errors: tuple[str, ...]
    first: datetime
    last: datetime


class NamelessCalls(Record, frozen=True, kw_only=True):
    """Calls with the credentials of a workload's role, whose service account cannot be told."""

    role: str
    calls: int
    sessions: int
    """How many access keys."""
    first: datetime
    last: datetime
    gap: Gap
    """Why: the event that would tell it was not read."""


class RegionRead(Record, frozen=True, kw_only=True):
    """How far the events of one region were read."""

    region: str
    events: int
    """Events that take a role, or, of files, all events."""
    since: datetime
    until: datetime
    unread: Gap | None
    """Why events of the window may be missing; None: all of them were read."""


class Elsewhere(Record, frozen=True, kw_only=True):
    """Events in the files that belong to another account, or to a region that is not part of the run."""

    account: str
    region: str
    events: int


class WorkloadCalls(Section, frozen=True, kw_only=True):
    """The roles that service accounts took in a window of time, and what they called."""

    key: ClassVar[str] = "workload_calls"
    scope: ClassVar[Scope] = Scope.ACCOUNT
    tier: ClassVar[str] = "activity"
    permissions: ClassVar[tuple[str, ...]] = ("cloudtrail:LookupEvents",)
    calls: ClassVar[Calls] = Calls(note="made of the events of each region, which are counted there")

    origin: Literal["lookup", "files"]
    """`lookup`: LookupEvents, asked for the events that take a role alone, so `apis` is empty."""
    window: Period
    regions: tuple[RegionRead, ...]
    """Sorted by name."""
    taken: tuple[TakenRole, ...]
    """Sorted by way, provider, cluster, subject, audience and role."""
    untold: Gap | None
    """Why `taken` does not tell of all; None: it does."""
    pods: tuple[PodRequests, ...]
    """Sorted by region and cluster."""
    nameless: tuple[NamelessCalls, ...]
    """Sorted by role."""
    elsewhere: tuple[Elsewhere, ...] = ()
    left_out: int = 0
    """Objects of S3 that were not fetched: digests, Insights, other accounts', or outside the window by their names."""
    files: Accounting | None = None
    """What became of every record of the files; None: there are no files."""
