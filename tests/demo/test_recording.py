"""The recordings that ship with the package are what the demonstration needs."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from eksaminer.demo.account import (
    SERVICE_ACCOUNTS,
    clean_account,
    demo_account,
    issuer,
    large_account,
)
from eksaminer.demo.emulator import demo_environment, pointed_at
from eksaminer.demo.model import Account, LogEvent
from eksaminer.demo.recording import CLUSTERS, recorded_log, unpack_cluster_objects

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MOMENT = NOW - timedelta(minutes=3)


def events_of(account: Account, region: str, cluster: str) -> list[LogEvent]:
    found = account.region(region)
    assert found is not None
    group = next(group for group in found.log_groups if group.name == f"/aws/eks/{cluster}/cluster")
    return [event for stream in group.streams if "-audit-" in stream.name for event in stream.events]


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_the_log_ends_just_before_the_given_time(cluster: str) -> None:
    events = recorded_log(cluster, MOMENT)
    last = json.loads(events[-1].message)

    assert 0 <= MOMENT.timestamp() - events[-1].timestamp / 1000 < 1
    assert last["stageTimestamp"].startswith("2026-11-23T11:5")
    assert [event.timestamp for event in events] == sorted(event.timestamp for event in events)


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_all_times_of_an_event_move_together(cluster: str) -> None:
    later = recorded_log(cluster, MOMENT + timedelta(hours=1))
    for before, after in zip(recorded_log(cluster, MOMENT), later, strict=True):
        assert after.timestamp - before.timestamp == 3_600_000
        assert len(after.message) == len(before.message)


def test_the_good_log_holds_no_refused_or_failed_access_by_people() -> None:
    events = [json.loads(event.message) for event in recorded_log("prod-good", MOMENT)]
    codes = [event.get("responseStatus", {}).get("code") for event in events]
    changed = [
        event
        for event in events
        if event.get("objectRef", {}).get("apiGroup") == "rbac.authorization.k8s.io" and event["verb"] == "create"
    ]

    assert codes.count(401) == 0
    assert changed == []


def test_the_attacked_log_holds_the_attack() -> None:
    messages = [event.message for event in recorded_log("prod-attacked", MOMENT)]
    cut = [message for message in messages if message.endswith("[Truncated...]")]
    events = [json.loads(message) for message in messages if message not in cut]

    assert len(messages) == 2289
    assert len(cut) == 4
    assert any(event.get("objectRef", {}).get("name") == "aws-auth" and event["verb"] == "patch" for event in events)
    assert sum(event.get("responseStatus", {}).get("code") == 401 for event in events) == 23


def test_the_account_spreads_the_log_over_two_streams_without_loss() -> None:
    events = events_of(demo_account(NOW), "us-east-1", "prod-attacked")

    assert sorted(events) == sorted(recorded_log("prod-attacked", MOMENT))


def test_package_data_is_small() -> None:
    data = Path(str(files("eksaminer.demo").joinpath("data")))

    assert sum(path.stat().st_size for path in data.iterdir()) < 1_200_000


def service_accounts(folder: Path) -> list[dict[str, Any]]:
    return list(json.loads((folder / "serviceaccounts.json").read_text())["items"])


def test_unpacks_the_objects_of_each_cluster(tmp_path: Path) -> None:
    folders = unpack_cluster_objects(tmp_path / "new")
    good = {path.stem for path in folders["prod-good"].iterdir()}

    assert set(folders) == {"prod-good", "team-neglected", "prod-attacked"}
    assert {"serviceaccounts", "clusterroles", "configmaps", "mutatingwebhookconfigurations", "pods"} < good
    assert "clusterroles" not in {path.stem for path in folders["team-neglected"].iterdir()}
    assert "secrets" not in good


def test_the_objects_hold_no_values_of_environment_variables(tmp_path: Path) -> None:
    for folder in unpack_cluster_objects(tmp_path).values():
        for path in folder.iterdir():
            text = path.read_text()

            assert "managedFields" not in text
            assert "AKIA" not in text


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_annotated_roles_exist_in_the_account(tmp_path: Path, cluster: str) -> None:
    annotated = {
        item["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].rpartition("/")[2]
        for item in service_accounts(unpack_cluster_objects(tmp_path)[cluster])
        if "eks.amazonaws.com/role-arn" in item["metadata"].get("annotations", {})
    }

    assert annotated == {f"{cluster}-{end}" for end in SERVICE_ACCOUNTS}
    assert annotated < {role.name for role in demo_account(NOW).roles}


def test_a_large_account_has_what_was_asked() -> None:
    account = large_account(NOW, clusters=20, roles=200)

    assert [len(region.clusters) for region in account.regions] == [10, 10]
    assert len(account.roles) == 200
    assert len(account.providers) == 20


def test_a_clean_account_has_a_provider_for_its_cluster() -> None:
    account = clean_account(NOW)

    assert account.providers[0].issuer == issuer(account.id, "eu-central-1", "prod-good")
    assert account == clean_account(NOW)


def test_the_environment_hides_the_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    with pointed_at("http://127.0.0.1:1", "eu-west-1"):
        inside = dict(os.environ)

    assert "AWS_PROFILE" not in inside
    assert demo_environment("http://127.0.0.1:1", "eu-west-1").items() <= inside.items()
    assert os.environ["AWS_PROFILE"] == "mine"
    assert "AWS_ENDPOINT_URL" not in os.environ


def test_describing_an_account_does_not_load_moto_or_boto3() -> None:
    program = "import sys, eksaminer.demo.account; print([m for m in ('moto', 'boto3', 'flask') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "[]"
