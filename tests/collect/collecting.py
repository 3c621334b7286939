"""What the tests of collection share: runs against the emulator, and what came of them."""

from datetime import UTC, datetime
from typing import Any

from eksaminer.collect.clock import FixedClock
from eksaminer.collect.request import CollectRequest
from eksaminer.collect.run import collect
from eksaminer.collect.session import Aws, Settings
from eksaminer.detection import Rule
from eksaminer.evidence.collection import Collection
from eksaminer.evidence.model import Section, Target
from eksaminer.gap import Gap
from eksaminer.record import plain

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RUN = "0123456789ab"
ACCOUNT = "111122223333"


class Notes:
    """Progress that remembers what it was told."""

    def __init__(self) -> None:
        self.totals: list[int] = []
        self.steps: list[str] = []
        self.notes: list[str] = []

    def started(self, total: int) -> None:
        self.totals.append(total)

    def step(self, label: str) -> None:
        self.steps.append(label)

    def note(self, text: str) -> None:
        self.notes.append(text)


def collected(rules: tuple[Rule, ...] = (), notes: Notes | None = None, **request: Any) -> Collection:
    """Run a collection with what *request* changes; without Kubernetes, and without logs unless there are rules."""
    asked: dict[str, Any] = {"kubernetes": "off", "live_logs": bool(rules), "run_id": RUN, "attempts": 3, **request}
    return collect(CollectRequest(**asked), rules, clock=FixedClock(NOW), progress=notes)


def gate(**settings: Any) -> Aws:
    """Return a gate to the emulator."""
    given: dict[str, Any] = {"run_id": RUN, "attempts": 3, **settings}
    return Aws(Settings(**given), FixedClock(NOW))


def cluster(name: str, region: str = "eu-central-1") -> Target:
    return Target(account=ACCOUNT, region=region, cluster=name)


def region(name: str) -> Target:
    return Target(account=ACCOUNT, region=name)


def section(collection: Collection, target: Target, kind: type[Section]) -> Any:
    """Return a section or gap as the checks get it."""
    return collection.get(target, kind)


def facts(value: Any) -> Any:
    """Return *value* without the ids of sources: what it says, not where it was read."""
    match value:
        case dict():
            return {key: facts(item) for key, item in value.items() if key != "sources"}
        case list():
            return [facts(item) for item in value]
        case _:
            return value


def everything(collection: Collection) -> dict[str, Any]:
    """Return all sections of all targets as plain facts, by target and key."""
    return {
        f"{target.label} {key}": facts(plain(part))
        for target, evidence in collection.evidence.items()
        for key, part in evidence.sections.items()
    }


def gaps(value: Any) -> list[dict[str, Any]]:
    """Return all gaps within plain facts."""
    match value:
        case {"is": "gap"}:
            return [value]
        case dict():
            return [gap for item in value.values() for gap in gaps(item)]
        case list():
            return [gap for item in value for gap in gaps(item)]
        case _:
            return []


def is_gap(part: Section | Gap, cause: str) -> bool:
    return isinstance(part, Gap) and part.cause == cause
