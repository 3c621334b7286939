"""What can be wrong with a log as a whole."""

from enum import StrEnum


class Problem(StrEnum):
    """Why nothing can be said about a log."""

    MISSING = "missing"
    """There is no such file, or the pattern matches none."""
    UNREADABLE = "unreadable"
    """The file is there and cannot be read."""
    EMPTY = "empty"
    """There is not one line in it."""
    OCCUPIED = "occupied"
    """The copy cannot be written where it was asked for."""
    OTHER_KIND = "other_kind"
    """There are lines, and none of them is an audit event."""


class LogError(Exception):
    """A log that cannot be scanned; the message is one or two sentences for the reader."""

    def __init__(self, problem: Problem, sentence: str) -> None:
        super().__init__(sentence)
        self.problem = problem
