import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.checks.judging import findings, statuses
from tests.samples import DENIED, rule_result, scan

from eksaminer.evidence.scan import LevelCount
from eksaminer_checks.use_audit_metadata.log_shows_enough import log_shows_enough

LOGS = Path(__file__).parents[2] / "../shared/data/audit-logs"


def level(verb: str, resource: str, level: str, group: str = "", count: int = 1) -> LevelCount:
    return LevelCount(group=group, resource=resource, verb=verb, level=level, count=count)


def test_passes_when_every_rule_could_have_been_shown() -> None:
    section = scan(
        rule_result("A-B"), rule_result("C-D", observable="unknown"), levels=(level("get", "pods", "Request"),)
    )

    (finding,) = findings(log_shows_enough, section)

    assert finding.status.value == "pass"
    assert "Kinds of requests in the 1,000 events read: 1, all logged" in finding.text
    assert finding.text.endswith("of which none was seen: 1.")


def test_names_the_rules_that_the_log_blinds() -> None:
    (finding,) = findings(log_shows_enough, scan(rule_result("A-B", observable="no"), rule_result("C-D")))

    assert finding.status.value == "review"
    assert finding.text.endswith(": A-B.")


@pytest.mark.parametrize(
    ("row", "status"),
    [
        pytest.param(level("create", "roles", "Metadata", "rbac.authorization.k8s.io"), "review", id="a write"),
        pytest.param(
            level("create", "roles", "RequestResponse", "rbac.authorization.k8s.io"), "pass", id="with bodies"
        ),
        pytest.param(level("get", "roles", "Metadata", "rbac.authorization.k8s.io"), "pass", id="a read"),
        pytest.param(level("create", "leases", "Metadata", "coordination.k8s.io"), "pass", id="a group without bodies"),
        pytest.param(level("patch", "nodes", "Request"), "pass", id="status updates, logged with less"),
        pytest.param(level("create", "secrets", "Metadata"), "pass", id="secrets without contents"),
        pytest.param(level("create", "secrets", "RequestResponse"), "review", id="secrets with contents"),
        pytest.param(level("deletecollection", "secrets", "Request"), "pass", id="all secrets deleted"),
        pytest.param(level("create", "configmaps", "Metadata"), "pass", id="config maps"),
    ],
)
def test_compares_with_the_policy_of_the_guide(row: LevelCount, status: str) -> None:
    assert statuses(log_shows_enough, scan(levels=(row,))) == [status]


def test_the_highest_level_of_a_kind_counts() -> None:
    rows = (
        level("update", "deployments", "RequestResponse", "apps"),
        level("update", "deployments", "Request", "apps"),
    )

    assert statuses(log_shows_enough, scan(levels=rows)) == ["pass"]


def test_does_not_judge_a_log_of_which_only_matching_events_were_asked_for() -> None:
    assert statuses(log_shows_enough, scan(origin="cloudwatch")) == ["not_applicable"]


def test_says_nothing_good_of_a_log_that_was_read_in_part() -> None:
    assert statuses(log_shows_enough, scan(unread=DENIED)) == ["not_assessed"]


@pytest.mark.skipif(not LOGS.is_dir(), reason="the recorded audit logs are not there")
@pytest.mark.parametrize("name", ["benign/audit", "benign/setup", "small/audit"])
def test_logs_under_the_policy_of_the_guide_are_as_it_says(name: str) -> None:
    counts: Counter[tuple[str, str, str, str]] = Counter()
    with gzip.open(LOGS / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for event in map(json.loads, lines):
            reference: dict[str, Any] = event.get("objectRef", {})
            kind = (reference.get("apiGroup", ""), reference.get("resource", ""), event["verb"], event["level"])
            counts[kind] += 1
    rows = tuple(
        LevelCount(group=group, resource=resource, verb=verb, level=logged, count=count)
        for (group, resource, verb, logged), count in counts.items()
    )

    assert statuses(log_shows_enough, scan(levels=rows)) == ["pass"]
