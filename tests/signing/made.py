"""Keys for tests, made once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

KINDS = ("ed25519", "p256", "p384", "rsa")


@cache
def private(kind: str) -> Any:
    """Return a private key."""
    made: Mapping[str, Any] = {
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
        "rsa": lambda: rsa.generate_private_key(65_537, 2_048),
        "short": lambda: rsa.generate_private_key(65_537, 1_024),
        "dsa": lambda: dsa.generate_private_key(2_048),
    }
    return made[kind]()


def pem(kind: str, passphrase: str = "", *, traditional: bool = False) -> bytes:
    """Return a private key in PEM."""
    form = PrivateFormat.TraditionalOpenSSL if traditional else PrivateFormat.PKCS8
    cipher = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return bytes(private(kind).private_bytes(Encoding.PEM, form, cipher))


def public_pem(kind: str) -> bytes:
    """Return the public key of a private one in PEM."""
    return bytes(private(kind).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
