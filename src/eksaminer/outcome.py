"""What a check concludes about one resource."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from eksaminer.gap import Gap
from eksaminer.record import Record

Parameter = str | int | datetime | timedelta | tuple[str, ...]
"""What a text may be given: typed, so that every language formats it its own way."""


class Status(StrEnum):
    """What an auditor can act on."""

    PASS = "pass"  # noqa: S105 - a status, not a password
    FAIL = "fail"
    REVIEW = "review"
    """A person has to decide: the evidence is complete, the policy is not ours."""
    NOT_APPLICABLE = "not_applicable"
    NOT_ASSESSED = "not_assessed"
    """Evidence is missing. Never to be read as a pass or as a fail."""


class Severity(StrEnum):
    """How much a deviation matters."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFORMATIONAL = "informational"

    @property
    def rank(self) -> int:
        """0 for critical, 4 for informational."""
        return list(Severity).index(self)


class Basis(StrEnum):
    """Why a check exists."""

    GUIDE = "guide"
    """A sentence of the EKS Best Practices Guide, Auditing and logging."""
    BEYOND = "beyond"
    """Good practice, or a framework."""


class Level(StrEnum):
    """What a deviation becomes."""

    REQUIRED = "required"
    """FAIL."""
    ADVISED = "advised"
    """REVIEW."""
    OFF = "off"
    """NOT_APPLICABLE; the observed value is shown."""

    @property
    def rank(self) -> int:
        """0 for off, 2 for required: the lower of two levels is the milder one."""
        return (Level.OFF, Level.ADVISED, Level.REQUIRED).index(self)


class Scope(StrEnum):
    """What a check, or a section of evidence, is about."""

    ACCOUNT = "account"
    REGION = "region"
    CLUSTER = "cluster"


class Resource(Record, frozen=True, kw_only=True):
    """What a verdict is about: a CloudFormation type name (or `Kubernetes::…`) and an ARN or name."""

    type: str
    id: str


class Period(Record, frozen=True, kw_only=True):
    """A span of time, both ends included."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, init=False)
class Text:
    """A sentence by id and parameters; its wording stands in the `texts` of the check."""

    id: str
    params: Mapping[str, Parameter]

    def __init__(self, identifier: str, /, **params: Parameter) -> None:
        object.__setattr__(self, "id", identifier)
        object.__setattr__(self, "params", MappingProxyType(dict(params)))


Seen = Mapping[str, Parameter]
"""Values that were observed, by the name the report prints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    resource: Resource
    text: Text
    aspect: str = ""
    """Which part of the check: levels can be set per aspect (`LOG-02.authenticator`)."""
    discriminator: str = ""
    """A stable key that tells verdicts about one resource apart; part of the fingerprint."""
    seen: Seen = field(default_factory=dict[str, Parameter])
    throughout: Period | None = None
    """The period the verdict speaks of; None: the moment the evidence was read."""
    limits: tuple[Gap, ...] = ()
    """What could not be seen and might have added to the verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conforms(_Verdict):
    """The resource is as it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviates(_Verdict):
    """The resource is not as it should be; the level makes it FAIL or REVIEW."""

    level: Level | None = None
    """A level of this verdict alone, by its threshold; None: the check's."""
    severity: Severity | None = None
    """A severity of this verdict alone; None: the check's."""
    command: str | None = None
    """A command that cures this deviation, with the names of `Check.command` and of `seen`; None: the check's."""
    remedies: bool | None = None
    """Whether the other forms of the check's remedy cure this deviation; None: where the check's command does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen(_Verdict):
    """The resource could not be judged, for a gap that stands in the evidence."""

    gap: Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class NotApplicable(_Verdict):
    """There is nothing to judge about the resource."""


Verdict = Conforms | Deviates | Unseen | NotApplicable


def conforms(
    resource: Resource,
    text: Text,
    *,
    aspect: str = "",
    discriminator: str = "",
    seen: Seen | None = None,
    throughout: Period | None = None,
    limits: tuple[Gap, ...] = (),
) -> Conforms:
    """Conclude that *resource* is as it should be, in all that was seen; *limits* says what was not."""
    return Conforms(
        resource=resource, text=text, aspect=aspect, discriminator=discriminator,
        seen=seen or {}, throughout=throughout, limits=limits,
    )  # fmt: skip


def deviates(
    resource: Resource,
    text: Text,
    *,
    aspect: str = "",
    discriminator: str = "",
    seen: Seen | None = None,
    throughout: Period | None = None,
    limits: tuple[Gap, ...] = (),
    level: Level | None = None,
    severity: Severity | None = None,
    command: str | None = None,
    remedies: bool | None = None,
) -> Deviates:
    """Conclude that *resource* is not as it should be."""
    return Deviates(
        resource=resource, text=text, aspect=aspect, discriminator=discriminator, seen=seen or {},
        throughout=throughout, limits=limits, level=level, severity=severity, command=command,
        remedies=remedies,
    )  # fmt: skip


def unseen(
    resource: Resource,
    gap: Gap,
    text: Text | None = None,
    *,
    aspect: str = "",
    discriminator: str = "",
    seen: Seen | None = None,
) -> Unseen:
    """Conclude that *resource* could not be judged. The gap must be one that the evidence holds."""
    return Unseen(
        resource=resource, text=text or Text("gap", detail=gap.detail), aspect=aspect,
        discriminator=discriminator, seen=seen or {}, gap=gap,
    )  # fmt: skip


def not_applicable(
    resource: Resource, text: Text, *, aspect: str = "", discriminator: str = "", seen: Seen | None = None
) -> NotApplicable:
    """Conclude that there is nothing to judge about *resource*."""
    return NotApplicable(
        resource=resource, text=text, aspect=aspect, discriminator=discriminator, seen=seen or {}
    )  # fmt: skip
