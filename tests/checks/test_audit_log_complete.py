from datetime import timedelta

import pytest
from tests.checks import judging
from tests.samples import DENIED, WINDOW, changed, covered, group, info, scan

from eksaminer.criteria import Criteria
from eksaminer.evidence.log_group import AuditLogGroup
from eksaminer.evidence.model import Section
from eksaminer.evidence.scan import Arrival, AuditLogScan
from eksaminer.findings import Finding
from eksaminer.gap import Cause, Gap
from eksaminer.outcome import Level, Period
from eksaminer_checks.enable_audit_logs.audit_log_complete import audit_log_complete


def findings(*sections: Section, criteria: Criteria | None = None) -> tuple[Finding, ...]:
    """Return the findings about what was read of the log."""
    found = judging.findings(audit_log_complete, *sections, criteria=criteria)
    return tuple(item for item in found if item.aspect != "kept")


def statuses(*sections: Section, criteria: Criteria | None = None) -> list[str]:
    return [item.status.value for item in findings(*sections, criteria=criteria)]


def silent(**length: float) -> AuditLogScan:
    since = WINDOW.since + timedelta(hours=2)
    return scan(time_coverage=covered(Period(since=since, until=since + timedelta(**length))))


def cut(count: int, **fields: object) -> AuditLogScan:
    return scan(accounting=changed(scan().accounting, truncated=count), **fields)


@pytest.mark.parametrize(
    ("length", "status"),
    [
        pytest.param({"minutes": 4, "seconds": 59}, "pass", id="too short"),
        pytest.param({"minutes": 5}, "review", id="exactly at the first limit"),
        pytest.param({"minutes": 59, "seconds": 59}, "review", id="just below the second limit"),
        pytest.param({"hours": 1}, "fail", id="exactly at the second limit"),
    ],
)
def test_judges_by_the_longest_span_without_an_event(length: dict[str, float], status: str) -> None:
    assert statuses(silent(**length)) == [status, "pass"]


def test_measures_by_the_criteria_in_force() -> None:
    assert statuses(silent(minutes=12), criteria=Criteria(gap_minutes=15)) == ["pass", "pass"]
    assert statuses(silent(minutes=12), criteria=Criteria(long_gap_minutes=10)) == ["fail", "pass"]


def test_a_level_of_one_part_leaves_the_other_as_it_is() -> None:
    criteria = Criteria(levels={"LOG-10.gaps": Level.OFF})

    assert statuses(silent(hours=2), criteria=criteria) == ["not_applicable", "pass"]


LAGS = [
    pytest.param(299_000, "pass", id="just below the limit"),
    pytest.param(299_001, "review", id="rounded up to the limit"),
    pytest.param(-5, "pass", id="clocks that differ"),
]


@pytest.mark.parametrize(("longest", "status"), LAGS)
def test_events_that_arrive_late_are_for_a_person_to_review(longest: int, status: str) -> None:
    late = scan(arrival=Arrival(events=7, longest_ms=longest))

    (found,) = [item for item in findings(late) if item.aspect == "lag"]

    assert found.status == status
    assert "7 events fetched" in found.text


def test_exported_logs_tell_nothing_of_how_late_events_arrived() -> None:
    assert not [item for item in findings(scan()) if item.aspect == "lag"]


def test_never_says_that_nothing_was_lost() -> None:
    finding, _ = findings(scan())

    assert finding.text.startswith("No gap of 5 minutes or longer was seen between ")
    assert "cannot be seen" in finding.text


def test_names_the_longest_span() -> None:
    finding, _ = findings(silent(minutes=23))

    assert finding.text.startswith(
        "Spans of 5 minutes or longer without any audit event: 1, 23 minutes at least in all; the longest from "
        "2026-11-22 10:00:00 UTC to 2026-11-22 10:23:00 UTC."
    )


def test_reviews_events_that_were_cut() -> None:
    _, finding = findings(cut(4))

    assert finding.status == "review"
    assert "cut: 4" in finding.text


def test_does_not_judge_gaps_where_matching_events_alone_were_read() -> None:
    unknown = Gap(cause=Cause.NOT_REQUESTED, detail="Matching events alone were asked for.")
    gaps, truncation = findings(cut(0, origin="cloudwatch", time_coverage=unknown))

    assert gaps.status == "not_assessed"
    assert gaps.cause is not None
    assert gaps.cause.cause == "not_requested"
    assert truncation.status == "pass"
    assert "cut itself were not asked for" in truncation.text


def test_passes_nothing_of_a_log_that_was_not_read_to_its_end() -> None:
    assert statuses(scan(unread=DENIED)) == ["not_assessed", "not_assessed"]
    assert statuses(cut(1, unread=DENIED)) == ["not_assessed", "review"]


PERIOD = info().configuration
LONG_AGO = PERIOD.since - timedelta(days=1)
DAY = timedelta(days=1)
KEPT = [
    pytest.param(group(created_at=LONG_AGO, retention_days=90), "pass", "the whole audit period", id="just enough"),
    pytest.param(group(created_at=LONG_AGO, retention_days=60), "review", "its retention is 60 days", id="expired"),
    pytest.param(group(created_at=PERIOD.since + DAY), "review", "it was created then", id="created within the period"),
    pytest.param(group(created_at=LONG_AGO, retention_days=None), "pass", "never expire", id="never expires"),
    pytest.param(
        group(created_at=PERIOD.since + DAY, retention_days=None), "review", "it was created then", id="young, for ever"
    ),
]


@pytest.mark.parametrize(("found", "status", "said"), KEPT)
def test_says_which_part_of_the_audit_period_the_log_can_answer_for(
    found: AuditLogGroup, status: str, said: str
) -> None:
    (kept,) = [item for item in judging.findings(audit_log_complete, found) if item.aspect == "kept"]

    assert (kept.status, kept.severity) == (status, "medium")
    assert said in kept.text


def test_the_period_is_judged_where_the_log_was_not_read() -> None:
    found = {item.aspect: item.status for item in judging.findings(audit_log_complete, gaps={AuditLogScan: DENIED})}

    assert found == {"": "not_assessed", "kept": "pass"}
