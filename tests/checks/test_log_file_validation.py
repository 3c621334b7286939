from tests.checks.judging import findings, statuses
from tests.samples import DENIED, REGION, collection, sound_sections, trail, trails

from eksaminer.assess import judge
from eksaminer.criteria import Criteria
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


def test_does_not_repeat_that_no_trail_records_the_region() -> None:
    sections = sound_sections()
    sections[REGION] = (*sections[REGION][:2], trails())

    found = judge(collection(sections), [trail_records_region, log_file_validation], Criteria())

    assert [(item.check, item.status.value) for item in found] == [("CT-01", "fail"), ("CT-02", "not_assessed")]
    assert found[1].cause is not None
    assert found[1].cause.cause == "prerequisite_failed"
    assert found[1].derived_from == (found[0].id,)
