"""`permissions`, `doctor` and `demo`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from tests.cli.conftest import Run

from eksaminer.cli import diagnosis, formats
from eksaminer.collect.kubernetes_kinds import KINDS
from eksaminer.collect.operations import OPERATIONS
from eksaminer.demo.emulator import Emulator
from eksaminer.evidence.sections import SECTIONS

NEEDS_NO_PERMISSION = "sts"


def allowed(text: str) -> set[str]:
    return {action for statement in json.loads(text)["Statement"] for action in statement["Action"]}


def test_the_policy_allows_what_is_called_and_nothing_else(run: Run) -> None:
    result = run("permissions", "iam", "--tier", "config,activity,files,signing")

    called = {item.permission for item in OPERATIONS.values() if item.service != NEEDS_NO_PERMISSION}
    assert allowed(result.stdout) == called


def test_the_policy_allows_what_every_section_names(run: Run) -> None:
    result = run("permissions", "iam", "--tier", "config,activity,files")

    named = {name for section in SECTIONS.values() if section.tier != "kubernetes" for name in section.permissions}
    assert named <= allowed(result.stdout)


def test_a_tier_is_a_part_of_the_policy(run: Run) -> None:
    config, activity = (allowed(run("permissions", "iam", "--tier", tier).stdout) for tier in ("config", "activity"))

    assert "logs:StartQuery" in activity - config
    assert "eks:DescribeCluster" in config - activity
    assert config | activity == allowed(run("permissions", "iam").stdout)


def test_reading_objects_of_s3_is_asked_for_apart(run: Run) -> None:
    files = {"cloudtrail:ListPublicKeys", "s3:GetObject", "s3:ListBucket"}

    assert allowed(run("permissions", "iam", "--tier", "files").stdout) == files
    assert "s3:GetObject" not in allowed(run("permissions", "iam").stdout)


def test_an_unknown_tier_is_a_usage_error(run: Run) -> None:
    result = run("permissions", "iam", "--tier", "everything")

    assert result.exit_code == 2
    assert "config or activity" in result.stderr


def test_the_roles_allow_to_list_and_to_get_one_config_map(run: Run) -> None:
    documents = list(yaml.safe_load_all(run("permissions", "kubernetes").stdout))

    cluster_role, _, role, _ = documents
    granted = cluster_role["rules"]
    listed = {(group, name) for rule in granted for group in rule["apiGroups"] for name in rule["resources"]}
    assert listed == {(kind.group, kind.resource) for kind in KINDS if kind.resource != "configmaps"}
    assert {verb for rule in granted for verb in rule["verbs"]} == {"list"}
    assert role["rules"] == [
        {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["aws-auth"], "verbs": ["get"]}
    ]
    assert role["metadata"]["namespace"] == "kube-system"
    assert [item["roleRef"]["kind"] for item in documents[1::2]] == ["ClusterRole", "Role"]


def test_no_secret_is_ever_asked_for(run: Run) -> None:
    assert "secrets" not in run("permissions").stdout


def test_both_are_printed_without_a_subcommand(run: Run) -> None:
    assert all(part in run("permissions").stdout for part in ("eks:DescribeCluster", "kind: ClusterRole"))


# doctor --------------------------------------------------------------------------------------------


def test_the_doctor_finds_nothing_wrong_and_calls_nothing(run: Run, emulator: Emulator) -> None:
    result = run("doctor")

    assert result.exit_code == 0
    assert "from the environment variables" in result.stdout
    assert "The main job can run." in result.stdout
    assert emulator.calls == ()


def test_online_the_doctor_asks_who_it_is(run: Run, emulator: Emulator) -> None:
    result = run("doctor", "--online")

    assert result.exit_code == 0
    assert "assumed-role/Auditor" in result.stdout
    assert emulator.actions == ("sts:GetCallerIdentity",)


def test_online_the_doctor_sees_expired_credentials(run: Run, emulator: Emulator) -> None:
    emulator.expire()
    result = run("doctor", "--online")

    assert result.exit_code == 4
    assert "expired" in result.stdout


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Take all credentials away; return the configuration file that is used."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "aws-config"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "no-kubeconfig"))
    return config


@pytest.mark.parametrize(
    ("config", "options", "code", "said"),
    [
        ("", [], 4, "aws sso login"),
        ("", ["--profile", "x"], 4, "list-profiles"),
        ("[profile x]\naws_access_key_id=a\naws_secret_access_key=b\n", ["--profile", "x"], 0, "configuration file"),
        ("[profile x]\ncredential_process=/bin/false\n", ["--profile", "x"], 0, "credential_process"),
        (
            "[profile x]\nsso_start_url=https://x\nsso_region=eu-central-1\nsso_account_id=111122223333\nsso_role_name=y\n",
            ["--profile", "x"], 0, "IAM Identity Center",
        ),
        ("[profile x\n", [], 4, "Unable to parse config file"),
    ],
)  # fmt: skip
def test_the_doctor_says_where_credentials_come_from(
    run: Run, nobody: Path, *, config: str, options: list[str], code: int, said: str
) -> None:
    nobody.write_text(config)
    result = run("doctor", *options)

    assert result.exit_code == code, result.output
    assert said in result.stdout


def test_the_doctor_knows_a_container(run: Run, nobody: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials")
    result = run("doctor")

    assert "the container" in result.stdout


def test_a_missing_pdf_library_is_a_note_with_the_command(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnosis, "pdf_problem", lambda: "Pango is missing")
    result = run("doctor")

    assert result.exit_code == 0
    assert "Pango is missing" in result.stdout
    assert "apt-get install" in result.stdout


def test_a_missing_package_is_a_problem(run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "PACKAGES", ("no-such-package",))
    result = run("doctor")

    assert result.exit_code == 4
    assert "no-such-package: not installed" in result.stdout


@pytest.mark.parametrize(("text", "said"), [("contexts: [", "is not YAML"), ("contexts: 3", "is not a kubeconfig")])
def test_a_broken_kubeconfig_is_a_note(
    run: Run, emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch, *, text: str, said: str
) -> None:
    (folder / "kubeconfig").write_text(text)
    monkeypatch.setenv("KUBECONFIG", str(folder / "kubeconfig"))
    result = run("doctor")

    assert result.exit_code == 0
    assert said in result.stdout


# demo ----------------------------------------------------------------------------------------------


def test_the_demo_is_the_same_every_time_and_replaces_itself(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "DEFAULT", ("json", "html"))
    (folder / "eksaminer.toml").write_text("this is = not for the demo")
    first = run("demo", "--now", "2026-11-23T12:00:00Z")
    files = {path.name: path.read_bytes() for path in (folder / "eksaminer-demo").iterdir()}
    second = run("demo", "--now", "2026-11-23T12:00:00Z", "--quiet")

    assert (first.exit_code, second.exit_code) == (0, 0), first.stderr
    assert "Open eksaminer-demo/report.html" in first.stdout
    assert second.output == ""
    assert "DEMONSTRATION" in first.stdout
    assert b"DEMONSTRATION" in files["report.html"]
    assert {path.name: path.read_bytes() for path in (folder / "eksaminer-demo").iterdir()} == files
    assert sorted(path.name for path in folder.iterdir()) == ["eksaminer-demo", "eksaminer.toml"]
    assert str(folder).encode() not in files["assessment.json"]


def test_the_demo_does_not_replace_what_it_did_not_write(run: Run, folder: Path) -> None:
    (folder / "eksaminer-demo").mkdir()
    (folder / "eksaminer-demo" / "mine").write_text("mine")
    result = run("demo")

    assert result.exit_code == 2
    assert (folder / "eksaminer-demo" / "mine").read_text() == "mine"


def test_without_its_extra_the_demo_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_found(_: str) -> None:
        """Stand for importlib's, which gives None."""

    monkeypatch.setattr("eksaminer.cli.demo.find_spec", not_found)
    result = run("demo")

    assert result.exit_code == 4
    assert "pip install 'eksaminer[demo]'" in result.stderr
