"""What became of exceptions since the audit before: nothing counts as cured that was not judged again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from tests.render.sample import (
    DAY,
    FINDINGS,
    FRANKFURT,
    LEGACY,
    NOW,
    PROD,
    SHOP,
    THROUGHOUT,
    assessment,
    finding,
    group,
    unseen,
)

from eksaminer.findings import Assessment, Finding, Waiver
from eksaminer.gap import Cause
from eksaminer.history import Trend
from eksaminer.outcome import Status
from eksaminer.record import canonical_json, parse
from eksaminer.trend import MOST_AUDITS, follow

FAIL = finding("LOG-04", Status.FAIL, PROD, "Kept for 30 days.", resource=group("prod"))
PASS = msgspec.structs.replace(FAIL, status=Status.PASS, text="Kept for 90 days.")
UNSEEN = msgspec.structs.replace(unseen("LOG-04", PROD, Cause.DENIED, "Refused."), id=FAIL.id)
OTHER = finding("LOG-04", Status.PASS, PROD, "Kept for 90 days.", resource=group("other"))
LEAD = finding("EKS-AWS-AUTH", Status.REVIEW, PROD, "It was changed.", discriminator="dana", assertion=THROUGHOUT)
QUIET = finding("EKS-AWS-AUTH", Status.PASS, PROD, "No matching event.", assertion=THROUGHOUT)
WAIVER = Waiver(id="W-1", reason="r", approver="a", expires=NOW)
WAIVED = msgspec.structs.replace(FAIL, waiver=WAIVER)


def audit(found: Sequence[Finding], number: int = 0, before: Assessment | None = None) -> Assessment:
    made = assessment(found)
    run = msgspec.structs.replace(made.run, id=f"run-{number:04}", as_of=NOW + number * DAY)
    made = msgspec.structs.replace(made, run=run)
    return made if before is None else follow(made, before)


def trend(*audits: Sequence[Finding]) -> Trend:
    """Return the trend of the last of several audits, a day apart."""
    last: Assessment | None = None
    for number, found in enumerate(audits):
        last = audit(found, number, last)
    assert last is not None
    assert last.trend is not None
    return last.trend


def state(*audits: Sequence[Finding]) -> str:
    (change,) = trend(*audits).changes
    return change.state


@pytest.mark.parametrize(
    ("audits", "expected"),
    [
        pytest.param([[PASS], [FAIL]], "new", id="it passed before"),
        pytest.param([[], [FAIL]], "new", id="it was not there before"),
        pytest.param([[UNSEEN], [FAIL]], "new", id="it was not assessed before"),
        pytest.param([[FAIL], [FAIL]], "unchanged", id="it fails still"),
        pytest.param([[FAIL], [PASS]], "resolved", id="it passes now"),
        pytest.param([[FAIL], [UNSEEN]], "not_assessed", id="it could not be seen again"),
        pytest.param([[FAIL], []], "not_assessed", id="its check says nothing"),
        pytest.param([[FAIL], [OTHER]], "gone", id="its check judged all that is there"),
        pytest.param([[LEAD], [QUIET]], "not_repeated", id="an act of the earlier period"),
        pytest.param([[WAIVED], [FAIL]], "waiver_expired", id="it was accepted before"),
        pytest.param([[FAIL], [WAIVED]], "unchanged", id="it is accepted now"),
        pytest.param([[FAIL], [PASS], [FAIL]], "regressed", id="it was resolved, and is back"),
        pytest.param([[FAIL], [OTHER], [FAIL]], "regressed", id="it was gone, and is back"),
        pytest.param([[FAIL], [UNSEEN], [FAIL]], "unchanged", id="it was not assessed in between"),
        pytest.param([[FAIL], [UNSEEN], [UNSEEN]], "not_assessed", id="it could not be seen for long"),
        pytest.param([[FAIL], [], [], [PASS]], "resolved", id="it passes after audits without it"),
    ],
)
def test_an_exception_is_followed(audits: Sequence[Sequence[Finding]], expected: str) -> None:
    assert state(*audits) == expected


def test_a_target_that_is_no_part_of_the_run_is_no_cure() -> None:
    before = audit([FAIL])
    made = audit([], 1)
    kept = tuple(item for item in made.targets if item.cluster != PROD.cluster)
    after = follow(msgspec.structs.replace(made, targets=kept), before)

    assert after.trend is not None
    assert [item.state for item in after.trend.changes] == ["not_in_run"]


def test_what_neither_audit_excepts_is_no_change() -> None:
    assert trend([PASS, UNSEEN], [PASS]).changes == ()


def test_an_exception_keeps_its_first_day_also_when_it_comes_back() -> None:
    assert trend([FAIL], [FAIL], [FAIL]).first_seen == {FAIL.id: NOW}
    assert trend([FAIL], [PASS], [PASS], [FAIL]).first_seen == {FAIL.id: NOW}
    assert trend([FAIL], [UNSEEN], [], [FAIL]).first_seen == {FAIL.id: NOW}
    assert trend([FAIL], [PASS]).first_seen == {}
    assert trend([PASS], [FAIL]).first_seen == {FAIL.id: NOW + DAY}


def test_the_chain_travels_in_the_assessments_and_is_bounded() -> None:
    found = trend(*[[FAIL]] * (MOST_AUDITS + 5))

    assert len(found.audits) == MOST_AUDITS
    assert found.audits[-1].run == f"run-{MOST_AUDITS + 4:04}"
    assert [item.as_of for item in found.audits] == sorted(item.as_of for item in found.audits)
    assert found.audits[-1].statuses["fail"] == 1


def test_other_criteria_are_said() -> None:
    before = audit([FAIL])
    changed = msgspec.structs.replace(before, criteria=type(before.criteria)())
    after = follow(audit([FAIL], 1), changed)

    assert after.trend is not None
    assert (after.trend.same_criteria, after.trend.same_packs) == (False, True)


def test_every_exception_of_both_audits_is_in_the_trend_once() -> None:
    before = [*FINDINGS, finding("CT-01", Status.FAIL, FRANKFURT, "No trail.")]
    after = [item for item in FINDINGS if item.target not in (LEGACY, SHOP)]
    found = trend(before, after)
    exceptions = {item.id for item in (*before, *after) if item.status in (Status.FAIL, Status.REVIEW)}

    assert sorted(item.finding for item in found.changes) == sorted(exceptions)


def test_the_trend_comes_back_from_the_file_as_it_was() -> None:
    made = audit([FAIL], 1, audit([PASS, LEAD]))

    assert parse(canonical_json(made), Assessment) == made
    assert made.run.as_of - NOW == timedelta(days=1)
