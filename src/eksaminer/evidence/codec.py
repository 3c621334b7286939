"""Evidence as JSON: canonical bytes out, values in. The digests of a collection are taken over these bytes."""

from datetime import datetime

import msgspec

from eksaminer.evidence.collection import Collection
from eksaminer.evidence.model import Evidence, Section, Source, Target
from eksaminer.evidence.sections import SECTIONS
from eksaminer.gap import Gap
from eksaminer.record import Record, canonical_json, digest, sha256

EVIDENCE_SCHEMA = "eksaminer.evidence/1"


class UnknownSectionError(ValueError):
    """Evidence holds a section that this version does not know."""


class _Stored(Record, frozen=True, kw_only=True):
    schema: str
    target: Target
    collected_at: datetime
    sections: dict[str, msgspec.Raw]
    gaps: dict[str, Gap]
    sources: tuple[Source, ...]


def evidence_to_json(evidence: Evidence) -> bytes:
    """Serialise *evidence*: equal evidence gives equal bytes."""
    found = evidence.sections.items()
    return canonical_json(
        _Stored(
            schema=EVIDENCE_SCHEMA,
            target=evidence.target,
            collected_at=evidence.collected_at,
            sections={key: msgspec.Raw(canonical_json(value)) for key, value in found if isinstance(value, Section)},
            gaps={key: value for key, value in found if isinstance(value, Gap)},
            sources=evidence.sources,
        )
    )


def evidence_from_json(data: bytes) -> Evidence:
    """Read evidence back. Raises `msgspec.ValidationError` or `UnknownSectionError`."""
    stored = msgspec.json.decode(data, type=_Stored)
    unknown = sorted({*stored.sections, *stored.gaps} - set(SECTIONS))
    if unknown:
        raise UnknownSectionError(f"sections this version does not know: {', '.join(unknown)}")
    sections: dict[str, Section | Gap] = {
        key: msgspec.json.decode(raw, type=SECTIONS[key]) for key, raw in stored.sections.items()
    }
    return Evidence(
        target=stored.target,
        collected_at=stored.collected_at,
        sections={**sections, **stored.gaps},
        sources=stored.sources,
    )


def evidence_digest(evidence: Evidence) -> str:
    """Return the SHA-256 of the canonical JSON of *evidence*."""
    return sha256(evidence_to_json(evidence))


def manifest_digest(collection: Collection) -> str:
    """Return the digest of a collection: of its information and of the evidence of every target."""
    return digest([collection.info, [evidence_digest(collection.evidence[target]) for target in collection.targets]])
