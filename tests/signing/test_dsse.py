"""The envelope: what is signed is what the specification says, and nothing that is broken passes."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.signing.made import pem, private, public_pem

from eksaminer.signing import (
    EnvelopeError,
    StatementError,
    open_envelope,
    pae,
    read_private_key,
    read_public_key,
    read_statement,
    seal,
)

KIND = "http://example.com/HelloWorld"
SIGNER = read_private_key(pem("ed25519"), str)
KEY = read_public_key(public_pem("ed25519"))


def test_the_bytes_that_are_signed_are_those_of_the_specification() -> None:
    assert pae(KIND, b"hello world") == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_lengths_are_of_bytes() -> None:
    assert pae("ü", "ü".encode()) == b"DSSEv1 2 \xc3\xbc 2 \xc3\xbc"


def test_another_program_verifies_an_envelope() -> None:
    """Read by hand, and verified by the key itself."""
    envelope = json.loads(seal(b"hello", KIND, SIGNER))

    (signature,) = envelope["signatures"]
    payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"]
    signed = b" ".join([b"DSSEv1", str(len(kind)).encode(), kind.encode(), str(len(payload)).encode(), payload])
    private("ed25519").public_key().verify(base64.b64decode(signature["sig"]), signed)
    assert payload == b"hello"
    assert signature["keyid"] == SIGNER.key_id


@given(st.binary(max_size=200), st.text(max_size=40), st.data())
def test_an_envelope_is_opened_as_it_was_sealed_and_no_byte_can_be_changed(
    payload: bytes, kind: str, data: st.DataObject
) -> None:
    found = open_envelope(seal(payload, kind, SIGNER))
    assert (found.payload, found.payload_type, found.signed_by(KEY)) == (payload, kind, True)

    place = data.draw(st.integers(0, len(payload)))
    changed = payload[:place] + data.draw(st.binary(min_size=1, max_size=3)) + payload[place + 1 :]
    envelope = json.loads(seal(payload, kind, SIGNER))
    envelope["payload"] = base64.b64encode(changed).decode()
    assert open_envelope(json.dumps(envelope).encode()).signed_by(KEY) == (changed == payload)


def test_the_type_is_signed_too() -> None:
    envelope = json.loads(seal(b"hello", KIND, SIGNER))

    assert not open_envelope(json.dumps({**envelope, "payloadType": "x"}).encode()).signed_by(KEY)


def test_one_good_signature_among_others_is_enough_and_its_hint_does_not_count() -> None:
    envelope = json.loads(seal(b"hello", KIND, SIGNER))
    (own,) = envelope["signatures"]
    other = json.loads(seal(b"hello", KIND, read_private_key(pem("p256"), str)))["signatures"]

    found = open_envelope(json.dumps({**envelope, "signatures": [*other, {**own, "keyid": "?"}], "new": 1}).encode())
    assert found.signed_by(KEY)
    assert not found.signed_by(read_public_key(public_pem("p384")))


def test_both_alphabets_of_base64_are_read() -> None:
    envelope = json.loads(seal(b"\xff\xfe\xfd" * 9, KIND, SIGNER))
    envelope["payload"] = envelope["payload"].replace("+", "-").replace("/", "_")

    assert open_envelope(json.dumps(envelope).encode()).signed_by(KEY)


GOOD: dict[str, Any] = json.loads(seal(b"hello", KIND, SIGNER))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(json.dumps(GOOD).encode()[:60], "no DSSE envelope", id="cut"),
        pytest.param(b"", "no DSSE envelope", id="empty"),
        pytest.param(b"[]", "no DSSE envelope", id="a list"),
        pytest.param(b'{"a":' * 5_000, "no DSSE envelope", id="deep"),
        pytest.param(b"\xff\xff", "no DSSE envelope", id="no text"),
        pytest.param(json.dumps({**GOOD, "signatures": []}).encode(), "no signature", id="no signature"),
        pytest.param(json.dumps({**GOOD, "payload": "?"}).encode(), "payload is no base64", id="payload"),
        pytest.param(json.dumps({**GOOD, "payload": "ü"}).encode(), "payload is no base64", id="payload, not ASCII"),
        pytest.param(json.dumps({**GOOD, "signatures": [{"sig": "A"}]}).encode(), "signature is no", id="signature"),
    ],
)
def test_what_is_no_envelope_is_said(data: bytes, said: str) -> None:
    with pytest.raises(EnvelopeError, match=said):
        open_envelope(data)


STATEMENT = {"_type": "https://in-toto.io/Statement/v1", "subject": [], "predicateType": "urn:x", "predicate": {}}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"hello", "no in-toto statement", id="no JSON"),
        pytest.param(b"{}", "no in-toto statement", id="nothing in it"),
        pytest.param(json.dumps({**STATEMENT, "_type": "v0"}).encode(), "type 'v0'", id="another version"),
        pytest.param(json.dumps({**STATEMENT, "predicateType": "urn:y"}).encode(), "something else", id="other words"),
        pytest.param(json.dumps({**STATEMENT, "subject": [1]}).encode(), "no in-toto statement", id="wrong types"),
    ],
)
def test_what_is_no_statement_is_said(data: bytes, said: str) -> None:
    with pytest.raises(StatementError, match=said):
        read_statement(data, "urn:x")
