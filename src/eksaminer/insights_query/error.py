"""What of a query cannot be read, and why."""

from eksaminer.errors import InputError


class InsightsQueryError(InputError):
    """A text that is no query of Logs Insights, or one that uses what is not read here."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The query cannot be read: {reason}.")
        self.reason = reason
        """What is wrong, without a full stop."""
