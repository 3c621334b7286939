"""The evidence that is attached to the PDF, and its digests, which are printed: mail gateways strip attachments."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eksaminer.findings import Assessment
from eksaminer.record import sha256
from eksaminer.render import csv, hits, json
from eksaminer.render.blocks import Cell, Column, Table, number
from eksaminer.render.texts import Texts
from eksaminer.render.verifying import evidence_sums

MOST = 48 * 1024 * 1024
"""Bytes of all attachments (the assessment.json of 20,000 findings has about 33 MB): more would cost memory."""

EVIDENCE = "evidence.sha256"
SUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class File:
    """A file that belongs to the report."""

    name: str
    data: bytes
    sha256: str
    attached: bool
    """False: it is too large, and stands beside the document."""


def files_of(assessment: Assessment) -> tuple[File, ...]:
    """Return what is attached to the PDF of *assessment*.

    That is: itself, its findings and hits as tables, the digests of the evidence, and those of all of these.

    What would not fit into `MOST` is named with its digest and not attached.
    """
    contents = {
        "assessment.json": json.render(assessment),
        "findings.csv": csv.render(assessment),
        "hits.csv": hits.render(assessment),
        EVIDENCE: evidence_sums(assessment),
    }
    found = tuple(_fitting(contents))
    sums = "".join(f"{item.sha256}  {item.name}\n" for item in found).encode()
    return (*found, File(SUMS, sums, sha256(sums), attached=True))


def _fitting(contents: dict[str, bytes]) -> Iterator[File]:
    taken = 0
    for name, data in contents.items():
        fits = taken + len(data) <= MOST
        taken += len(data) if fits else 0
        yield File(name, data, sha256(data), attached=fits)


def table(files: Sequence[File], texts: Texts) -> Table:
    """Return *files* with their whole digests."""
    return Table(
        caption=texts("attached.caption"),
        columns=(
            Column(texts("column.file"), 5),
            Column(texts("column.bytes"), 3, "number"),
            Column(texts("column.digest"), 16),
        ),
        rows=tuple(
            (
                Cell(item.name, under=texts(f"attached.{item.name.partition('.')[0].lower()}")),
                number(len(item.data)),
                Cell(item.sha256, "code", under="" if item.attached else texts("attached.beside")),
            )
            for item in files
        ),
    )
