from __future__ import annotations

from typing import Any

import pytest
from tests.checks.judging import findings
from tests.samples import DENIED, changed, guardduty

from eksaminer.check import Check
from eksaminer.evidence.account import ClusterList
from eksaminer.evidence.alarms import Coverage

NOTHING = ClusterList(names=(), selected=())


@pytest.fixture
def check(checks: dict[str, Check]) -> Check:
    return checks["ALM-05"]


def test_passes_where_guardduty_reads_audit_logs_and_shows_the_coverage(check: Check) -> None:
    covered = Coverage(cluster="demo", status="UNHEALTHY", nodes=1, compatible=3, issue="The agent is silent.")
    (finding,) = findings(check, guardduty(coverage=(covered,)))

    assert finding.status.value == "pass"
    assert "demo: UNHEALTHY, 1 of 3 nodes" in str(finding.evidence)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        pytest.param({"detector": "", "enabled": False, "audit_logs": False}, "not enabled", id="no detector"),
        pytest.param({"audit_logs": False}, "monitoring is off", id="without audit logs"),
        pytest.param({"enabled": False}, "suspended", id="suspended"),
    ],
)
def test_asks_a_person_where_it_does_not(check: Check, fields: dict[str, Any], told: str) -> None:
    (finding,) = findings(check, guardduty(**fields))

    assert finding.status.value == "review"
    assert told in finding.text


def test_has_nothing_to_judge_in_a_region_without_clusters(check: Check) -> None:
    off = guardduty(detector="", enabled=False, audit_logs=False)
    (finding,) = findings(check, off, NOTHING)

    assert finding.status.value == "not_applicable"


def test_is_not_assessed_where_it_is_off_and_the_clusters_are_not_known(check: Check) -> None:
    off = guardduty(detector="", enabled=False, audit_logs=False)
    (finding,) = findings(check, off, gaps={ClusterList: DENIED})

    assert finding.status.value == "not_assessed"


def test_coverage_that_could_not_be_seen_changes_nothing(check: Check) -> None:
    (finding,) = findings(check, changed(guardduty(), coverage=DENIED))

    assert finding.status.value == "pass"
