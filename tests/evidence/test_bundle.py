from __future__ import annotations

import contextlib
import json
import os
import random
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.evidence.strategies import collections
from tests.samples import collection

from eksaminer.assessment import assess
from eksaminer.criteria import Criteria
from eksaminer.errors import UsageError
from eksaminer.evidence import bundle
from eksaminer.evidence.bundle import MANIFEST, BundleError, contents, load, save
from eksaminer.evidence.collection import Collection
from eksaminer.record import canonical_json, sha256
from eksaminer.registry import Loaded

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def sample() -> Collection:
    found = collection()
    return Collection(found.info, found.evidence, {"s1": b'{"cluster":{}}'})


def same(one: Collection, other: Collection) -> bool:
    return one.info == other.info and one.evidence == other.evidence and one.answers == other.answers


def zipped(path: Path, files: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] | None = None) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if change is not None:
                change(info)
            archive.writestr(info, data)
    return path


@given(found=collections(), kind=st.sampled_from(["bundle", "bundle.zip"]))
@QUICK
def test_evidence_survives_saving_and_loading(
    found: Collection, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("bundles") / kind

    save(found, path)

    assert same(load(path), found)


@given(found=collections())
@QUICK
def test_assessing_twice_gives_identical_bytes(
    found: Collection, loaded: Loaded, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("bundles") / "bundle.zip"
    save(found, path)

    once, again = (
        canonical_json(assess(source, loaded.checks, Criteria(), packs=loaded.packs)) for source in (found, load(path))
    )

    assert once == again


@pytest.mark.parametrize("name", ["one.zip", "one"])
def test_equal_evidence_gives_equal_bytes(tmp_path: Path, name: str) -> None:
    save(sample(), tmp_path / name)
    save(sample(), tmp_path / f"again-{name}")

    files = [sorted(path.rglob("*")) if path.is_dir() else [path] for path in sorted(tmp_path.iterdir())]
    one, other = ([path.read_bytes() for path in group if path.is_file()] for group in files)
    assert one == other


def test_a_bundle_is_for_its_owner_alone(tmp_path: Path) -> None:
    save(sample(), tmp_path / "bundle")
    save(sample(), tmp_path / "bundle.zip")

    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes == {0o700, 0o600}


def test_names_of_targets_cannot_leave_the_bundle() -> None:
    names = list(contents(collection()))

    assert all("/" not in name.partition("/")[2] and ".." not in name for name in names)


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_what_is_there_is_not_overwritten(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    place.write_text("mine")

    with pytest.raises(UsageError, match="exists"):
        save(sample(), place)

    assert place.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [place]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    place = tmp_path / "bundle"
    place.mkdir()

    save(sample(), place)

    assert same(load(place), sample())


def test_a_failed_save_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(BundleError, match="No space left"):
        save(sample(), tmp_path / "bundle.zip")

    assert list(tmp_path.iterdir()) == []


def test_the_evidence_of_a_run_directory_is_found(tmp_path: Path) -> None:
    save(sample(), tmp_path / "evidence.zip")
    (tmp_path / MANIFEST).write_text('{"schema":"eksaminer.run/1"}')

    assert same(load(tmp_path), sample())


# Hostile bundles -----------------------------------------------------------------------------------


def _manifest(files: dict[str, bytes], **changes: Any) -> dict[str, bytes]:
    """Return *files* with a manifest that agrees with them."""
    manifest = json.loads(contents(sample())[MANIFEST])
    rest = {name: data for name, data in files.items() if name != MANIFEST}
    manifest["files"] = [{"path": name, "sha256": sha256(data), "size": len(data)} for name, data in rest.items()]
    return {MANIFEST: json.dumps({**manifest, **changes}).encode(), **rest}


def _with(files: dict[str, bytes], name: str, data: bytes) -> dict[str, bytes]:
    return _manifest({**files, name: data})


def _target(files: dict[str, bytes]) -> str:
    return next(name for name in files if name.startswith("targets/"))


def _newer_evidence(files: dict[str, bytes]) -> dict[str, bytes]:
    name = _target(files)
    return _with(files, name, files[name].replace(b"eksaminer.evidence/1", b"eksaminer.evidence/2"))


def _unknown_section(files: dict[str, bytes]) -> dict[str, bytes]:
    name = _target(files)
    evidence = json.loads(files[name])
    evidence["gaps"]["weather"] = {"is": "gap", "cause": "denied", "detail": "x"}
    return _with(files, name, json.dumps(evidence).encode())


def _naive_time(files: dict[str, bytes]) -> dict[str, bytes]:
    name = _target(files)
    evidence = json.loads(files[name])
    evidence["collected_at"] = "2026-11-23T08:00:00"
    return _with(files, name, json.dumps(evidence).encode())


Change = Callable[[dict[str, bytes]], dict[str, bytes]]


def case(change: Change, said: str, name: str) -> Any:
    return pytest.param(change, said, id=name)


HOSTILE = [
    case(lambda files: {**files, "../out.json": b""}, "unsafe name", "path up"),
    case(lambda files: {**files, "/etc/passwd": b""}, "unsafe name", "absolute path"),
    case(lambda files: {**files, "targets/..": b""}, "unsafe name", "ends in dots"),
    case(lambda files: {**files, "a\\b": b""}, "unsafe name", "backslash"),
    case(lambda files: {**files, "a\x1b[31m": b""}, "unsafe name", "escape sequence"),
    case(lambda files: {**files, "bomb": b"0" * 2**22}, "unpacks to more", "bomb"),
    case(lambda files: {**files, "extra.json": b"{}"}, "does not list", "extra file"),
    case(lambda files: {MANIFEST: files[MANIFEST]}, "is missing", "missing file"),
    case(lambda files: {**files, _target(files): files[_target(files)] + b" "}, "bytes instead", "longer"),
    case(
        lambda files: {
            **files,
            _target(files): files[_target(files)].replace(b"demo", b"DEMO").replace(b"true", b"True"),
        },
        "digest of the manifest",
        "changed file",
    ),
    case(lambda files: _manifest(files, evidence_sha256="0" * 64), "does not have the digest", "digest"),
    case(lambda _: {"x": b""}, "has no manifest.json", "no manifest"),
    case(lambda files: {**files, MANIFEST: b"[" * 100_000}, "cannot be read", "deep"),
    case(lambda files: {**files, MANIFEST: b"\xff\xfe"}, "cannot be read", "not text"),
    case(lambda files: {**files, MANIFEST: b"{}"}, "cannot be read", "no schema"),
    case(lambda files: _manifest(files, schema="eksaminer.bundle/2"), "this program knows", "newer bundle"),
    case(lambda files: _manifest(files, schema="other/1"), "no part of a bundle", "other schema"),
    case(lambda files: _manifest(files, more=1), "unknown field", "unknown field"),
    case(_newer_evidence, "this program knows", "newer evidence"),
    case(_unknown_section, "weather", "unknown section"),
    case(_naive_time, "time zone", "naive time"),
    case(
        lambda files: _with(files, _target(files), b'{"schema":"eksaminer.evidence/1"}'),
        "missing required",
        "no evidence",
    ),
]


@pytest.mark.parametrize(("change", "said"), HOSTILE)
def test_a_hostile_archive_is_refused(tmp_path: Path, change: Change, said: str) -> None:
    path = zipped(tmp_path / "bundle.zip", change(contents(sample())))

    with pytest.raises(BundleError, match=said) as caught:
        load(path)

    assert caught.value.exit_code == 4
    assert sorted(tmp_path.rglob("*")) == [path]


def test_an_archive_that_holds_a_name_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in contents(sample()).items():
            archive.writestr(name, data)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr(MANIFEST, b"{}")

    with pytest.raises(BundleError, match="twice"):
        load(path)


def test_a_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    def link(info: zipfile.ZipInfo) -> None:
        info.external_attr = (stat.S_IFLNK | 0o777) << 16

    path = zipped(tmp_path / "bundle.zip", contents(sample()), link)

    with pytest.raises(BundleError, match="neither a file nor a folder"):
        load(path)


@pytest.mark.parametrize("kind", ["link to a file", "link to a folder", "pipe"])
def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path, kind: str) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    place = tmp_path / "bundle"
    save(sample(), place)
    match kind:
        case "link to a file":
            (place / "sources" / "s1.json").unlink()
            (place / "sources" / "s1.json").symlink_to(tmp_path / "x")
        case "link to a folder":
            (place / "more").symlink_to(secret)
        case _:
            os.mkfifo(place / "pipe")

    with pytest.raises(BundleError, match="neither a file nor a folder"):
        load(place)


@pytest.mark.parametrize(
    ("limit", "value", "said"),
    [
        ("MAX_FILES", 2, "more than 2 files"),
        ("MAX_FILE_BYTES", 100, "larger than"),
        ("MAX_TOTAL_BYTES", 100, "unpacks to"),
    ],
)
def test_limits_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, said: str) -> None:
    save(sample(), tmp_path / "bundle.zip")
    save(sample(), tmp_path / "bundle")
    monkeypatch.setattr(bundle, limit, value)

    for name in ("bundle.zip", "bundle"):
        with pytest.raises(BundleError, match=said):
            load(tmp_path / name)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "does not exist"),
        (b"", "not a bundle"),
        (b"PK\x05\x06", "not a bundle"),
        (b"\x1f\x8b" * 40, "not a bundle"),
    ],
)
def test_what_is_no_archive_is_refused(tmp_path: Path, data: bytes | None, said: str) -> None:
    path = tmp_path / "bundle.zip"
    if data is not None:
        path.write_bytes(data)

    with pytest.raises(BundleError, match=said):
        load(path)


def test_damage_anywhere_gives_a_sentence_or_the_same_evidence(tmp_path: Path) -> None:
    save(sample(), tmp_path / "sound.zip")
    sound = (tmp_path / "sound.zip").read_bytes()
    path = tmp_path / "damaged.zip"
    chance = random.Random(1)
    for _ in range(300):
        damaged = bytearray(sound)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path.write_bytes(damaged[: chance.choice([len(damaged), chance.randrange(len(damaged))])])
        with contextlib.suppress(BundleError):
            assert same(load(path), sample())
