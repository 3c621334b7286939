"""A digest file of CloudTrail: what it says, and the string that CloudTrail signed.

Source: AWS CloudTrail User Guide, "CloudTrail digest file structure" and "Custom implementations of CloudTrail log
file integrity validation" (read 2026-11-23). All hashes are over uncompressed content: a file that was compressed
again is the same file.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from eksaminer.record import sha256

NAME = re.compile(
    r"(?P<account>\d{12})_CloudTrail-Digest_(?P<region>[a-z0-9-]{1,40})_(?P<trail>[\w.-]{1,128})_"
    r"(?P<home>[a-z0-9-]{1,40})_(?P<time>\d{8}T\d{6}Z)(?P<backfill>_backfill)?\.json(?:\.gz)?"
)
"""The name of a digest file; `.gz` goes where a browser or a tool unpacked it."""
LOG_NAME = re.compile(r"\d{12}_CloudTrail(-[A-Za-z]{1,40})?_[a-z0-9-]{1,40}_\d{8}T\d{4}Z_\w{1,40}\.json(\.gz)?")
SIGNED_WITH, HASHED_WITH = "SHA256withRSA", "SHA-256"


class NotADigestError(ValueError):
    """The content is no digest."""


class ChainName(NamedTuple):
    """Which digests form a chain: the names of their files tell it."""

    account: str
    region: str
    trail: str
    home_region: str
    backfill: bool


class _LogFile(msgspec.Struct, frozen=True, rename="camel"):
    s3_bucket: str
    s3_object: str
    hash_value: str
    hash_algorithm: str


class _Document(msgspec.Struct, frozen=True, rename="camel"):
    aws_account_id: str
    digest_start_time: str
    digest_end_time: str
    digest_s3_bucket: str
    digest_s3_object: str
    digest_public_key_fingerprint: str
    digest_signature_algorithm: str
    log_files: tuple[_LogFile, ...]
    previous_digest_s3_bucket: str | None = None
    previous_digest_s3_object: str | None = None
    previous_digest_hash_value: str | None = None
    previous_digest_signature: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A log file that a digest lists."""

    object: str
    sha256: str
    algorithm: str


@dataclass(frozen=True, slots=True)
class Previous:
    """What a digest says of the one before it."""

    object: str
    sha256: str
    signature: str


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest file, read but not believed."""

    path: str
    object: str
    """`bucket/key`, as it calls itself."""
    chain: ChainName
    start: datetime
    end: datetime
    fingerprint: str
    algorithm: str
    sha256: str
    signed_end: str
    """`digestEndTime` as it is written: part of what is signed."""
    signed_previous: str
    """`previousDigestSignature` as it is written, or `null`: part of what is signed."""
    previous: Previous | None
    """None: the first one after validation, or logging, was switched on."""
    logs: tuple[Listed, ...]

    @property
    def signed(self) -> bytes:
        """The string that CloudTrail signed."""
        return f"{self.signed_end}\n{self.object}\n{self.sha256}\n{self.signed_previous}".encode()


def read_digest(path: str, content: bytes) -> Digest:
    """Read the uncompressed *content* of the digest file at *path*.

    Raises:
        NotADigestError: It is not one.
    """
    try:
        document = msgspec.json.decode(content, type=_Document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotADigestError(f"it is no digest ({str(error)[:200]})") from error
    name = NAME.fullmatch(base_name(document.digest_s3_object))
    if name is None or name["account"] != document.aws_account_id:
        raise NotADigestError("it names itself as no digest of its account is named")
    return Digest(
        path=path,
        object=f"{document.digest_s3_bucket}/{document.digest_s3_object}",
        chain=ChainName(name["account"], name["region"], name["trail"], name["home"], bool(name["backfill"])),
        start=_time(document.digest_start_time),
        end=_time(document.digest_end_time),
        fingerprint=document.digest_public_key_fingerprint,
        algorithm=document.digest_signature_algorithm,
        sha256=sha256(content),
        signed_end=document.digest_end_time,
        signed_previous=document.previous_digest_signature or "null",
        previous=_previous(document),
        logs=tuple(
            Listed(f"{log.s3_bucket}/{log.s3_object}", log.hash_value.lower(), log.hash_algorithm)
            for log in document.log_files
        ),
    )


def _previous(document: _Document) -> Previous | None:
    if not document.previous_digest_s3_object:
        return None
    return Previous(
        object=f"{document.previous_digest_s3_bucket}/{document.previous_digest_s3_object}",
        sha256=(document.previous_digest_hash_value or "").lower(),
        signature=document.previous_digest_signature or "",
    )


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise NotADigestError(f"its time {text[:40]!r} is none") from error


def base_name(name: str) -> str:
    """Return the last part of an object's key, as a file is called that was not unpacked."""
    last = name.rpartition("/")[2]
    return last if last.endswith(".gz") else f"{last}.gz"
