"""Tests that no event satisfies: fields that do not exist, and values that they never have."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from eksaminer.detection.evaluate import satisfies
from eksaminer.detection.fields import FIELDS, Kind, Log, field_of
from eksaminer.detection.legal import CODES, EVENT_SOURCE, GROUPS, OBJECTS, VALUES
from eksaminer.detection.predicate import Each, Eq, Exists, In, Ref, Test
from eksaminer.detection.ways import values_of


class Cause(StrEnum):
    """Why something never matches."""

    UNKNOWN_FIELD = "unknown-field"
    IMPOSSIBLE_VALUE = "impossible-value"
    CONTRADICTION = "contradiction"
    NEVER_LOGGED = "never-logged"


@dataclass(frozen=True, slots=True)
class Dead:
    """One reason why something never matches."""

    cause: Cause
    field: str
    what: str
    why: str
    mend: str


def never(test: Test | Each, log: Log) -> Dead | None:
    """Return why no event satisfies *test*; None where one may."""
    for path in (test.field, test.other) if isinstance(test, Ref) else (test.field,):
        if field_of(path, log).kind is Kind.NOTHING:
            return _unknown(path, log)
    if isinstance(test, Each | Exists | Ref):
        return None
    values = VALUES[log].get(test.field)
    if values is not None and not any(satisfies(test, value) for value in values):
        return _impossible(test, values)
    return _odd(test, log)


def _unknown(path: str, log: Log) -> Dead:
    what = "audit event" if log is Log.AUDIT else "CloudTrail record"
    return Dead(
        Cause.UNKNOWN_FIELD,
        path,
        f"There is no field {path}.",
        f"No {what} has a field of this name, so a test of it never holds.",
        _meant(path, log),
    )


MEANT = {
    "hostPath": "pod.volumes[any]: with hostPath.path|exists: true below it (sigma-version: 3)",
    "capabilities": "pod.allContainers[any]: with securityContext.capabilities.add below it (sigma-version: 3)",
    "privileged": "pod.allContainers[any]: with securityContext.privileged below it (sigma-version: 3)",
    "hostNetwork": "pod.hostNetwork",
    "hostPID": "pod.hostPID",
    "hostIPC": "pod.hostIPC",
    "image": "pod.allContainers[any]: with image below it (sigma-version: 3)",
}
"""What stands in the specification of a pod, by the name that it is asked for by mistake."""


def _meant(path: str, log: Log) -> str:
    last = path.rsplit(".", maxsplit=1)[-1]
    if log is Log.AUDIT and last in MEANT:
        return f"Ask for it where it stands: {MEANT[last]}."
    near = [known for known in FIELDS if known.split(".")[-1].lower() == last.lower()] if log is Log.AUDIT else []
    if near:
        return f"Write {' or '.join(near)}."
    return "Name the field by its path in the event, such as objectRef.resource or requestObject.spec.replicas."


def _impossible(test: Test, values: Sequence[str]) -> Dead:
    known = "whole numbers from 100 to 599" if values == CODES else ", ".join(values)
    return Dead(
        Cause.IMPOSSIBLE_VALUE,
        test.field,
        f"{test.field} is never {_asked_for(test)}.",
        f"Its values are {known}; this test never holds.",
        _instead(test),
    )


def _instead(test: Test) -> str:
    wanted = _asked_for(test).lower()
    if test.field == "verb" and wanted in {"replace", "edit", "apply"}:
        return "A replaced or edited object is an update, an applied one a patch."
    if test.field == "responseStatus.code" and wanted in {"allow", "allowed", "forbid"}:
        return "The decision is annotations.authorization.k8s.io/decision, which is allow or forbid."
    return f"Write a value that {test.field} can have."


def _asked_for(test: Test) -> str:
    match test:
        case Eq(value=value):
            return value or "empty"
        case In(values=values):
            return " or ".join(values)
        case _:
            return "what this asks for"


def _odd(test: Test, log: Log) -> Dead | None:
    """Return what is wrong with a value of a field whose values cannot be listed."""
    values = values_of(test)
    odd = ODD[log].get(test.field)
    if log is Log.TRAIL and test.field in OBJECTS:
        why = f"{test.field} holds an object, and an object equals no text."
        return Dead(Cause.IMPOSSIBLE_VALUE, test.field, f"{test.field} is compared with a text.", why, BELOW)
    if not values or odd is None or any(odd.fits(value) for value in values):
        return None
    return Dead(Cause.IMPOSSIBLE_VALUE, test.field, f"{test.field} is never {' or '.join(values)}.", odd.why, odd.mend)


BELOW = "Name the member, such as requestParameters.policyDocument."


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Odd:
    """What every value of a field is."""

    fits: Callable[[str], bool]
    why: str
    mend: str


ODD: Mapping[Log, Mapping[str, _Odd]] = {
    Log.AUDIT: {
        "objectRef.apiGroup": _Odd(
            lambda text: not text or "." in text or text in GROUPS,
            "It is a group of Kubernetes, or a domain with a dot; a version stands in objectRef.apiVersion, and the "
            "core group is absent.",
            "Write the group alone, and null for the core group.",
        ),
        "objectRef.resource": _Odd(
            lambda text: "/" not in text and text == text.lower().strip(),
            "It is the plural name in small letters, without the subresource.",
            "Write the resource, and what follows the slash as objectRef.subresource.",
        ),
        "sourceIPs": _Odd(
            _is_address,
            "Its values are internet addresses.",
            "Write an address, a pattern with *, or a network with |cidr.",
        ),
    },
    Log.TRAIL: {
        "eventSource": _Odd(
            lambda text: text.endswith(EVENT_SOURCE),
            f"Every eventSource ends in {EVENT_SOURCE}.",
            f"Write it in full, such as eks{EVENT_SOURCE}.",
        ),
    },
}
