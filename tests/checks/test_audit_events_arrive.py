from datetime import timedelta

import pytest
from tests.checks.judging import findings, statuses
from tests.samples import DENIED, NOW, enabled_since, streams

from eksaminer.evidence.log_group import AuditLogEnabledSince
from eksaminer.gap import Cause, Gap
from eksaminer_checks.enable_audit_logs.audit_events_arrive import audit_events_arrive

TOO_RECENT = Gap(cause=Cause.TOO_RECENT, detail="The audit log was enabled an hour ago.")


@pytest.mark.parametrize(
    ("age", "status"),
    [
        pytest.param(timedelta(minutes=5), "pass", id="fresh"),
        pytest.param(timedelta(minutes=-2), "pass", id="clocks differ: an event of the future"),
        pytest.param(timedelta(hours=3), "pass", id="exactly at the first limit"),
        pytest.param(timedelta(hours=3, seconds=1), "review", id="late"),
        pytest.param(timedelta(hours=24), "review", id="exactly at the second limit"),
        pytest.param(timedelta(hours=24, seconds=1), "fail", id="stale"),
    ],
)
def test_judges_by_the_age_of_the_newest_event(age: timedelta, status: str) -> None:
    assert statuses(audit_events_arrive, streams(newest_audit_event=NOW - age)) == [status]


def test_fails_when_the_group_does_not_exist() -> None:
    assert statuses(audit_events_arrive, streams(group_exists=False, newest_audit_event=None)) == ["fail"]


def test_fails_when_no_audit_stream_holds_an_event() -> None:
    assert statuses(audit_events_arrive, streams(newest_audit_event=None)) == ["fail"]


def test_says_since_when_no_event_was_seen() -> None:
    (finding,) = findings(
        audit_events_arrive, streams(newest_audit_event=None, searched_since=NOW - timedelta(hours=30))
    )

    assert finding.status == "fail"
    assert "2026-11-22 02:00:00 UTC" in finding.text


def test_is_not_assessed_just_after_the_log_was_enabled() -> None:
    (finding,) = findings(
        audit_events_arrive, streams(newest_audit_event=None), enabled_since(asked=True, too_recent=TOO_RECENT)
    )

    assert finding.status == "not_assessed"
    assert finding.cause is not None
    assert finding.cause.cause == "too_recent"


def test_is_not_assessed_when_it_cannot_tell_whether_the_log_was_just_enabled() -> None:
    gaps = {AuditLogEnabledSince: DENIED}

    assert statuses(audit_events_arrive, streams(newest_audit_event=None), gaps=gaps) == ["not_assessed"]


def test_a_fresh_event_needs_no_history() -> None:
    (finding,) = findings(audit_events_arrive, streams(), gaps={AuditLogEnabledSince: DENIED})

    assert finding.status == "pass"
    assert any("audit_log_enabled_since" in line for line in finding.limitations)
