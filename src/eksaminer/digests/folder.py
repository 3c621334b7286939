"""The files of a folder that CloudTrail might have written. Everything in it is hostile: names, sizes, content."""

import hashlib
import os
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from eksaminer.digests.document import LOG_NAME, NAME, Digest, NotADigestError, base_name, read_digest
from eksaminer.digests.keys import NoKeysError, PublicKey, read_keys
from eksaminer.errors import InputError

MOST_FILES = 2_000_000
MOST_SMALL = 64 * 2**20
"""Bytes of a digest, a list of keys or of metadata, unpacked: a digest of 10,000 log files has 4 MiB."""
MOST_LOG = 2**30
"""Bytes of an unpacked log file. CloudTrail starts a new one at about 50 MiB compressed."""
METADATA = ".metadata.json"
"""Ending of the file that holds the S3 metadata of a digest, beside it."""
_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"


class UnreadableError(ValueError):
    """The content of a file cannot be taken for what CloudTrail writes."""


@dataclass
class Folder:
    """What the names and contents of a folder show."""

    root: Path
    digests: list[Digest] = field(default_factory=list[Digest])
    broken: dict[str, str] = field(default_factory=dict[str, str])
    """What is wrong, by the path of a digest file that cannot be one."""
    named: set[str] = field(default_factory=set[str])
    """Base names of all digest files, whatever they hold."""
    logs: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Paths of log files by base name."""
    signatures: dict[str, str] = field(default_factory=dict[str, str])
    """The signature from saved metadata, by the path of the digest file."""
    keys: dict[str, PublicKey] = field(default_factory=dict[str, PublicKey])
    others: int = 0


def read_folder(root: Path) -> Folder:
    """Read the digests of *root*, and which other files there are.

    Raises:
        InputError: the folder cannot be read, or holds too many files.
    """
    folder = Folder(root)
    for number, path in enumerate(_files(root)):
        if number >= MOST_FILES:
            raise InputError(f"{root} holds more than {MOST_FILES:,} files.", "Name a part of it.")
        _take(folder, path.relative_to(root).as_posix(), path)
    return folder


def _files(root: Path) -> Iterator[Path]:
    """Yield the regular files; links are not followed."""
    try:
        for parent, folders, names in os.walk(root, onerror=_refuse):
            folders.sort()
            for name in sorted(names):
                path = Path(parent, name)
                if stat.S_ISREG(path.lstat().st_mode):
                    yield path
    except OSError as error:
        _refuse(error)


def _refuse(error: OSError) -> None:
    raise InputError(f"Cannot read {error.filename}: {error.strerror}.") from error


def _take(folder: Folder, inside: str, path: Path) -> None:
    name = path.name
    if name.endswith(METADATA):
        _take_metadata(folder, inside, path)
    elif NAME.fullmatch(name):
        _take_digest(folder, inside, path)
    elif LOG_NAME.fullmatch(name):
        folder.logs.setdefault(base_name(name), []).append(inside)
    else:
        _take_by_content(folder, inside, path)


def _take_digest(folder: Folder, inside: str, path: Path) -> None:
    folder.named.add(base_name(path.name))
    try:
        digest = read_digest(inside, read_small(path))
    except (UnreadableError, NotADigestError) as error:
        folder.broken[inside] = f"It cannot be read as a digest: {error}."
        return
    if base_name(digest.object) != base_name(path.name):
        folder.broken[inside] = f"Under this name it holds another digest: {digest.object.rpartition('/')[2]}."
    else:
        folder.digests.append(digest)


def _take_metadata(folder: Folder, inside: str, path: Path) -> None:
    signature = _signature(path)
    if signature:
        folder.signatures[inside.removesuffix(METADATA)] = signature
    else:
        folder.others += 1


class _Metadata(msgspec.Struct, frozen=True):
    signature: str = ""


class _Head(msgspec.Struct, frozen=True, rename="pascal"):
    """What `aws s3api head-object` prints."""

    metadata: _Metadata = _Metadata()


def _signature(path: Path) -> str:
    try:
        content = read_small(path)
        return msgspec.json.decode(content, type=_Head).metadata.signature
    except (UnreadableError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""


def _take_by_content(folder: Folder, inside: str, path: Path) -> None:
    """A renamed digest is still a digest; a list of keys may be called anything."""
    if not path.name.endswith((".json", ".gz")) or path.lstat().st_size > MOST_SMALL:
        folder.others += 1
        return
    try:
        content = read_small(path)
    except UnreadableError:
        folder.others += 1
        return
    try:
        digest = read_digest(inside, content)
        folder.digests.append(digest)
        folder.named.add(base_name(digest.object))
    except NotADigestError:
        try:
            folder.keys.update(read_keys(content))
        except NoKeysError:
            folder.others += 1


def read_small(path: Path) -> bytes:
    """Return the unpacked content of a digest or a list. Raises `UnreadableError`."""
    return b"".join(_unpacked(path, MOST_SMALL))


def log_sha256(path: Path) -> str:
    """Return the SHA-256 of the unpacked content of a log file. Raises `UnreadableError`."""
    found = hashlib.sha256()
    for piece in _unpacked(path, MOST_LOG):
        found.update(piece)
    return found.hexdigest()


def _unpacked(path: Path, most: int) -> Iterator[bytes]:
    size = 0
    for piece in _pieces(path):
        size += len(piece)
        if size > most:
            raise UnreadableError(f"it unpacks to more than {most // 2**20:,} MiB, which CloudTrail never writes")
        yield piece


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        # Between the look at it and here a link may have been put in its place.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            start = file.read(len(_GZIP))
            chunks = iter(lambda: file.read(_CHUNK), b"")
            yield from _inflated(start, chunks) if start == _GZIP else _plain(start, chunks)
    except zlib.error as error:
        raise UnreadableError(f"its gzip data is damaged ({error})") from error
    except OSError as error:
        raise UnreadableError(f"it cannot be read ({error.strerror})") from error


def _plain(start: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield start
    yield from chunks


def _inflated(start: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack the one member that CloudTrail writes; what follows it would be read by others and hashed by none."""
    member = zlib.decompressobj(wbits=31)
    yield member.decompress(start)
    for chunk in chunks:
        if member.eof:
            raise UnreadableError("something follows its gzip data")
        rest = chunk
        while rest:
            yield member.decompress(rest, _CHUNK)
            rest = member.unconsumed_tail
        if member.unused_data:
            raise UnreadableError("something follows its gzip data")
    if not member.eof:
        raise UnreadableError("its gzip data ends in the middle")
