from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.logs.made import event, lines, scanned

from eksaminer.evidence.scan import Refusals
from eksaminer.logs import scan

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
MINUTE = int(START.timestamp()) // 60
ANONYMOUS = {"username": "system:anonymous", "groups": ["system:unauthenticated"]}


def refused(number: int, second: float, code: int, **changes: Any) -> dict[str, Any]:
    stamp = (START + timedelta(seconds=second)).isoformat()
    return event(
        auditID=f"id-{number}", stageTimestamp=stamp, requestReceivedTimestamp=stamp,
        responseStatus={"metadata": {}, "code": code}, **changes,
    )  # fmt: skip


def test_counts_refusals_by_minute_and_by_who(tmp_path: Path) -> None:
    content = lines(
        refused(1, 0, 403),
        refused(2, 59.9, 403),
        refused(3, 60, 403, user=ANONYMOUS),
        refused(4, 61, 401, user={}, stage="ResponseStarted"),
        refused(5, 62, 200),
        refused(6, 63, 404),
    )

    found = scanned(content, tmp_path).refusals

    assert isinstance(found, Refusals)
    assert found == Refusals(minutes=((MINUTE, 2, 0, 0), (MINUTE + 1, 0, 1, 1)))
    assert found.total == 4


def test_counts_each_stage_as_a_metric_filter_does_and_a_repeated_line_once(tmp_path: Path) -> None:
    started = refused(1, 0, 403, stage="ResponseStarted")
    whole = lines(started, refused(1, 1, 403), refused(1, 1, 403))
    first, second = tmp_path / "1.log", tmp_path / "2.log"
    first.write_bytes(whole)
    second.write_bytes(lines(started))

    with scan([first, second], ()) as outcome:
        assert outcome.refusals == Refusals(minutes=((MINUTE, 2, 0, 0),))


@pytest.mark.parametrize(("since", "until", "count"), [(0, 120, 3), (60, 120, 2), (0, 60, 2), (200, 300, 0)])
def test_counts_within_the_window_alone(since: int, until: int, count: int, tmp_path: Path) -> None:
    content = lines(refused(1, 0, 403), refused(2, 60, 403), refused(3, 120, 403))
    window = {"since": START + timedelta(seconds=since), "until": START + timedelta(seconds=until)}

    found = scanned(content, tmp_path, empty=True, **window).refusals

    assert isinstance(found, Refusals)
    assert found.total == count


def test_says_so_where_there_are_too_many_minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eksaminer.logs.refusals.MOST_REFUSAL_MINUTES", 1)

    found = scanned(lines(refused(1, 0, 403), refused(2, 60, 403)), tmp_path).refusals

    assert getattr(found, "cause", None) == "capped"
