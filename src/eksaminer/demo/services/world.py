"""What the operations answer from: the account, the clock, the page size."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from eksaminer.demo.model import Account, LogEvent, Region
from eksaminer.demo.refusals import region_disabled
from eksaminer.demo.wire import AwsError, Call

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Query:
    """A started Logs Insights query, with all its rows."""

    rows: tuple[Mapping[str, str], ...]
    statistics: Mapping[str, float]


@dataclass(kw_only=True)
class World:
    """The state of the emulator."""

    account: Account
    now: datetime
    page_size: int | None = None
    """Fewer items a page than AWS gives. None: as many as AWS gives."""
    query_progress: tuple[str, ...] = ("Running",)
    """What GetQueryResults says, one after the other, before a query is complete."""
    sessions: dict[str, str] = field(default_factory=dict[str, str])
    """The ARN of who asks, by access key id, for those who assumed a role."""
    queries: dict[str, Query] = field(default_factory=dict[str, Query])
    signing_keys: dict[str, Any] = field(default_factory=dict[str, Any])
    """The private keys of KMS keys that sign, by id, made when they are first asked for."""
    polls: dict[str, int] = field(default_factory=dict[str, int])
    fields_of: dict[LogEvent, Mapping[str, Any]] = field(default_factory=dict[LogEvent, Mapping[str, Any]])
    """Log lines that were parsed for a query: each is parsed once."""

    def caller(self, call: Call) -> str:
        """Return the ARN of who asks."""
        return self.sessions.get(call.access_key, self.account.caller)

    def region(self, call: Call) -> Region:
        """Return the region that was asked, or refuse as AWS does where it is not enabled."""
        found = self.account.region(call.region)
        if found is None:
            raise region_disabled(call)
        return found

    def page(self, items: Sequence[T], token: Any, size: int) -> tuple[list[T], str | None]:
        """Return the page of *items* that *token* names, and the token of the next."""
        start = _offset(token) if token else 0
        stop = start + min(size, self.page_size or size)
        return list(items[start:stop]), (_token(stop) if stop < len(items) else None)


Operation = Callable[[World, Call], Mapping[str, Any]]


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(f"offset {offset}".encode()).decode()


def _offset(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("offset "))
    except ValueError:
        raise AwsError("InvalidParameterException", "The specified nextToken is invalid.") from None
