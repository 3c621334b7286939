"""Evidence on disk: a folder or a zip file with a manifest of digests.

    manifest.json        schema, how the evidence was collected, SHA-256 and size of every other file
    targets/NAME.json    the evidence of one target, as `evidence.codec` writes it
    sources/ID.json      the answers it was read from, redacted

Writing is atomic and gives equal bytes for equal evidence. Reading is reading hostile input: a bundle comes
from someone else, so nothing in it is followed, unpacked or believed before it has been checked.
"""

import os
import re
import secrets
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Protocol

import msgspec

from eksaminer.errors import InputError, UsageError
from eksaminer.evidence.codec import (
    EVIDENCE_SCHEMA,
    UnknownSectionError,
    evidence_from_json,
    evidence_to_json,
    manifest_digest,
)
from eksaminer.evidence.collection import Collection, CollectionInfo
from eksaminer.evidence.model import Evidence, Target
from eksaminer.record import Record, canonical_json, digest, sha256

SCHEMA: Literal["eksaminer.bundle/1"] = "eksaminer.bundle/1"
MANIFEST = "manifest.json"

MAX_FILES = 200_000
MAX_FILE_BYTES = 512 * 2**20
MAX_TOTAL_BYTES = 2 * 2**30
MAX_RATIO = 250
"""Plain to compressed bytes of one file; evidence reaches 60, a bomb starts at 1,000."""
RATIO_FROM_BYTES = 2**20
"""Small files may be more redundant than that without harm."""

_PATH = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,199}/){0,3}[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
_SOURCE_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,190}")
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can hold: equal evidence shall give equal bytes."""


class BundleError(InputError):
    """A bundle that cannot be read, trusted, or written."""


class FileEntry(Record, frozen=True, kw_only=True):
    """One file of a bundle."""

    path: str
    sha256: str
    size: int


class Manifest(Record, frozen=True, kw_only=True):
    """What a bundle holds."""

    schema: Literal["eksaminer.bundle/1"] = SCHEMA
    collection: CollectionInfo
    evidence_sha256: str
    """Digest of the collection: what an assessment names as its evidence."""
    files: tuple[FileEntry, ...]


class _Head(msgspec.Struct):
    """The one field that every version has."""

    schema: str


def contents(collection: Collection) -> dict[str, bytes]:
    """Return the files of the bundle of *collection*, the manifest first. Equal evidence gives equal bytes."""
    targets = {target_file(target): evidence_to_json(item) for target, item in collection.evidence.items()}
    sources = {source_file(name): answer for name, answer in collection.answers.items()}
    files = dict(sorted({**targets, **sources}.items()))
    manifest = Manifest(
        collection=collection.info,
        evidence_sha256=manifest_digest(collection),
        files=tuple(FileEntry(path=path, sha256=sha256(data), size=len(data)) for path, data in files.items()),
    )
    return {MANIFEST: canonical_json(manifest), **files}


def save(collection: Collection, path: Path) -> None:
    """Write *collection* to *path*: a zip file if it ends in `.zip`, otherwise a folder.

    It is written aside and renamed, so that *path* is a whole bundle or is not there.

    Raises:
        UsageError: *path* is there already, or its folder cannot be written.
        BundleError: writing failed: the disk is full, say.
    """
    check_place(path)
    aside = _aside(path)
    write = _write_zip if path.suffix == ".zip" else _write_folder
    try:
        write(contents(collection), aside)
        if path.is_dir():
            path.rmdir()
        aside.rename(path)
    except OSError as error:
        raise BundleError(f"Cannot write {path}: {error.strerror}.", "Nothing was left there.") from error
    finally:
        _discard(aside)


def check_place(path: Path) -> None:
    """Refuse a path that a bundle cannot be written to: to be asked before anything is collected.

    Raises:
        UsageError: *path* is there already, or cannot be written.
    """
    try:
        if os.path.lexists(path) and not _is_empty_folder(path):
            raise UsageError(f"{path} exists.", "Name a path that does not exist, or an empty folder.")
        path.parent.mkdir(parents=True, exist_ok=True)
        probe = _aside(path)
        probe.touch(0o600)
        probe.unlink()
    except OSError as error:
        raise _unwritable(path, error) from error


def load(path: Path) -> Collection:
    """Read the bundle at *path*: a folder, a zip file, or a run directory with an `evidence.zip`.

    Raises:
        BundleError: it is not a bundle, of an unknown version, damaged, or not safe to read.
    """
    with _opened(path) as (reader, where):
        return _load(reader, where)


@contextmanager
def _opened(path: Path) -> Generator[tuple["_Reader", Path]]:
    """Open a bundle; what goes wrong while it is read becomes a `BundleError`."""
    inner = path / "evidence.zip"
    if path.is_dir() and inner.is_file() and not inner.is_symlink():
        path = inner
    try:
        if path.is_dir():
            yield _Folder(path), path
        else:
            with zipfile.ZipFile(path) as archive:
                yield _Archive(archive, path), path
    except FileNotFoundError as error:
        raise BundleError(f"{path} does not exist.", "Name a bundle: a folder or a .zip file.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error) as error:
        raise BundleError(f"{path} is not a bundle: {_lower(error)}.", "Name a folder or a .zip file.") from error
    except OSError as error:
        raise BundleError(f"Cannot read {path}: {error.strerror or _lower(error)}.") from error


class FileState(Record, frozen=True, kw_only=True):
    """One file of a bundle against its manifest."""

    path: str
    state: Literal["ok", "missing", "tampered", "unlisted"]


class BundleState(Record, frozen=True, kw_only=True):
    """Whether a bundle is as it was written. The manifest is not signed: it shows accidents, not forgers."""

    schema: Literal["eksaminer.bundle-state/1"] = "eksaminer.bundle-state/1"
    run: str
    """Id of the run that collected it."""
    evidence_sha256: str
    """The digest that an assessment of it names."""
    files: tuple[FileState, ...]
    problem: str
    """Why it cannot be loaded, though every file has its digest; empty: it can."""

    @property
    def intact(self) -> bool:
        """Whether nothing is missing, changed or added."""
        return not self.problem and all(file.state == "ok" for file in self.files)


def examine(path: Path) -> BundleState:
    """Compare each file of the bundle at *path* with its manifest, and the stored answers with their sources.

    Raises:
        BundleError: it has no manifest that can be read, or is not safe to read.
    """
    with _opened(path) as (reader, where):
        sizes, manifest = _manifest(reader, where)
        files = tuple(sorted(_states(reader, manifest, sizes), key=lambda file: file.path))
    state = BundleState(run=manifest.collection.id, evidence_sha256=manifest.evidence_sha256, files=files, problem="")
    return msgspec.structs.replace(state, problem=_problem(path)) if state.intact else state


def _states(reader: "_Reader", manifest: Manifest, sizes: Mapping[str, int]) -> Iterator[FileState]:
    listed = {entry.path: entry for entry in manifest.files}
    for name in (sizes.keys() | listed.keys()) - {MANIFEST}:
        if name not in sizes:
            yield FileState(path=name, state="missing")
        elif name not in listed:
            yield FileState(path=name, state="unlisted")
        else:
            same = sizes[name] == listed[name].size and sha256(reader.read(name)) == listed[name].sha256
            yield FileState(path=name, state="ok" if same else "tampered")


def _problem(path: Path) -> str:
    try:
        collection = load(path)
    except BundleError as error:
        return error.what
    for evidence in collection.evidence.values():
        for source in evidence.sources:
            answer = collection.answers.get(source.id)
            if source.sha256_stored and (answer is None or sha256(answer) != source.sha256_stored):
                return f"The stored answer {source.id} is not the one that {evidence.target.label} was read from."
    return ""


class _Reader(Protocol):
    """A folder or an archive: names with sizes, and the bytes of one."""

    def sizes(self) -> Mapping[str, int]: ...

    def read(self, name: str) -> bytes: ...


class _Folder:
    """A bundle that is a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def sizes(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for folder, names, files in os.walk(self._root):
            for name in (*names, *files):
                path = Path(folder, name)
                status = path.lstat()
                inside = path.relative_to(self._root).as_posix()
                if stat.S_ISREG(status.st_mode):
                    found[inside] = status.st_size
                elif not stat.S_ISDIR(status.st_mode):
                    raise BundleError(f"{self._root} holds {inside!r}, which is neither a file nor a folder.")
            if len(found) > MAX_FILES:
                break
        return found

    def read(self, name: str) -> bytes:
        # Between the look above and here a link may have been put in its place.
        descriptor = os.open(self._root / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            return file.read(MAX_FILE_BYTES + 1)


class _Archive:
    """A bundle that is a zip file."""

    def __init__(self, archive: zipfile.ZipFile, path: Path) -> None:
        self._archive = archive
        self._path = path

    def sizes(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for info in self._archive.infolist():
            if info.is_dir():
                continue
            self._refuse(info, twice=info.filename in found)
            found[info.filename] = info.file_size
        return found

    def _refuse(self, info: zipfile.ZipInfo, *, twice: bool) -> None:
        kind = stat.S_IFMT(info.external_attr >> 16)
        plain = info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) and not info.flag_bits & 1
        if twice:
            raise BundleError(f"{self._path} holds {info.filename!r} twice.")
        if kind not in (0, stat.S_IFREG):
            raise BundleError(f"{self._path} holds {info.filename!r}, which is neither a file nor a folder.")
        if not plain:
            raise BundleError(f"{self._path} holds {info.filename!r} encrypted or in an unknown compression.")
        if info.file_size > RATIO_FROM_BYTES and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise BundleError(f"{self._path} holds {info.filename!r}, which unpacks to more than {MAX_RATIO} times.")

    def read(self, name: str) -> bytes:
        try:
            return self._archive.read(name)
        except RuntimeError as error:
            raise BundleError(f"{self._path} holds {name!r}, which cannot be unpacked: {_lower(error)}.") from error


def _manifest(reader: _Reader, path: Path) -> tuple[Mapping[str, int], Manifest]:
    sizes = reader.sizes()
    if MANIFEST not in sizes:
        raise BundleError(f"{path} is not a bundle: it has no {MANIFEST}.", "Name what `eksaminer collect` wrote.")
    _bounded(sizes, path)
    data = reader.read(MANIFEST)
    _known_schema(data, SCHEMA, f"{path}: {MANIFEST}")
    return sizes, _parse(data, f"{path}: {MANIFEST}")


def _load(reader: _Reader, path: Path) -> Collection:
    sizes, manifest = _manifest(reader, path)
    _complete(manifest, sizes, path)
    evidence: dict[Target, Evidence] = {}
    answers: dict[str, bytes] = {}
    for name, content in _verified(reader, manifest, path):
        folder, _, rest = name.partition("/")
        if folder == "targets":
            item = _evidence(content, f"{path}: {name}")
            evidence[item.target] = item
        elif folder == "sources":
            answers[rest.removesuffix(".json")] = content
    collection = Collection(manifest.collection, MappingProxyType(evidence), MappingProxyType(answers))
    if _has_naive_time([manifest, *evidence.values(), *(item.sections for item in evidence.values())]):
        raise BundleError(f"{path} holds a time without a time zone.", AGAIN)
    if manifest_digest(collection) != manifest.evidence_sha256:
        raise BundleError(f"{path} was changed: its evidence does not have the digest that its manifest names.", AGAIN)
    return collection


AGAIN = "Collect again, or get an intact copy."


def _bounded(sizes: Mapping[str, int], path: Path) -> None:
    if len(sizes) > MAX_FILES:
        raise BundleError(f"{path} holds more than {MAX_FILES:,} files: no bundle does.")
    for name, size in sizes.items():
        if not _PATH.fullmatch(name):
            raise BundleError(f"{path} holds a file with the unsafe name {name!r}.")
        if size > MAX_FILE_BYTES:
            raise BundleError(f"{path}: {name} is larger than {MAX_FILE_BYTES // 2**20} MiB: refused.")
    if sum(sizes.values()) > MAX_TOTAL_BYTES:
        raise BundleError(f"{path} unpacks to more than {MAX_TOTAL_BYTES // 2**30} GiB: refused.")


def _known_schema(data: bytes, known: str, where: str) -> None:
    try:
        schema = msgspec.json.decode(data, type=_Head).schema
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BundleError(f"{where} cannot be read: {_lower(error)}.", AGAIN) from error
    if schema == known:
        return
    family, _, version = known.partition("/")
    if schema.startswith(f"{family}/"):
        raise BundleError(
            f"{where} has the schema {schema}; this program knows {family}/{version}.",
            "Install the version of eksaminer that wrote it, or collect again with this one.",
        )
    raise BundleError(f"{where} is no part of a bundle: its schema is {schema!r}.")


def _parse(data: bytes, where: str) -> Manifest:
    try:
        return msgspec.json.decode(data, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BundleError(f"{where} cannot be read: {_lower(error)}.", AGAIN) from error


def _complete(manifest: Manifest, sizes: Mapping[str, int], path: Path) -> None:
    listed = {entry.path: entry.size for entry in manifest.files}
    if len(listed) != len(manifest.files) or MANIFEST in listed:
        raise BundleError(f"{path}: {MANIFEST} lists a file twice.", AGAIN)
    missing = sorted(listed.keys() - sizes.keys())
    if missing:
        raise BundleError(f"{path} was changed: {missing[0]!r} is missing.", AGAIN)
    extra = sorted(sizes.keys() - listed.keys() - {MANIFEST})
    if extra:
        raise BundleError(f"{path} was changed: it holds {extra[0]!r}, which its manifest does not list.", AGAIN)
    for name, size in listed.items():
        if sizes[name] != size:
            raise BundleError(f"{path} was changed: {name} has {sizes[name]:,} bytes instead of {size:,}.", AGAIN)


def _verified(reader: _Reader, manifest: Manifest, path: Path) -> Iterator[tuple[str, bytes]]:
    for entry in manifest.files:
        content = reader.read(entry.path)
        if sha256(content) != entry.sha256:
            raise BundleError(f"{path} was changed: {entry.path} does not have the digest of the manifest.", AGAIN)
        yield entry.path, content


def _evidence(data: bytes, where: str) -> Evidence:
    _known_schema(data, EVIDENCE_SCHEMA, where)
    try:
        return evidence_from_json(data)
    except UnknownSectionError as error:
        raise BundleError(
            f"{where} holds {error}.", "Install the version of eksaminer that wrote it, or collect again."
        ) from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BundleError(f"{where} cannot be read: {_lower(error)}.", AGAIN) from error


def _has_naive_time(value: object) -> bool:
    pending = [value]
    while pending:
        match pending.pop():
            case datetime() as moment if moment.tzinfo is None:
                return True
            case Evidence() as item:
                pending.extend((item.collected_at, item.sources))
            case msgspec.Struct() as struct:
                pending.extend(getattr(struct, name) for name in struct.__struct_fields__)
            case Mapping() as mapping:
                pending.extend(mapping.values())
            case tuple() | list() as items:
                pending.extend(items)
            case _:
                pass
    return False


def target_file(target: Target) -> str:
    """Return the file of a target: safe on every file system; the digest keeps `Prod` and `prod` apart."""
    readable = re.sub(r"[^A-Za-z0-9.-]", "_", target.label.replace("/", "."))
    return f"targets/{target.scope}-{readable[:100]}-{digest(target)[:8]}.json"


def source_file(source: str) -> str:
    """Return the file of the answer of the source with the id *source*."""
    if not _SOURCE_ID.fullmatch(source):
        raise ValueError(f"the source id {source!r} is no file name")
    return f"sources/{source}.json"


def _write_zip(files: Mapping[str, bytes], path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o600) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)


def _write_folder(files: Mapping[str, bytes], path: Path) -> None:
    path.mkdir(mode=0o700)
    for name, data in files.items():
        file = path / name
        file.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(data)


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.partial-{secrets.token_hex(4)}")


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"Cannot write {path}: {error.strerror}.", "Name another path.")


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not any(path.iterdir())


def _discard(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _lower(error: Exception) -> str:
    text = str(error).rstrip(".") or type(error).__name__
    return text[:1].lower() + text[1:]
