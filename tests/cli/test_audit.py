"""`audit`, `collect`, `assess` and `report` against the emulator: exit codes, files, and what is printed."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from tests.cli.conftest import JSON, QUICK, REGION, Run

from eksaminer.cli import cli, formats
from eksaminer.cli.conclude import cures
from eksaminer.demo.account import clean_account, demo_account, logging_of, with_changed_cluster
from eksaminer.demo.emulator import Emulator, pointed_at
from eksaminer.evidence import bundle
from eksaminer.record import sha256


def switch_off(emulator: Emulator) -> None:
    emulator.load(with_changed_cluster(emulator.world.account, "prod-good", logging=logging_of("api")))


def deny(emulator: Emulator) -> None:
    emulator.deny("logs:DescribeLogGroups")


def nothing(_: Emulator) -> None:
    """Leave the account as it is: sound."""


def both(emulator: Emulator) -> None:
    switch_off(emulator)
    deny(emulator)


ACCOUNTS = {"sound": nothing, "off": switch_off, "denied": deny, "both": both}


@pytest.fixture(scope="session")
def bundles(running: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The evidence of each of `ACCOUNTS`."""
    folder = tmp_path_factory.mktemp("bundles")
    with pointed_at(running.url, REGION):
        for name, change in ACCOUNTS.items():
            running.load(clean_account(running.world.now))
            change(running)
            CliRunner().invoke(cli, ["collect", *QUICK, "-o", str(folder / name)])
    return folder


@pytest.mark.parametrize(
    ("account", "options", "code"),
    [
        pytest.param("sound", [], 0, id="sound"),
        pytest.param("off", [], 1, id="a high finding failed"),
        pytest.param("off", ["--fail-on", "critical"], 0, id="nothing critical failed"),
        pytest.param("off", ["--fail-on", "none"], 0, id="failures do not count"),
        pytest.param("off", ["--checks", "LOG-0[2-8]"], 0, id="the failing check was not selected"),
        pytest.param("denied", [], 3, id="denied"),
        pytest.param("denied", ["--fail-on", "low", "--gate", "all"], 3, id="denied, everything gates"),
        pytest.param("denied", ["--fail-on", "none"], 3, id="denied, failures do not count"),
        pytest.param("denied", ["--allow-incomplete"], 0, id="denied, and allowed"),
        pytest.param("denied", ["--skip-checks", "LOG-0[3-9],LOG-10,LQ-01,ADD-01"], 0, id="denied, and not asked for"),
        pytest.param("both", [], 1, id="a failure wins over a denial"),
    ],
)
def test_the_exit_code_says_what_came_of_it(
    run: Run, folder: Path, bundles: Path, *, account: str, options: list[str], code: int
) -> None:
    result = run("assess", bundles / account, *JSON, "-o", "out", *options)

    assert result.exit_code == code, result.stderr
    assert f"Exit code {code}: " in result.stdout.splitlines()[-1]
    assert (folder / "out" / "assessment.json").is_file()


@pytest.mark.parametrize(("account", "code"), [("sound", 0), ("off", 1), ("denied", 3)])
def test_an_audit_gives_the_exit_code_of_its_parts(run: Run, emulator: Emulator, account: str, code: int) -> None:
    ACCOUNTS[account](emulator)
    result = run("audit", *QUICK, *JSON, "-o", "out")

    assert result.exit_code == code


def test_a_run_directory_holds_everything_with_its_digests(run: Run, emulator: Emulator, folder: Path) -> None:
    result = run("audit", *QUICK, "-o", "out", "--format", "html,json")

    out = folder / "out"
    manifest = json.loads((out / "manifest.json").read_bytes())
    names = ["assessment.json", "evidence.zip", "report.html"]
    assert result.exit_code == 0
    assert sorted(path.name for path in out.iterdir()) == sorted([*names, "manifest.json"])
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    assert [item["path"] for item in manifest["files"]] == names
    assert all(item["sha256"] == sha256((out / item["path"]).read_bytes()) for item in manifest["files"])
    assert list(folder.iterdir()) == [out]


def test_the_first_line_says_who_reads_what_and_the_last_what_to_open(run: Run, emulator: Emulator) -> None:
    result = run("audit", *QUICK, "--format", "html,json", "-o", "out")

    first, last = result.stderr.splitlines()[0], result.stdout.splitlines()[-3:]
    assert all(part in first for part in ("assumed-role/Auditor", "1 region", "1 cluster", "calls", "minute"))
    assert last[0] == "Open out/report.html"


def test_the_default_directory_is_named_after_the_time_and_the_run(run: Run, emulator: Emulator, folder: Path) -> None:
    run("audit", *QUICK, *JSON)

    (out,) = folder.iterdir()
    identifier = json.loads((out / "assessment.json").read_bytes())["run"]["id"]
    assert out.name.startswith("eksaminer-20")
    assert out.name.endswith(f"Z-{identifier[:6]}")


def test_json_is_all_there_is_on_stdout(run: Run, emulator: Emulator, folder: Path) -> None:
    result = run("audit", *QUICK, *JSON, "-o", "out", "--json")

    assert json.loads(result.stdout) == json.loads((folder / "out" / "assessment.json").read_bytes())
    assert "Exit code 0" in result.stderr


@pytest.mark.parametrize(("change", "said"), [(nothing, ""), (switch_off, "Exit code 1: ")])
def test_quiet_says_only_what_went_wrong(
    run: Run, emulator: Emulator, change: Callable[[Emulator], None], said: str
) -> None:
    change(emulator)
    result = run("audit", *QUICK, *JSON, "-o", "out", "--quiet")

    assert result.stdout == ""
    assert result.stderr.startswith(said)
    assert len(result.stderr.splitlines()) == bool(said)


def test_after_denials_a_statement_allows_exactly_what_was_denied(run: Run, emulator: Emulator) -> None:
    emulator.deny("logs:DescribeLogGroups")
    emulator.deny("cloudtrail:GetTrailStatus")
    result = run("audit", *QUICK, *JSON, "-o", "out")

    begin = result.stdout.index("{\n")
    statement = json.loads(result.stdout[begin : result.stdout.index("\n}", begin) + 2])
    assert statement["Action"] == ["cloudtrail:GetTrailStatus", "logs:DescribeLogGroups"]
    assert statement["Effect"] == "Allow"


# The run directory ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        *((["audit", *QUICK], kind) for kind in ("full", "file", "link", "dangling link", "below a file")),
        (["assess", "bundle.zip"], "full"),
        (["report", "assessment.json"], "full"),
    ],
)
def test_what_is_in_the_way_is_found_before_anything_is_read(
    run: Run, emulator: Emulator, folder: Path, samples: Path, *, command: list[str], kind: str
) -> None:
    for name in ("bundle.zip", "assessment.json"):
        (folder / name).write_bytes((samples / name).read_bytes())
    emulator.reset()
    place, name = folder / "out", "out"
    match kind:
        case "full":
            place.mkdir()
            (place / "mine").write_text("mine")
        case "file":
            place.write_text("mine")
        case "link":
            (folder / "elsewhere").mkdir()
            place.symlink_to(folder / "elsewhere")
        case "dangling link":
            place.symlink_to(folder / "elsewhere")
        case _:
            place.write_text("mine")
            name = "out/below"
    before = sorted(path for path in folder.rglob("*"))
    result = run(*command, *JSON, "-o", name)

    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert emulator.calls == ()
    assert sorted(path for path in folder.rglob("*")) == before


def test_an_empty_directory_is_taken(run: Run, emulator: Emulator, folder: Path) -> None:
    (folder / "out").mkdir()
    result = run("audit", *QUICK, *JSON, "-o", "out")

    assert result.exit_code == 0
    assert (folder / "out" / "manifest.json").is_file()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_is_found_before_anything_is_read(
    run: Run, emulator: Emulator, folder: Path
) -> None:
    (folder / "locked").mkdir(mode=0o500)
    result = run("audit", *QUICK, *JSON, "-o", "locked/out")

    assert result.exit_code == 2
    assert emulator.calls == ()


def test_a_failed_run_leaves_nothing(run: Run, emulator: Emulator, folder: Path) -> None:
    emulator.expire()
    result = run("audit", *QUICK, *JSON, "-o", "out")

    assert result.exit_code == 4
    assert "expired" in result.stderr
    assert list(folder.iterdir()) == []


# Formats -------------------------------------------------------------------------------------------


def test_a_pdf_that_was_asked_for_and_cannot_be_made_ends_the_run_before_it_begins(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "pdf_problem", lambda: "Pango is missing")
    result = run("audit", *QUICK, "--format", "pdf", "-o", "out")

    assert result.exit_code == 2
    assert "Pango is missing" in result.stderr
    assert "apt-get install" in result.stderr
    assert emulator.calls == ()


def test_a_pdf_by_default_that_cannot_be_made_is_left_out_with_a_line(
    run: Run, samples: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "pdf_problem", lambda: "Pango is missing")
    result = run("report", samples / "assessment.json", "-o", "out")

    assert result.exit_code == 0
    assert len(result.stderr.splitlines()) == 1
    assert "No PDF is written: Pango is missing" in result.stderr
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "assessment.json", "manifest.json", "report.html",
    ]  # fmt: skip


def test_an_unknown_format_is_a_usage_error_with_a_suggestion(run: Run, samples: Path) -> None:
    result = run("report", samples / "assessment.json", "--format", "htlm")

    assert result.exit_code == 2
    assert "Did you mean html?" in result.stderr


# The parts of the job ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_collect_then_assess_then_report_gives_what_audit_gives(
    run: Run, emulator: Emulator, folder: Path, name: str
) -> None:
    switch_off(emulator)
    collected = run("collect", *QUICK, "-o", name)
    emulator.expire()
    assessed = run("assess", name, *JSON, "-o", "assessed")
    again = run("assess", "assessed", *JSON, "-o", "again")
    reported = run("report", "assessed", *JSON, "-o", "reported")

    files = [(folder / part / "assessment.json").read_bytes() for part in ("assessed", "again", "reported")]
    assert [collected.exit_code, assessed.exit_code, again.exit_code, reported.exit_code] == [0, 1, 1, 0]
    assert len(set(files)) == 1


def test_collect_names_its_bundle_by_default(run: Run, emulator: Emulator, folder: Path) -> None:
    result = run("collect", *QUICK)

    (path,) = folder.iterdir()
    assert result.exit_code == 0
    assert path.name.startswith("eksaminer-20")
    assert f"eksaminer assess {path.name}" in result.stdout


def test_collect_with_a_denial_says_what_would_cure_it(run: Run, emulator: Emulator) -> None:
    deny(emulator)
    result = run("collect", *QUICK, "-o", "bundle.zip")

    assert result.exit_code == 0
    assert "logs:DescribeLogGroups" in result.stdout


def test_collect_does_not_overwrite(run: Run, emulator: Emulator, folder: Path) -> None:
    (folder / "bundle.zip").write_text("mine")
    result = run("collect", *QUICK, "-o", "bundle.zip")

    assert result.exit_code == 2
    assert emulator.calls == ()
    assert (folder / "bundle.zip").read_text() == "mine"


def test_a_plan_reads_no_configuration(run: Run, emulator: Emulator, folder: Path) -> None:
    result = run("audit", "--plan")

    assert result.exit_code == 0
    assert "prod-good" in result.stdout
    assert not {"eks:DescribeCluster", "logs:StartQuery", "cloudtrail:DescribeTrails"} & set(emulator.actions)
    assert list(folder.iterdir()) == []


def test_a_plan_is_there_as_data(run: Run, emulator: Emulator) -> None:
    result = run("audit", "--plan", "--json")

    assert json.loads(result.stdout)["clusters"][0]["cluster"] == "prod-good"


def test_options_that_were_given_are_in_the_report(run: Run, emulator: Emulator, folder: Path) -> None:
    run("audit", *QUICK, *JSON, "--region", REGION, "-o", "out")

    options = json.loads((folder / "out" / "assessment.json").read_bytes())["run"]["options"]
    assert options == {"--no-kubernetes": "yes", "--no-live-logs": "yes", "--region": REGION}


# What a user gets wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        pytest.param(["--cluster", "prod-god"], 2, "prod-good", id="unknown cluster"),
        pytest.param(["--region", "eu-centrl-1"], 2, "eu-central-1", id="unknown region"),
        pytest.param(["--profile", "nobody"], 2, "nobody", id="unknown profile"),
        pytest.param(["--since", "2026-11-20T10:00:00"], 2, "has no offset", id="time without offset"),
        pytest.param(["--since", "1h", "--until", "2h"], 2, "not before the end", id="window upside down"),
        pytest.param(["--checks", "LGO-01"], 2, "Did you mean LOG-01?", id="unknown check"),
        pytest.param(["--skip-checks", "*"], 2, "No check is left", id="no check left"),
        pytest.param(["--checks", ","], 2, "empty", id="empty list"),
        pytest.param(["--fail-on", "hihg"], 2, "high", id="unknown severity"),
        pytest.param(["--config", "nowhere.toml"], 2, "nowhere.toml", id="no configuration file"),
        pytest.param(["--rules", "nowhere"], 2, "is not a folder", id="no rules"),
        pytest.param(["--max-scan-gb", "-1"], 2, "max-scan-gb", id="negative limit"),
        pytest.param(["--max-scan-gb", "nan"], 2, "max-scan-gb", id="no limit"),
        pytest.param(["--context", "x"], 2, "Leave one out", id="context without Kubernetes"),
        pytest.param(["--period", "1h"], 2, "shorter than a day", id="short period"),
        pytest.param(["--logs", "x", "--no-live-logs"], 2, "Leave one out", id="contradiction"),
    ],
)
def test_wrong_input_is_one_clear_sentence(
    run: Run, emulator: Emulator, folder: Path, *, options: list[str], code: int, said: str
) -> None:
    result = run("audit", "--no-kubernetes", *JSON, "-o", "out", *options)

    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert list(folder.iterdir()) == []


def test_logs_of_several_clusters_need_a_name(run: Run, emulator: Emulator, folder: Path) -> None:
    emulator.load(demo_account(emulator.world.now))
    (folder / "audit.log").write_text("")
    result = run("audit", "--no-kubernetes", *JSON, "-o", "out", "--logs", "audit.log")

    assert result.exit_code == 2
    assert "CLUSTER=PATH" in result.stderr
    assert [path.name for path in folder.iterdir()] == ["audit.log"]


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        pytest.param(None, 2, "no-such.log", id="missing"),
        pytest.param(b"10.0.0.1 - - GET / 200\n", 4, "another kind", id="another kind"),
    ],
)
def test_logs_that_cannot_be_used_are_said(
    run: Run, emulator: Emulator, folder: Path, *, content: bytes | None, code: int, said: str
) -> None:
    if content is not None:
        (folder / "no-such.log").write_bytes(content)
    result = run("audit", "--no-kubernetes", *JSON, "-o", "out", "--logs", "no-such.log", "--gate", "all")

    assert result.exit_code == code, result.output
    assert said in result.output
    assert "Traceback" not in result.output


def test_without_credentials_nothing_can_be_done(
    run: Run, emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    result = run("audit", *QUICK, *JSON, "-o", "out")

    assert result.exit_code == 4
    assert "There are no AWS credentials." in result.stderr
    assert "aws sso login" in result.stderr
    assert list(folder.iterdir()) == []


def test_an_endpoint_that_cannot_be_reached_is_said(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    result = run("audit", *QUICK, *JSON, "-o", "out")

    assert result.exit_code == 4
    assert "could not be reached" in result.stderr


def test_a_folder_that_is_no_bundle_is_said(run: Run, folder: Path) -> None:
    (folder / "photos").mkdir()
    (folder / "photos" / "link").symlink_to("elsewhere")
    result = run("assess", "photos", *JSON, "-o", "out")

    assert result.exit_code == 4
    assert "photos is neither a bundle nor a run directory" in result.stderr


def test_a_region_of_the_environment_that_does_not_exist_is_a_usage_error(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-centrl-1")
    result = run("audit", *QUICK, *JSON, "-o", "out")

    assert result.exit_code == 2, result.output
    assert "There is no region eu-centrl-1.\nDid you mean eu-central-1?" in result.stderr


class _SignInPage(BaseHTTPRequestHandler):
    page = b""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


@pytest.mark.parametrize("page", [b"<html><br>Sign in</html>", b"<html><body>Sign in</body></html>"])
def test_the_sign_in_page_of_a_network_is_not_taken_for_aws(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, page: bytes
) -> None:
    monkeypatch.setattr(_SignInPage, "page", page)
    with HTTPServer(("127.0.0.1", 0), _SignInPage) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever).start()
        result = run("audit", *QUICK, *JSON, "-o", "out")
        server.shutdown()

    assert result.exit_code == 4
    assert "is not AWS" in result.stderr
    assert "should not have happened" not in result.stderr


@pytest.mark.parametrize("role", [(), ("--role-arn", "arn:aws:iam::111122223333:role/x")])
@pytest.mark.parametrize(
    "profile",
    [
        pytest.param("role_arn = arn:aws:iam::111122223333:role/x\nsource_profile = gone", id="source_profile"),
        pytest.param("sso_session = gone\nsso_account_id = 111122223333\nsso_role_name = x", id="sso_session"),
    ],
)
def test_a_profile_that_names_what_is_not_there_is_a_usage_error(
    run: Run, emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch, *, profile: str, role: tuple[str, ...]
) -> None:
    (folder / "config").write_text(f"[profile broken]\nregion = eu-central-1\n{profile}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    result = run("audit", *QUICK, *JSON, "-o", "out", "--profile", "broken", *role)

    assert result.exit_code == 2, result.output
    assert "gone" in result.stderr
    assert "Correct the profile" in result.stderr


@pytest.mark.parametrize(("data", "said"), [(b"", "not a bundle"), (None, "does not exist")])
def test_what_is_no_bundle_cannot_be_assessed(run: Run, folder: Path, data: bytes | None, said: str) -> None:
    if data is not None:
        (folder / "bundle.zip").write_bytes(data)
    result = run("assess", "bundle.zip", *JSON, "-o", "out")

    assert result.exit_code == 4
    assert said in result.stderr
    assert not (folder / "out").exists()


@pytest.mark.parametrize("data", [b"", b"[]", b'{"schema":"eksaminer.assessment/9"}', b"\xff", None])
def test_what_is_no_assessment_cannot_be_rendered(run: Run, folder: Path, data: bytes | None) -> None:
    if data is not None:
        (folder / "assessment.json").write_bytes(data)
    result = run("report", "assessment.json", *JSON, "-o", "out")

    assert result.exit_code == 4
    assert len(result.stderr.splitlines()) <= 2
    assert not (folder / "out").exists()


# Interruptions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("command", "number"), [("audit", signal.SIGINT), ("collect", signal.SIGTERM)])
def test_a_run_that_is_stopped_leaves_what_was_collected_as_a_valid_bundle(
    emulator: Emulator, folder: Path, command: str, number: signal.Signals
) -> None:
    emulator.hang("logs:DescribeLogGroups")
    output = folder / ("out" if command == "audit" else "out.zip")
    arguments = [sys.executable, "-m", "eksaminer", command, *QUICK, "-o", str(output)]
    process = subprocess.Popen(arguments, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while "logs:DescribeLogGroups" not in emulator.actions and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=30)

    found = bundle.load(output)
    assert process.returncode == 130
    assert b"nterrupted" in stderr
    assert b"Traceback" not in stderr
    assert found.info.interrupted
    assert list(folder.iterdir()) == [output]


@pytest.mark.parametrize(
    ("problem", "code"),
    [pytest.param(KeyboardInterrupt(), 130, id="stopped"), pytest.param(ValueError(), 4, id="broken")],
)
def test_evidence_is_kept_when_the_report_cannot_be_finished(
    run: Run, emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch, *, problem: BaseException, code: int
) -> None:
    def fail(*_: object) -> bytes:
        raise problem

    monkeypatch.setattr("eksaminer.render.html.render", fail)
    result = run("audit", *QUICK, "--format", "json,html", "-o", "out")
    names = sorted(path.name for path in (folder / "out").iterdir())
    again = run("assess", "out", *JSON, "-o", "again")

    assert (result.exit_code, again.exit_code) == (code, 0)
    assert names == ["evidence.zip", "manifest.json"]
    assert "eksaminer assess out" in result.stderr


# Denials -------------------------------------------------------------------------------------------


def test_rbac_rules_allow_exactly_what_was_denied() -> None:
    text = "\n".join(
        cures(["list pods", "get configmaps/aws-auth in kube-system", "list roles.rbac.authorization.k8s.io"])
    )

    documents = list(yaml.safe_load_all(text.partition("\n")[2]))
    assert [item["kind"] for item in documents] == ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]
    assert [(rule["resources"], rule["verbs"]) for rule in documents[0]["rules"]] == [
        (["pods"], ["list"]),
        (["roles"], ["list"]),
    ]
    assert documents[2]["rules"][0]["resourceNames"] == ["aws-auth"]


def test_nothing_is_to_be_cured_where_nothing_was_denied() -> None:
    assert list(cures(["", ""])) == []


@pytest.mark.parametrize(("accounts", "code"), [(["111122223333"], 0), (["444455556666"], 2)])
def test_credentials_of_an_account_out_of_scope_end_the_run(
    run: Run, emulator: Emulator, folder: Path, accounts: list[str], code: int
) -> None:
    (folder / "mine.toml").write_text(f"[scope]\naccounts = {json.dumps(accounts)}\n")
    result = run("audit", *QUICK, *JSON, "-o", "out", "--config", "mine.toml")

    assert result.exit_code == code, result.stderr
    assert ("belong to the account 111122223333, which is not in scope" in result.stderr) is (code == 2)
    assert (folder / "out").exists() is (code == 0)
