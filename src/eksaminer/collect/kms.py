"""A key of AWS KMS: it signs, and tells its public key. The private key never leaves KMS."""

import re
import secrets
from dataclasses import dataclass
from hashlib import sha256, sha384
from typing import Any

from eksaminer.collect.clock import Clock
from eksaminer.collect.discovery import DEFAULT_REGION
from eksaminer.collect.gaps import fatal
from eksaminer.collect.session import Aws, CallFailed, Settings
from eksaminer.errors import EksaminerError, UsageError
from eksaminer.signing import Algorithm, KeyFileError, PublicKey, public_key_of

SCHEME = "awskms:///"
"""What begins the name of a key: then its ARN, `alias/NAME`, or its id in the region of the session."""
_ARN = re.compile(r"arn:aws[a-z-]*:kms:([a-z0-9-]{1,30}):\d{12}:(?:key|alias)/[A-Za-z0-9:/_-]{1,256}")
_NAME = re.compile(r"alias/[A-Za-z0-9:/_-]{1,250}|[A-Za-z0-9-]{1,128}")
FOR_SIGNING = "SIGN_VERIFY"
MOST_RAW = 4_096
"""Bytes that KMS signs as they are: for Ed25519 it takes no digest instead."""

_HASHES = {Algorithm.P256: sha256, Algorithm.RSA: sha256, Algorithm.P384: sha384}


@dataclass(frozen=True, slots=True)
class KmsKey:
    """A key of KMS that signs, with its public key."""

    aws: Aws
    region: str
    key_id: str
    """Its ARN."""
    public_key: PublicKey

    def check_permission(self) -> None:
        """Ask KMS whether it would sign, before hours of work end with a refusal. Raises `EksaminerError`."""
        try:
            self._sign(b"eksaminer", DryRun=True)
        except CallFailed as failed:
            if failed.code != "DryRunOperationException":
                raise fatal(failed) from failed

    def sign(self, message: bytes) -> bytes:
        """Return a signature over *message*. Raises `EksaminerError`: KMS did not make one."""
        try:
            signature = bytes(self._sign(message)["Signature"])
        except CallFailed as failed:
            raise fatal(failed) from failed
        if not self.public_key.fits(message, signature):
            raise EksaminerError(f"The signature of {self.key_id} does not fit its public key.")
        return signature

    def _sign(self, message: bytes, **options: bool) -> Any:
        algorithm = self.public_key.algorithm
        hashed = _HASHES.get(algorithm)
        if hashed is None and len(message) > MOST_RAW:
            raise UsageError(
                f"KMS signs at most {MOST_RAW:,} bytes with a key of the kind Ed25519, and these are {len(message):,}.",
                "Take a key of the kind ECC_NIST_P256.",
            )
        asked = {
            "KeyId": self.key_id,
            "Message": message if hashed is None else hashed(message).digest(),
            "MessageType": "RAW" if hashed is None else "DIGEST",
            "SigningAlgorithm": algorithm.value,
            **options,
        }
        return self.aws.call("kms:Sign", self.region, asked, again=True).data


def kms_key(name: str, clock: Clock, *, profile: str = "") -> KmsKey:
    """Read the public key of the key *name*: `awskms:///ARN`, `awskms:///alias/NAME`, or an ARN.

    Raises:
        EksaminerError: it cannot be read, or is not one that signs.
    """
    key = name.removeprefix(SCHEME)
    arn = _ARN.fullmatch(key)
    if arn is None and not (name.startswith(SCHEME) and _NAME.fullmatch(key)):
        raise UsageError(
            f"{name} names no key of KMS.", f"Write {SCHEME}ARN, {SCHEME}alias/NAME, or the ARN of a key or alias."
        )
    aws = Aws(Settings(run_id=secrets.token_hex(6), profile=profile, attempts=3), clock)
    region = arn[1] if arn else aws.region or DEFAULT_REGION
    try:
        found = aws.call("kms:GetPublicKey", region, {"KeyId": key}).data
    except CallFailed as failed:
        if failed.code in {"UnsupportedOperationException", "InvalidKeyUsageException"}:
            raise _not_for_signing(name) from failed
        raise fatal(failed) from failed
    if found.get("KeyUsage") != FOR_SIGNING:
        raise _not_for_signing(name)
    try:
        return KmsKey(aws, region, str(found["KeyId"]), public_key_of(bytes(found["PublicKey"])))
    except KeyFileError as error:
        raise UsageError(f"The key {name} {error}.") from error


def _not_for_signing(name: str) -> UsageError:
    return UsageError(
        f"The key {name} is not one that signs (KeyUsage {FOR_SIGNING}).",
        "Make one: aws kms create-key --key-spec ECC_NIST_P256 --key-usage SIGN_VERIFY",
    )
