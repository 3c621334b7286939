"""The fields that a rule may name: of a Kubernetes audit event, and of a CloudTrail record."""

from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache


class Log(StrEnum):
    """Which log a rule looks at."""

    AUDIT = "audit"
    """The Kubernetes audit log."""
    TRAIL = "trail"
    """CloudTrail."""


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    """True or false."""
    TEXTS = "texts"
    """A list of texts."""
    BODY = "body"
    """Any JSON value inside a body; its steps lead there from the root that `column` names."""
    NOTHING = "nothing"
    """No event has such a field."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its path in the event, and its column in the log engine."""

    path: str
    column: str
    kind: Kind = Kind.TEXT
    steps: tuple[str, ...] = ()
    """The keys down to the value: from the event, or of a body from its root."""
    derived: bool = False
    """Computed from other fields."""
    shown: bool = True
    """Whether a rule may show it as evidence."""


def _plain(path: str, column: str, kind: Kind = Kind.TEXT) -> Field:
    head, _, rest = path.partition(".")
    steps = (head, rest) if head == "annotations" else _split(path)
    return Field(path, column, kind, steps)


def _split(path: str) -> tuple[str, ...]:
    """Return the keys of *path*; those below a map of free keys, which hold dots themselves, are one."""
    steps = path.split(".")
    for position, step in enumerate(steps[:-1]):
        if step in FREE_KEYS:
            return (*steps[: position + 1], ".".join(steps[position + 1 :]))
    return tuple(steps)


FREE_KEYS = frozenset({"annotations", "labels", "matchLabels", "nodeSelector", "data", "stringData", "binaryData"})

FIELDS = {
    field.path: field
    for field in (
        _plain("auditID", "audit_id"),
        _plain("stage", "stage"),
        _plain("level", "level"),
        _plain("verb", "verb"),
        _plain("requestURI", "uri"),
        _plain("userAgent", "agent"),
        _plain("sourceIPs", "source_ips", Kind.TEXTS),
        _plain("user.username", "username"),
        _plain("user.uid", "uid"),
        _plain("user.groups", "user_groups", Kind.TEXTS),
        _plain("user.extra.arn", "arns", Kind.TEXTS),
        _plain("user.extra.canonicalArn", "canonical_arns", Kind.TEXTS),
        _plain("user.extra.sessionName", "session_names", Kind.TEXTS),
        _plain("impersonatedUser.username", "impersonated"),
        _plain("impersonatedUser.groups", "impersonated_groups", Kind.TEXTS),
        _plain("objectRef.apiGroup", "api_group"),
        _plain("objectRef.apiVersion", "api_version"),
        _plain("objectRef.resource", "resource"),
        _plain("objectRef.subresource", "subresource"),
        _plain("objectRef.namespace", "namespace"),
        _plain("objectRef.name", "name"),
        _plain("responseStatus.code", "code", Kind.NUMBER),
        _plain("responseStatus.reason", "status_reason"),
        _plain("annotations.authorization.k8s.io/decision", "decision"),
        _plain("annotations.authorization.k8s.io/reason", "reason"),
        Field("uri.path", "uri_path", derived=True),
        Field("uri.command", "uri_command", derived=True, shown=False),
        Field("source.public", "source_public", Kind.FLAG, derived=True),
        Field("request.dryRun", "dry_run", Kind.FLAG, derived=True),
        Field("outcome", "outcome", derived=True),
    )
}
"""The fields of an audit event outside its bodies."""

ROOTS = {"requestObject": "request", "responseObject": "response", "pod": "pod", "rbac": "rbac"}
CONTAINERS = "pod.allContainers"
TRAIL_KEYS = frozenset(
    {
        "additionalEventData", "addendum", "apiVersion", "awsRegion", "edgeDeviceDetails", "errorCode", "errorMessage",
        "eventCategory", "eventID", "eventName", "eventSource", "eventTime", "eventType", "eventVersion",
        "insightDetails", "managementEvent", "readOnly", "recipientAccountId", "requestID", "requestParameters",
        "resources", "responseElements", "serviceEventDetails", "sessionCredentialFromConsole", "sharedEventID",
        "sourceIPAddress", "tlsDetails", "userAgent", "userIdentity", "vpcEndpointId",
    }
)  # fmt: skip

TRAIL_COLUMNS = {
    "eventSource": "api_group",
    "eventName": "verb",
    "errorCode": "reason",
    "userIdentity.type": "identity_type",
    "userIdentity.arn": "identity_arn",
    "userIdentity.principalId": "principal_id",
}
"""Texts that tell what a record of CloudTrail is about: rules ask for them first, so they are no part of a body."""

KEYWORDS = {
    Log.AUDIT: tuple(path for path, field in FIELDS.items() if field.kind in {Kind.TEXT, Kind.TEXTS}),
    Log.TRAIL: (
        "eventSource", "eventName", "eventType", "awsRegion", "errorCode", "errorMessage", "sourceIPAddress",
        "userAgent", "userIdentity.type", "userIdentity.arn", "userIdentity.userName", "userIdentity.principalId",
    ),
}  # fmt: skip
"""Where keywords are searched: all texts of an audit event outside its bodies; of CloudTrail who did what."""


@lru_cache(maxsize=4096)
def field_of(path: str, log: Log = Log.AUDIT) -> Field:
    """Return the field at *path*; of the kind `NOTHING` where no event has it."""
    head, _, rest = path.partition(".")
    if log is Log.TRAIL and path in TRAIL_COLUMNS:
        return Field(path, TRAIL_COLUMNS[path], Kind.TEXT, _split(path))
    if log is Log.TRAIL:
        return Field(path, "record" if head in TRAIL_KEYS else "", _body(head in TRAIL_KEYS), _split(path))
    if path in FIELDS:
        return FIELDS[path]
    if path == CONTAINERS or path.startswith(CONTAINERS + "."):
        return Field(path, "containers", Kind.BODY, _split(path)[2:])
    known = head in ROOTS and bool(rest)
    return Field(path, ROOTS.get(head, ""), _body(known), _split(rest))


def element_field(path: str) -> Field:
    """Return the field at *path* below an element of an array."""
    return Field(path, "", Kind.BODY, _split(path))


def _body(known: bool) -> Kind:  # noqa: FBT001 - a private helper of two lines
    return Kind.BODY if known else Kind.NOTHING


def unknown_field(path: str, log: Log = Log.AUDIT) -> str:
    """Say that no event that is read has the field *path*, and which name was meant."""
    names = TRAIL_KEYS if log is Log.TRAIL else [*FIELDS, *ROOTS]
    near = get_close_matches(path, names, n=1, cutoff=0.6)
    return f"unknown field {path}" + (f"; did you mean {near[0]}?" if near else "")
