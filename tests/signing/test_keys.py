"""Keys: what they sign is verified by others, and what cannot be used is said in a sentence."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from tests.samples import NOW
from tests.signing.made import KINDS, pem, private, public_pem

from eksaminer.signing import KeyFileError, PemSigner, read_private_key, read_public_key

MESSAGE = b"what was signed"


def nobody() -> str:
    raise AssertionError("nobody should be asked for a passphrase")


def signer(kind: str) -> PemSigner:
    return read_private_key(pem(kind), nobody)


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_fits_its_key_and_message_alone(kind: str) -> None:
    signature = signer(kind).sign(MESSAGE)
    key = read_public_key(public_pem(kind))

    assert key.fits(MESSAGE, signature)
    assert not key.fits(MESSAGE + b"x", signature)
    assert not key.fits(MESSAGE, signature[:-1])
    assert not key.fits(MESSAGE, b"")
    assert [other for other in KINDS if read_public_key(public_pem(other)).fits(MESSAGE, signature)] == [kind]


OPENSSL = {
    "ed25519": [
        "pkeyutl",
        "-verify",
        "-rawin",
        "-in",
        "message",
        "-pubin",
        "-inkey",
        "key.pub",
        "-sigfile",
        "signature",
    ],
    "p256": ["dgst", "-sha256", "-verify", "key.pub", "-signature", "signature", "message"],
    "p384": ["dgst", "-sha384", "-verify", "key.pub", "-signature", "signature", "message"],
    "rsa": [
        *["dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"],
        *["-verify", "key.pub", "-signature", "signature", "message"],
    ],
}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("kind", KINDS)
def test_openssl_verifies_what_was_signed(tmp_path: Path, kind: str) -> None:
    (tmp_path / "key.pub").write_bytes(public_pem(kind))
    (tmp_path / "message").write_bytes(MESSAGE)
    (tmp_path / "signature").write_bytes(signer(kind).sign(MESSAGE))

    done = subprocess.run(["openssl", *OPENSSL[kind]], cwd=tmp_path, capture_output=True, check=False)

    assert done.returncode == 0, done.stderr


def test_an_rsa_signature_of_the_older_padding_is_verified_too() -> None:
    signature = private("rsa").sign(MESSAGE, PKCS1v15(), SHA256())

    assert read_public_key(public_pem("rsa")).fits(MESSAGE, signature)


def test_the_id_of_a_key_is_the_digest_of_its_public_part() -> None:
    assert signer("p256").key_id == read_public_key(public_pem("p256")).id
    assert signer("p256").key_id.startswith("SHA256:")


@pytest.mark.parametrize("traditional", [False, True])
def test_an_encrypted_key_is_read_with_its_passphrase(*, traditional: bool) -> None:
    found = read_private_key(pem("rsa", "open sesame", traditional=traditional), lambda: "open sesame")

    assert found.key_id == signer("rsa").key_id


def test_the_key_of_a_certificate_is_read() -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Auditor")])
    builder = x509.CertificateBuilder(name, name, private("p256").public_key(), 1, NOW, NOW.replace(year=2036))
    certificate = builder.sign(private("p256"), SHA256()).public_bytes(Encoding.PEM)

    assert read_public_key(certificate).id == signer("p256").key_id


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"", "no private key in PEM", id="empty"),
        pytest.param(b"\xff\x00", "no private key in PEM", id="binary"),
        pytest.param(pem("p256")[:80], "no private key in PEM", id="cut"),
        pytest.param(public_pem("p256"), "signing takes the private one", id="public"),
        pytest.param(pem("rsa", "right"), "passphrase is wrong", id="wrong passphrase"),
        pytest.param(pem("rsa", "right", traditional=True), "passphrase is wrong", id="wrong passphrase, older format"),
        pytest.param(pem("p521"), "use Ed25519, ECDSA", id="another curve"),
        pytest.param(pem("short"), "at least 2048 bits", id="a short key"),
        pytest.param(pem("dsa"), "use Ed25519, ECDSA", id="DSA"),
    ],
)
def test_what_cannot_sign_is_said(data: bytes, said: str) -> None:
    with pytest.raises(KeyFileError, match=said):
        read_private_key(data, lambda: "wrong")


@pytest.mark.parametrize("passphrase", ["", "\0"])
def test_an_empty_passphrase_is_a_wrong_one(passphrase: str) -> None:
    with pytest.raises(KeyFileError, match="passphrase is wrong"):
        read_private_key(pem("p256", "right"), lambda: passphrase)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"", "no public key in PEM", id="empty"),
        pytest.param(public_pem("p256")[:60], "no public key in PEM", id="cut"),
        pytest.param(
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "no public key", id="certificate"
        ),
        pytest.param(pem("p256"), "holds a private key", id="private"),
        pytest.param(public_pem("p521"), "use Ed25519, ECDSA", id="another curve"),
        pytest.param(public_pem("short"), "at least 2048 bits", id="a short key"),
    ],
)
def test_what_cannot_verify_is_said(data: bytes, said: str) -> None:
    with pytest.raises(KeyFileError, match=said):
        read_public_key(data)
