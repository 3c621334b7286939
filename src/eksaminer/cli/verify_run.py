"""A run directory, verified: its files, its signature, the run before it, and its findings judged again."""

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from eksaminer.cli.attestation import PREDICATE_TYPE, Predicate
from eksaminer.cli.judge_again import JudgedState, judge_again
from eksaminer.cli.previous import read_previous
from eksaminer.cli.rundir import ATTESTATION, EVIDENCE, MANIFEST, RunManifest
from eksaminer.cli.stored import ASSESSMENT, parse_manifest, read_file
from eksaminer.errors import InputError
from eksaminer.evidence.bundle import FileState
from eksaminer.findings import Assessment, PreviousRun
from eksaminer.record import Record, sha256
from eksaminer.registry import Loaded
from eksaminer.render.json import load_assessment
from eksaminer.signing import (
    PAYLOAD_TYPE,
    Envelope,
    EnvelopeError,
    PublicKey,
    StatementError,
    open_envelope,
    read_statement,
)

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
_MOST_FILES = 1_000
_MOST_ATTESTATION = 2**24
_ADVICE = "Name a run directory as eksaminer wrote it."


class SignatureState(Record, frozen=True, kw_only=True):
    """What the attestation of a run is worth."""

    state: Literal["valid", "unchecked", "other_key", "other_files", "unreadable", "absent"]
    detail: str = ""
    """What is wrong, as part of a sentence."""
    key: str = ""
    """The key that the attestation names; true where the state is valid."""
    algorithm: str = ""
    signed_at: str = ""
    """By the clock of the signer."""


class LinkState(Record, frozen=True, kw_only=True):
    """Whether the run follows the one that it says it follows."""

    state: Literal["ok", "unchecked", "other_run", "none", "not_named"]
    """unchecked: no earlier run was given; none: the run follows none; not_named: one was given, and it names none."""
    previous: PreviousRun | None = None
    found: str = ""
    """The digest of the manifest that was given."""


class RunState(Record, frozen=True, kw_only=True):
    """Whether a run directory is as it was written, and says what its evidence says."""

    schema: Literal["eksaminer.run-state/1"] = "eksaminer.run-state/1"
    run: str
    command: str
    manifest_sha256: str
    files: tuple[FileState, ...]
    signature: SignatureState
    link: LinkState
    judged: JudgedState
    problems: tuple[str, ...]
    """Contradictions between the parts, a sentence each."""

    @property
    def mismatches(self) -> bool:
        """Whether something is not as it should be."""
        return (
            bool(self.problems)
            or any(file.state != "ok" for file in self.files)
            or self.signature.state in {"other_key", "other_files", "unreadable"}
            or self.link.state in {"other_run", "not_named"}
            or self.judged.state == "different"
        )

    @property
    def unproved(self) -> bool:
        """Whether something could have been proved and was not."""
        return self.signature.state == "unchecked" or self.judged.unproved


def examine_run(path: Path, key: PublicKey | None, previous: Path | None, loaded: Loaded) -> RunState:
    """Verify the run directory *path*.

    Args:
        path: The run directory.
        key: The key that is trusted to have signed it; None: the signature cannot be checked.
        previous: The run before it; None: the link cannot be checked.
        loaded: The checks to judge with.

    Raises:
        InputError: it has no manifest that can be read, or is not safe to read.
    """
    written = read_file(path / MANIFEST, _ADVICE)
    manifest = _safe(parse_manifest(written, str(path / MANIFEST)), path)
    files = tuple(sorted(_states(path, manifest), key=lambda file: file.path))
    sound = {file.path for file in files if file.state == "ok"}
    stored = _stored(path, manifest, sound)
    signature, predicate = _signature(path, written, manifest, key)
    evidence = path / EVIDENCE if EVIDENCE in sound else None
    link = _link(manifest, previous)
    earlier = _earlier(previous) if previous is not None and link.state == "ok" else None
    judged = judge_again(evidence, stored, loaded, earlier) if manifest.run else JudgedState(state="nothing")
    return RunState(
        run=manifest.run,
        command=manifest.command,
        manifest_sha256=sha256(written),
        files=files,
        signature=signature,
        link=link,
        judged=judged,
        problems=tuple(_contradictions(manifest, stored, predicate, key, signature)),
    )


def _earlier(previous: Path) -> Assessment | None:
    """Return the assessment of the run before; None: it is not there, or not the one that its manifest lists."""
    try:
        return read_previous(previous).assessment
    except InputError:
        return None


def _safe(manifest: RunManifest, path: Path) -> RunManifest:
    names = [file.path for file in manifest.files]
    for name in names:
        if not _NAME.fullmatch(name) or name in {MANIFEST, ATTESTATION}:
            raise InputError(f"{path / MANIFEST} lists a file with the unsafe name {name!r}: refused.")
    if len(set(names)) < len(names):
        raise InputError(f"{path / MANIFEST} lists a file twice: refused.")
    return manifest


def _states(path: Path, manifest: RunManifest) -> Iterator[FileState]:
    listed = {file.path: file for file in manifest.files}
    found = _names(path)
    for name in sorted((found | listed.keys()) - {MANIFEST, ATTESTATION}):
        if name not in found:
            yield FileState(path=name, state="missing")
        elif name not in listed:
            yield FileState(path=name, state="unlisted")
        else:
            same = _digest(path / name) == (listed[name].sha256, listed[name].size)
            yield FileState(path=name, state="ok" if same else "tampered")


def _names(path: Path) -> set[str]:
    names: set[str] = set()
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                names.add(entry.name)
                if len(names) > _MOST_FILES:
                    raise InputError(f"{path} holds more than {_MOST_FILES:,} files: no run directory does.")
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.") from error
    return names


def _digest(path: Path) -> tuple[str, int]:
    """Return digest and size; of what is no plain file neither is anything that a manifest can list."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return "", 0
            return hashlib.file_digest(file, "sha256").hexdigest(), status.st_size
    except OSError:
        return "", 0


def _stored(path: Path, manifest: RunManifest, sound: set[str]) -> Assessment | str:
    """Return the assessment, or why there is none that can be read."""
    if ASSESSMENT not in sound:
        listed = any(file.path == ASSESSMENT for file in manifest.files)
        return f"{ASSESSMENT} is not as it was written" if listed else f"the run wrote no {ASSESSMENT}"
    try:
        return load_assessment(read_file(path / ASSESSMENT, _ADVICE))
    except InputError as error:
        return error.what.removesuffix(".")


def _signature(
    path: Path, written: bytes, manifest: RunManifest, key: PublicKey | None
) -> tuple[SignatureState, Predicate | None]:
    if not os.path.lexists(path / ATTESTATION):
        return SignatureState(state="absent"), None
    try:
        envelope = open_envelope(read_file(path / ATTESTATION, _ADVICE, most=_MOST_ATTESTATION))
        subjects, predicate = _said(envelope)
    except InputError as error:
        return SignatureState(state="unreadable", detail=error.what.removesuffix(".")), None
    except (EnvelopeError, StatementError) as error:
        return SignatureState(state="unreadable", detail=str(error)), None
    known = {MANIFEST: sha256(written), **{file.path: file.sha256 for file in manifest.files}}
    state = SignatureState(
        state="other_key"
        if key is not None and not envelope.signed_by(key)
        else "unchecked"
        if key is None
        else "valid",
        key=predicate.key.id,
        algorithm=predicate.key.algorithm,
        signed_at=f"{predicate.time.signed_at:%Y-%m-%d %H:%M:%S} UTC",
    )
    if state.state != "other_key" and subjects != known:
        names = sorted(name for name in {*subjects, *known} if subjects.get(name) != known.get(name))
        return msgspec.structs.replace(state, state="other_files", detail=", ".join(names[:10])), None
    return state, predicate


def _said(envelope: Envelope) -> tuple[Mapping[str, str], Predicate]:
    """Return the digests of the files that the statement speaks of, and what it says of them."""
    if envelope.payload_type != PAYLOAD_TYPE:
        raise EnvelopeError(f"its payload is {envelope.payload_type[:100]!r}, not {PAYLOAD_TYPE}")
    statement = read_statement(envelope.payload, PREDICATE_TYPE)
    try:
        predicate = msgspec.convert(statement.predicate, Predicate)
    except msgspec.ValidationError as error:
        raise StatementError(f"its predicate cannot be read ({error})") from error
    return {subject.name: subject.digest.get("sha256", "") for subject in statement.subject}, predicate


def _link(manifest: RunManifest, given: Path | None) -> LinkState:
    named = manifest.previous
    if given is None:
        return LinkState(state="none" if named is None else "unchecked", previous=named)
    if named is None:
        return LinkState(state="not_named")
    place = given / MANIFEST if given.is_dir() else given.parent / MANIFEST
    found = sha256(read_file(place, "Name the run directory before this one with --previous."))
    return LinkState(state="ok" if found == named.manifest_sha256 else "other_run", previous=named, found=found)


def _contradictions(
    manifest: RunManifest,
    stored: Assessment | str,
    predicate: Predicate | None,
    key: PublicKey | None,
    signature: SignatureState,
) -> Iterator[str]:
    if key is not None and signature.state == "absent":
        yield f"There is no {ATTESTATION}: nobody signed this run, or the signature was taken away."
    if isinstance(stored, str):
        return
    if (stored.run.id, stored.previous) != (manifest.run, manifest.previous):
        yield f"{MANIFEST} and {ASSESSMENT} speak of different runs."
    run = stored.run
    if predicate and (predicate.run.id, predicate.run.evidence_sha256, predicate.previous, predicate.identity) != (
        run.id,
        run.evidence_sha256,
        stored.previous,
        run.identity,
    ):
        yield f"{ATTESTATION} and {ASSESSMENT} speak of different runs."
