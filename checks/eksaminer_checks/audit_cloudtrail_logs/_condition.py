"""The condition of a trail: does it record what matters, log and deliver? Shared by the checks about trails."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from eksaminer.api import CONTROL_CALLS, Criteria, Gap, Trail, TrailCall, Trails, TrailStatus

SWITCHED_OFF = "logging is switched off"


@dataclass(frozen=True, slots=True)
class Condition:
    """What is wrong with a trail, what could not be seen of it, and what it records."""

    trail: Trail
    faults: tuple[str, ...]
    """Sentences; empty: nothing wrong was seen."""
    unseen: Gap | None
    """The first part that could not be seen; it might hold a fault."""
    records: frozenset[TrailCall]
    """The calls that it surely records."""
    may_record: frozenset[TrailCall]
    """Those that it records for some callers."""

    @property
    def sound(self) -> bool:
        """Whether everything was seen and nothing is wrong."""
        return not self.faults and self.unseen is None

    @property
    def irrelevant(self) -> bool:
        """Whether it is meant for something else: data events, or other services."""
        return not isinstance(self.trail.selectors, Gap) and not self.records | self.may_record


def condition(trail: Trail, region: str, calls: Iterable[TrailCall], criteria: Criteria) -> Condition:
    """Return the condition of *trail* as far as *calls* in *region* go."""
    gaps = [part for part in (trail.status, trail.selectors) if isinstance(part, Gap)]
    faults = [] if isinstance(trail.status, Gap) else _status_faults(trail.status, criteria)
    taken = {call: trail.takes(call, region) for call in calls}
    return Condition(
        trail,
        tuple(faults),
        gaps[0] if gaps else None,
        records=frozenset(call for call, answer in taken.items() if answer == "yes"),
        may_record=frozenset(call for call, answer in taken.items() if answer == "depends"),
    )


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


def calls_in(region: str, calls: Iterable[TrailCall] = CONTROL_CALLS) -> tuple[TrailCall, ...]:
    """Return those of *calls* whose events are recorded in *region* at all."""
    return tuple(call for call in calls if call.recorded_in(region))


def conditions(
    trails: Trails, criteria: Criteria, calls: Iterable[TrailCall] = CONTROL_CALLS
) -> list[Condition]:  # fmt: skip
    """Return the condition of each trail that is set up to record some of *calls* in the region."""
    wanted = calls_in(trails.region, calls)
    covering = [trail for trail in trails.trails if trail.covers(trails.region)]
    found = [condition(trail, trails.region, wanted, criteria) for trail in covering]
    return [item for item in found if not item.irrelevant]


def labels(calls: Iterable[TrailCall]) -> tuple[str, ...]:
    """Return the names of *calls* in order."""
    return tuple(sorted(call.label for call in calls))


def arns(found: Iterable[Condition]) -> tuple[str, ...]:
    """Return the ARNs of trails in order."""
    return tuple(sorted(item.trail.arn for item in found))
