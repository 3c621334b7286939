"""Errors that a user can cause or cure: what happened, and what to do.

    EksaminerError          4   the program cannot do its work
    ├── InputError          4   a file that was given cannot be read as what it should be
    └── UsageError          2   options or paths that cannot be used as they are
        └── ConfigError     2   the configuration file

The numbers are exit codes. The library raises; the command line prints the diagnostics and exits.
"""

from typing import ClassVar


class EksaminerError(Exception):
    """The base of all errors that end a run with a sentence instead of a traceback."""

    exit_code: ClassVar[int] = 4

    def __init__(self, what: str, do: str = "") -> None:
        super().__init__(what)
        self.what = what
        """One sentence: what happened."""
        self.do = do
        """What to do about it; empty where `what` says it."""

    def diagnostics(self) -> tuple[str, str]:
        """Return what happened, and what to do (empty: the first says it)."""
        return self.what, self.do


class InputError(EksaminerError):
    """A file that was given cannot be read as what it should be."""


class UsageError(EksaminerError):
    """Options or paths that cannot be used as they are."""

    exit_code = 2


class ConfigError(UsageError):
    """The configuration file cannot be used."""
