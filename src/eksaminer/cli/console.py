"""What the command line prints, and where: data and results to stdout, everything else to stderr."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

DEBUG = "EKSAMINER_DEBUG"
BESIDE_LABEL = 22
"""Columns that the bar, its percentage and the time left take beside what is being read."""
SHORTEST_LABEL = 20


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
        self.raw(data + b"\n")

    def raw(self, data: bytes) -> None:
        """Give a piece of data."""
        write(sys.stdout, data.decode(), flush=data.endswith(b"\n"))

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
    def progress(self) -> Generator["Reporter"]:
        """Show what is being done while it is done; a bar on a terminal alone."""
        if self.quiet or not sys.stderr.isatty():
            yield Reporter(self)
            return
        from rich.console import Console as Terminal  # noqa: PLC0415 - 30 ms that only a terminal needs
        from rich.progress import Progress  # noqa: PLC0415 - as above

        with Progress(console=Terminal(stderr=True), transient=True) as bar:
            yield _Bar(self, bar)


class Reporter:
    """Hears from collecting what is going on; shows the notes."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def started(self, total: int) -> None:
        """Learn how many steps are known by now."""

    def step(self, label: str) -> None:
        """Learn that one step is done."""

    def share(self, done: int, total: int, what: str) -> None:
        """Learn how much of the whole is done."""

    def note(self, text: str) -> None:
        """Show a line."""
        self._console.note(text)


class _Bar(Reporter):
    def __init__(self, console: Console, bar: "Progress") -> None:
        super().__init__(console)
        self._bar = bar
        self._task = bar.add_task("reading", total=None)

    def started(self, total: int) -> None:
        self._bar.update(self._task, total=total)

    def step(self, label: str) -> None:
        self._bar.update(self._task, advance=1, description=self._label(label))

    def share(self, done: int, total: int, what: str) -> None:
        self._bar.update(self._task, completed=done, total=total, description=self._label(what.rpartition("/")[2]))

    def _label(self, text: str) -> str:
        """Return *text* so that the bar has room beside it."""
        from rich.markup import escape  # noqa: PLC0415 - rich is loaded already when there is a bar

        from eksaminer.render.safe import middle  # noqa: PLC0415 - `--help` does without the report formats

        room = max(SHORTEST_LABEL, self._bar.console.width - BESIDE_LABEL)
        return escape(middle(printable(text), room))

    def note(self, text: str) -> None:
        if not self._console.quiet:
            from eksaminer.render.safe import whole_words  # noqa: PLC0415 - `--help` does without the report formats

            shown = whole_words(printable(text), self._bar.console.width)
            self._bar.console.print(shown, markup=False, highlight=False)


def write(stream: IO[str], text: str, *, flush: bool = True) -> None:
    """Write *text*; when the reader has gone (`| head`), say nothing of it and go on."""
    try:
        stream.write(text)
        if flush:
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
