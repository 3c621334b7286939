"""The end of a run: judge, write the run directory, and say what came of it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from eksaminer.assessment import assess
from eksaminer.cli.console import Console, printable
from eksaminer.cli.rundir import ATTESTATION, EVIDENCE, RunDirectory
from eksaminer.cli.seal import Seal
from eksaminer.cli.setup import Bench
from eksaminer.errors import EksaminerError
from eksaminer.evidence import bundle
from eksaminer.evidence.collection import Collection
from eksaminer.findings import Assessment
from eksaminer.gate import INTERRUPTED, decide
from eksaminer.record import canonical_json
from eksaminer.render import Format
from eksaminer.render.unseen import permissions
from eksaminer.trend import follow

RUN_DIGITS = 6
ASSESS = "assess"
DEMO = "demo"
"""The command whose own exit code says that the reports exist, whatever they say."""


def conclude(
    collection: Collection,
    bench: Bench,
    formats: Sequence[Format],
    directory: RunDirectory,
    console: Console,
    *,
    seal: Seal,
    command: str,
    as_json: bool,
) -> int:
    """Judge *collection*, write everything, print the result, and return the exit code.

    Of a collection that was interrupted the evidence alone is written: a report on half of it would mislead.
    Evidence that was collected is kept, too, if anything stops what comes after.
    """
    with ExitStack() as rescue:
        if command != ASSESS:
            rescue.callback(_keep_evidence, collection, directory, console, command)
        if collection.info.interrupted and command != ASSESS:
            return INTERRUPTED
        assessment = assess(
            collection,
            bench.loaded.checks,
            bench.config.criteria,
            packs=bench.loaded.packs,
            selection=bench.selection,
            document=bench.config.document,
            decisions=bench.config.decisions,
            previous=None if seal.previous is None else seal.previous.link,
        )
        if seal.previous is not None:
            assessment = follow(assessment, seal.previous.assessment)
        bundle.save(collection, directory.evidence)
        where = write(assessment, formats, directory, command, seal)
        rescue.pop_all()
    if as_json:
        console.data(canonical_json(assessment))
    decision = decide(assessment, bench.gate)
    summarise(assessment, console, formats[0].language)
    said = f"Exit code {decision.code}: {decision.reason}"
    for line in (
        *closing(assessment, formats, where, signed=seal.signer is not None),
        said if command != DEMO else f"An audit would give: {said}",
    ):
        console.say(printable(line))
    if console.quiet and decision.code and command != DEMO:
        console.warn(said)
    return decision.code


def write(assessment: Assessment, formats: Sequence[Format], directory: RunDirectory, command: str, seal: Seal) -> Path:
    """Render *formats*, sign what is to be signed, put the run directory in its place, and return that."""
    files = {item.file: item.render(assessment) for item in formats}
    run, previous = assessment.run.id, assessment.previous
    return directory.finish(
        files, command=command, run=run, suffix=run[:RUN_DIGITS], previous=previous, attest=seal.attest(assessment)
    )


def _keep_evidence(collection: Collection, directory: RunDirectory, console: Console, command: str) -> None:
    """Write the evidence and nothing else, when the run ends before its reports."""
    if not directory.pending:
        return
    directory.clear()
    try:
        bundle.save(collection, directory.evidence)
        where = directory.finish({}, command=command, run="", suffix=collection.info.id[:RUN_DIGITS])
    except EksaminerError as error:
        console.warn(f"What was collected is lost: {error.what}")
        return
    begin = "Interrupted. " if collection.info.interrupted else ""
    console.warn(f"{begin}What was collected is in {where / EVIDENCE}: eksaminer assess {where}")


def summarise(assessment: Assessment, console: Console, language: str) -> None:
    """Print the result as a table."""
    if console.quiet:
        return
    from eksaminer.render import terminal  # noqa: PLC0415 - only where it is printed

    console.say(terminal.render(assessment, language, colour=console.colour, width=console.width))


def closing(assessment: Assessment, formats: Sequence[Format], where: Path, *, signed: bool) -> Iterator[str]:
    """Give the last lines but the exit code: what would cure denials, and what to open."""
    yield from cures(permissions(assessment))
    first = next((item.file for item in formats if item.name == "html"), formats[0].file)
    yield f"Open {where / first}"
    names = [*(item.file for item in formats), EVIDENCE, *([ATTESTATION] if signed else [])]
    yield f"Everything is in {where}: {', '.join(names)}."


def cures(permissions: Iterable[str]) -> Iterator[str]:
    """Give documents that would allow *permissions*, which were denied."""
    denied = set(permissions) - {""}
    if not denied:
        return
    from eksaminer.cli.privileges import iam_statement, rbac_documents  # noqa: PLC0415 - only after denials

    actions = sorted(name for name in denied if ":" in name)
    if actions:
        yield "Denied. This IAM statement allows exactly what was:"
        yield json.dumps(iam_statement("Eksaminer", actions), indent=2)
    documents = rbac_documents(denied - set(actions))
    if documents:
        import yaml  # noqa: PLC0415 - as above

        yield "Denied in Kubernetes. These RBAC rules allow exactly what was (bind the group eksaminer):"
        yield yaml.safe_dump_all(documents, sort_keys=False).rstrip()
