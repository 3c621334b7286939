"""The public keys of CloudTrail, as `aws cloudtrail list-public-keys` prints them."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from eksaminer.digests.document import Digest


class _Key(msgspec.Struct, frozen=True, rename="pascal"):
    value: str
    fingerprint: str
    validity_start_time: str | float | int | None = None
    validity_end_time: str | float | int | None = None


class _Keys(msgspec.Struct, frozen=True, rename="pascal"):
    public_key_list: tuple[_Key, ...]


class NoKeysError(ValueError):
    """The content holds no public keys of CloudTrail."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that CloudTrail signs with in one region."""

    key: RSAPublicKey
    since: datetime | None
    until: datetime | None

    def was_valid(self, moment: datetime) -> bool:
        """Whether *moment* lies within its validity; an end that is not stated does not bound it."""
        return not (self.since and moment < self.since) and not (self.until and moment > self.until)

    def fits(self, signed: bytes, signature: bytes) -> bool:
        """Whether *signature* (RSASSA-PKCS1-v1_5 with SHA-256) is one of this key over *signed*."""
        try:
            self.key.verify(signature, signed, PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True


def read_keys(content: bytes) -> dict[str, PublicKey]:
    """Return the keys by fingerprint.

    Raises:
        NoKeysError: *content* is not what `aws cloudtrail list-public-keys` prints, or a key in it is none.
    """
    try:
        listed = msgspec.json.decode(content, type=_Keys).public_key_list
        return {key.fingerprint: _key(key) for key in listed}
    except (msgspec.MsgspecError, ValueError, UnsupportedAlgorithm, OverflowError, RecursionError) as error:
        raise NoKeysError(str(error)[:200]) from error


def _key(key: _Key) -> PublicKey:
    """CloudTrail gives PKCS #1 in DER; `SubjectPublicKeyInfo` is read as well."""
    found = load_der_public_key(base64.b64decode(key.value, validate=True))
    if not isinstance(found, RSAPublicKey):
        raise NoKeysError(f"the key {key.fingerprint[:40]} is no RSA key")
    return PublicKey(found, _moment(key.validity_start_time), _moment(key.validity_end_time))


def _moment(value: str | float | None) -> datetime | None:
    """Read a time of the AWS CLI: ISO 8601, or seconds since 1970."""
    if value is None:
        return None
    if isinstance(value, str):
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return datetime.fromtimestamp(value, UTC)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All keys that were given."""

    keys: dict[str, PublicKey]

    def problem(self, digest: Digest) -> str:
        """Return why no signature of *digest* can be checked; empty: one can."""
        if digest.algorithm != "SHA256withRSA":
            return f"it is signed with {digest.algorithm[:40]}, which is not known"
        key = self.keys.get(digest.fingerprint)
        if key is None:
            return f"its public key {digest.fingerprint[:40]} is not among the saved ones"
        # A late digest is signed with the key of the day on which it was made, and names the hour it speaks of.
        if not digest.chain.backfill and not key.was_valid(digest.end):
            return f"its public key {digest.fingerprint[:40]} was not valid at its time"
        return ""

    def fits(self, digest: Digest, signatures: Iterable[str]) -> bool:
        """Whether one of the hexadecimal *signatures* is CloudTrail's over *digest*."""
        key = self.keys[digest.fingerprint]
        return any(key.fits(digest.signed, found) for found in map(_bytes, signatures) if found)


def _bytes(signature: str) -> bytes:
    try:
        return bytes.fromhex(signature)
    except ValueError:
        return b""
