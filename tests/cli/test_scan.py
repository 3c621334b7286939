from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.cli.conftest import Run

from eksaminer.cli import scanned
from eksaminer.cli.console import Console

SMALL = Path(__file__).resolve().parents[2] / "../shared/data/audit-logs/small/audit.jsonl.gz"
shared = pytest.mark.skipif(not SMALL.exists(), reason="the shared example logs are not beside the repository")
VALIDATOR = jsonschema.Draft202012Validator(
    json.loads(scanned.published_schema()), format_checker=jsonschema.FormatChecker()
)
VIOLATION = """\
title: Pods were deleted
id: 6f1f8f7e-1a44-4f0c-9a27-0d6f7a1e2b3c
status: test
description: A pod was deleted.
author: test
date: 2026-11-23
references: [https://example.com/pods]
logsource: {product: kubernetes, service: audit}
detection:
  selection: {verb: delete, objectRef.resource: pods}
  condition: selection
falsepositives: [none]
level: high
eksaminer:
  id: POD-DELETED
  class: violation
  basis: beyond
  recommendation: analyze-logs-with-log-insights
  rationale: For the test.
  remediation: None.
"""
GUIDE = (
    "AUTH-ANON-FAILED", "EKS-AWS-AUTH", "RBAC-BINDING-CHANGE", "RBAC-ROLE-CHANGE", "SEC-READ-DENIED", "WEBHOOK-CHANGE",
)  # fmt: skip
"""The rules that stand for the guide's eight queries."""
REFUSED = {
    "responseStatus": {"metadata": {}, "code": 403},
    "annotations": {"authorization.k8s.io/decision": "forbid", "authorization.k8s.io/reason": ""},
}


ROOM = 80


def hits(found: dict[str, Any], rule: str) -> list[dict[str, Any]]:
    return [hit for hit in found["hits"] if hit["rule"] == rule]


def event(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return an audit event: a harmless one, unless it is changed."""
    return {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": f"00000000-0000-0000-0000-{number:012}",
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/default/pods",
        "verb": "list",
        "user": {"username": "alice", "groups": ["system:authenticated"]},
        "sourceIPs": ["198.51.100.7"],
        "userAgent": "kubectl/v1.35.2",
        "objectRef": {"resource": "pods", "namespace": "default", "apiVersion": "v1"},
        "responseStatus": {"metadata": {}, "code": 200},
        "requestReceivedTimestamp": f"2026-11-23T10:00:{number % 60:02}.000000Z",
        "stageTimestamp": f"2026-11-23T10:00:{number % 60:02}.100000Z",
        "annotations": {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": ""},
        **changes,
    }


AWS_AUTH = {"resource": "configmaps", "namespace": "kube-system", "name": "aws-auth", "apiVersion": "v1"}


def change(number: int = 2) -> dict[str, Any]:
    """Return an event that the rule EKS-AWS-AUTH matches."""
    return event(
        number, verb="patch", objectRef=AWS_AUTH, requestURI="/api/v1/namespaces/kube-system/configmaps/aws-auth"
    )


def lines(*events: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in events)


def report(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    VALIDATOR.validate(found)
    return found


def rules(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["id"]: item for item in found["rules"]}


@shared
def test_the_report_follows_its_published_schema(run: Run) -> None:
    result = run("scan", SMALL, "--json")

    found = report(result.stdout)
    assert result.exit_code == 1
    assert found["accounting"]["lines"] == found["accounting"]["good"] == 2289
    counted = {name: item["hits"] for name, item in rules(found).items() if item["hits"]}
    shown = Counter[str]()
    for hit in found["hits"]:
        shown[hit["rule"]] += hit["count"] or 1
    assert counted == shown
    assert {rules(found)[name]["status"] for name in GUIDE} == {"review"}
    assert rules(found)["AUTH-ANON-GRANT"]["status"] == "fail"


@shared
def test_scanning_twice_gives_identical_bytes(run: Run) -> None:
    assert run("scan", SMALL, "--json").stdout == run("scan", SMALL, "--json").stdout


@shared
def test_stdin_is_read(run: Run) -> None:
    result = run("scan", "-", "--json", stdin=SMALL.read_bytes())

    assert report(result.stdout)["accounting"]["good"] == 2289


def test_the_published_schema_is_that_of_the_records() -> None:
    assert scanned.published_schema() == scanned.schema_text()


def test_a_hit_of_a_lead_is_for_review_and_does_not_fail(run: Run, folder: Path) -> None:
    (folder / "audit.log").write_bytes(lines(event(), change()))
    result = run("scan", "audit.log", "--json", "--fail-on", "low")

    found = report(result.stdout)
    assert result.exit_code == 0
    logic = rules(found)["EKS-AWS-AUTH"].pop("logic")
    assert len(logic) == 64
    assert rules(found)["EKS-AWS-AUTH"] == {
        "id": "EKS-AWS-AUTH", "class": "lead", "severity": "high", "status": "review", "hits": 1, "observable": "yes",
        "compared": "actors", "terms": [],
    }  # fmt: skip
    assert [(hit["audit_id"], hit["user"]) for hit in hits(found, "EKS-AWS-AUTH")] == [
        ("00000000-0000-0000-0000-000000000002", "alice")
    ]


@pytest.mark.parametrize(
    ("changes", "code", "status"),
    [
        pytest.param({}, 1, "fail", id="succeeded"),
        pytest.param(REFUSED, 0, "pass", id="refused"),
        pytest.param({"requestURI": "/api/v1/namespaces/default/pods/x?dryRun=All"}, 0, "pass", id="dry run"),
    ],
)
def test_a_hit_of_a_violation_fails_if_the_request_succeeded(
    run: Run, folder: Path, *, changes: dict[str, Any], code: int, status: str
) -> None:
    (folder / "rules").mkdir()
    (folder / "rules" / "pods.yml").write_text(VIOLATION)
    (folder / "audit.log").write_bytes(lines(event(verb="delete", **changes)))
    result = run("scan", "audit.log", "--rules", "rules", "--json")

    found = report(result.stdout)
    assert result.exit_code == code, result.stderr
    assert (rules(found)["POD-DELETED"]["status"], rules(found)["POD-DELETED"]["hits"]) == (status, 1)
    assert len([hit for hit in found["hits"] if hit["rule"] == "POD-DELETED"]) == 1


def test_a_rule_that_cannot_be_used_leaves_the_run_incomplete_and_the_others_run(run: Run, folder: Path) -> None:
    (folder / "rules").mkdir()
    (folder / "rules" / "pods.yml").write_text(VIOLATION)
    (folder / "rules" / "broken.yml").write_text(
        VIOLATION.replace("POD-DELETED", "POD-BROKEN").replace("verb: delete", "verb|re: '(a{1000}){1000}'")
    )
    (folder / "rules" / "windows.yml").write_text(VIOLATION.replace("product: kubernetes", "product: windows"))
    (folder / "eksaminer.toml").write_text('[allow]\nPOD-BROKEN = ["alice"]\n')
    (folder / "audit.log").write_bytes(lines(event()))
    result = run("scan", "audit.log", "--rules", "rules", "--json")

    found = report(result.stdout)
    assert result.exit_code == 3
    assert "POD-DELETED" in rules(found)
    assert found["rules_left_out"]["other_logs"] == {"windows/audit": 1}
    (broken,) = found["rules_left_out"]["broken"]
    assert (broken["file"], broken["line"]) == ("broken.yml", 10)
    assert "broken.yml:10: the regular expression of verb is wrong" in result.stderr
    assert "windows/audit 1" in result.stderr


def test_a_violation_wins_over_what_could_not_be_read(run: Run, folder: Path) -> None:
    (folder / "rules").mkdir()
    (folder / "rules" / "pods.yml").write_text(VIOLATION)
    (folder / "audit.log").write_bytes(lines(event(verb="delete")) + b"{cut\n")

    assert run("scan", "audit.log", "--rules", "rules").exit_code == 1
    assert run("scan", "audit.log", "--rules", "rules", "--fail-on", "critical").exit_code == 3
    assert run("scan", "audit.log", "--rules", "rules", "--fail-on", "none").exit_code == 3


def test_an_actor_on_the_allow_list_is_no_hit(run: Run, folder: Path) -> None:
    (folder / "audit.log").write_bytes(lines(event(), change()))
    (folder / "eksaminer.toml").write_text('[allow]\nEKS-AWS-AUTH = ["al*"]\n')
    found = report(run("scan", "audit.log", "--json").stdout)

    assert rules(found)["EKS-AWS-AUTH"]["hits"] == 0
    assert rules(found)["EKS-AWS-AUTH"]["status"] == "pass"
    assert hits(found, "EKS-AWS-AUTH") == []


def test_the_window_bounds_what_is_judged(run: Run, folder: Path) -> None:
    (folder / "audit.log").write_bytes(lines(change(1), event(2), change(3)))
    window = ("--since", "2026-11-23T10:00:02Z", "--until", "2026-11-23T12:00:02.5+02:00")
    found = report(run("scan", "audit.log", "--json", *window).stdout)

    assert found["hits"] == []
    assert found["period"]["since"] == "2026-11-23T10:00:02Z"
    assert found["accounting"]["good"] == 3


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        pytest.param(b"", 3, "no audit event", id="empty"),
        pytest.param(b"\n\n", 3, "no audit event", id="blank lines"),
        pytest.param(gzip.compress(b""), 3, "no audit event", id="compressed nothing"),
        pytest.param(b"10.0.0.1 - - GET /index.html 200\n" * 5, 4, "another kind", id="a web server's log"),
        pytest.param(b'{"a":1}\n', 4, "another kind", id="other JSON"),
        pytest.param(b"\x00\xff" * 5_000, 4, "another kind", id="binary"),
        pytest.param("{}\n".encode("utf-16"), 4, "is UTF-16 text", id="UTF-16"),
        pytest.param(gzip.compress(lines(event()))[:20], 4, "No audit event could be read", id="nothing of a cut gzip"),
        pytest.param(lines(event()) + b"\xff\xfe\n", 3, "could not be read", id="bad UTF-8"),
        pytest.param(lines(event()) + b'{"kind":"Event","auditID":\n', 3, "could not be read", id="a cut line"),
        pytest.param(lines(event(), event()), 0, "judged: 2 (distinct requests: 1)", id="duplicates"),
        pytest.param(lines(event(stageTimestamp="2026-11-23T12:00:01.1+02:00")), 0, "2026-11-23 10:00:01", id="offset"),
    ],
)
def test_bad_input_gives_a_sentence_and_an_exit_code(
    run: Run, folder: Path, *, content: bytes, code: int, said: str
) -> None:
    (folder / "audit.log").write_bytes(content)
    result = run("scan", "audit.log")

    assert result.exit_code == code, result.output
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_file_of_no_bytes_with_a_gzip_name_beside_a_good_one_leaves_no_absence_to_be_found(
    run: Run, folder: Path
) -> None:
    (folder / "logs").mkdir()
    (folder / "logs" / "a.jsonl").write_bytes(lines(event(1)))
    (folder / "logs" / "b.gz").write_bytes(b"")
    result = run("scan", "logs", "--json")

    assert result.exit_code == 3
    assert {rules(report(result.stdout))[name]["status"] for name in GUIDE} == {"not_assessed"}


def test_a_file_of_no_bytes_with_a_gzip_name_is_an_empty_log(run: Run, folder: Path) -> None:
    (folder / "audit.log.gz").write_bytes(b"")
    result = run("scan", "audit.log.gz", "--json")

    assert result.exit_code == 3
    assert {rules(report(result.stdout))[name]["status"] for name in GUIDE} == {"not_assessed"}


def test_of_a_cut_gzip_everything_that_can_be_read_is_judged(run: Run, folder: Path) -> None:
    whole = gzip.compress(lines(change(), *(event(number) for number in range(3, 20_000))))
    (folder / "audit.log.gz").write_bytes(whole[: len(whole) // 2])
    result = run("scan", "audit.log.gz", "--json")

    found = report(result.stdout)
    assert result.exit_code == 3
    assert rules(found)["EKS-AWS-AUTH"]["status"] == "review"
    assert rules(found)["WEBHOOK-CHANGE"]["status"] == "not_assessed"
    assert "audit.log.gz" in found["period"]["gaps"][0]["detail"]


def test_a_line_of_40_megabytes_is_counted_and_judged(run: Run, folder: Path) -> None:
    long = change() | {"requestObject": {"data": {"mapRoles": "x" * 40_000_000}}}
    (folder / "audit.log").write_bytes(lines(event(), long))
    result = run("scan", "audit.log", "--json")

    found = report(result.stdout)
    assert found["accounting"]["lines"] == 2
    assert result.exit_code in (0, 3)
    assert len(hits(found, "EKS-AWS-AUTH")) == found["accounting"]["good"] - 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nowhere.log"], 2, "nowhere.log"),
        (["*.log"], 2, "matches"),
        (["x.log", "--since", "2026-11-20"], 2, "has no offset"),
        (["x.log", "--config", "nowhere.toml"], 2, "nowhere.toml"),
        (["x.log", "--fail-on", "severe"], 2, "severe"),
    ],
)
def test_wrong_usage_is_said(run: Run, folder: Path, *, arguments: list[str], code: int, said: str) -> None:
    result = run("scan", *arguments)

    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_quiet_prints_nothing_when_nothing_is_wrong(run: Run, folder: Path) -> None:
    (folder / "audit.log").write_bytes(lines(event()))
    result = run("scan", "audit.log", "--quiet")

    assert (result.exit_code, result.output) == (0, "")


def test_text_from_the_log_cannot_steer_the_terminal(run: Run, folder: Path) -> None:
    hostile = change() | {"user": {"username": "\x1b[2J\u202eevil"}}
    (folder / "audit.log").write_bytes(lines(hostile))
    result = run("scan", "audit.log")

    assert "\x1b" not in result.output
    assert "\u202e" not in result.output


def test_the_table_fits_the_terminal_and_says_the_status_in_words(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Console, "width", ROOM)
    (folder / "audit.log").write_bytes(lines(event()))

    table = run("scan", "audit.log").stdout.split("\n\n")[0]

    assert max(map(len, table.splitlines())) <= ROOM
    assert "Not applicable" in table
    assert "not_applicable" not in table
