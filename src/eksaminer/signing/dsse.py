"""The Dead Simple Signing Envelope, version 1.0.0: a payload, its type, and signatures over both.

https://github.com/secure-systems-lab/dsse: the bytes that are signed are `PAE(type, payload)`, so that a signature
over one kind of document is none over another.
"""

import base64
import binascii

import msgspec

from eksaminer.record import canonical_json
from eksaminer.signing.keys import PublicKey, Signer


class EnvelopeError(ValueError):
    """What should be an envelope is none: the message says what is wrong, as part of a sentence."""


class _Signature(msgspec.Struct, frozen=True, omit_defaults=True):
    """Fields that others add are passed over, as the specification asks."""

    sig: str
    keyid: str = ""


class _Envelope(msgspec.Struct, frozen=True, rename={"payload_type": "payloadType"}):
    payload: str
    payload_type: str
    signatures: tuple[_Signature, ...]


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """An envelope that was opened; none of it is true before a signature was verified."""

    payload: bytes
    payload_type: str
    key_ids: tuple[str, ...]
    """Which key made each signature, as the envelope says: a hint, not signed."""
    signatures: tuple[bytes, ...]

    def signed_by(self, key: PublicKey) -> bool:
        """Whether one of the signatures is one of *key*, whatever the hints say."""
        signed = pae(self.payload_type, self.payload)
        return any(key.fits(signed, signature) for signature in self.signatures)


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding: the bytes that are signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def seal(payload: bytes, payload_type: str, signer: Signer) -> bytes:
    """Return the envelope of *payload* as JSON, signed by *signer*."""
    signature = signer.sign(pae(payload_type, payload))
    return canonical_json(
        _Envelope(
            payload=base64.b64encode(payload).decode(),
            payload_type=payload_type,
            signatures=(_Signature(sig=base64.b64encode(signature).decode(), keyid=signer.key_id),),
        )
    )


def open_envelope(data: bytes) -> Envelope:
    """Read an envelope. Raises `EnvelopeError`."""
    try:
        found = msgspec.json.decode(data, type=_Envelope)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise EnvelopeError(f"it is no DSSE envelope ({error})") from error
    if not found.signatures:
        raise EnvelopeError("it holds no signature")
    return Envelope(
        payload=_decoded(found.payload, "payload"),
        payload_type=found.payload_type,
        key_ids=tuple(item.keyid for item in found.signatures),
        signatures=tuple(_decoded(item.sig, "signature") for item in found.signatures),
    )


def _decoded(text: str, what: str) -> bytes:
    """Decode base64, in either alphabet: the specification allows both."""
    try:
        return base64.b64decode(text.translate({ord("-"): "+", ord("_"): "/"}), validate=True)
    except (binascii.Error, ValueError) as error:
        raise EnvelopeError(f"its {what} is no base64") from error
