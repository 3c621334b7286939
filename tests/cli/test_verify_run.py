"""`verify` on a run directory: files, signature, the run before, and the findings judged again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.cli.conftest import JSON, Run
from tests.samples import collection
from tests.signing.made import pem, public_pem

from eksaminer.cli import cli
from eksaminer.evidence.bundle import save
from eksaminer.record import sha256
from eksaminer.render.json import load_assessment
from eksaminer.render.limits import PAGES
from eksaminer.render.texts import texts
from eksaminer.render.verifying import COMMANDS, evidence_sums, verifying

PASSING = ("--fail-on", "none", "--allow-incomplete", "-q")
FORMATS = ("--format", "html,json")


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed run directory `out` that follows `before`; the keys `own` and `other`."""
    folder = tmp_path_factory.mktemp("signed")
    save(collection(), folder / "bundle.zip")
    for name, kind in (("own", "ed25519"), ("other", "p256")):
        (folder / f"{name}.pem").write_bytes(pem(kind))
        (folder / f"{name}.pub").write_bytes(public_pem(kind))
    with chdir(folder):
        for name, options in (("before", JSON), ("out", (*FORMATS, "--sign-key", "own.pem", "--previous", "before"))):
            done = CliRunner().invoke(cli, ["assess", "bundle.zip", "-o", name, *PASSING, *options])
            assert done.exit_code == 0
    return folder


@pytest.fixture
def signed(run: Run, folder: Path, written: Path) -> Path:
    """Copy what was `written` into an empty folder; return the run directory."""
    shutil.copytree(written, folder, dirs_exist_ok=True)
    return folder / "out"


def state(run: Run, *options: object) -> tuple[int, dict[str, Any]]:
    """Verify `out`, and return the exit code and what it says."""
    result = run("verify", "out", "--json", *options)
    assert "Traceback" not in result.output
    found: dict[str, Any] = json.loads(result.stdout)
    assert found["schema"] == "eksaminer.run-state/1"
    return result.exit_code, found


def listed(out: Path, name: str) -> None:
    """Write into the manifest what *name* now is, as a forger would."""
    data = (out / name).read_bytes()
    manifest = json.loads((out / "manifest.json").read_bytes())
    for file in manifest["files"]:
        if file["path"] == name:
            file.update(sha256=sha256(data), size=len(data))
    (out / "manifest.json").write_text(json.dumps(manifest))


def forged(out: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the assessment and the manifest with it, and take the signature away."""
    assessment = json.loads((out / "assessment.json").read_bytes())
    change(assessment)
    (out / "assessment.json").write_text(json.dumps(assessment))
    listed(out, "assessment.json")
    (out / "attestation.dsse.json").unlink()


def test_a_run_as_it_was_written_gives_0(run: Run, signed: Path) -> None:
    result = run("verify", "out", "--key", "own.pub", "--previous", "before")

    assert result.exit_code == 0
    for said in ("All 3 files", "the key that you trust", "which is the one given", "gives the same", "as it was writ"):
        assert said in result.stdout


def test_without_a_key_the_signature_is_said_not_to_be_checked(run: Run, signed: Path) -> None:
    result = run("verify", "out")

    assert result.exit_code == 3
    assert "was not checked: name the key that you trust with --key" in result.stdout
    assert "give that with --previous" in result.stdout


def test_an_unsigned_run_says_so_and_gives_0(run: Run, signed: Path) -> None:
    result = run("verify", "before")

    assert result.exit_code == 0
    assert (
        f"Not signed. The manifest has the SHA-256 {sha256(Path('before/manifest.json').read_bytes())}" in result.stdout
    )


def test_the_signature_of_another_key_gives_1(run: Run, signed: Path) -> None:
    code, found = state(run, "--key", "other.pub")

    assert code == 1
    assert found["signature"]["state"] == "other_key"


def test_a_signature_that_was_taken_away_gives_1_where_one_is_asked_for(run: Run, signed: Path) -> None:
    (signed / "attestation.dsse.json").unlink()

    assert state(run)[0] == 0
    code, found = state(run, "--key", "own.pub")
    assert code == 1
    assert "nobody signed this run" in found["problems"][0]


def rewrite(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Return what changes the attestation."""

    def damage(out: Path) -> None:
        path = out / "attestation.dsse.json"
        envelope = json.loads(path.read_bytes())
        change(envelope)
        path.write_text(json.dumps(envelope))

    return damage


def cut(out: Path) -> None:
    path = out / "attestation.dsse.json"
    path.write_bytes(path.read_bytes()[:200])


def a_folder(out: Path) -> None:
    (out / "attestation.dsse.json").unlink()
    (out / "attestation.dsse.json").mkdir()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        pytest.param(cut, "it is no DSSE envelope", id="cut"),
        pytest.param(a_folder, "Is a directory", id="a folder"),
        pytest.param(rewrite(lambda it: it.update(payloadType="text/plain")), "its payload is 'text/plain'", id="type"),
        pytest.param(rewrite(lambda it: it.update(payload="e30=")), "no in-toto statement", id="payload"),
        pytest.param(rewrite(lambda it: it.update(signatures=[])), "it holds no signature", id="no signature"),
    ],
)
@pytest.mark.parametrize("options", [(), ("--key", "own.pub")])
def test_an_attestation_that_cannot_be_used_gives_1(
    run: Run, signed: Path, *, damage: Callable[[Path], None], said: str, options: tuple[str, ...]
) -> None:
    damage(signed)
    code, found = state(run, *options)

    assert code == 1
    assert found["signature"]["state"] == "unreadable"
    assert said in found["signature"]["detail"]


def test_a_signature_of_another_run_gives_1(run: Run, signed: Path) -> None:
    """The same key, the same bundle, other criteria."""
    run("assess", "bundle.zip", *JSON, "-o", "second", *PASSING, "--sign-key", "own.pem", "--checks", "LOG-*")
    (signed / "attestation.dsse.json").write_bytes(Path("second/attestation.dsse.json").read_bytes())
    code, found = state(run, "--key", "own.pub")

    assert code == 1
    assert found["signature"]["state"] == "other_files"
    assert "manifest.json" in found["signature"]["detail"]


def edited(out: Path) -> None:
    with (out / "report.html").open("ab") as file:
        file.write(b" ")


def removed(out: Path) -> None:
    (out / "report.html").unlink()


def linked(out: Path) -> None:
    (out / "report.html").rename(out.parent / "elsewhere.html")
    (out / "report.html").symlink_to(out.parent / "elsewhere.html")


def piped(out: Path) -> None:
    (out / "report.html").unlink()
    os.mkfifo(out / "report.html")


def extra(out: Path) -> None:
    (out / "notes.txt").write_text("mine")


@pytest.mark.parametrize(
    ("damage", "state_", "name"),
    [
        pytest.param(edited, "tampered", "report.html", id="changed bytes"),
        pytest.param(removed, "missing", "report.html", id="missing"),
        pytest.param(linked, "tampered", "report.html", id="a link"),
        pytest.param(piped, "tampered", "report.html", id="a pipe"),
        pytest.param(extra, "unlisted", "notes.txt", id="an extra file"),
    ],
)
def test_a_file_that_is_not_as_listed_gives_1(
    run: Run, signed: Path, *, damage: Callable[[Path], None], state_: str, name: str
) -> None:
    damage(signed)
    code, found = state(run, "--key", "own.pub")

    assert code == 1
    assert [(item["path"], item["state"]) for item in found["files"] if item["state"] != "ok"] == [(name, state_)]


@pytest.mark.parametrize("name", ["../bundle.zip", "/etc/passwd", "a/b", "manifest.json", "attestation.dsse.json", ""])
def test_a_manifest_that_leads_elsewhere_is_refused(run: Run, signed: Path, name: str) -> None:
    manifest = json.loads((signed / "manifest.json").read_bytes())
    manifest["files"][0]["path"] = name
    (signed / "manifest.json").write_text(json.dumps(manifest))
    result = run("verify", "out")

    assert result.exit_code == 4
    assert "unsafe name" in result.stderr
    assert len(result.stderr.splitlines()) <= 2


def broken(out: Path) -> None:
    (out / "manifest.json").write_bytes(b"{")


def gone(out: Path) -> None:
    (out / "manifest.json").unlink()


def twice(out: Path) -> None:
    manifest = json.loads((out / "manifest.json").read_bytes())
    manifest["files"].append(manifest["files"][0])
    (out / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("damage", "said"), [(broken, "is not the manifest.json of a run"), (gone, "Cannot read"), (twice, "a file twice")]
)
def test_without_a_manifest_that_can_be_read_nothing_is_verified(
    run: Run, signed: Path, damage: Callable[[Path], None], said: str
) -> None:
    damage(signed)
    result = run("verify", "out")

    assert result.exit_code == 4
    assert said in result.stderr


def turn_green(assessment: dict[str, Any]) -> None:
    for finding in assessment["findings"]:
        if finding["check"] == "ALM-01":
            finding["status"] = "pass" if finding["status"] != "pass" else "review"
            finding["cause"] = None


def leave_out(assessment: dict[str, Any]) -> None:
    assessment["findings"] = [item for item in assessment["findings"] if item["check"] != "LOG-01"]


def invent(assessment: dict[str, Any]) -> None:
    first = assessment["findings"][0]
    assessment["findings"].append({**first, "id": "0" * 64})


def reword(assessment: dict[str, Any]) -> None:
    assessment["findings"][0]["text"] = "All is well."


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        pytest.param(turn_green, {"changed"}, id="a status"),
        pytest.param(leave_out, {"new"}, id="a finding left out"),
        pytest.param(invent, {"missing"}, id="a finding invented"),
        pytest.param(reword, {"changed"}, id="a text"),
    ],
)
def test_findings_that_the_evidence_does_not_give_are_named(
    run: Run, signed: Path, change: Callable[[dict[str, Any]], None], kinds: set[str]
) -> None:
    forged(signed, change)
    code, found = state(run)

    assert code == 1
    assert all(item["state"] == "ok" for item in found["files"])
    assert found["judged"]["state"] == "different"
    assert {item["kind"] for item in found["judged"]["differences"]} == kinds
    assert "does not give what the assessment says" in run("verify", "out").stdout


def test_a_conclusion_that_the_evidence_does_not_give_is_named(run: Run, signed: Path) -> None:
    def soften(assessment: dict[str, Any]) -> None:
        for item in assessment["conclusions"]:
            item["conclusion"] = "not in scope"

    forged(signed, soften)
    code, found = state(run)

    assert code == 1
    assert found["judged"]["parts"] == ["conclusions"]


def test_milder_criteria_are_found_by_the_id_of_the_run(run: Run, signed: Path) -> None:
    forged(signed, lambda assessment: assessment["criteria"].update(minimum_retention_days=1))
    code, found = state(run)

    assert code == 1
    assert "run" in found["judged"]["parts"]


def another_version(assessment: dict[str, Any]) -> None:
    assessment["tool"]["packs"][0]["digest"] = "0" * 64


def test_another_version_with_the_same_statuses_gives_0_and_is_named(run: Run, signed: Path) -> None:
    forged(signed, another_version)
    result = run("verify", "out")

    assert result.exit_code == 0
    assert "judged by another version: eksaminer" in result.stdout
    assert "have the same statuses" in result.stdout


def test_another_version_with_other_statuses_proves_nothing_and_names_them(run: Run, signed: Path) -> None:
    def both(assessment: dict[str, Any]) -> None:
        another_version(assessment)
        turn_green(assessment)

    forged(signed, both)
    code, found = state(run)

    assert code == 3
    assert found["judged"]["state"] == "another_version"
    assert {item["check"] for item in found["judged"]["differences"]} == {"ALM-01"}


def test_other_evidence_does_not_fit(run: Run, signed: Path) -> None:
    data = collection()
    (signed / "evidence.zip").unlink()
    save(type(data)(data.info, dict(list(data.evidence.items())[:1]), {}), signed / "evidence.zip")
    listed(signed, "evidence.zip")
    (signed / "attestation.dsse.json").unlink()
    code, found = state(run)

    assert code == 1
    assert found["judged"]["state"] == "different"


WAIVER = """
[[waivers]]
id = "W-1"
check = "LOG-04"
resource_glob = "*"
reason = "It moves."
approver = "ciso@example.com"
created = 2026-01-01
expires = 2099-01-01
"""


@pytest.mark.parametrize(
    "options",
    [("--checks", "LOG-*"), ("--skip-checks", "LOG-01"), ("--framework", "pci-dss"), ("--waivers", "waivers.toml")],
)
def test_what_was_asked_for_is_judged_again(run: Run, signed: Path, options: tuple[str, ...]) -> None:
    Path("waivers.toml").write_text(WAIVER)
    run("assess", "bundle.zip", *JSON, "-o", "part", *PASSING, *options)

    assert run("verify", "part").exit_code == 0


RULE = """
title: Everything
id: 11111111-2222-4333-8444-555555555555
logsource: {product: kubernetes, service: audit}
detection: {selection: {verb: get}, condition: selection}
"""


def test_rules_of_the_user_are_needed_to_judge_again(run: Run, signed: Path, folder: Path) -> None:
    (folder / "rules").mkdir()
    (folder / "rules" / "one.yml").write_text(RULE)
    run("assess", "bundle.zip", *JSON, "-o", "ruled", *PASSING, "--rules", "rules")

    assert run("verify", "ruled", "--rules", "rules").exit_code == 0
    without = run("verify", "ruled")
    assert without.exit_code == 3
    assert "another version" in without.stdout


def test_a_report_takes_the_evidence_along(run: Run, signed: Path) -> None:
    run("report", "out", *FORMATS, "-o", "again")

    assert run("verify", "again").exit_code == 0


def test_a_report_refuses_evidence_of_another_run(run: Run, signed: Path) -> None:
    data = collection()
    (signed / "evidence.zip").unlink()
    save(type(data)(data.info, dict(list(data.evidence.items())[:1]), {}), signed / "evidence.zip")
    result = run("report", "out", *FORMATS, "-o", "again")

    assert result.exit_code == 4
    assert "not the evidence that the assessment" in result.stderr
    assert not Path("again").exists()


def test_without_evidence_nothing_is_judged_again(run: Run, signed: Path) -> None:
    run("report", "out/assessment.json", *FORMATS, "-o", "alone")
    result = run("verify", "alone")

    assert result.exit_code == 3
    assert "It was not judged again" in result.stdout


def test_the_run_before_is_compared(run: Run, signed: Path) -> None:
    assert state(run, "--key", "own.pub", "--previous", "before/assessment.json")[0] == 0
    with Path("before/manifest.json").open("ab") as file:
        file.write(b" ")
    code, found = state(run, "--key", "own.pub", "--previous", "before")
    assert code == 1
    assert found["link"]["state"] == "other_run"


def test_what_changed_since_the_run_before_is_told_again_where_that_is_given(run: Run, signed: Path) -> None:
    def hide(assessment: dict[str, Any]) -> None:
        assessment["trend"]["audits"][0]["statuses"]["fail"] = 7

    assert state(run, "--previous", "before")[0] == 3
    forged(signed, hide)
    code, found = state(run, "--previous", "before")

    assert code == 1
    assert found["judged"]["parts"] == ["trend"]
    assert state(run)[1]["judged"]["state"] == "same", "without it nothing can be told"


def test_a_run_that_names_none_before_it_follows_none(run: Run, signed: Path) -> None:
    result = run("verify", "before", "--previous", "out")

    assert result.exit_code == 1
    assert "this one names none" in result.stdout


def test_a_run_before_that_is_not_there_is_said(run: Run, signed: Path) -> None:
    assert run("verify", "out", "--previous", "absent").exit_code == 4


@pytest.mark.parametrize(
    ("key", "said"),
    [
        pytest.param("absent.pub", "No such file", id="absent"),
        pytest.param("bundle.zip", "no public key", id="no key"),
        pytest.param("own.pem", "openssl pkey", id="the private key"),
    ],
)
def test_a_key_that_cannot_be_used_is_a_usage_error(run: Run, signed: Path, key: str, said: str) -> None:
    result = run("verify", "out", "--key", key)

    assert result.exit_code == 2
    assert said in result.stderr


def refused(result: Result) -> bool:
    return result.exit_code == 2 and "for a run directory" in result.stderr


def test_options_of_a_run_are_not_for_a_bundle_and_the_reverse(run: Run, signed: Path) -> None:
    assert refused(run("verify", "bundle.zip", "--key", "own.pub"))
    assert refused(run("verify", "bundle.zip", "--previous", "out"))
    assert run("verify", "out", "--keys", "own.pub").exit_code == 2


def test_the_evidence_of_a_run_can_be_verified_alone(run: Run, signed: Path) -> None:
    assert run("verify", "out/evidence.zip").exit_code == 0


def test_a_name_cannot_command_the_terminal(run: Run, signed: Path) -> None:
    (signed / "\x1b[2J").write_text("")
    result = run("verify", "out")

    assert result.exit_code == 1
    assert "\x1b" not in result.stdout


def test_the_printed_digests_are_those_of_the_evidence(run: Run, signed: Path) -> None:
    """`sha256sum -c evidence.sha256` in the unpacked evidence, without a line of the program's own."""
    assessment = load_assessment((signed / "assessment.json").read_bytes())
    sums = {line[66:]: line[:64] for line in evidence_sums(assessment).decode().splitlines()}

    with zipfile.ZipFile(signed / "evidence.zip") as archive:
        files = {name: sha256(archive.read(name)) for name in archive.namelist() if name != "manifest.json"}
    assert sums == files
    assert any(name.startswith("targets/") for name in sums)
    printed = verifying(assessment, PAGES, texts("en")).targets.rows
    assert {(row[0].under, row[1].text) for row in printed} == {
        item for item in files.items() if item[0].startswith("targets/")
    }


NEEDED = ("bash", "jq", "openssl", "unzip", "sha256sum")


@pytest.mark.skipif(not all(map(shutil.which, NEEDED)), reason=f"one of {', '.join(NEEDED)} is not installed")
def test_the_printed_commands_verify_a_run_without_this_program(run: Run, signed: Path) -> None:
    run("assess", "bundle.zip", *JSON, "-o", "shell", *PASSING, "--sign-key", "other.pem")
    assessment = load_assessment(Path("shell/assessment.json").read_bytes())
    Path("shell/evidence.sha256").write_bytes(evidence_sums(assessment))
    shutil.copy("other.pub", "shell/PUBLIC.pem")
    printed = ""
    for _, lines in COMMANDS[1:]:
        script = "\n".join(["set -eo pipefail", *lines])
        done = subprocess.run(["bash", "-c", script], cwd="shell", capture_output=True, check=False, text=True)
        assert done.returncode == 0, done.stderr
        printed += done.stdout
    assert "manifest.json: OK" in printed


def test_what_became_of_the_exceptions_is_told_again_where_the_run_before_is_given(run: Run, signed: Path) -> None:
    def forget(assessment: dict[str, Any]) -> None:
        assessment["trend"]["audits"] = []

    forged(signed, forget)

    assert state(run)[0] == 0
    code, found = state(run, "--previous", "before")
    assert code == 1
    assert found["judged"]["parts"] == ["trend"]


WAIVERS = """
[[waivers]]
id = "{id}"
check = "ALM-0{number}"
resource_glob = "*"
reason = "Watched elsewhere"
approver = "dana"
created = 2026-10-01
expires = 2026-12-31
"""


def test_decisions_of_people_are_applied_again_in_whatever_order_they_stood(
    run: Run, signed: Path, folder: Path
) -> None:
    decided = "".join(WAIVERS.format(id=name, number=place) for place, name in enumerate(("z", "a", "m"), 1))
    (folder / "eksaminer.toml").write_text(decided)
    run("assess", "bundle.zip", *JSON, "-o", "waived", *PASSING)

    found = json.loads(Path("waived/assessment.json").read_bytes())
    assert len(found["decisions"]["waivers"]) == 3
    assert run("verify", "waived").exit_code == 0
