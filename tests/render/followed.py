"""An assessment that follows others: what a report has to show of a chain of audits."""

import msgspec
from tests.render.sample import DAY, FINDINGS, FRANKFURT, NOW, assessment, finding

from eksaminer.findings import Assessment, Finding, Waiver
from eksaminer.history import ChangeState, Trend
from eksaminer.outcome import Status
from eksaminer.trend import follow

WAIVER = Waiver(id="W-1", reason="r", approver="a", expires=NOW)


def numbered(found: tuple[Finding, ...], number: int) -> Assessment:
    """Return the audit of the day *number*."""
    made = assessment(found)
    run = msgspec.structs.replace(made.run, id=f"run-{number:04}", as_of=NOW + number * DAY)
    return msgspec.structs.replace(made, run=run)


def followed(length: int = 3) -> Assessment:
    """Return the last of *length* audits, with findings that came, went and stayed."""
    trail = finding("CT-01", Status.FAIL, FRANKFURT, "No trail records the region.")
    waived = tuple(
        msgspec.structs.replace(item, waiver=WAIVER) if item.check == "LOG-01" and item.status is Status.FAIL else item
        for item in FINDINGS
    )
    last = numbered((*waived[4:], trail), 0)
    for number in range(1, length - 1):
        last = follow(numbered(waived, number), last)
    return follow(numbered((*FINDINGS[:16], trail), length - 1), last)


def every_change() -> Assessment:
    """Return an audit whose changes are of every kind, after others with other criteria and checks."""
    made = followed(15)
    assert made.trend is not None
    states: tuple[ChangeState, ...] = (
        "new", "regressed", "waiver_expired", "resolved", "gone", "not_repeated", "not_assessed", "not_in_run",
        "unchanged",
    )  # fmt: skip
    changes = tuple(
        msgspec.structs.replace(made.trend.changes[place % len(made.trend.changes)], state=state, before=None)
        for place, state in enumerate(states * 12)
    )
    trend = msgspec.structs.replace(made.trend, changes=changes, same_criteria=False, same_packs=False)
    return msgspec.structs.replace(made, trend=trend)


def unchanged() -> Assessment:
    """Return an audit without exceptions, then or now."""
    made = followed()
    audits = made.trend.audits if made.trend else ()
    return msgspec.structs.replace(made, trend=Trend(audits=audits, changes=()))
