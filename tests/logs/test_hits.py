"""Hits are requests, with actor and redacted evidence, in one order whatever the order of the log."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.logs.made import GROUP, SAMPLE, event, line, lines, rules, sample, scanned

from eksaminer.evidence.scan import Hit, RuleResult
from eksaminer.logs import LogError, Options, ScanOutcome, SpoolWriter, scan, scan_spool
from eksaminer.logs.hits import redact_uri


def result(outcome: ScanOutcome, rule: str = "EKS-AWS-AUTH") -> RuleResult:
    return next(found for found in outcome.rules if found.rule == rule)


def only(outcome: ScanOutcome, rule: str = "EKS-AWS-AUTH") -> Hit:
    (hit,) = result(outcome, rule).first_hits
    return hit


def test_the_stages_of_a_request_and_its_copies_count_once(tmp_path: Path) -> None:
    started = event(stage="ResponseStarted", stageTimestamp="2026-11-23T06:53:24.940000Z")
    received = event(stage="RequestReceived", responseStatus=None, annotations=None)
    found = scanned(lines(started, event(), received, event()), tmp_path)

    assert result(found).hits == 1
    assert found.accounting.requests == 1
    assert (only(found).line, only(found).code) == (2, 200)


def test_a_reused_audit_id_does_not_hide_a_second_request(tmp_path: Path) -> None:
    # A client may choose the audit id itself, with a header.
    dry = event(requestURI="/api/v1/namespaces/kube-system/configmaps/aws-auth?dryRun=All")
    real = event(requestReceivedTimestamp="2026-11-23T06:54:00Z", stageTimestamp="2026-11-23T06:54:00.1Z")
    found = scanned(lines(dry, real), tmp_path)

    assert [hit.dry_run for hit in result(found).first_hits] == [True, False]
    assert found.accounting.requests == 1


ARN = "arn:aws:iam::111122223333:role/Developer"
SERVICE_ACCOUNT = "system:serviceaccount:web:storefront"


@pytest.mark.parametrize(
    ("user", "actor"),
    [
        pytest.param({"username": "dana", "extra": {"canonicalArn": [ARN]}}, ARN, id="the role, without its session"),
        pytest.param({"username": SERVICE_ACCOUNT}, SERVICE_ACCOUNT, id="a service account"),
        pytest.param({"username": "system:anonymous"}, "anonymous", id="anonymous"),
        pytest.param({}, "anonymous", id="nobody"),
        pytest.param({"username": ""}, "anonymous", id="an empty name"),
        pytest.param({"username": "kubernetes-admin", "extra": {"canonicalArn": []}}, "kubernetes-admin", id="a user"),
    ],
)
def test_names_the_actor(user: dict[str, Any], actor: str, tmp_path: Path) -> None:
    assert only(scanned(lines(event(user=user)), tmp_path)).actor == actor


URI = "/api/v1/namespaces/kube-system/configmaps"


@pytest.mark.parametrize(
    ("changes", "dry"),
    [
        pytest.param({"requestURI": f"{URI}/aws-auth?dryRun=All"}, True, id="in the address"),
        pytest.param({"requestURI": f"{URI}/aws-auth?fieldManager=x&dryRun=All&force=true"}, True, id="among others"),
        pytest.param({"requestURI": f"{URI}/aws-auth?fieldManager=dryRun=All"}, False, id="inside another parameter"),
        pytest.param({"verb": "delete", "requestObject": {"dryRun": ["All"]}}, True, id="in the options of a deletion"),
        pytest.param({"verb": "delete", "requestObject": {"dryRun": []}}, False, id="a real deletion"),
        pytest.param({"verb": "delete", "requestObject": [1]}, False, id="a body that is a list"),
        pytest.param({"requestObject": {"dryRun": ["All"]}}, False, id="an object with a field of that name"),
        pytest.param({}, False, id="none"),
    ],
)
def test_tells_dry_runs_apart(changes: dict[str, Any], dry: bool, tmp_path: Path) -> None:
    found = scanned(lines(event(**changes)) + b"garbage\n" * (len(changes) > 1), tmp_path)

    assert only(found).dry_run is dry
    assert result(found).groups[0].dry_run is dry


def test_refused_requests_show_code_decision_and_reason(tmp_path: Path) -> None:
    refused = event(
        responseStatus={"code": 403, "reason": "Forbidden", "message": "secret words"},
        annotations={"authorization.k8s.io/decision": "forbid", "authorization.k8s.io/reason": "no rule"},
    )
    hit = only(scanned(lines(refused), tmp_path))

    assert (hit.code, hit.decision, hit.reason) == (403, "forbid", "no rule")


def test_nothing_secret_leaves_the_engine(tmp_path: Path) -> None:
    told = event(
        requestURI=f"{URI}/aws-auth?command=SECRET1&token=SECRET2&fieldManager=kubectl&watch",
        requestObject={"data": {"password": "SECRET3"}, "spec": {"env": [{"value": "SECRET4"}]}},
        responseObject={"data": "SECRET5"},
        responseStatus={"code": 200, "message": "SECRET6"},
        user={"username": "x", "extra": {"accessKeyId": ["SECRET7"], "sessionName": ["alice"]}},
    )
    hit = only(scanned(lines(told), tmp_path))

    assert "SECRET" not in str(hit)
    assert hit.evidence == {
        "requestURI": f"{URI}/aws-auth?command=[redacted]&token=[redacted]&fieldManager=kubectl&watch",
        "user.extra.sessionName": "alice",
    }


def test_redacts_what_hides_behind_odd_separators() -> None:
    assert redact_uri("/x?a=1&&limit=2&c=d=e#f") == "/x?a=[redacted]&&limit=2&c=[redacted]"
    assert redact_uri("/plain") == "/plain"


def test_endless_values_are_cut_in_hits(tmp_path: Path) -> None:
    hit = only(scanned(lines(event(userAgent="x" * 5_000)), tmp_path))

    assert len(hit.user_agent) == 1_000


def test_our_own_reads_are_counted_apart_but_a_forged_agent_excuses_no_write(tmp_path: Path) -> None:
    ours = {"userAgent": "eksaminer/0.1.0 run/abc"}
    read = event(verb="list", auditID="1", objectRef={"resource": "pods"}, **ours)
    write = event(auditID="2", **ours)
    secret = event(verb="get", auditID="3", objectRef={"resource": "secrets"}, responseStatus={"code": 403}, **ours)
    found = scanned(lines(read, write, secret), tmp_path)

    assert (found.own_requests, found.events_read) == (1, 2)
    assert only(found).audit_id == "2"
    assert only(found, "SEC-READ-DENIED").audit_id == "3"


def test_times_with_an_offset_are_read_as_the_moments_they_are(tmp_path: Path) -> None:
    hit = only(scanned(lines(event(stageTimestamp="2026-11-23T08:00:00+08:00")), tmp_path))

    assert hit.time == datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "until", "hits"),
    [
        pytest.param(0, 10, 3, id="all"),
        pytest.param(1, 2, 2, id="both ends are included"),
        pytest.param(3, 4, 0, id="after the last"),
    ],
)
def test_events_outside_the_window_are_counted_but_not_judged(
    since: int, until: int, hits: int, tmp_path: Path
) -> None:
    start = datetime(2026, 11, 23, tzinfo=UTC)
    events = [event(auditID=str(hour), stageTimestamp=(start + timedelta(hours=hour)).isoformat()) for hour in range(3)]
    window = {"since": start + timedelta(hours=since), "until": start + timedelta(hours=until)}
    found = scanned(lines(*events), tmp_path, **window)

    assert found.accounting.good == 3
    assert result(found).hits == found.events_read == hits
    assert found.section(origin="files").window.since == window["since"]


def test_groups_are_exact_and_first_hits_end_at_a_thousand(tmp_path: Path) -> None:
    events = [
        event(
            auditID=str(number),
            stageTimestamp=f"2026-11-23T06:{number % 60:02}:00Z",
            sourceIPs=[f"10.0.0.{number % 2}"],
        )
        for number in range(1_200)
    ]
    path = tmp_path / "log"
    path.write_bytes(lines(*events))
    with scan([path], rules()) as outcome:
        found = result(outcome)
        listed = [hit for rule, hit in outcome.hits() if rule == found.rule]

    assert found.hits == len(listed) == 1_200
    assert len(found.first_hits) == 1_000
    assert tuple(listed[:1_000]) == found.first_hits
    assert sorted((group.source, group.count) for group in found.groups) == [("10.0.0.0", 600), ("10.0.0.1", 600)]
    assert [hit.time for hit in listed] == sorted(hit.time for hit in listed)


def test_hits_name_file_and_line_across_files_and_blank_lines(tmp_path: Path) -> None:
    for name, start in (("a.log", b""), ("b.log", b"\n\n"), ("c.log", b"garbage\n")):
        (tmp_path / name).write_bytes(start + lines(event(auditID=name), event(auditID=f"{name} 2")))
    with scan([tmp_path], rules()) as outcome:
        places = {hit.audit_id: (Path(hit.file).name, hit.line) for _, hit in outcome.hits()}

    assert places == {
        "a.log": ("a.log", 1), "a.log 2": ("a.log", 2), "b.log": ("b.log", 3), "b.log 2": ("b.log", 4),
        "c.log": ("c.log", 2), "c.log 2": ("c.log", 3),
    }  # fmt: skip


def test_levels_say_what_could_be_observed(tmp_path: Path) -> None:
    webhook = {"resource": "mutatingwebhookconfigurations", "apiGroup": "admissionregistration.k8s.io"}
    found = scanned(lines(event(), event(level="None", verb="create", objectRef=webhook)), tmp_path)
    observable = {rule.rule: rule.observable for rule in found.rules}

    assert observable["EKS-AWS-AUTH"] == "yes"
    assert observable["WEBHOOK-CHANGE"] == "no"
    assert observable["RBAC-ROLE-CHANGE"] == "unknown"
    assert [(row.resource, row.verb, row.count) for row in found.levels] == [
        ("configmaps", "update", 1), ("mutatingwebhookconfigurations", "create", 1),
    ]  # fmt: skip


def found_pairs(messages: list[bytes], folder: Path) -> set[tuple[str, str]]:
    outcome = scanned(b"\n".join(messages) + b"\n", folder, empty=True)
    return {(found.rule, hit.audit_id) for found in outcome.rules for hit in found.first_hits}


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32), keep=st.integers(1, 149))
def test_order_does_not_matter_and_more_events_take_no_hit_away(
    seed: int, keep: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("log")
    messages = sample()
    random.Random(seed).shuffle(messages)

    assert found_pairs(messages[:keep], folder) <= found_pairs(messages, folder) == found_pairs(sample(), folder)


def test_spooled_entries_give_one_result_for_each_log_group(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path / "spool") as spool:
        for text in sample():
            spool.write(GROUP, "kube-apiserver-audit-1", 1_795_416_804_943, text.decode())
        spool.write("/aws/eks/other/cluster", "kube-apiserver-audit-2", 1_795_416_804_943, line(event()).decode())
        spool.open("/aws/eks/quiet/cluster")
    found = {
        group: (outcome.accounting.lines, sum(rule.hits for rule in outcome.rules), outcome.rules)
        for group, outcome in scan_spool(spool.files, rules(), Options(empty=True))
    }

    with scan([SAMPLE], rules()) as outcome:
        assert found[GROUP][:2] == (149, sum(rule.hits for rule in outcome.rules))
    assert found["/aws/eks/other/cluster"][:2] == (1, 1)
    assert found["/aws/eks/quiet/cluster"][:2] == (0, 0)
    assert found["/aws/eks/other/cluster"][2][1].first_hits[0].log_group == "/aws/eks/other/cluster"
    assert all(path.stat().st_mode & 0o077 == 0 for path in spool.files.values())


def test_a_spool_file_can_be_scanned_like_any_log(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path / "spool") as spool:
        spool.write(GROUP, "kube-apiserver-audit-1", 1_795_416_804_943, line(event()).decode())
    with scan([spool.files[GROUP]], rules()) as outcome:
        assert only(outcome).log_group == GROUP


def test_a_log_without_events_needs_a_period_from_elsewhere(tmp_path: Path) -> None:
    found = scanned(b"", tmp_path, empty=True)

    with pytest.raises(LogError, match="no period"):
        found.section(origin="files")


def test_progress_reaches_the_size_of_the_files() -> None:
    told: list[tuple[int, int, str]] = []

    def tell(done: int, total: int, name: str) -> None:
        told.append((done, total, name))

    with scan([SAMPLE], rules(), Options(progress=tell)):
        pass

    assert told[-1] == (SAMPLE.stat().st_size, SAMPLE.stat().st_size, str(SAMPLE))


def test_evidence_of_a_scan_survives_its_own_json() -> None:
    with scan([SAMPLE], rules()) as outcome:
        section = outcome.section(origin="files", sources=("file-1",))

    assert json.loads(json.dumps(section.events_read)) == 149
    assert section.window.since == section.first_event
