"""Keys of KMS: they sign through the gate, and what does not sign is said before anything else is done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eksaminer.collect.clock import FixedClock
from eksaminer.collect.kms import kms_key
from eksaminer.collect.session import CallFailed
from eksaminer.demo.account import Key, clean_account, with_changed_region
from eksaminer.demo.emulator import Emulator
from eksaminer.demo.model import key_arn
from eksaminer.errors import EksaminerError, UsageError

from .collecting import ACCOUNT, NOW

REGION = "eu-central-1"
SPECS = ("ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_EDWARDS25519", "RSA_2048")
ID = "11111111-2222-3333-4444-555555555555"
ARN = key_arn(ACCOUNT, REGION, ID)
KEY = Key(id=ID, created=NOW, spec="ECC_NIST_P256", usage="SIGN_VERIFY")


def with_key(emulator: Emulator, key: Key) -> None:
    emulator.load(with_changed_region(clean_account(NOW), REGION, keys=(key,)))


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("name", [ARN, f"awskms:///{ARN}", f"awskms:///{ID}"])
def test_a_key_signs_what_its_public_key_verifies(emulator: Emulator, clock: FixedClock, spec: str, name: str) -> None:
    with_key(emulator, replace(KEY, spec=spec))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - one of the literals
    key = kms_key(name, clock)
    key.check_permission()

    assert key.key_id == ARN
    assert key.public_key.fits(b"message", key.sign(b"message"))
    assert emulator.actions == ("kms:GetPublicKey", "kms:Sign", "kms:Sign")


def test_a_long_message_is_sent_as_a_digest(emulator: Emulator, clock: FixedClock) -> None:
    with_key(emulator, KEY)
    key = kms_key(ARN, clock)

    assert key.public_key.fits(b"x" * 100_000, key.sign(b"x" * 100_000))
    assert emulator.calls[-1].parameters["MessageType"] == "DIGEST"


def test_a_long_message_is_too_long_for_an_ed25519_key(emulator: Emulator, clock: FixedClock) -> None:
    with_key(emulator, replace(KEY, spec="ECC_NIST_EDWARDS25519"))
    key = kms_key(ARN, clock)

    with pytest.raises(UsageError, match="at most 4,096 bytes"):
        key.sign(b"x" * 4_097)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(replace(KEY, spec="SYMMETRIC_DEFAULT", usage="ENCRYPT_DECRYPT"), id="symmetric"),
        pytest.param(replace(KEY, spec="RSA_2048", usage="ENCRYPT_DECRYPT"), id="RSA for encryption"),
    ],
)
def test_a_key_that_does_not_sign_is_refused_at_once(emulator: Emulator, clock: FixedClock, key: Key) -> None:
    with_key(emulator, key)

    with pytest.raises(UsageError, match="is not one that signs") as caught:
        kms_key(ARN, clock)
    assert "aws kms create-key" in caught.value.do


@pytest.mark.parametrize(
    "name",
    [
        "awskms:///",
        "awskms://localhost/x",
        "awskms:///alias/",
        "arn:aws:s3:::bucket",
        "arn:aws:kms:eu-central-1:1:key/x",
        "awskms:///a b",
        "awskms:///arn:aws:kms:../..:111122223333:key/x",
    ],
)
def test_a_name_that_is_none_is_refused_without_a_call(emulator: Emulator, clock: FixedClock, name: str) -> None:
    with pytest.raises(UsageError, match="names no key of KMS"):
        kms_key(name, clock)
    assert emulator.calls == ()


@pytest.mark.parametrize("operation", ["kms:GetPublicKey", "kms:Sign"])
def test_a_refusal_is_found_before_anything_is_signed(emulator: Emulator, clock: FixedClock, operation: str) -> None:
    with_key(emulator, KEY)
    emulator.deny(operation)

    with pytest.raises(EksaminerError, match=f"{operation} was denied"):
        kms_key(ARN, clock).check_permission()


def test_a_key_that_is_not_there_or_disabled_is_said(emulator: Emulator, clock: FixedClock) -> None:
    with pytest.raises(EksaminerError, match="does not exist"):
        kms_key(ARN, clock)
    with_key(emulator, replace(KEY, state="Disabled"))
    with pytest.raises(EksaminerError, match="DisabledException"):
        kms_key(ARN, clock).check_permission()


def test_an_alias_is_asked_for_in_the_region_of_the_session(emulator: Emulator, clock: FixedClock) -> None:
    with pytest.raises(EksaminerError, match="does not exist"):
        kms_key("awskms:///alias/audit", clock)

    assert emulator.calls[-1].parameters["KeyId"] == "alias/audit"
    assert emulator.calls[-1].region == REGION


def test_a_refusal_while_signing_is_an_error_with_a_sentence(emulator: Emulator, clock: FixedClock) -> None:
    with_key(emulator, KEY)
    key = kms_key(ARN, clock)
    emulator.deny("kms:Sign")

    with pytest.raises(EksaminerError, match="kms:Sign was denied") as caught:
        key.sign(b"message")
    assert isinstance(caught.value.__cause__, CallFailed)
