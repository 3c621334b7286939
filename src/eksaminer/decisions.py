"""What people decided about findings: accepted risks with an end, and reviewers' answers. Values only."""

from datetime import date
from typing import Literal

from msgspec import field

from eksaminer.record import Record

Answer = Literal["authorised", "false_positive", "incident"]
"""What a reviewer can answer to a REVIEW."""


class AcceptedRisk(Record, frozen=True, kw_only=True):
    """`[[waivers]]`: a deviation that somebody accepts until a day."""

    id: str
    """What reports call it; no two waivers share one."""
    check: str
    """The check whose deviation is accepted: `LOG-04`, or one of its parts: `LOG-02.api`."""
    resource: str = ""
    """The resource, exactly as the report names it."""
    resource_glob: str = ""
    """Resources by pattern (`*`, `?`, `[…]`), only where one by one is not enough."""
    finding: str = ""
    """The id of one finding (64 digits, or its first 12 or more); the only way to one of several actors."""
    reason: str
    approver: str
    created: date
    expires: date
    """The last day (UTC) on which it applies."""
    ticket: str = ""
    compensating_control: str = ""
    """What keeps the risk low until then."""


class Disposition(Record, frozen=True, kw_only=True):
    """`[[dispositions]]`: what a reviewer found out about one finding that was for review."""

    finding: str
    """The id of the finding (64 digits, or its first 12 or more)."""
    answer: Answer
    reviewer: str
    date: date
    """The day of the answer (UTC); it says nothing of events after that day."""
    reason: str
    evidence: str = ""
    """Ticket or document that shows it."""


class Decisions(Record, frozen=True, kw_only=True):
    """Everything that people decided: from the configuration and `--waivers`."""

    waivers: tuple[AcceptedRisk, ...] = ()
    dispositions: tuple[Disposition, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.waivers or self.dispositions)


class WaiverUse(Record, frozen=True, kw_only=True):
    """A waiver, and what became of it in one judgement."""

    waiver: AcceptedRisk
    state: Literal["in_force", "expired", "unused"]
    days_left: int
    """Whole days after the day of the judgement on which it applies; negative: days since its end."""
    findings: tuple[str, ...] = ()
    """Exceptions that it takes; of an expired one, those that it would take."""
    without_exception: int = 0
    """Findings that it names and that are no exception: nothing is left to accept, or it was not assessed."""
    to_be_named: int = 0
    """Exceptions of its check and resource about one actor or object each: only the id of a finding takes these."""


class DispositionUse(Record, frozen=True, kw_only=True):
    """A disposition, and what became of it in one judgement."""

    disposition: Disposition
    state: Literal["applied", "outdated", "unused"]
    """`outdated`: there are events after the answer, so that it answers them no more."""
    finding: str = ""
    """The whole id of the finding it is about; empty: this run has no such finding for review."""


class DecisionUse(Record, frozen=True, kw_only=True):
    """What became of every decision."""

    waivers: tuple[WaiverUse, ...] = ()
    dispositions: tuple[DispositionUse, ...] = ()

    @property
    def given(self) -> Decisions:
        """The decisions as they were given."""
        return Decisions(
            waivers=tuple(use.waiver for use in self.waivers),
            dispositions=tuple(use.disposition for use in self.dispositions),
        )


NO_DECISIONS = field(default_factory=DecisionUse)
"""The default of a field for decisions."""
