"""Exported logs in the place of CloudWatch."""

import gzip
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from eksaminer.collect.errors import SelectionError
from eksaminer.demo.account import demo_account
from eksaminer.demo.emulator import Emulator
from eksaminer.detection import Rule
from eksaminer.errors import InputError, UsageError
from eksaminer.evidence.scan import AuditLogScan
from eksaminer.gap import Gap
from eksaminer.record import sha256
from eksaminer.registry import load_checks

from .collecting import NOW, cluster, collected, section

EARLY = NOW - timedelta(days=40)


def event(number: int) -> bytes:
    time = f"{EARLY + timedelta(minutes=number):%Y-%m-%dT%H:%M:%S}.000000Z"
    value = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": f"id-{number}",
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/kube-system/configmaps/aws-auth",
        "verb": "update",
        "user": {"username": "eve"},
        "sourceIPs": ["198.51.100.7"],
        "objectRef": {"resource": "configmaps", "namespace": "kube-system", "name": "aws-auth", "apiVersion": "v1"},
        "responseStatus": {"code": 200},
        "requestReceivedTimestamp": time,
        "stageTimestamp": time,
    }
    return json.dumps(value).encode() + b"\n"


@pytest.fixture(scope="module")
def rules() -> tuple[Rule, ...]:
    return tuple(rule for rule in load_checks().rules if rule.id == "EKS-AWS-AUTH")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b"".join(event(number) for number in range(10)))
    return path


def test_files_take_the_place_of_cloudwatch(emulator: Emulator, rules: tuple[Rule, ...], log: Path) -> None:
    collection = collected(rules, logs=(str(log),))

    scan = section(collection, cluster("prod-good"), AuditLogScan)
    assert (scan.origin, scan.events_read, scan.rules[0].hits, scan.unread) == ("files", 10, 10, None)
    assert "logs:StartQuery" not in emulator.actions


def test_the_window_of_files_is_what_they_hold(emulator: Emulator, rules: tuple[Rule, ...], log: Path) -> None:
    collection = collected(rules, logs=(str(log),))

    assert (collection.info.events.since, collection.info.events.until) == (EARLY, EARLY + timedelta(minutes=9))


def test_the_window_that_was_asked_for_counts_in_files_too(
    emulator: Emulator, rules: tuple[Rule, ...], log: Path
) -> None:
    since = EARLY + timedelta(minutes=5)

    collection = collected(rules, logs=(str(log),), since=since, until=NOW)

    assert section(collection, cluster("prod-good"), AuditLogScan).rules[0].hits == 5
    assert (collection.info.events.since, collection.info.events.until) == (since, NOW)


def test_a_file_is_a_source_by_its_digest(emulator: Emulator, rules: tuple[Rule, ...], log: Path) -> None:
    collection = collected(rules, logs=(str(log),))

    scan = section(collection, cluster("prod-good"), AuditLogScan)
    (source,) = [item for item in collection.evidence[cluster("prod-good")].sources if item.id in scan.sources]
    assert source.operation == "file"
    assert source.parameters["path"] == str(log)
    assert source.sha256_received == sha256(log.read_bytes())
    assert source.id not in collection.answers


def test_a_cluster_without_a_file_was_not_asked_for(emulator: Emulator, rules: tuple[Rule, ...], log: Path) -> None:
    emulator.load(demo_account(NOW))

    collection = collected(rules, logs=(f"prod-good={log}",))

    other = section(collection, cluster("team-neglected"), AuditLogScan)
    assert isinstance(other, Gap)
    assert (other.cause, "--logs eu-central-1/team-neglected=PATH" in other.detail) == ("not_requested", True)


def test_a_file_of_no_cluster_among_several_is_a_usage_error(
    emulator: Emulator, rules: tuple[Rule, ...], log: Path
) -> None:
    emulator.load(demo_account(NOW))

    with pytest.raises(SelectionError) as raised:
        collected(rules, logs=(str(log),))

    assert raised.value.exit_code == 2
    assert "CLUSTER=PATH" in raised.value.do


def test_a_file_that_is_cut_is_used_and_said_to_be(emulator: Emulator, rules: tuple[Rule, ...], tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl.gz"
    noise = b"".join(event(number) for number in range(2000))
    path.write_bytes(gzip.compress(noise)[:-200])

    scan = section(collected(rules, logs=(str(path),)), cluster("prod-good"), AuditLogScan)

    assert scan.rules[0].hits > 0
    assert scan.unread.cause == "error"
    assert str(path) in scan.unread.detail


UNUSABLE = [
    pytest.param(None, UsageError, 2, "There is no file", id="missing"),
    pytest.param(b"I1123 klog line\n", InputError, 4, "log of another kind", id="another kind"),
]


@pytest.mark.parametrize(("content", "kind", "code", "said"), UNUSABLE)
def test_a_log_that_says_nothing_ends_the_run_before_clusters_are_read(
    *,
    content: bytes | None,
    kind: type[Any],
    code: int,
    said: str,
    emulator: Emulator,
    rules: tuple[Rule, ...],
    tmp_path: Path,
) -> None:
    path = tmp_path / "audit.jsonl"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(kind) as raised:
        collected(rules, logs=(str(path),))

    assert raised.value.exit_code == code
    assert said in raised.value.what
    assert "eks:DescribeCluster" not in emulator.actions


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "The log is empty", id="empty"),
        pytest.param(event(1), "no audit event between --since and --until", id="nothing in the window"),
    ],
)
def test_a_log_without_events_of_the_window_is_a_gap(
    content: bytes, said: str, emulator: Emulator, rules: tuple[Rule, ...], tmp_path: Path
) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(content)

    gap = section(
        collected(rules, logs=(str(path),), since=NOW + timedelta(days=3000)), cluster("prod-good"), AuditLogScan
    )

    assert isinstance(gap, Gap)
    assert gap.cause == "error"
    assert said in gap.detail


def test_a_bad_line_leaves_no_absence_to_be_found(emulator: Emulator, rules: tuple[Rule, ...], tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(event(1) + b"{broken\n" + event(2))

    scan = section(collected(rules, logs=(str(path),)), cluster("prod-good"), AuditLogScan)

    assert "1 of 3 lines" in scan.unread.detail
