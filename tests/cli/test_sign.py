"""`--sign-key`: what is signed, verified by hand, and what happens where it cannot be."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from tests.cli.conftest import JSON, QUICK, REGION, Run
from tests.samples import collection
from tests.signing.made import KINDS, pem, private, public_pem

from eksaminer.cli.options import PASSPHRASE
from eksaminer.demo.account import Key, clean_account, with_changed_region
from eksaminer.demo.emulator import Emulator
from eksaminer.demo.model import key_arn
from eksaminer.evidence.bundle import save
from eksaminer.record import sha256

PASSING = ("--fail-on", "none", "--allow-incomplete", "-q")
ID = "11111111-2222-3333-4444-555555555555"
ARN = key_arn("111122223333", REGION, ID)
NO_DRY_RUN = '{"KeyId":'
"""How a call begins that is to sign: what asks for permission alone has `DryRun` first."""
DER = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def keys(folder: Path) -> Path:
    """A folder with a bundle and a key of each kind."""
    save(collection(), folder / "bundle.zip")
    for kind in KINDS:
        (folder / f"{kind}.pem").write_bytes(pem(kind))
        (folder / f"{kind}.pub").write_bytes(public_pem(kind))
    return folder


@pytest.fixture
def kms(emulator: Emulator) -> Iterator[Emulator]:
    """An account with a key that signs."""
    key = Key(id=ID, created=emulator.now, spec="ECC_NIST_P256", usage="SIGN_VERIFY")
    (region,) = (item for item in clean_account(emulator.now).regions if item.name == REGION)
    emulator.load(with_changed_region(clean_account(emulator.now), REGION, keys=(*region.keys, key)))
    yield emulator
    emulator.reset()


def opened(path: Path) -> tuple[dict[str, Any], bytes, bytes]:
    """Return statement, signed bytes and signature of an envelope, without a line of the program's own."""
    envelope = json.loads((path / "attestation.dsse.json").read_bytes())
    kind, payload = envelope["payloadType"].encode(), base64.b64decode(envelope["payload"])
    signed = b"DSSEv1 " + str(len(kind)).encode() + b" " + kind + b" " + str(len(payload)).encode() + b" " + payload
    return json.loads(payload), signed, base64.b64decode(envelope["signatures"][0]["sig"])


@pytest.mark.parametrize("command", [["assess", "bundle.zip"], ["report", "run"]])
def test_the_manifest_and_every_file_are_signed(run: Run, keys: Path, command: list[str]) -> None:
    run("assess", "bundle.zip", *JSON, "-o", "run", *PASSING)
    options = PASSING if command[0] == "assess" else ()
    result = run(*command, "--format", "html,json,csv", "-o", "out", *options, "--sign-key", "ed25519.pem")

    assert result.exit_code == 0, result.stderr
    statement, signed, signature = opened(keys / "out")
    private("ed25519").public_key().verify(signature, signed)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    subjects = {item["name"]: item["digest"]["sha256"] for item in statement["subject"]}
    files = {path.name: sha256(path.read_bytes()) for path in (keys / "out").iterdir()}
    assert subjects == {name: digest for name, digest in files.items() if name != "attestation.dsse.json"}
    assert set(subjects) == {"manifest.json", "assessment.json", "report.html", "findings.csv", "evidence.zip"}


def test_the_statement_says_what_the_run_was(run: Run, keys: Path) -> None:
    run("assess", "bundle.zip", *JSON, "-o", "before", *PASSING)
    run("assess", "bundle.zip", *JSON, "-o", "out", *PASSING, "--sign-key", "p256.pem", "--previous", "before")

    said = opened(keys / "out")[0]["predicate"]
    found = json.loads((keys / "out" / "assessment.json").read_bytes())
    assert said["tool"] == found["tool"]
    assert said["identity"] == found["run"]["identity"]
    assert said["period"] == found["period"]
    assert said["scope"]["clusters"] == len(found["population"]["clusters"])
    assert said["summary"]["statuses"] == found["summary"]["statuses"]
    assert said["previous"]["manifest_sha256"] == sha256((keys / "before" / "manifest.json").read_bytes())
    assert said["run"]["evidence_sha256"] == found["run"]["evidence_sha256"]
    assert "the clock of the machine that signed" in said["time"]["source"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_each_kind_of_key_signs_is_verified(run: Run, keys: Path, kind: str) -> None:
    run("assess", "bundle.zip", *JSON, "-o", "out", *PASSING, "--sign-key", f"{kind}.pem")
    result = run("verify", "out", "--key", f"{kind}.pub")

    assert result.exit_code == 0
    assert "Signed with the key that you trust" in result.stdout


def test_the_manifest_is_canonical_and_says_what_each_file_is(run: Run, keys: Path) -> None:
    run("assess", "bundle.zip", "--format", "html,json,csv,md", "-o", "out", *PASSING)

    written = (keys / "out" / "manifest.json").read_bytes()
    manifest = json.loads(written)
    assert written == json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    assert [file["path"] for file in manifest["files"]] == sorted(file["path"] for file in manifest["files"])
    assert {file["path"]: file["media_type"] for file in manifest["files"]} == {
        "assessment.json": "application/json",
        "evidence.zip": "application/zip",
        "findings.csv": "text/csv",
        "report.html": "text/html",
        "summary.md": "text/markdown",
    }


def test_the_passphrase_comes_from_the_environment(run: Run, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (keys / "locked.pem").write_bytes(pem("p256", "open sesame"))
    monkeypatch.setenv(PASSPHRASE, "open sesame")

    result = run("assess", "bundle.zip", *JSON, "-o", "out", *PASSING, "--sign-key", "locked.pem")
    assert result.exit_code == 0
    assert "open sesame" not in result.output


@pytest.mark.parametrize(
    ("key", "said"),
    [
        pytest.param("absent.pem", "No such file", id="absent"),
        pytest.param(".", "Is a directory", id="a folder"),
        pytest.param("bundle.zip", "no private key in PEM", id="no key"),
        pytest.param("p256.pub", "signing takes the private one", id="a public key"),
        pytest.param("locked.pem", f"Set {PASSPHRASE}.", id="encrypted, and nobody to ask"),
        pytest.param("huge.pem", "larger than", id="huge"),
        pytest.param("awskms://elsewhere/x", "names no key of KMS", id="a name of KMS that is none"),
    ],
)
def test_a_key_that_cannot_be_used_ends_the_run_before_it_begins(run: Run, keys: Path, key: str, said: str) -> None:
    (keys / "locked.pem").write_bytes(pem("p256", "open sesame"))
    (keys / "huge.pem").write_bytes(b" " * 2**20)
    result = run("assess", "bundle.zip", *JSON, "-o", "out", "--sign-key", key)

    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) <= 2
    assert not (keys / "out").exists()


def test_a_wrong_passphrase_is_said(run: Run, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (keys / "locked.pem").write_bytes(pem("p256", "open sesame"))
    monkeypatch.setenv(PASSPHRASE, "shut sesame")
    result = run("assess", "bundle.zip", *JSON, "-o", "out", "--sign-key", "locked.pem")

    assert result.exit_code == 2
    assert "the passphrase is wrong" in result.stderr
    assert "sesame" not in result.output


def test_a_key_of_kms_signs_an_audit(run: Run, kms: Emulator, folder: Path) -> None:
    result = run("audit", *QUICK, *JSON, "-o", "out", *PASSING, "--sign-key", f"awskms:///{ARN}")

    assert result.exit_code == 0, result.stderr
    statement, signed, signature = opened(folder / "out")
    key: Any = load_der_public_key(kms.world.signing_keys[ID].public_key().public_bytes(*DER))
    key.verify(signature, signed, ec.ECDSA(SHA256()))
    assert statement["predicate"]["key"] == {"id": ARN, "algorithm": "ECDSA_SHA_256"}
    assert run("verify", "out", "--key", f"awskms:///{ARN}").exit_code == 0


def test_what_is_denied_is_found_before_anything_is_read(run: Run, kms: Emulator, folder: Path) -> None:
    kms.deny("kms:Sign")
    result = run("audit", *QUICK, *JSON, "-o", "out", *PASSING, "--sign-key", ARN)

    assert result.exit_code == 4
    assert "kms:Sign was denied" in result.stderr
    assert set(kms.actions) == {"kms:GetPublicKey", "kms:Sign"}
    assert list(folder.iterdir()) == []


def test_where_signing_fails_at_the_end_the_evidence_is_kept(run: Run, kms: Emulator, folder: Path) -> None:
    kms.deny("kms:Sign", matching=NO_DRY_RUN)
    result = run("audit", *QUICK, *JSON, "-o", "out", *PASSING, "--sign-key", ARN)

    assert result.exit_code == 4
    assert "kms:Sign was denied" in result.stderr
    assert "What was collected is in out" in result.stderr
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["evidence.zip", "manifest.json"]
    assert run("verify", "out").exit_code == 0


def test_where_signing_fails_nothing_is_left_of_an_assessment(run: Run, kms: Emulator, folder: Path) -> None:
    save(collection(), folder / "bundle.zip")
    kms.deny("kms:Sign", matching=NO_DRY_RUN)
    result = run("assess", "bundle.zip", *JSON, "-o", "out", *PASSING, "--sign-key", ARN)

    assert result.exit_code == 4
    assert [path.name for path in folder.iterdir()] == ["bundle.zip"]


def test_a_key_of_kms_that_does_not_sign_is_a_usage_error(run: Run, kms: Emulator, folder: Path) -> None:
    account = kms.world.account
    key = Key(id=ID, created=kms.now, spec="RSA_2048", usage="ENCRYPT_DECRYPT")
    kms.load(with_changed_region(account, REGION, keys=(key,)))
    result = run("audit", *QUICK, *JSON, "-o", "out", "--sign-key", ARN)

    assert result.exit_code == 2
    assert "is not one that signs" in result.stderr
