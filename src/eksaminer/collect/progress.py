"""How a run tells what it is doing; the command line draws it."""

from typing import Protocol


class Progress(Protocol):
    """Is told of every step."""

    def started(self, total: int) -> None:
        """So many steps are known; called again when more become known."""
        ...

    def step(self, label: str) -> None:
        """One step is done."""
        ...

    def note(self, text: str) -> None:
        """One line that the user should see: whose account, what it costs, what goes wrong."""
        ...


class Silent:
    """Says nothing."""

    def started(self, total: int) -> None:
        """Say nothing."""

    def step(self, label: str) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""
