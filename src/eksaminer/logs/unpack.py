"""Decompress a log as a stream of blocks, and keep what could be read where its end is damaged."""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from eksaminer.logs import zstd
from eksaminer.logs.errors import LogError, Problem

READ = 256 << 10
BLOCK = 256 << 10
"""Small enough for the cache of a processor: each block is looked at several times."""
GZIP = b"\x1f\x8b"


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
        try:
            yield from _gathered(_inflate(raw))
        except EOFError:
            self.incomplete = "the gzip data ends in the middle"
        except zlib.error as error:
            self.incomplete = f"the gzip data is damaged ({error})"
        for _ in raw:
            pass


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


def _inflate(raw: Iterator[bytes]) -> Iterator[bytes]:
    """Decompress the members of a gzip file one after the other; zeros after one are padding."""
    member = None
    for chunk in raw:
        rest = chunk
        while rest:
            if member is None:
                rest = rest.lstrip(b"\0")
                if not rest:
                    break
                member = zlib.decompressobj(wbits=31)
            before = member.copy()
            try:
                yield member.decompress(rest, BLOCK)
            except zlib.error:
                # Deliver what stands before the damage, byte by byte.
                for position in range(len(rest)):
                    yield before.decompress(rest[position : position + 1])
            rest = member.unused_data if member.eof else member.unconsumed_tail
            member = None if member.eof else member
    if member is not None:
        raise EOFError


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
    except (EOFError, zlib.error):
        yield b"".join(gathered)
        raise
    yield b"".join(gathered)
