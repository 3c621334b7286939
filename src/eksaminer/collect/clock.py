"""The only clock of the program: what is read gets its time from here, and from nowhere else."""

import time
from datetime import UTC, datetime
from threading import Event
from typing import Protocol


class Clock(Protocol):
    """Tells the time, and waits."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that only ever grow: for deadlines."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    def wait(self, event: Event, seconds: float) -> None:
        """Wait until *event* is set, and no longer than *seconds*."""
        ...

    def offset_ms(self, server: datetime) -> int | None:
        """Return this clock minus *server*, in milliseconds; None: the comparison would mean nothing."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(tz=UTC)  # noqa: TID251 - the one place where the time comes from

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def wait(self, event: Event, seconds: float) -> None:
        """Wait until *event* is set, and no longer than *seconds*."""
        event.wait(seconds)

    def offset_ms(self, server: datetime) -> int | None:
        """Return this clock minus *server*, in milliseconds."""
        return round((self.now() - server).total_seconds() * 1000)


class FixedClock(SystemClock):
    """A clock that stands still, so that two runs over the same input write the same bytes.

    It goes with an input that stands still too, so there is nothing to wait for: what would be waited passes at once.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._passed = 0.0

    def now(self) -> datetime:
        """Return the one time it knows."""
        return self._now

    def monotonic(self) -> float:
        """Return seconds that only ever grow, with those that were not waited for."""
        return super().monotonic() + self._passed

    def sleep(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self._passed += seconds

    def wait(self, event: Event, seconds: float) -> None:
        """Let so much time pass at once, where *event* is not set."""
        if not event.is_set():
            self.sleep(seconds)

    def offset_ms(self, server: datetime) -> int | None:  # noqa: ARG002 - the protocol's
        """Return None: the hands do not move, so the difference says nothing."""
        return None
