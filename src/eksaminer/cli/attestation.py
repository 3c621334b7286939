"""attestation.dsse.json: who signed a run, and what the signature covers.

An in-toto statement in a DSSE envelope. Its subjects are the manifest and every file that the manifest lists; its
predicate says in short what the run was, so that a reader need not open the rest.
"""

from datetime import datetime
from typing import Any

from eksaminer.cli.rundir import MANIFEST, RunManifest
from eksaminer.evidence.collection import Identity
from eksaminer.findings import Assessment, Periods, PreviousRun, Tool
from eksaminer.outcome import Scope
from eksaminer.record import Record, canonical_json, plain, sha256
from eksaminer.signing import PAYLOAD_TYPE, Signer, Statement, Subject, seal

PREDICATE_TYPE = "urn:eksaminer.attestation:1"
TIME_SOURCE = "the clock of the machine that signed; nobody else confirms it"


class RunNamed(Record, frozen=True, kw_only=True):
    """Which run it was."""

    id: str
    collection: str
    command: str
    as_of: datetime
    started: datetime
    finished: datetime
    interrupted: bool
    evidence_sha256: str


class ScopeCounted(Record, frozen=True, kw_only=True):
    """What was assessed; the lists stand in assessment.json."""

    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    clusters: int
    left_out: int


class Totals(Record, frozen=True, kw_only=True):
    """What came of it."""

    statuses: dict[str, int]
    failed_by_severity: dict[str, int]
    conclusions: dict[str, str]


class SigningTime(Record, frozen=True, kw_only=True):
    """When it was signed, and who says so."""

    signed_at: datetime
    source: str = TIME_SOURCE
    collector_offset_ms: int | None
    """The clock of the collector minus that of AWS; None: they were not compared."""


class KeyNamed(Record, frozen=True, kw_only=True):
    """With which key."""

    id: str
    algorithm: str


class Predicate(Record, frozen=True, kw_only=True):
    """What the signer says of the files."""

    tool: Tool
    run: RunNamed
    identity: Identity
    """Who collected the evidence, as AWS said."""
    scope: ScopeCounted
    period: Periods
    summary: Totals
    previous: PreviousRun | None
    time: SigningTime
    key: KeyNamed


def attestation(
    assessment: Assessment, written: bytes, manifest: RunManifest, signer: Signer, signed_at: datetime
) -> bytes:
    """Return the envelope that signs *manifest*, whose bytes are *written*. Raises `EksaminerError`."""
    subjects = [(MANIFEST, sha256(written)), *((file.path, file.sha256) for file in manifest.files)]
    said: dict[str, Any] = plain(_predicate(assessment, manifest.command, signer, signed_at))
    statement = Statement(
        subject=tuple(Subject(name=name, digest={"sha256": digest}) for name, digest in subjects),
        predicate_type=PREDICATE_TYPE,
        predicate=said,
    )
    return seal(canonical_json(statement), PAYLOAD_TYPE, signer) + b"\n"


def _predicate(assessment: Assessment, command: str, signer: Signer, signed_at: datetime) -> Predicate:
    run, population = assessment.run, assessment.population
    return Predicate(
        tool=assessment.tool,
        run=RunNamed(
            id=run.id,
            collection=run.collection,
            command=command,
            as_of=run.as_of,
            started=run.started,
            finished=run.finished,
            interrupted=run.interrupted,
            evidence_sha256=run.evidence_sha256,
        ),
        identity=run.identity,
        scope=ScopeCounted(
            accounts=tuple(sorted({target.account for target in assessment.targets if target.account})),
            regions=tuple(sorted({target.region for target in assessment.targets if target.region})),
            clusters=sum(target.scope is Scope.CLUSTER for target in assessment.targets),
            left_out=len(population.skipped),
        ),
        period=assessment.period,
        summary=Totals(
            statuses=assessment.summary.statuses,
            failed_by_severity=assessment.summary.failed_by_severity,
            conclusions={item.recommendation: item.conclusion for item in assessment.conclusions},
        ),
        previous=assessment.previous,
        time=SigningTime(signed_at=signed_at, collector_offset_ms=run.clock_offset_ms),
        key=KeyNamed(id=signer.key_id, algorithm=signer.public_key.algorithm.value),
    )
