"""`eksaminer verify`: CloudTrail files and bundles."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Run
from tests.digests.made import START, Files, Trail, add, public_keys
from tests.samples import collection

from eksaminer.evidence.bundle import contents, save

NEWEST = Trail().digest_name(START.replace(hour=3))


@pytest.fixture
def files(folder: Path) -> Files:
    made = Files()
    add(made, Trail(), 3)
    made.save_metadata(NEWEST)
    (folder / "keys.json").write_bytes(public_keys())
    return made


def test_sound_files_give_0(run: Run, files: Files, folder: Path) -> None:
    files.write(folder / "trail")

    result = run("verify", "trail", "--keys", "keys.json")

    assert result.exit_code == 0
    assert "Everything is as CloudTrail wrote it." in result.stdout
    assert "security-trail" in result.stdout


def test_a_changed_file_gives_1_and_its_name(run: Run, files: Files, folder: Path) -> None:
    name = next(iter(files.content))
    files.content[name] += b"x"
    files.write(folder / "trail")

    result = run("verify", "trail", "--keys", "keys.json")

    assert result.exit_code == 1
    assert f"tampered: {name}" in result.stdout
    assert "something follows its gzip data" in result.stdout


def test_what_is_not_proved_gives_3(run: Run, files: Files, folder: Path) -> None:
    del files.content[f"{NEWEST}.metadata.json"]
    files.write(folder / "trail")

    result = run("verify", "trail", "--keys", "keys.json")

    assert result.exit_code == 3
    assert "Its own signature is not here" in result.stdout


def test_without_keys_it_says_how_to_save_them(run: Run, files: Files, folder: Path) -> None:
    files.write(folder / "trail")

    result = run("verify", "trail")

    assert result.exit_code == 3
    assert "aws cloudtrail list-public-keys" in result.stdout


def test_keys_that_lay_in_the_folder_are_said_to(run: Run, files: Files, folder: Path) -> None:
    files.content["keys.json"] = public_keys()
    files.write(folder / "trail")

    assert "taken from the folder itself" in run("verify", "trail").stdout


def test_json_holds_every_file(run: Run, files: Files, folder: Path) -> None:
    files.write(folder / "trail")

    data = json.loads(run("verify", "trail", "--keys", "keys.json", "--json").stdout)

    assert data["schema"] == "eksaminer.digests/1"
    assert {item["state"] for item in data["items"]} == {"ok"}
    assert len(data["items"]) == 3 + 6
    assert data["chains"][0]["verified"] == 3


def test_a_name_cannot_command_the_terminal(run: Run, files: Files, folder: Path) -> None:
    files.write(folder / "trail")
    log = next(path for path in (folder / "trail").rglob("*_CloudTrail_*"))
    strange = folder / "trail" / "\x1b[2J"
    strange.mkdir()
    (strange / log.name).write_bytes(b"{}")
    log.unlink()

    result = run("verify", "trail", "--keys", "keys.json")

    assert result.exit_code == 1
    assert "\x1b" not in result.stdout


def test_an_intact_bundle_gives_0_and_its_digest(run: Run, folder: Path) -> None:
    save(collection(), folder / "bundle.zip")

    result = run("verify", "bundle.zip")

    assert result.exit_code == 0
    assert "is intact" in result.stdout
    assert "not signed" in result.stdout


def edited(files: dict[str, bytes], name: str) -> None:
    files[name] += b" "


def removed(files: dict[str, bytes], name: str) -> None:
    del files[name]


def added(files: dict[str, bytes], name: str) -> None:
    files["targets/extra.json"] = files[name]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(edited, "tampered: targets/", id="edited"),
        pytest.param(removed, "missing: targets/", id="removed"),
        pytest.param(added, "unlisted: targets/extra.json", id="added"),
    ],
)
def test_a_bundle_that_was_changed_gives_1(
    run: Run, folder: Path, change: Callable[[dict[str, bytes], str], None], said: str
) -> None:
    files = contents(collection())
    change(files, next(name for name in files if name.startswith("targets/")))
    with zipfile.ZipFile(folder / "bundle.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)

    result = run("verify", "bundle.zip")

    assert result.exit_code == 1
    assert said in result.stdout


def test_a_manifest_that_names_another_digest_of_the_evidence_gives_1(run: Run, folder: Path) -> None:
    files = contents(collection())
    manifest = json.loads(files["manifest.json"])
    files["manifest.json"] = json.dumps({**manifest, "evidence_sha256": "0" * 64}).encode()
    (folder / "bundle").mkdir()
    for name, content in files.items():
        path = folder / "bundle" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)

    result = run("verify", "bundle", "--json")

    assert result.exit_code == 1
    assert "does not have the digest" in json.loads(result.stdout)["problem"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["absent"], 4, "neither a folder nor a bundle", id="nothing there"),
        pytest.param(["empty"], 4, "no CloudTrail log", id="an empty folder"),
        pytest.param(["file.txt"], 4, "neither a folder nor a bundle", id="a file"),
        pytest.param(["bad.zip"], 4, "is not a bundle", id="no archive"),
        pytest.param(["empty", "--keys", "absent"], 4, "no CloudTrail log", id="the folder is read first"),
        pytest.param([], 2, "Missing argument", id="no path"),
    ],
)
def test_what_cannot_be_verified_is_said_in_a_sentence(
    run: Run, folder: Path, arguments: list[str], code: int, said: str
) -> None:
    (folder / "empty").mkdir()
    (folder / "file.txt").write_text("x")
    (folder / "bad.zip").write_text("x")

    result = run("verify", *arguments)

    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_keys_are_not_for_a_bundle(run: Run, folder: Path) -> None:
    save(collection(), folder / "bundle.zip")

    assert run("verify", "bundle.zip", "--keys", "bundle.zip").exit_code == 2
