from datetime import timedelta

import pytest
from tests.checks.judging import findings, statuses
from tests.samples import DENIED, NOW, REGION, changed, collection, sound_sections, trail, trails

from eksaminer.assess import judge
from eksaminer.criteria import Criteria
from eksaminer.evidence.cloudtrail import Trail
from eksaminer_checks.audit_cloudtrail_logs.log_file_validation import log_file_validation
from eksaminer_checks.audit_cloudtrail_logs.trail_records_region import trail_records_region


def test_passes_when_a_recording_trail_has_it() -> None:
    assert statuses(log_file_validation) == ["pass"]


def test_fails_when_no_recording_trail_has_it() -> None:
    assert statuses(log_file_validation, trails(trail(validation=False))) == ["fail"]


def test_a_further_trail_without_it_is_for_review() -> None:
    found = findings(log_file_validation, trails(trail(), trail("second", validation=False)))

    assert sorted(item.status.value for item in found) == ["pass", "review"]


def test_is_not_assessed_when_the_trail_that_has_it_could_not_be_read() -> None:
    assert statuses(log_file_validation, trails(trail(status=DENIED), trail("b", validation=False))) == ["not_assessed"]


def with_status(name: str = "main", **fields: object) -> Trail:
    return trail(name, status=changed(trail().status, **fields))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param((with_status(digest_error="AccessDenied"),), ["fail"], id="digests cannot be delivered"),
        pytest.param((with_status(latest_digest=NOW - timedelta(hours=25)),), ["fail"], id="digests have stopped"),
        pytest.param((with_status(latest_digest=NOW - timedelta(hours=24)),), ["pass"], id="a day old"),
        pytest.param((with_status(latest_digest=None),), ["review"], id="none yet"),
        pytest.param(
            (trail(), with_status("b", digest_error="AccessDenied")), ["pass", "review"], id="another trail has them"
        ),
        pytest.param(
            (trail(), with_status("b", digest_error="AccessDenied", logging=False)), ["pass"], id="off: judged by CT-01"
        ),
    ],
)
def test_a_setting_without_digests_is_no_control(found: tuple[Trail, ...], expected: list[str]) -> None:
    assert statuses(log_file_validation, trails(*found)) == expected


def test_does_not_repeat_that_no_trail_records_the_region() -> None:
    sections = sound_sections()
    sections[REGION] = (*sections[REGION][:2], trails())

    found = judge(collection(sections), [trail_records_region, log_file_validation], Criteria())

    assert [(item.check, item.status.value) for item in found] == [("CT-01", "fail"), ("CT-02", "not_assessed")]
    assert found[1].cause is not None
    assert found[1].cause.cause == "prerequisite_failed"
    assert found[1].derived_from == (found[0].id,)
