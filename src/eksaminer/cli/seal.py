"""What a run is tied to and who signs it: read and checked before anything else is done."""

import os
import sys
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
from eksaminer.signing import KeyFileError, PublicKey, Signer, read_private_key, read_public_key

MOST_KEY_BYTES = 2**16


@dataclass(frozen=True, slots=True)
class Seal:
    """What a run is tied to, and who answers for it."""

    previous: Previous | None = None
    signer: Signer | None = None
    clock: Clock = SystemClock()  # noqa: RUF009 - it holds nothing

    def attest(self, assessment: Assessment) -> Attest | None:
        """Return what signs the manifest of a run that came to *assessment*; None: nobody does."""
        signer = self.signer
        if signer is None:
            return None

        def attest(written: bytes, manifest: RunManifest) -> bytes:
            return attestation(assessment, written, manifest, signer, self.clock.now())

        return attest


def seal_of(sealing: Sealing, clock: Clock, *, profile: str = "") -> Seal:
    """Read what the options name; *profile* is the one of AWS. Raises `EksaminerError` for what cannot be used."""
    return Seal(
        previous=None if sealing.previous is None else read_previous(sealing.previous),
        signer=_signer(sealing.sign_key, clock, profile) if sealing.sign_key else None,
        clock=clock,
    )


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
