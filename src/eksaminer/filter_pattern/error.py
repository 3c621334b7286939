"""What is wrong with a filter pattern, and where."""

from eksaminer.errors import InputError


class FilterPatternError(InputError):
    """A text that is no filter pattern, by the documentation of CloudWatch Logs."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(f"The filter pattern cannot be read at character {position + 1}: {reason}.")
        self.reason = reason
        """What is wrong, without a full stop."""
        self.position = position
        """Where: characters from the start, the first is 0."""
