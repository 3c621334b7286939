"""Signatures: keys, the DSSE envelope, and the in-toto statement in it. No key of AWS: that is `collect.kms`."""

from eksaminer.signing.dsse import Envelope, EnvelopeError, open_envelope, pae, seal
from eksaminer.signing.keys import (
    Algorithm,
    KeyFileError,
    PemSigner,
    PublicKey,
    Signer,
    public_key_of,
    read_private_key,
    read_public_key,
)
from eksaminer.signing.statement import PAYLOAD_TYPE, Statement, StatementError, Subject, read_statement

__all__ = [
    "PAYLOAD_TYPE",
    "Algorithm",
    "Envelope",
    "EnvelopeError",
    "KeyFileError",
    "PemSigner",
    "PublicKey",
    "Signer",
    "Statement",
    "StatementError",
    "Subject",
    "open_envelope",
    "pae",
    "public_key_of",
    "read_private_key",
    "read_public_key",
    "read_statement",
    "seal",
]
