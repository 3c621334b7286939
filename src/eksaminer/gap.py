"""Gaps: what could not be seen, why, and what would cure it."""

from enum import StrEnum

from eksaminer.record import Record


class Cause(StrEnum):
    """Why a part of the evidence is missing. The values are part of the file formats."""

    DENIED = "denied"
    THROTTLED = "throttled"
    TIMEOUT = "timeout"
    EXPIRED = "expired"
    CAPPED = "capped"
    UNREACHABLE = "unreachable"
    GONE = "gone"
    CHECK_ERROR = "check_error"
    ERROR = "error"
    NOT_REQUESTED = "not_requested"
    NOT_SELECTED = "not_selected"
    NOT_CONFIGURED = "not_configured"
    NOT_OBSERVABLE = "not_observable"
    RULE_NOT_RUN = "rule_not_run"
    UNSUPPORTED = "unsupported"
    TOO_RECENT = "too_recent"
    OUT_OF_SCOPE = "out_of_scope"
    PREREQUISITE_FAILED = "prerequisite_failed"
    NO_EVENT = "no_event"
    """The log holds no event of that time: nothing happened, or what happened was not delivered."""

    @property
    def gates(self) -> bool:
        """Whether a check that was not assessed for this cause makes the run incomplete (exit code 3)."""
        return self in GATING


GATING = frozenset(
    {
        Cause.DENIED,
        Cause.THROTTLED,
        Cause.TIMEOUT,
        Cause.EXPIRED,
        Cause.CAPPED,
        Cause.UNREACHABLE,
        Cause.GONE,
        Cause.CHECK_ERROR,
        Cause.ERROR,
    }
)


class Gap(Record, frozen=True, kw_only=True, tag="gap", tag_field="is"):
    """A part of the evidence that could not be seen. Only the engine and the collectors make one."""

    cause: Cause
    detail: str
    """One sentence for the reader: what happened, and what to do where that is known."""
    permission: str = ""
    """The IAM action or RBAC permission that would cure it (`eks:DescribeCluster`, `list pods`)."""
    sources: tuple[str, ...] = ()
    """Ids of the calls that met the gap."""

    @property
    def cure(self) -> str:
        """The permission, where a missing one is the cause; otherwise empty: none would help."""
        return self.permission if self.cause is Cause.DENIED else ""
