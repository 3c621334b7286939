"""The run directory: written aside, renamed when it is whole; never half there."""

import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Literal, Self

import msgspec

from eksaminer import __version__
from eksaminer.errors import EksaminerError, UsageError
from eksaminer.findings import PreviousRun
from eksaminer.record import Record, canonical_json, sha256

SCHEMA: Literal["eksaminer.run/1"] = "eksaminer.run/1"
MANIFEST = "manifest.json"
EVIDENCE = "evidence.zip"
ATTESTATION = "attestation.dsse.json"
"""Who signed the manifest and everything that it lists; absent: nobody did."""

MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".json": "application/json",
        ".html": "text/html",
        ".pdf": "application/pdf",
        ".csv": "text/csv",
        ".md": "text/markdown",
        ".zip": "application/zip",
    }
)

Attest = Callable[[bytes, "RunManifest"], bytes]
"""Makes the attestation of a manifest, given as it is written and as it was meant."""


class RunFile(Record, frozen=True, kw_only=True):
    """One file of a run directory."""

    path: str
    sha256: str
    size: int
    media_type: str = ""
    """Empty: it is not known."""


class RunManifest(Record, frozen=True, kw_only=True):
    """What a run directory holds."""

    schema: Literal["eksaminer.run/1"] = SCHEMA
    tool_version: str
    command: str
    """The command that wrote it."""
    run: str
    """Id of the assessment; empty: nothing was assessed."""
    files: tuple[RunFile, ...]
    previous: PreviousRun | None = None
    """The run that this one follows; None: none was named."""


class _Head(msgspec.Struct):
    """The one field that tells the kinds of manifests apart."""

    schema: str


_MOST_BYTES = 2**20
"""A run directory has a dozen files."""


def default_name(now: datetime) -> str:
    """Return what the name of a run directory begins with: `eksaminer-20261204T101112Z`."""
    return f"eksaminer-{now:%Y%m%dT%H%M%SZ}"


class RunDirectory:
    """A folder that appears whole, or not at all. Leave the `with` block without `finish`, and nothing is left."""

    def __init__(self, path: Path | None, default: str, *, replace_command: str = "") -> None:
        """Take a place for the run.

        Args:
            path: Where it shall be; None: a folder here whose name starts with *default*.
            default: `eksaminer-20261204T101112Z`.
            replace_command: A directory that this command wrote may be replaced.

        Raises:
            UsageError: it is there and not empty, or cannot be written.
        """
        self._default = default
        self._given = path
        self._replaced = _occupied(path, replace_command) if path is not None else False
        folder, name = _place(path) if path is not None else (Path.cwd(), default)
        self._aside = folder / f".{name}.partial-{secrets.token_hex(4)}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._aside.mkdir(mode=0o700)
        except OSError as error:
            raise _unwritable(path or Path(default), error) from error

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing half-written."""
        shutil.rmtree(self._aside, ignore_errors=True)

    @property
    def evidence(self) -> Path:
        """Where the bundle of the run is written."""
        return self._aside / EVIDENCE

    @property
    def pending(self) -> bool:
        """Whether the directory has not been put in its place."""
        return self._aside.is_dir()

    def clear(self) -> None:
        """Forget what was written so far."""
        for path in self._aside.iterdir():
            path.unlink()

    def finish(
        self,
        files: Mapping[str, bytes],
        *,
        command: str,
        run: str,
        suffix: str,
        previous: PreviousRun | None = None,
        attest: Attest | None = None,
    ) -> Path:
        """Write *files* and the manifest, put the directory in its place, and return that.

        Args:
            files: Contents by name.
            command: The command that writes.
            run: Id of the assessment; may be empty.
            suffix: What a default name ends with.
            previous: The run that this one follows.
            attest: Signs the manifest; None: nobody does.

        Raises:
            EksaminerError: the disk is full, or something has come in the way meanwhile.
        """
        final = self._given if self._given is not None else Path(f"{self._default}-{suffix}")
        try:
            for name, data in files.items():
                self._write(name, data)
            manifest = self._manifest(command, run, previous)
            written = canonical_json(manifest) + b"\n"
            self._write(MANIFEST, written)
            if attest is not None:
                self._write(ATTESTATION, attest(written, manifest))
            self._rename(final)
        except OSError as error:
            raise EksaminerError(f"Cannot write to {final}: {error.strerror}.", "Nothing was left there.") from error
        return final

    def _write(self, name: str, data: bytes) -> None:
        descriptor = os.open(self._aside / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)

    def _manifest(self, command: str, run: str, previous: PreviousRun | None) -> RunManifest:
        files = tuple(
            RunFile(
                path=path.name,
                sha256=sha256(path.read_bytes()),
                size=path.stat().st_size,
                media_type=MEDIA_TYPES.get(path.suffix, ""),
            )
            for path in sorted(self._aside.iterdir())
        )
        return RunManifest(tool_version=__version__, command=command, run=run, files=files, previous=previous)

    def _rename(self, final: Path) -> None:
        if self._replaced:
            old = self._aside.with_name(f"{self._aside.name}.old")
            final.rename(old)
            self._aside.rename(final)
            shutil.rmtree(old, ignore_errors=True)
        else:
            # An empty folder is replaced; one that has been filled in the meantime is not.
            self._aside.rename(final)


def is_manifest(path: Path) -> bool:
    """Whether the folder *path* holds the manifest of a run directory, and not that of a bundle."""
    try:
        with (path / MANIFEST).open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        return msgspec.json.decode(data, type=_Head).schema == SCHEMA
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


def written_by(path: Path) -> str:
    """Return the command that wrote the run directory *path*; empty: it is none, or holds something else."""
    try:
        manifest = msgspec.json.decode((path / MANIFEST).read_bytes(), type=RunManifest)
        names = {entry.name for entry in path.iterdir()}
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    return manifest.command if names <= {MANIFEST, ATTESTATION, *(file.path for file in manifest.files)} else ""


def _occupied(path: Path, replace_command: str) -> bool:
    """Say whether *path* is a directory to be replaced. Raises `UsageError` for anything else that is in the way."""
    try:
        if not os.path.lexists(path):
            return False
        if path.is_symlink() or not path.is_dir():
            raise UsageError(f"--output {path} is there and is not a folder.", "Name a folder that does not exist.")
        if not any(path.iterdir()):
            return False
    except OSError as error:
        raise _unwritable(path, error) from error
    if replace_command and written_by(path) == replace_command:
        return True
    raise UsageError(f"The folder {path} is not empty.", "Name one with --output that does not exist or is empty.")


def _place(path: Path) -> tuple[Path, str]:
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
    return whole.parent, whole.name or "run"


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"Cannot write to {path}: {error.strerror}.", "Name another folder with --output.")
