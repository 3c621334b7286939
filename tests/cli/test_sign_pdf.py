"""`--sign-pdf`: the signature inside the PDF, and what is said where there can be none."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from tests.cli.conftest import JSON, Run
from tests.samples import collection
from tests.signing.made import pem, private, public_pem

from eksaminer.evidence.bundle import save
from eksaminer.render.pdf import pdf_problem
from eksaminer.signing import pades

PASSING = ("--fail-on", "none", "--allow-incomplete", "-q")
DAYS = timedelta(days=1)

needs_pyhanko = pytest.mark.skipif(find_spec("pyhanko") is None, reason="pyHanko is not installed (the extra sign)")
needs_pdf = pytest.mark.skipif(pdf_problem() is not None, reason="no PDF can be made here")


def certificate(kind: str, *, begin: int = -1, end: int = 9) -> bytes:
    """Return a certificate of a key in PEM, by the key itself, valid from and to so many days from now."""
    now, name = datetime.now(UTC), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Auditor")])
    public = private(kind).public_key()
    builder = x509.CertificateBuilder(name, name, public, 7, now + begin * DAYS, now + end * DAYS)
    return builder.sign(private(kind), None if kind == "ed25519" else SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture
def keys(folder: Path) -> Path:
    """A folder with a bundle, and keys with certificates."""
    save(collection(), folder / "bundle.zip")
    for kind in ("p256", "p384", "rsa", "ed25519"):
        (folder / f"{kind}.pem").write_bytes(pem(kind))
        (folder / f"{kind}.pub").write_bytes(public_pem(kind))
        (folder / f"{kind}.crt").write_bytes(certificate(kind))
    return folder


def sign(run: Run, kind: str = "p256", cert: str = "", formats: str = "pdf,json") -> Any:
    options = ("--sign-key", f"{kind}.pem", "--sign-pdf", cert or f"{kind}.crt")
    return run("assess", "bundle.zip", "--format", formats, "-o", "out", *PASSING, *options)


@needs_pyhanko
@needs_pdf
@pytest.mark.parametrize("kind", ["p256", "p384", "rsa"])
def test_a_pdf_is_signed_whole_and_the_run_is_still_as_it_was_written(run: Run, keys: Path, kind: str) -> None:
    from asn1crypto.x509 import Certificate  # noqa: PLC0415 - an extra
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415 - as above
    from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature  # noqa: PLC0415 - as above
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415 - as above

    assert sign(run, kind).exit_code == 0
    document = (keys / "out" / "report.pdf").read_bytes()
    root = Certificate.load(
        x509.load_pem_x509_certificate((keys / f"{kind}.crt").read_bytes()).public_bytes(Encoding.DER)
    )
    (signature,) = PdfFileReader(BytesIO(document)).embedded_signatures
    state = validate_pdf_signature(signature, ValidationContext(trust_roots=[root], allow_fetching=False))
    assert state.bottom_line
    assert state.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert b"/SubFilter/ETSI.CAdES.detached" in document.replace(b" ", b"")
    assert run("verify", "out", "--key", f"{kind}.pub").exit_code == 0


@needs_pyhanko
@needs_pdf
@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="pdfsig (poppler-utils) is not installed")
def test_poppler_verifies_the_signature_and_finds_a_changed_byte(run: Run, keys: Path) -> None:
    assert sign(run).exit_code == 0
    path = keys / "out" / "report.pdf"
    assert "Signature is Valid" in pdfsig(path)
    document = bytearray(path.read_bytes())
    place = re.search(rb"stream\r?\n", document)
    assert place is not None
    document[place.end() + 9] ^= 1
    path.write_bytes(document)
    assert "Signature is Valid" not in pdfsig(path)


def pdfsig(path: Path) -> str:
    return subprocess.run(["pdfsig", str(path)], capture_output=True, check=False, text=True).stdout


def nothing(_: Path) -> None:
    """Leave the files as they are."""


def expired(folder: Path) -> None:
    (folder / "p256.crt").write_bytes(certificate("p256", begin=-9, end=-1))


def of_tomorrow(folder: Path) -> None:
    (folder / "p256.crt").write_bytes(certificate("p256", begin=1))


def damaged(folder: Path) -> None:
    (folder / "p256.crt").write_bytes(certificate("p256")[:90])


@needs_pyhanko
@needs_pdf
@pytest.mark.parametrize(
    ("change", "kind", "cert", "said"),
    [
        pytest.param(nothing, "p256", "absent.crt", "No such file", id="absent"),
        pytest.param(nothing, "p256", "p256.pem", "no certificate in PEM", id="no certificate"),
        pytest.param(damaged, "p256", "p256.crt", "no certificate in PEM", id="damaged"),
        pytest.param(nothing, "p256", "p384.crt", "of another key", id="of another key"),
        pytest.param(expired, "p256", "p256.crt", "and not now", id="expired"),
        pytest.param(of_tomorrow, "p256", "p256.crt", "and not now", id="not yet valid"),
        pytest.param(nothing, "ed25519", "ed25519.crt", "few readers of PDF verify", id="Ed25519"),
    ],
)
def test_a_certificate_that_cannot_be_used_ends_the_run_before_it_begins(
    run: Run, keys: Path, *, change: Callable[[Path], None], kind: str, cert: str, said: str
) -> None:
    change(keys)
    result = sign(run, kind, cert)

    assert result.exit_code == 2
    assert said in result.stderr
    assert not (keys / "out").exists()


@needs_pdf
def test_without_the_extra_it_is_said_what_to_install(run: Run, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pades, "is_installed", lambda: False)
    result = sign(run)

    assert result.exit_code == 2
    assert "pip install 'eksaminer[sign]'" in result.stderr


def test_a_certificate_alone_or_without_a_pdf_is_a_usage_error(run: Run, keys: Path) -> None:
    alone = run("assess", "bundle.zip", *JSON, "-o", "out", "--sign-pdf", "p256.crt")

    assert alone.exit_code == 2
    assert "no key to sign with" in alone.stderr
    without = sign(run, formats="json")
    assert without.exit_code == 2
    assert "no PDF is written" in without.stderr
