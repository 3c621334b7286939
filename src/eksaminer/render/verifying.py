"""How to verify a report: what a signature proves, the commands, and the digests that can be compared on paper."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from eksaminer.evidence.bundle import source_file, target_file
from eksaminer.evidence.model import Target
from eksaminer.findings import Assessment, TargetInfo
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Fact, Table
from eksaminer.render.limits import Limits
from eksaminer.render.texts import Texts

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,190}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
"""An assessment may come from anyone: what is no name or digest does not get into a list of them."""

POINTS = 5
"""Sentences about what a signature proves."""

COMMANDS = (
    ("verify.with_program", ("eksaminer verify RUN --key PUBLIC.pem --previous EARLIER",)),
    ("verify.without_program", ("unzip evidence.zip -d evidence", "cd evidence && sha256sum -c ../evidence.sha256")),
    (
        "verify.signature",
        (
            "jq -r .payload attestation.dsse.json | base64 -d > statement.json",
            "printf 'DSSEv1 28 application/vnd.in-toto+json %d ' $(wc -c < statement.json) > signed",
            "cat statement.json >> signed",
            "jq -r '.signatures[0].sig' attestation.dsse.json | base64 -d > signature",
            "openssl dgst -sha256 -verify PUBLIC.pem -signature signature signed",
            "jq -r '.subject[] | \"\\(.digest.sha256)  \\(.name)\"' statement.json | sha256sum -c",
        ),
    ),
)
"""What commands are for, as the id of a sentence, and their lines: for the shell of a run directory."""


@dataclass(frozen=True, slots=True)
class Command:
    """Lines for a shell, and what they are for."""

    purpose: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VerifyView:
    """The chapter."""

    points: tuple[str, ...]
    commands: tuple[Command, ...]
    facts: tuple[Fact, ...]
    targets: Table


def verifying(assessment: Assessment, limits: Limits, texts: Texts) -> VerifyView:
    """Arrange the chapter on verifying *assessment*."""
    agent = f"eksaminer/{assessment.tool.version} run/{assessment.run.collection}"
    return VerifyView(
        points=tuple(texts(f"verify.point_{place}", agent=agent) for place in range(1, POINTS + 1)),
        commands=tuple(Command(texts(name), lines) for name, lines in COMMANDS),
        facts=tuple(_facts(assessment, texts)),
        targets=_targets(assessment, limits, texts),
    )


def evidence_sums(assessment: Assessment) -> bytes:
    """Return the digests of the files in evidence.zip, as `sha256sum -c` reads them."""
    files = {_file(assessment, target): target.evidence_sha256 for target in assessment.targets}
    answers = (source for source in assessment.sources if _NAME.fullmatch(source.id))
    stored = {source_file(source.id): source.sha256_stored for source in answers}
    named = sorted({**files, **stored}.items())
    return "".join(f"{digest}  {name}\n" for name, digest in named if name and _DIGEST.fullmatch(digest)).encode()


def _facts(assessment: Assessment, texts: Texts) -> Iterator[Fact]:
    run, previous = assessment.run, assessment.previous
    yield Fact(texts("fact.run"), run.id, code=True)
    yield Fact(texts("fact.evidence"), run.evidence_sha256, code=True)
    if previous is None:
        yield Fact(texts("verify.previous"), texts("verify.no_previous"))
        return
    yield Fact(texts("verify.previous"), texts("verify.named", run=previous.run, time=texts.when(previous.as_of)))
    digest = previous.manifest_sha256
    yield Fact(texts("verify.previous_manifest"), digest or texts("verify.not_tied"), code=bool(digest))


def _targets(assessment: Assessment, limits: Limits, texts: Texts) -> Table:
    found = assessment.targets
    rows = tuple(
        (
            Cell(show.target(item), under=_file(assessment, item) or texts("word.none")),
            Cell(item.evidence_sha256, "code"),
        )
        for item in found[: limits.table]
    )
    return Table(
        caption=texts.several("verify.targets", len(found)),
        columns=(Column(texts("column.target"), 8), Column(texts("column.digest"), 16)),
        rows=rows,
        note=texts.several("note.rows", len(found) - len(rows)) if len(found) > len(rows) else "",
    )


def _file(assessment: Assessment, target: TargetInfo) -> str:
    """Return the file of *target* in the evidence; empty: it has a name that nothing of AWS can have."""
    if not all(_NAME.fullmatch(name) for name in (target.account, target.region, target.cluster) if name):
        return ""
    partition = assessment.run.identity.partition
    return target_file(
        Target(account=target.account, region=target.region, cluster=target.cluster, partition=partition)
    )
