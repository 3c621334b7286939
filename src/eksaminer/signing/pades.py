"""A signature inside a PDF (PAdES B-B), by pyHanko, which is an extra: `pip install 'eksaminer[sign]'`.

The signature field is invisible and is appended to the document, which stays PDF/A-3a and PDF/UA-1. There is no time
stamp by a third party: the time in it is what the clock of this machine says.
"""

import asyncio
import io
from importlib.util import find_spec
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from eksaminer.signing.certificate import Chain
from eksaminer.signing.keys import Algorithm, Signer

EXTRA = "pip install 'eksaminer[sign]'"
FIELD = "Signature"
RESERVED = 32_768
"""Hexadecimal digits that are kept free in the document for the signature and its certificates."""

_HASHES = {Algorithm.P256: "sha256", Algorithm.P384: "sha384", Algorithm.RSA: "sha256"}
_LONGEST = 512
"""Bytes that no signature of these keys exceeds."""


def is_installed() -> bool:
    """Whether pyHanko is there, without loading it."""
    return find_spec("pyhanko") is not None


def sign_pdf(document: bytes, chain: Chain, signer: Signer) -> bytes:
    """Return *document* with a signature of *signer* and the certificates of *chain*."""
    return asyncio.run(_signed(document, chain, signer))


async def _signed(document: bytes, chain: Chain, signer: Signer) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415 - an extra, and slow
    from pyhanko.sign.fields import SigSeedSubFilter  # noqa: PLC0415 - as above
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner  # noqa: PLC0415 - as above

    hashed = _HASHES[signer.public_key.algorithm]
    metadata = PdfSignatureMetadata(field_name=FIELD, md_algorithm=hashed, subfilter=SigSeedSubFilter.PADES)
    writer, draft = IncrementalPdfFileWriter(io.BytesIO(document)), _external(chain, signer, bytes(_LONGEST))
    output = io.BytesIO()
    prepared, _, _ = await PdfSigner(metadata, signer=draft).async_digest_doc_for_signing(
        writer, bytes_reserved=RESERVED, output=output
    )
    attributes = await draft.signed_attrs(prepared.document_digest, hashed, use_pades=True)
    final = _external(chain, signer, signer.sign(attributes.dump()))
    prepared.fill_with_cms(output, await final.async_sign_prescribed_attributes(hashed, signed_attrs=attributes))
    return output.getvalue()


def _external(chain: Chain, signer: Signer, signature: bytes) -> Any:
    """Return a signer of pyHanko that gives *signature*, which was made elsewhere."""
    from asn1crypto.x509 import Certificate  # noqa: PLC0415 - comes with pyHanko
    from pyhanko.sign.signers import ExternalSigner  # noqa: PLC0415 - an extra, and slow
    from pyhanko_certvalidator.registry import SimpleCertificateStore  # noqa: PLC0415 - as above

    store = SimpleCertificateStore()
    own, *issuers = (Certificate.load(item.public_bytes(Encoding.DER)) for item in (chain.own, *chain.issuers))
    store.register_multiple(issuers)
    return ExternalSigner(
        signing_cert=own,
        cert_registry=store,
        signature_value=signature,
        signature_mechanism=_mechanism(signer.public_key.algorithm),
    )


def _mechanism(algorithm: Algorithm) -> Any:
    from asn1crypto.algos import RSASSAPSSParams, SignedDigestAlgorithm  # noqa: PLC0415 - comes with pyHanko

    if algorithm is not Algorithm.RSA:
        return SignedDigestAlgorithm({"algorithm": f"{_HASHES[algorithm]}_ecdsa"})
    sha256 = {"algorithm": "sha256"}
    parameters = RSASSAPSSParams(
        {
            "hash_algorithm": sha256,
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": sha256},
            "salt_length": 32,
        }
    )
    return SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})
