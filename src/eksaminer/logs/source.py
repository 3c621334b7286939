"""Find the files that paths, folders, globs and standard input name, in a fixed order."""

import glob
import os
import shutil
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from eksaminer.logs.errors import LogError, Problem
from eksaminer.logs.kept import files_of, is_kept

STDIN = "-"


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file to read, or the folder of a copy that was kept."""

    path: Path
    name: str
    """As the user knows it."""
    named: bool
    """Whether the user named it, or it was found in a folder."""

    @property
    def size(self) -> int:
        """Return how many bytes it has."""
        files = files_of(self.path) if self.path.is_dir() else [self.path]
        return sum(file.stat().st_size for file in files)


def discover(
    paths: Sequence[str | Path | LogFile], private: Path, stdin: BinaryIO | None = None
) -> tuple[LogFile, ...]:
    """Return the files of *paths*, each once; pipes are first copied into the folder *private*."""
    found: dict[Path, LogFile] = {}
    for path in paths:
        try:
            for file in (path,) if isinstance(path, LogFile) else _files(str(path), private, stdin):
                found.setdefault(file.path.resolve(), file)
        except OSError as error:
            raise LogError(Problem.UNREADABLE, f"Cannot read {path}: {error.strerror}.") from None
    return tuple(found.values())


def _files(path: str, private: Path, stdin: BinaryIO | None) -> Iterator[LogFile]:
    if path == STDIN:
        yield LogFile(_copy(stdin or sys.stdin.buffer, private / "stdin"), STDIN, named=True)
        return
    given = Path(path)
    if given.is_dir():
        yield from _below(given)
    elif given.exists():
        yield _single(given, path, private)
    elif glob.has_magic(path):
        yield from _globbed(path, private)
    else:
        raise LogError(Problem.MISSING, f"There is no file or folder {path}.")


def _globbed(pattern: str, private: Path) -> Iterator[LogFile]:
    names = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - Path.glob knows no absolute patterns
    if not names:
        raise LogError(Problem.MISSING, f"No file matches {pattern}.")
    for name in names:
        if Path(name).is_dir():
            yield from _below(Path(name))
        else:
            yield _single(Path(name), name, private)


def _below(folder: Path) -> Iterator[LogFile]:
    for parent, folders, names in os.walk(folder, onerror=_refuse):
        if is_kept(Path(parent)):
            folders.clear()
            yield LogFile(Path(parent), parent, named=False)
            continue
        folders.sort()
        for name in sorted(names):
            path = Path(parent) / name
            if path.is_file():
                yield LogFile(path, str(path), named=False)


def _refuse(error: OSError) -> None:
    raise LogError(Problem.UNREADABLE, f"Cannot read the folder {error.filename}: {error.strerror}.")


def _single(path: Path, name: str, private: Path) -> LogFile:
    if stat.S_ISREG(path.stat().st_mode):
        return LogFile(path, name, named=True)
    copy = private / f"pipe-{len(list(private.iterdir()))}"
    with path.open("rb") as pipe:
        return LogFile(_copy(pipe, copy), name, named=True)


def _copy(stream: BinaryIO, target: Path) -> Path:
    """Spool what can be read only once into a file that nobody else can read."""
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        shutil.copyfileobj(stream, out, 1 << 20)
    return target
