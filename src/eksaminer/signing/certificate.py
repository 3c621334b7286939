"""The X.509 certificate that a signature in a PDF carries: whose key it was."""

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import Certificate, load_pem_x509_certificates

from eksaminer.signing.keys import Algorithm, PublicKey


class CertificateError(ValueError):
    """A certificate that cannot be used: the message says why, as part of a sentence."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The certificate of a key, and those of who issued it."""

    own: Certificate
    issuers: tuple[Certificate, ...]


def read_chain(data: bytes, key: PublicKey, moment: datetime) -> Chain:
    """Read the certificate of *key*, and its issuers after it, in PEM.

    Raises:
        CertificateError: it is of another key, not valid at *moment*, or nothing that PDF readers verify.
    """
    if key.algorithm is Algorithm.ED25519:
        raise CertificateError("is of a key of the kind Ed25519, which few readers of PDF verify: take ECDSA or RSA")
    try:
        own, *issuers = load_pem_x509_certificates(data)
        der = own.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        valid = own.not_valid_before_utc <= moment <= own.not_valid_after_utc
    except ValueError as error:
        raise CertificateError("is no certificate in PEM that can be read") from error
    if der != key.der:
        raise CertificateError("is the certificate of another key than --sign-key names; its own must come first")
    if not valid:
        raise CertificateError(
            f"is valid from {own.not_valid_before_utc:%Y-%m-%d %H:%M:%S} to {own.not_valid_after_utc:%Y-%m-%d %H:%M:%S}"
            " UTC, and not now"
        )
    return Chain(own, tuple(issuers))
