"""Event selectors as predicates: would a trail, or an event data store, record this call?

Source: AWS CloudTrail User Guide, "Logging management events" and "How CloudTrail evaluates multiple conditions for a
field" (read 2026-11-23).
"""

from collections.abc import Iterable
from typing import Literal

from eksaminer.record import Record

Taken = Literal["yes", "no", "depends"]
"""`depends`: on who calls, or on something else that the call leaves open."""
Operator = Literal["Equals", "NotEquals", "StartsWith", "NotStartsWith", "EndsWith", "NotEndsWith"]


GLOBAL_REGIONS = frozenset({"us-east-1", "cn-north-1", "us-gov-west-1"})
"""Where the events of IAM are recorded, by partition (CloudTrail User Guide, "Global service events")."""


class TrailCall(Record, frozen=True, kw_only=True):
    """A management call that an auditor of EKS needs to find in a trail."""

    source: str
    name: str
    read_only: bool | Literal["unknown"]
    """As CloudTrail marks the event."""
    global_service: bool = False
    """CloudTrail records it in one region of the partition alone."""

    @property
    def label(self) -> str:
        """`eks:UpdateClusterConfig`."""
        return f"{self.source.partition('.')[0]}:{self.name}"

    def recorded_in(self, region: str) -> bool:
        """Whether CloudTrail records such events in *region* at all."""
        return not self.global_service or region in GLOBAL_REGIONS


CONTROL_CALLS = (
    TrailCall(source="eks.amazonaws.com", name="UpdateClusterConfig", read_only=False),
    TrailCall(source="eks.amazonaws.com", name="CreateAccessEntry", read_only=False),
    TrailCall(source="logs.amazonaws.com", name="DeleteLogGroup", read_only=False),
    TrailCall(source="cloudtrail.amazonaws.com", name="StopLogging", read_only=False),
    TrailCall(source="iam.amazonaws.com", name="UpdateAssumeRolePolicy", read_only=False, global_service=True),
)
"""Calls that change who may use a cluster, or that weaken its audit log: one for each service that matters."""
ATTRIBUTION_CALLS = (
    TrailCall(source="sts.amazonaws.com", name="AssumeRoleWithWebIdentity", read_only=True),
    TrailCall(source="sts.amazonaws.com", name="AssumeRole", read_only=True),
    TrailCall(source="eks-auth.amazonaws.com", name="AssumeRoleForPodIdentity", read_only="unknown"),
)
"""Calls that tie an AWS call to a service account: by IRSA, and by the two steps of EKS Pod Identity."""


class FieldSelector(Record, frozen=True, kw_only=True):
    """One condition of an advanced event selector."""

    field: str
    operator: Operator
    values: tuple[str, ...]

    def holds(self, value: str) -> bool:
        """Whether one of the values fits, or for a negated operator none does."""
        match self.operator.removeprefix("Not"):
            case "Equals":
                fits = value in self.values
            case "StartsWith":
                fits = value.startswith(self.values)
            case _:
                fits = value.endswith(self.values)
        return fits != self.negated

    @property
    def negated(self) -> bool:
        """Whether it leaves events out."""
        return self.operator.startswith("Not")


class Selector(Record, frozen=True, kw_only=True):
    """One event selector, classic or advanced, as far as management events go."""

    name: str
    classic: bool
    read_write: str
    """Classic: `All`, `ReadOnly`, `WriteOnly`; empty for an advanced one."""
    management: bool
    """Classic: `IncludeManagementEvents`; advanced: it selects the category Management."""
    excluded_sources: tuple[str, ...]
    """Classic: `ExcludeManagementEventSources`."""
    fields: tuple[FieldSelector, ...]
    """Advanced: the conditions on different fields hold together."""

    def takes(self, call: TrailCall) -> Taken:
        """Whether it selects *call*."""
        return Selectors(items=(self,)).takes(call)

    def takes_as(self, call: TrailCall, *, read_only: bool) -> Taken:
        """Whether it selects *call*, if that is a read or a write."""
        if not self.management:
            return "no"
        if self.classic:
            kinds = {"ReadOnly": read_only, "WriteOnly": not read_only}
            return "yes" if kinds.get(self.read_write, True) and call.source not in self.excluded_sources else "no"
        known = {
            "eventCategory": "Management",
            "eventSource": call.source,
            "eventName": call.name,
            "eventType": "AwsApiCall",
            "readOnly": str(read_only).lower(),
        }
        names = {field.field for field in self.fields}
        if not all(self._passes(name, known[name]) for name in names & known.keys()):
            return "no"
        return "depends" if names - known.keys() else "yes"

    def _passes(self, name: str, value: str) -> bool:
        """Whether *value* passes all conditions on one field: one that selects fits, and none that leaves out."""
        conditions = [field for field in self.fields if field.field == name]
        selecting = [field.holds(value) for field in conditions if not field.negated]
        leaving_out = [field.holds(value) for field in conditions if field.negated]
        return (not selecting or any(selecting)) and all(leaving_out)


class Selectors(Record, frozen=True, kw_only=True, tag="selectors", tag_field="is"):
    """All selectors of a trail or store: an event is recorded if any selector takes it."""

    items: tuple[Selector, ...]

    def takes(self, call: TrailCall) -> Taken:
        """Whether *call* is recorded; of one that may be a read or a write, whether it is either way."""
        if call.read_only == "unknown":
            read, write = self._takes_as(call, read_only=True), self._takes_as(call, read_only=False)
            return read if read == write else "depends"
        return self._takes_as(call, read_only=call.read_only)

    def _takes_as(self, call: TrailCall, *, read_only: bool) -> Taken:
        answers = {selector.takes_as(call, read_only=read_only) for selector in self.items}
        if "yes" in answers:
            return "yes"
        return "depends" if "depends" in answers else "no"

    def takes_any(self, calls: Iterable[TrailCall]) -> bool:
        """Whether at least one of *calls* is recorded, whoever makes it."""
        return any(self.takes(call) == "yes" for call in calls)
