"""Decompress a log as a stream of blocks, and keep what could be read where its end is damaged."""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol, Self, TypeVar, cast

from isal import isal_zlib
from isal.igzip_lib import IsalError

from eksaminer.logs import zstd
from eksaminer.logs.errors import LogError, Problem

READ = 256 << 10
BLOCK = 256 << 10
"""Small enough for the cache of a processor: each block is looked at several times."""
GZIP = b"\x1f\x8b"


class _Member(Protocol):
    """What decompresses one member of a gzip file."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, /, max_length: int = 0) -> bytes: ...


class _Exact(_Member, Protocol):
    def copy(self) -> Self: ...


BROKEN = cast("type[Exception]", IsalError)
"""Damage, by the fast library, whose types take the class for an exception."""
Member = TypeVar("Member", bound=_Member)


class Compression(StrEnum):
    """How a file is packed, by its first bytes."""

    NONE = ""
    GZIP = "gzip"
    ZSTD = "zstd"


class Unpacked:
    """The content of one file, block by block; afterwards its digest and how it ended."""

    def __init__(self, path: Path, read: Callable[[int], None] | None = None) -> None:
        self.path = path
        self.incomplete = ""
        self._report = read or _ignore
        self._hash = hashlib.sha256()
        self.compression = _compression(path)

    @property
    def sha256(self) -> str:
        """The digest of the file as it lies on disk; valid once all blocks were taken."""
        return self._hash.hexdigest()

    def blocks(self) -> Iterator[bytes]:
        """Yield the content. Damage ends it early and is told in `incomplete`."""
        with _open(self.path) as file:
            match self.compression:
                case Compression.NONE:
                    yield from self._raw(file, BLOCK)
                case Compression.GZIP:
                    yield from self._gzip(file)
                case Compression.ZSTD:
                    for _ in self._raw(file, BLOCK):
                        pass
                    ending = zstd.Ending()
                    yield from zstd.lines(self.path, ending)
                    self.incomplete = ending.incomplete

    def _raw(self, file: BinaryIO, size: int) -> Iterator[bytes]:
        while chunk := file.read(size):
            self._hash.update(chunk)
            self._report(len(chunk))
            yield chunk

    def _gzip(self, file: BinaryIO) -> Iterator[bytes]:
        raw = self._raw(file, READ)
        delivered = 0
        try:
            for block in _gathered(_inflate(raw, _fast, _at_once)):
                delivered += len(block)
                yield block
        except (EOFError, BROKEN):
            yield from self._damaged(delivered)
        for _ in raw:
            pass

    def _damaged(self, delivered: int) -> Iterator[bytes]:
        """Yield what stands before the damage and was not *delivered* yet: the fast library drops it."""
        with _open(self.path) as file:
            again = iter(partial(file.read, READ), b"")
            try:
                for block in _gathered(_inflate(again, _exact, _to_damage)):
                    yield block[delivered:]
                    delivered = max(0, delivered - len(block))
            except EOFError:
                self.incomplete = "the gzip data ends in the middle"
            except zlib.error as error:
                self.incomplete = f"the gzip data is damaged ({error})"


def _ignore(count: int) -> None:
    """Take a progress report that nobody wants."""


def head(path: Path, size: int) -> bytes:
    """Return the first *size* bytes of the content of *path*."""
    content = bytearray()
    for block in Unpacked(path).blocks():
        content += block
        if len(content) >= size:
            break
    return bytes(content[:size])


def contains(path: Path, needle: bytes) -> bool:
    """Tell whether *needle* occurs anywhere in the content of *path*."""
    tail = b""
    for block in Unpacked(path).blocks():
        if needle in tail + block:
            return True
        tail = block[-len(needle) :]
    return False


def _compression(path: Path) -> Compression:
    with _open(path) as file:
        start = file.read(4)
    if start.startswith(GZIP):
        return Compression.GZIP
    return Compression.ZSTD if start == zstd.MAGIC else Compression.NONE


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise LogError(Problem.UNREADABLE, f"Cannot read {path}: {error.strerror}.") from None


def _inflate(
    raw: Iterator[bytes], start: Callable[[], Member], take: Callable[[Member, bytes], Iterator[bytes]]
) -> Iterator[bytes]:
    """Decompress the members of a gzip file one after the other; zeros after one are padding."""
    member = None
    for chunk in raw:
        rest = chunk
        while rest:
            if member is None:
                rest = rest.lstrip(b"\0")
                if not rest:
                    break
                member = start()
            yield from take(member, rest)
            rest = member.unused_data if member.eof else member.unconsumed_tail
            member = None if member.eof else member
    if member is not None:
        raise EOFError


def _fast() -> _Member:
    return isal_zlib.decompressobj(wbits=31)


def _exact() -> _Exact:
    return zlib.decompressobj(wbits=31)


def _at_once(member: _Member, rest: bytes) -> Iterator[bytes]:
    yield member.decompress(rest, BLOCK)


def _to_damage(member: _Exact, rest: bytes) -> Iterator[bytes]:
    """Yield what stands before the damage too, byte by byte."""
    before = member.copy()
    try:
        yield member.decompress(rest, BLOCK)
    except zlib.error:
        for position in range(len(rest)):
            yield before.decompress(rest[position : position + 1])


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Join small pieces to blocks; what was gathered before an error is delivered first."""
    gathered: list[bytes] = []
    size = 0
    try:
        for piece in pieces:
            gathered.append(piece)
            size += len(piece)
            if size >= BLOCK:
                yield b"".join(gathered)
                gathered, size = [], 0
    except (EOFError, zlib.error, BROKEN):
        yield b"".join(gathered)
        raise
    yield b"".join(gathered)
