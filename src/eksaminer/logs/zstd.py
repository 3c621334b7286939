"""Unpack zstd with the log engine, which can, but only as the lines of a table with one column."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import duckdb

MAGIC = b"\x28\xb5\x2f\xfd"
SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
BLOCK_HEADER = 3
NOT_UTF8 = b"{\xff}"
LONGEST = (2_000_000, 64_000_000)
"""Longest line for the first and the second attempt: the engine sets aside sixteen times as much."""

LINES = """
SELECT line FROM read_csv(
  $path, columns = {'line': 'VARCHAR'}, auto_detect = false, header = false, delim = '\x01\x02\x03\x04',
  quote = '', escape = '', strict_mode = false, null_padding = true, compression = 'zstd',
  maximum_line_size = $longest, ignore_errors = $lenient, store_rejects = $lenient)
"""
COUNT = LINES.replace("SELECT line", "SELECT count(line)")


@dataclass(slots=True)
class Ending:
    """How reading ended."""

    incomplete: str = ""


def lines(path: Path, ending: Ending) -> Iterator[bytes]:
    """Yield the lines of *path* in blocks, and write into *ending* why the last ones may be missing."""
    delivered = 0
    for longest in LONGEST:
        for lenient in (False, True):
            try:
                refused = _not_utf8(path, longest) if lenient else frozenset[int]()
                for count, block in _read(path, longest, refused, delivered):
                    delivered += count
                    yield block
            except duckdb.Error as error:
                ending.incomplete = f"the zstd data cannot be read to its end ({_first_line(error)})"
                if "unicode" not in str(error):
                    break
            else:
                ending.incomplete = "" if _whole(path) else "the zstd data ends in the middle"
                return


def _not_utf8(path: Path, longest: int) -> frozenset[int]:
    """Return the numbers of the lines that are not UTF-8, which the engine does not deliver."""
    with duckdb.connect() as connection:
        parameters = {"path": _literal_path(path), "longest": longest, "lenient": True}
        connection.execute(COUNT, parameters).fetchall()
        rejected = connection.execute("SELECT line, error_type FROM reject_errors").fetchall()
    if any(kind != "INVALID ENCODING" for _, kind in rejected):
        raise duckdb.InvalidInputException("a line is too long")
    return frozenset(line for line, _ in rejected)


def _whole(path: Path) -> bool:
    """Tell whether the last frame of *path* is whole; the engine takes a cut file for one that ends there."""
    with path.open("rb") as file:
        while magic := file.read(4):
            if len(magic) == len(MAGIC) and SKIPPABLE.fullmatch(magic):
                file.seek(int.from_bytes(file.read(4), "little"), os.SEEK_CUR)
            elif magic != MAGIC or not _skip_frame(file):
                return False
        return file.tell() <= path.stat().st_size


def _skip_frame(file: BinaryIO) -> bool:
    """Go to the end of a frame, from block to block (RFC 8878, 3.1.1); False where it has none."""
    descriptor = file.read(1)
    if not descriptor:
        return False
    single = descriptor[0] >> 5 & 1
    size_of_content = (single, 2, 4, 8)[descriptor[0] >> 6]
    file.seek((1 - single) + (0, 1, 2, 4)[descriptor[0] & 3] + size_of_content, os.SEEK_CUR)
    while len(header := file.read(3)) == BLOCK_HEADER:
        block = int.from_bytes(header, "little")
        stored = 1 if block >> 1 & 3 == 1 else block >> 3
        file.seek(stored, os.SEEK_CUR)
        if block & 1:
            file.seek(4 if descriptor[0] & 4 else 0, os.SEEK_CUR)
            return file.tell() <= os.fstat(file.fileno()).st_size
    return False


def _first_line(error: duckdb.Error) -> str:
    return str(error).partition("\n")[0][:120]


def _read(path: Path, longest: int, refused: frozenset[int], skip: int) -> Iterator[tuple[int, bytes]]:
    """Yield blocks of lines after the first *skip*, and for those of *refused* what is no UTF-8 either."""
    number = 0
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        parameters = {"path": _literal_path(path), "longest": longest, "lenient": bool(refused)}
        rows = connection.execute(LINES, parameters)
        while batch := rows.fetchmany(2048):
            block: list[bytes] = []
            for (line,) in batch:
                number += 1
                while number in refused:
                    block.append(NOT_UTF8)
                    number += 1
                block.append((line or "").encode())
            yield from _after(block, number, skip)
        trailing = sum(line > number for line in refused)
        yield from _after([NOT_UTF8] * trailing, number + trailing, skip)


def _after(block: list[bytes], number: int, skip: int) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of *block*, which ends with line *number*, that come after line *skip*."""
    kept = block[max(0, len(block) - (number - skip)) :] if number > skip else []
    if kept:
        yield len(kept), b"\n".join(kept) + b"\n"


def _literal_path(path: Path) -> str:
    """Return *path* so that the engine does not take it for a pattern."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in str(path.absolute()))
