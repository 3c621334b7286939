"""What a run is tied to and who signs it: read and checked before anything else is done."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from eksaminer.cli.attestation import attestation
from eksaminer.cli.options import PASSPHRASE, Sealing
from eksaminer.cli.previous import Previous, read_previous
from eksaminer.cli.rundir import Attest, RunManifest
from eksaminer.cli.stored import read_file
from eksaminer.collect.clock import Clock, SystemClock
from eksaminer.errors import InputError, UsageError
from eksaminer.findings import Assessment
from eksaminer.render import Format
from eksaminer.signing import (
    CertificateError,
    Chain,
    KeyFileError,
    PublicKey,
    Signer,
    read_chain,
    read_private_key,
    read_public_key,
)

PDF = ".pdf"
MOST_KEY_BYTES = 2**16


@dataclass(frozen=True, slots=True)
class Seal:
    """What a run is tied to, and who answers for it."""

    previous: Previous | None = None
    signer: Signer | None = None
    chain: Chain | None = None
    """The certificate to sign PDF files with; None: they are not signed themselves."""
    clock: Clock = SystemClock()  # noqa: RUF009 - it holds nothing

    def attest(self, assessment: Assessment) -> Attest | None:
        """Return what signs the manifest of a run that came to *assessment*; None: nobody does."""
        signer = self.signer
        if signer is None:
            return None

        def attest(written: bytes, manifest: RunManifest) -> bytes:
            return attestation(assessment, written, manifest, signer, self.clock.now())

        return attest

    def signed(self, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """Return *files*, the PDF files among them signed where that was asked for."""
        if self.chain is None or self.signer is None:
            return files
        from eksaminer.signing.pades import sign_pdf  # noqa: PLC0415 - loads the extra

        chain, signer = self.chain, self.signer
        return {name: sign_pdf(data, chain, signer) if name.endswith(PDF) else data for name, data in files.items()}


def seal_of(sealing: Sealing, formats: Sequence[Format], clock: Clock, *, profile: str = "") -> Seal:
    """Read what the options name; *profile* is the one of AWS. Raises `EksaminerError` for what cannot be used."""
    certificate = sealing.sign_pdf
    if certificate is not None:
        _check_pdf(sealing, formats)
    signer = _signer(sealing.sign_key, clock, profile) if sealing.sign_key else None
    return Seal(
        previous=None if sealing.previous is None else read_previous(sealing.previous),
        signer=signer,
        chain=None if certificate is None or signer is None else _chain(certificate, signer, clock),
        clock=clock,
    )


def _check_pdf(sealing: Sealing, formats: Sequence[Format]) -> None:
    from eksaminer.signing.pades import EXTRA, is_installed  # noqa: PLC0415 - not needed without the option

    if not sealing.sign_key:
        raise UsageError("--sign-pdf names a certificate, and no key to sign with.", "Name that with --sign-key.")
    if not any(item.file.endswith(PDF) for item in formats):
        raise UsageError("--sign-pdf: no PDF is written.", "Add pdf to --format.")
    if not is_installed():
        raise UsageError("--sign-pdf takes pyHanko, which is not installed.", f"Install it: {EXTRA}")


def _chain(path: Path, signer: Signer, clock: Clock) -> Chain:
    try:
        return read_chain(_content("--sign-pdf", path), signer.public_key, clock.now())
    except CertificateError as error:
        raise UsageError(f"--sign-pdf: {path} {error}.") from error


def _signer(name: str, clock: Clock, profile: str) -> Signer:
    if _is_kms(name):
        from eksaminer.collect.kms import kms_key  # noqa: PLC0415 - loads boto3

        key = kms_key(name, clock, profile=profile)
        key.check_permission()
        return key
    try:
        return read_private_key(_content("--sign-key", Path(name)), lambda: _passphrase(name))
    except KeyFileError as error:
        raise UsageError(f"--sign-key: {name} {error}.") from error


def trusted_key(name: str, clock: Clock) -> PublicKey:
    """Read the public key *name* of `--key`: a file, or a key of KMS. Raises `EksaminerError`."""
    if _is_kms(name):
        from eksaminer.collect.kms import kms_key  # noqa: PLC0415 - loads boto3

        return kms_key(name, clock).public_key
    try:
        return read_public_key(_content("--key", Path(name)))
    except KeyFileError as error:
        raise UsageError(f"--key: {name} {error}.") from error


def _is_kms(name: str) -> bool:
    """Whether *name* is one of a key of KMS, and not of a file."""
    return name.startswith(("awskms:", "arn:"))


def _content(option: str, path: Path) -> bytes:
    try:
        return read_file(path, "", most=MOST_KEY_BYTES)
    except InputError as error:
        raise UsageError(f"{option}: {error.what}", "Name a key file in PEM, or awskms:///ARN.") from error


def _passphrase(name: str) -> str:
    """Return the passphrase of the key file *name*: from the environment, or asked on a terminal."""
    given = os.environ.get(PASSPHRASE, "")
    if given:
        return given
    if not sys.stdin.isatty():
        raise UsageError(f"--sign-key: {name} is encrypted, and nobody can be asked.", f"Set {PASSPHRASE}.")
    return str(click.prompt(f"Passphrase of {name}", hide_input=True, err=True))
