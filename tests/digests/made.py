"""CloudTrail files as CloudTrail writes them: log files, hourly digests, and keys, for any trail and region."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

START = datetime(2026, 11, 20, 0, 0, 31, tzinfo=UTC)
HOUR = timedelta(hours=1)
BUCKET = "example-cloudtrail-logs"


@cache
def key(name: str = "") -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


def fingerprint(name: str = "") -> str:
    return hashlib.sha256(f"key {name}".encode()).hexdigest()[:32]


def public_keys(*names: str, **validity: Any) -> bytes:
    """Return what `aws cloudtrail list-public-keys` prints."""
    listed = [
        {
            "Value": base64.b64encode(key(name).public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)).decode(),
            "ValidityStartTime": "2026-01-01T00:00:00+00:00",
            "ValidityEndTime": "2027-01-01T00:00:00+00:00",
            "Fingerprint": fingerprint(name),
            **validity,
        }
        for name in names or ("",)
    ]
    return json.dumps({"PublicKeyList": listed}).encode()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def packed(document: Any) -> bytes:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return gzip.compress(content, mtime=0)


@dataclass
class Files:
    """Files by their path below the folder; what they hold and the signatures that S3 keeps as metadata."""

    content: dict[str, bytes] = field(default_factory=dict[str, bytes])
    signatures: dict[str, str] = field(default_factory=dict[str, str])

    def copy(self) -> Files:
        return Files(dict(self.content), dict(self.signatures))

    def write(self, folder: Path) -> Path:
        for name, content in self.content.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return folder

    def read(self, name: str) -> Any:
        return json.loads(gzip.decompress(self.content[name]))

    def replace(self, name: str, **fields: Any) -> None:
        self.content[name] = packed({**self.read(name), **fields})

    def save_metadata(self, name: str) -> None:
        metadata = {"signature": self.signatures[name], "signature-algorithm": "SHA256withRSA"}
        self.content[f"{name}.metadata.json"] = json.dumps({"ContentLength": 1, "Metadata": metadata}).encode()


@dataclass(frozen=True)
class Trail:
    """A trail in one region of one account."""

    name: str = "security-trail"
    region: str = "eu-central-1"
    account: str = "111122223333"
    bucket: str = BUCKET
    key: str = ""
    backfill: bool = False

    def digest_name(self, end: datetime) -> str:
        late = "_backfill" if self.backfill else ""
        return (
            f"AWSLogs/{self.account}/CloudTrail-Digest/{self.region}/{end:%Y/%m/%d}/{self.account}_CloudTrail-Digest_"
            f"{self.region}_{self.name}_eu-central-1_{end:%Y%m%dT%H%M%SZ}{late}.json.gz"
        )

    def log_name(self, time: datetime, number: int) -> str:
        unique = hashlib.sha256(f"{self} {time} {number}".encode()).hexdigest()[:16]
        return (
            f"AWSLogs/{self.account}/CloudTrail/{self.region}/{time:%Y/%m/%d}/"
            f"{self.account}_CloudTrail_{self.region}_{time:%Y%m%dT%H%MZ}_{unique}.json.gz"
        )


def add(files: Files, trail: Trail, hours: int, *, start: datetime = START, logs: int = 2, after: str = "") -> None:
    """Add *hours* digests with *logs* log files each; the first follows the digest *after*, or is a first one."""
    previous = after
    for number in range(hours):
        begin = start + number * HOUR
        names = [trail.log_name(begin + timedelta(minutes=7 * each), each) for each in range(logs)]
        for name in names:
            record = {"eventID": sha256(name.encode()), "eventName": "DescribeCluster", "awsRegion": trail.region}
            files.content[name] = packed({"Records": [record]})
        previous = _add_digest(files, trail, begin, names, previous)


def _add_digest(files: Files, trail: Trail, begin: datetime, names: list[str], previous: str) -> str:
    end = begin + HOUR
    name = trail.digest_name(end)
    before = gzip.decompress(files.content[previous]) if previous else b""
    content = json.dumps(
        {
            "awsAccountId": trail.account,
            "digestStartTime": f"{begin:%Y-%m-%dT%H:%M:%SZ}",
            "digestEndTime": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            "digestS3Bucket": trail.bucket,
            "digestS3Object": name,
            "digestPublicKeyFingerprint": fingerprint(trail.key),
            "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": None,
            "oldestEventTime": None,
            "previousDigestS3Bucket": trail.bucket if previous else None,
            "previousDigestS3Object": previous or None,
            "previousDigestHashValue": sha256(before) if previous else None,
            "previousDigestHashAlgorithm": "SHA-256" if previous else None,
            "previousDigestSignature": files.signatures[previous] if previous else None,
            "logFiles": [
                {
                    "s3Bucket": trail.bucket,
                    "s3Object": log,
                    "hashValue": sha256(gzip.decompress(files.content[log])),
                    "hashAlgorithm": "SHA-256",
                    "newestEventTime": f"{end:%Y-%m-%dT%H:%M:%SZ}",
                    "oldestEventTime": f"{begin:%Y-%m-%dT%H:%M:%SZ}",
                }
                for log in names
            ],
        }
    ).encode()
    files.content[name] = packed(content)
    files.signatures[name] = signature(trail, end, name, content, files.signatures[previous] if previous else "null")
    return name


def signature(trail: Trail, end: datetime, name: str, content: bytes, previous: str) -> str:
    """Sign as the documentation says: end, path, SHA-256 and previous signature, a line each."""
    text = f"{end:%Y-%m-%dT%H:%M:%SZ}\n{trail.bucket}/{name}\n{sha256(content)}\n{previous}"
    return key(trail.key).sign(text.encode(), PKCS1v15(), SHA256()).hex()
