"""The KMS keys that sign: real keys, made when they are first asked for."""

from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from eksaminer.demo.model import Key, key_arn
from eksaminer.demo.services.others import find_key
from eksaminer.demo.services.world import Operation, World
from eksaminer.demo.wire import AwsError, Call

ALGORITHMS: Mapping[str, tuple[str, ...]] = {
    "ECC_NIST_P256": ("ECDSA_SHA_256",),
    "ECC_NIST_P384": ("ECDSA_SHA_384",),
    "ECC_NIST_EDWARDS25519": ("ED25519_SHA_512", "ED25519_PH_SHA_512"),
    "RSA_2048": ("RSASSA_PSS_SHA_256", "RSASSA_PKCS1_V1_5_SHA_256"),
}
MOST_BYTES = 4_096


def get_public_key(world: World, call: Call) -> Mapping[str, Any]:
    """Tell the public key of a key pair."""
    key = find_key(world, call)
    if key.spec == "SYMMETRIC_DEFAULT":
        raise AwsError("UnsupportedOperationException", "")
    public = _private(world, key).public_key()
    return {
        "KeyId": key_arn(world.account.id, call.region, key.id),
        "PublicKey": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "CustomerMasterKeySpec": key.spec,
        "KeySpec": key.spec,
        "KeyUsage": key.usage,
        **({"SigningAlgorithms": list(ALGORITHMS[key.spec])} if key.usage == "SIGN_VERIFY" else {}),
    }


def sign(world: World, call: Call) -> Mapping[str, Any]:
    """Sign a message, or its digest."""
    key, asked = find_key(world, call), call.parameters
    arn, algorithm = key_arn(world.account.id, call.region, key.id), str(asked["SigningAlgorithm"])
    if key.usage != "SIGN_VERIFY" or algorithm not in ALGORITHMS[key.spec]:
        raise AwsError("InvalidKeyUsageException", f"Algorithm {algorithm} is incompatible with key spec {key.spec}.")
    if key.state != "Enabled":
        raise AwsError("DisabledException", f"{arn} is disabled.")
    if len(asked["Message"]) > MOST_BYTES:
        raise AwsError("ValidationException", "Value at 'message' failed to satisfy constraint: length at most 4096")
    if asked.get("DryRun"):
        raise AwsError("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")
    signature = _signature(_private(world, key), asked["Message"], digest=asked.get("MessageType") == "DIGEST")
    return {"KeyId": arn, "Signature": signature, "SigningAlgorithm": algorithm}


def _private(world: World, key: Key) -> Any:
    made: Mapping[str, Callable[[], Any]] = {
        "ECC_NIST_P256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "ECC_NIST_P384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "ECC_NIST_EDWARDS25519": ed25519.Ed25519PrivateKey.generate,
        "RSA_2048": lambda: rsa.generate_private_key(65_537, 2_048),
    }
    if key.id not in world.signing_keys:
        world.signing_keys[key.id] = made[key.spec]()
    return world.signing_keys[key.id]


def _signature(private: Any, message: bytes, *, digest: bool) -> bytes:
    """Sign with RSA by RSASSA-PSS, as long as nobody asks for more."""
    if isinstance(private, ed25519.Ed25519PrivateKey):
        if digest:
            raise AwsError("ValidationException", "ED25519_SHA_512 requires the message type RAW.")
        return private.sign(message)
    elliptic = isinstance(private, ec.EllipticCurvePrivateKey)
    hashed: Any = SHA384() if elliptic and private.key_size == 384 else SHA256()  # noqa: PLR2004 - the curve P-384
    if digest and len(message) != hashed.digest_size:
        raise AwsError("ValidationException", "Digest is invalid length for algorithm.")
    taken = Prehashed(hashed) if digest else hashed
    if elliptic:
        return bytes(private.sign(message, ec.ECDSA(taken)))
    return bytes(private.sign(message, padding.PSS(padding.MGF1(SHA256()), salt_length=32), taken))


OPERATIONS: Mapping[str, Operation] = {"kms:GetPublicKey": get_public_key, "kms:Sign": sign}
