"""What the command line prints, and where: data and results to stdout, everything else to stderr."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Protocol

DEBUG = "EKSAMINER_DEBUG"


class Progress(Protocol):
    """Hears what is being done."""

    def __call__(self, what: str, done: int = 0, total: int = 0) -> None:
        """Take note of a step: *done* of *total* (0: unknown)."""
        ...


def printable(text: str) -> str:
    """Return *text* without anything that a terminal would obey, line breaks apart."""
    from eksaminer.render.safe import visible  # noqa: PLC0415 - `--help` does without the report formats

    return "\n".join(visible(line) for line in text.split("\n"))


def diagnosed(what: str, do: str) -> str:
    """Return an error as it is printed: what happened and, on a line of its own, what to do."""
    return printable(f"eksaminer: {what}\n{do}" if do else f"eksaminer: {what}")


@dataclass(frozen=True, slots=True)
class Console:
    """Prints for one run."""

    quiet: bool = False
    """Nothing but data and what went wrong."""
    data_only: bool = False
    """stdout holds data alone (`--json`): results go to stderr."""

    def note(self, text: str) -> None:
        """Say what is going on."""
        if not self.quiet:
            write(sys.stderr, f"{printable(text)}\n")

    def warn(self, text: str) -> None:
        """Say what went wrong, even where the user wants it quiet."""
        write(sys.stderr, f"{printable(text)}\n")

    def say(self, text: str) -> None:
        """Give a result, in text that may hold colours of our own."""
        if not self.quiet:
            write(sys.stderr if self.data_only else sys.stdout, f"{text}\n")

    def data(self, data: bytes) -> None:
        """Give data."""
        write(sys.stdout, f"{data.decode()}\n")

    @property
    def colour(self) -> bool:
        """Whether results may be coloured."""
        stream = sys.stderr if self.data_only else sys.stdout
        return stream.isatty() and not os.environ.get("NO_COLOR")

    @property
    def width(self) -> int:
        """How many columns results may take."""
        try:
            return os.get_terminal_size(sys.stdout.fileno()).columns
        except (OSError, ValueError):
            return 100

    @contextmanager
    def progress(self) -> Generator[Progress]:
        """Show what is being done while it is done, on a terminal alone."""
        if self.quiet or not sys.stderr.isatty():
            yield _silent
            return
        from rich.console import Console as Terminal  # noqa: PLC0415 - 30 ms that only a terminal needs

        with Terminal(stderr=True).status("") as status:

            def show(what: str, done: int = 0, total: int = 0) -> None:
                counted = f" {done:,} of {total:,}" if total else ""
                status.update(printable(f"{what}{counted}").replace("[", r"\["))

            yield show


def _silent(what: str, done: int = 0, total: int = 0) -> None:
    """Show nothing."""


def write(stream: IO[str], text: str) -> None:
    """Write *text*; when the reader has gone (`| head`), say nothing of it and go on."""
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _to_nowhere(stream)
    except UnicodeEncodeError:
        stream.write(text.encode("ascii", "backslashreplace").decode())


def finish() -> None:
    """Flush what is still buffered, so that the interpreter does not complain at its end."""
    for stream in (sys.stdout, sys.stderr):
        write(stream, "")


def _to_nowhere(stream: IO[str]) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
