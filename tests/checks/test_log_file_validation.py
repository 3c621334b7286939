from datetime import timedelta

import pytest
from tests.checks import judging
from tests.samples import (
    DENIED,
    NOW,
    REGION,
    changed,
    collection,
    sound_sections,
    trail,
    trail_digests,
    trails,
)

from eksaminer.assess import judge
from eksaminer.criteria import Criteria
from eksaminer.evidence.cloudtrail import Trail, Trails
from eksaminer.evidence.model import Section, Target
from eksaminer.evidence.trail_digests import DamagedFile, TrailDigests
from eksaminer.findings import Finding
from eksaminer.gap import Cause, Gap
from eksaminer_checks.audit_cloudtrail_logs.log_file_validation import log_file_validation
from eksaminer_checks.audit_cloudtrail_logs.trail_records_region import trail_records_region

NOT_GIVEN = Gap(cause=Cause.NOT_REQUESTED, detail="No digests were given.")


def findings(*sections: Section) -> tuple[Finding, ...]:
    """Judge the setting of the trails, without files."""
    return judging.findings(log_file_validation, *sections, gaps={TrailDigests: NOT_GIVEN})


def statuses(*sections: Section) -> list[str]:
    return [item.status.value for item in findings(*sections)]


def test_passes_when_a_recording_trail_has_it() -> None:
    assert statuses() == ["pass"]


def test_fails_when_no_recording_trail_has_it() -> None:
    assert statuses(trails(trail(validation=False))) == ["fail"]


def test_a_further_trail_without_it_is_for_review() -> None:
    found = findings(trails(trail(), trail("second", validation=False)))

    assert sorted(item.status.value for item in found) == ["pass", "review"]


def test_is_not_assessed_when_the_trail_that_has_it_could_not_be_read() -> None:
    assert statuses(trails(trail(status=DENIED), trail("b", validation=False))) == ["not_assessed"]


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
    assert statuses(trails(*found)) == expected


def test_does_not_repeat_that_no_trail_records_the_region() -> None:
    sections = sound_sections()
    sections[REGION] = (*sections[REGION][:2], trails())
    gaps: dict[Target, dict[type[Section], Gap]] = {REGION: {TrailDigests: NOT_GIVEN}}

    found = judge(collection(sections, gaps), [trail_records_region, log_file_validation], Criteria())

    assert [(item.check, item.status.value) for item in found] == [("CT-01", "fail"), ("CT-02", "not_assessed")]
    assert found[1].cause is not None
    assert found[1].cause.cause == "prerequisite_failed"
    assert found[1].derived_from == (found[0].id,)


def damaged(state: str, name: str = "file.json.gz") -> DamagedFile:
    return DamagedFile(state=state, name=f"AWSLogs/1/CloudTrail/{name}", reason="It was changed.")


def chain(**fields: object) -> Finding:
    """Judge what digests prove, and return what is said of that."""
    found = judging.findings(log_file_validation, trail_digests(**fields))
    (one,) = (item for item in found if item.aspect == "chain")
    return one


UNPROVED = Gap(cause=Cause.NOT_OBSERVABLE, detail="No signature was found.")
CHANGED, MISSING, HOLE = damaged("tampered"), damaged("missing"), damaged("gap")


@pytest.mark.parametrize(
    ("fields", "status", "severity", "said"),
    [
        pytest.param({}, "pass", "medium", "CT-02.chain", id="all is proved but the newest"),
        pytest.param(
            {"damaged": (CHANGED,), "damaged_found": 1, "tampered": 1}, "fail", "high", "CT-02.changed", id="changed"
        ),
        pytest.param(
            {"damaged": (MISSING, CHANGED), "damaged_found": 2, "tampered": 1}, "fail", "high", "CT-02.changed",
            id="changed, and one is missing",
        ),
        pytest.param({"damaged": (MISSING,), "damaged_found": 1}, "review", "medium", "CT-02.holes", id="missing"),
        pytest.param({"damaged": (HOLE,), "damaged_found": 1}, "review", "medium", "CT-02.holes", id="a pause"),
        pytest.param({"keys": "folder"}, "review", "medium", "CT-02.own_keys", id="keys of the folder"),
        pytest.param({"keys": "none", "unverified": UNPROVED}, "not_assessed", "medium", "", id="nothing is proved"),
    ],
)  # fmt: skip
def test_judges_the_files_by_their_digests(fields: dict[str, object], status: str, severity: str, said: str) -> None:
    found = chain(**fields)

    assert (found.status.value, found.severity.value) == (status, severity)
    assert not said or found.message.id == said


def test_files_are_judged_whatever_the_trails_do_now() -> None:
    changed_file = {"damaged": (CHANGED,), "damaged_found": 1, "tampered": 1}
    sections = sound_sections()
    sections[REGION] = (*sections[REGION][:2], trails(), trail_digests(**changed_file))

    found = judge(collection(sections), [trail_records_region, log_file_validation], Criteria())

    assert [item.status.value for item in found if item.aspect == "chain"] == ["fail"]
    unread = judging.findings(log_file_validation, trail_digests(**changed_file), gaps={Trails: DENIED})
    assert sorted(item.status.value for item in unread) == ["fail", "not_assessed"]


def test_says_which_files_were_changed() -> None:
    many = tuple(damaged("tampered", f"{number}.json.gz") for number in range(9))

    found = chain(damaged=many, damaged_found=9, tampered=9)

    assert "0.json.gz, 1.json.gz, 2.json.gz" in found.text
    assert "8.json.gz: It was changed." in str(found.evidence)


def test_keys_that_aws_did_not_tell_are_named() -> None:
    assert chain(keys="folder", keys_unread=DENIED).limitations
    unread = judging.findings(log_file_validation, gaps={TrailDigests: DENIED})
    assert [item.status.value for item in unread if item.aspect == "chain"] == ["not_assessed"]
