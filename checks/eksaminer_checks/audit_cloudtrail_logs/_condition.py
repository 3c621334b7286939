"""The condition of a trail: does it record management events, log and deliver? Shared by CT-01 and CT-02."""

from dataclasses import dataclass
from datetime import timedelta

from eksaminer.api import Criteria, Gap, Trail, Trails, TrailStatus

SWITCHED_OFF = "logging is switched off"


@dataclass(frozen=True, slots=True)
class Condition:
    """What is wrong with a trail, what could not be seen of it, and what narrows it."""

    trail: Trail
    faults: tuple[str, ...]
    """Sentences; empty: nothing wrong was seen."""
    unseen: Gap | None
    """The first part that could not be seen; it might hold a fault."""
    partial: bool
    """It records some management writes, not all."""

    @property
    def sound(self) -> bool:
        """Whether everything was seen and nothing is wrong."""
        return not self.faults and self.unseen is None


def condition(trail: Trail, criteria: Criteria) -> Condition:
    """Return the condition of *trail*."""
    faults: list[str] = []
    gaps = [part for part in (trail.status, trail.selectors) if isinstance(part, Gap)]
    if not isinstance(trail.status, Gap):
        faults.extend(_status_faults(trail.status, criteria))
    partial = False
    if not isinstance(trail.selectors, Gap):
        extent = trail.selectors.management_writes
        partial = extent == "some"
        if extent == "none":
            faults.append("it records no write management events")
    return Condition(trail, tuple(faults), gaps[0] if gaps else None, partial)


def _status_faults(status: TrailStatus, criteria: Criteria) -> list[str]:
    if not status.logging:
        return [SWITCHED_OFF]
    faults: list[str] = []
    if status.delivery_error:
        faults.append(f"the latest delivery failed ({status.delivery_error})")
    limit = timedelta(hours=criteria.stale_after_hours)
    if status.latest_delivery is None:
        started = status.started
        if started is None or status.read_at - started > limit:
            faults.append("it never delivered a log file")
    elif status.read_at - status.latest_delivery > limit:
        faults.append(f"it last delivered at {status.latest_delivery:%Y-%m-%d %H:%M} UTC")
    return faults


def conditions(trails: Trails, criteria: Criteria) -> list[Condition]:
    """Return the condition of each trail that is set up to record the region."""
    return [condition(trail, criteria) for trail in trails.trails if trail.covers(trails.region)]
