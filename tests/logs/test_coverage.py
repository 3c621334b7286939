from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.logs.made import SHARED, STREAM, event, line, lines, needs_shared

from eksaminer.evidence.scan import FINEST_GAP, TimeCoverage
from eksaminer.logs import Options, scan
from eksaminer.outcome import Period

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def events(*seconds: float) -> bytes:
    return lines(*(_event(moment) for moment in seconds))


def _event(seconds: float) -> dict[str, object]:
    stamp = at(seconds).isoformat()
    return event(auditID=f"{seconds}", requestReceivedTimestamp=stamp, stageTimestamp=stamp)


def covered(folder: Path, *files: bytes, **options: object) -> TimeCoverage:
    paths = []
    for number, content in enumerate(files):
        path = folder / f"{number}.log"
        path.write_bytes(content)
        paths.append(path)
    with scan(paths, (), Options(**options)) as outcome:  # type: ignore[arg-type]  # - options of the test
        assert isinstance(outcome.time_coverage, TimeCoverage)
        return outcome.time_coverage


def direct(seconds: Sequence[int]) -> list[Period]:
    moments = sorted(map(at, seconds))
    return [Period(since=a, until=b) for a, b in pairwise(moments) if b - a >= FINEST_GAP]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seconds=st.lists(st.integers(0, 1_500), min_size=1, max_size=25), split=st.integers(0, 25))
def test_finds_each_span_whatever_the_order_the_files_and_the_chunks(
    seconds: list[int], split: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eksaminer.logs.feed.PART", 2_000)
    monkeypatch.setattr("eksaminer.logs.engine.HELD", 2_000)

    found = covered(tmp_path, events(*seconds[:split]), events(*seconds[split:]), empty=True)

    assert list(found.gaps) == direct(seconds)
    assert found.gaps_found == len(found.gaps)


@pytest.mark.parametrize(
    ("seconds", "gaps"),
    [
        pytest.param([0, 60], 1, id="exactly a minute"),
        pytest.param([59.9, 119.8], 0, id="just below, in two minutes of the clock"),
        pytest.param([30, 90.000001], 1, id="just above"),
        pytest.param([0, 59.999999], 0, id="within one minute of the clock"),
    ],
)
def test_a_span_begins_with_a_minute(seconds: list[float], gaps: int, tmp_path: Path) -> None:
    assert len(covered(tmp_path, events(*seconds)).gaps) == gaps


def test_the_ends_of_the_window_that_was_asked_for_count(tmp_path: Path) -> None:
    found = covered(tmp_path, events(-7_200, 600, 660), since=START, until=at(1_200))

    assert [(gap.since, gap.until) for gap in found.gaps] == [
        (START, at(600)), (at(600), at(660)), (at(660), at(1_200)),
    ]  # fmt: skip


def test_without_a_window_the_first_and_the_last_event_are_its_ends(tmp_path: Path) -> None:
    assert covered(tmp_path, events(0, 10, 20)).gaps == ()


def test_keeps_the_longest_spans_and_says_how_many_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eksaminer.logs.coverage.MOST_GAPS", 2)

    found = covered(tmp_path, events(0, 100, 300, 370, 700))

    assert [(gap.since, gap.until) for gap in found.gaps] == [(at(100), at(300)), (at(370), at(700))]
    assert found.gaps_found == 4


def test_names_the_streams_with_their_first_and_last_entry(tmp_path: Path) -> None:
    entries = [
        {
            "logStreamName": name,
            "timestamp": int(at(moment).timestamp() * 1000),
            "message": line(_event(moment)).decode(),
        }
        for name, moment in ((STREAM, 30), (f"{STREAM}-2", 20), (STREAM, 10), ("authenticator-1", 5))
    ]

    found = covered(tmp_path, json.dumps({"events": entries}).encode())

    assert [(item.stream, item.first, item.last, item.entries) for item in found.streams] == [
        (STREAM, at(10), at(30), 2), (f"{STREAM}-2", at(20), at(20), 1),
    ]  # fmt: skip


def test_a_name_for_every_entry_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eksaminer.logs.chunk.MOST_NAMES", 3)
    entries = [
        {"logStreamName": f"{STREAM}{number}", "timestamp": 1_000, "message": line(_event(0)).decode()}
        for number in range(9)
    ]

    found = covered(tmp_path, json.dumps({"events": entries}).encode())

    assert [item.entries for item in found.streams] == [6, 1, 1, 1]


@needs_shared
def test_an_export_names_its_streams_by_its_folders() -> None:
    with scan([SHARED / "forms" / "small-export"], (), Options()) as outcome:
        assert isinstance(outcome.time_coverage, TimeCoverage)
        assert [item.entries for item in outcome.time_coverage.streams] == [1_159, 1_130]


@needs_shared
def test_a_quiet_cluster_writes_every_few_seconds() -> None:
    with scan([SHARED / "benign" / "audit.jsonl.gz"], (), Options()) as outcome:
        assert isinstance(outcome.time_coverage, TimeCoverage)
        assert outcome.time_coverage.gaps == ()
