"""Keys that sign and verify: Ed25519, ECDSA on P-256 and P-384, RSA.

The algorithms are those that DSSE tools use for such keys: Ed25519; ECDSA with SHA-256 on P-256 and SHA-384 on P-384,
as DER; RSASSA-PSS with SHA-256 and a salt of 32 bytes. Signatures by RSASSA-PKCS1-v1_5 with SHA-256 are verified too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    SECP384R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)
from cryptography.x509 import load_pem_x509_certificate

LEAST_RSA_BITS = 2048

_PSS = PSS(mgf=MGF1(SHA256()), salt_length=SHA256.digest_size)

PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey | RSAPrivateKey
_Public = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey


class KeyFileError(ValueError):
    """A key that cannot be used: the message says why, as part of a sentence."""


class Algorithm(StrEnum):
    """How a key signs; the names are those of the KMS API where it has them."""

    ED25519 = "ED25519_SHA_512"
    P256 = "ECDSA_SHA_256"
    P384 = "ECDSA_SHA_384"
    RSA = "RSASSA_PSS_SHA_256"


class Signer(Protocol):
    """Makes signatures."""

    @property
    def key_id(self) -> str:
        """What names the key to a person who has it."""
        ...

    @property
    def public_key(self) -> "PublicKey":
        """What verifies its signatures."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return a signature over *message*."""
        ...


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that verifies."""

    key: _Public
    algorithm: Algorithm

    @property
    def id(self) -> str:
        """`SHA256:` and the digest of the key as DER: `openssl pkey -pubin -outform DER | sha256sum`."""
        return f"SHA256:{sha256(self.der).hexdigest()}"

    @property
    def der(self) -> bytes:
        """The key as SubjectPublicKeyInfo."""
        return self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def fits(self, message: bytes, signature: bytes) -> bool:
        """Whether *signature* is one of this key over *message*."""
        return any(_passes(check, signature, message) for check in self._checks())

    def _checks(self) -> tuple[Callable[[bytes, bytes], None], ...]:
        match self.key:
            case Ed25519PublicKey() as ed25519:
                return (ed25519.verify,)
            case EllipticCurvePublicKey() as curve:
                return (lambda signature, message: curve.verify(signature, message, _ecdsa(self.algorithm)),)
            case RSAPublicKey() as rsa:
                return tuple(
                    lambda signature, message, padding=padding: rsa.verify(signature, message, padding, SHA256())
                    for padding in (_PSS, PKCS1v15())
                )


def _passes(check: Callable[[bytes, bytes], None], signature: bytes, message: bytes) -> bool:
    try:
        check(signature, message)
    except InvalidSignature:
        return False
    return True


def _ecdsa(algorithm: Algorithm) -> ECDSA:
    return ECDSA(SHA384() if algorithm is Algorithm.P384 else SHA256())


@dataclass(frozen=True, slots=True)
class PemSigner:
    """Signs with a key of this machine."""

    key: PrivateKey
    public_key: PublicKey

    @property
    def key_id(self) -> str:
        """The digest of the public key."""
        return self.public_key.id

    def sign(self, message: bytes) -> bytes:
        """Return a signature over *message*."""
        match self.key:
            case Ed25519PrivateKey() as ed25519:
                return ed25519.sign(message)
            case EllipticCurvePrivateKey() as curve:
                return curve.sign(message, _ecdsa(self.public_key.algorithm))
            case RSAPrivateKey() as rsa:
                return rsa.sign(message, _PSS, SHA256())


def read_private_key(data: bytes, passphrase: Callable[[], str]) -> PemSigner:
    """Read a private key in PEM; *passphrase* is asked where it is encrypted.

    Raises:
        KeyFileError: it is none, of another kind, or the passphrase is wrong.
    """
    try:
        key = _decrypted(data, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: an empty passphrase
        if b"ENCRYPTED" in data:
            raise KeyFileError("cannot be decrypted: the passphrase is wrong, or the file is damaged") from error
        if b"PUBLIC KEY" in data or b"CERTIFICATE" in data:
            raise KeyFileError("holds a public key, and signing takes the private one") from error
        raise KeyFileError("is no private key in PEM that can be read") from error
    if not isinstance(key, PrivateKey):
        raise KeyFileError(f"is of a kind that is not used here; {_KINDS}")
    return PemSigner(key, _usable(key.public_key()))


def _decrypted(data: bytes, passphrase: Callable[[], str]) -> object:
    try:
        return load_pem_private_key(data, None)
    except TypeError:  # how cryptography says that it is encrypted
        return load_pem_private_key(data, passphrase().encode())


def read_public_key(data: bytes) -> PublicKey:
    """Read a public key, or the one of a certificate, in PEM. Raises `KeyFileError`."""
    if b"PRIVATE KEY" in data:
        raise KeyFileError("holds a private key: take the public one (openssl pkey -in KEY -pubout)")
    try:
        if b"BEGIN CERTIFICATE" in data:
            return _usable(load_pem_x509_certificate(data).public_key())
        return _usable(load_pem_public_key(data))
    except KeyFileError:
        raise
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError("is no public key in PEM that can be read") from error


def public_key_of(der: bytes) -> PublicKey:
    """Read a SubjectPublicKeyInfo. Raises `KeyFileError`."""
    try:
        return _usable(load_der_public_key(der))
    except KeyFileError:
        raise
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError("is no public key that can be read") from error


_KINDS = "use Ed25519, ECDSA on P-256 or P-384, or RSA of at least 2048 bits"


def _usable(key: object) -> PublicKey:
    match key:
        case Ed25519PublicKey():
            return PublicKey(key, Algorithm.ED25519)
        case EllipticCurvePublicKey() if isinstance(key.curve, SECP256R1):
            return PublicKey(key, Algorithm.P256)
        case EllipticCurvePublicKey() if isinstance(key.curve, SECP384R1):
            return PublicKey(key, Algorithm.P384)
        case RSAPublicKey() if key.key_size >= LEAST_RSA_BITS:
            return PublicKey(key, Algorithm.RSA)
        case _:
            raise KeyFileError(f"is of a kind that is not used here; {_KINDS}")
