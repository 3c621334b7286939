"""Spool log entries that were fetched live to files that only this user can read."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from eksaminer.logs.feed import SpoolEntry

BUFFER = 1 << 20


class SpoolWriter:
    """Writes log entries as JSON lines, one file for each log group, into a private folder.

    A line is `{"log_group", "stream", "time_ms", "message"}`. `scan_spool` reads the files back.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._files: dict[str, Path] = {}
        self._waiting: dict[str, bytearray] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def files(self) -> dict[str, Path]:
        """The file of each log group; complete once the writer is closed."""
        return dict(self._files)

    def open(self, log_group: str) -> None:
        """Make the file of *log_group*, so that a group without a matching entry has a result too."""
        if log_group not in self._files:
            path = self._folder / f"{len(self._files):04d}.jsonl"
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            self._files[log_group] = path
            self._waiting[log_group] = bytearray()

    def write(self, log_group: str, stream: str, time_ms: int, message: str) -> None:
        """Append one log entry."""
        self.open(log_group)
        entry = SpoolEntry(log_group=log_group, stream=stream, time_ms=time_ms, message=message)
        waiting = self._waiting[log_group]
        waiting += msgspec.json.encode(entry) + b"\n"
        if len(waiting) >= BUFFER:
            self._flush(log_group)

    def close(self) -> None:
        """Write what is still held back."""
        for log_group in self._files:
            self._flush(log_group)

    def _flush(self, log_group: str) -> None:
        with self._files[log_group].open("ab") as file:
            file.write(self._waiting[log_group])
        self._waiting[log_group].clear()
