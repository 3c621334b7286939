"""The fields of a Kubernetes audit event that a rule may name."""

from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    TEXTS = "texts"
    """A list of texts."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its path in the event, and its column in the log engine."""

    path: str
    column: str
    kind: Kind = Kind.TEXT
    shown: bool = True
    """Whether a rule may show it as evidence."""

    @property
    def steps(self) -> tuple[str, ...]:
        """The keys from the event down to the value; the key of an annotation holds dots."""
        head, _, rest = self.path.partition(".")
        return (head, rest) if head == "annotations" else tuple(self.path.split("."))


FIELDS = {
    field.path: field
    for field in (
        Field("auditID", "audit_id"),
        Field("stage", "stage"),
        Field("level", "level"),
        Field("verb", "verb"),
        Field("requestURI", "uri"),
        Field("userAgent", "agent"),
        Field("sourceIPs", "source_ips", Kind.TEXTS),
        Field("user.username", "username"),
        Field("user.uid", "uid"),
        Field("user.groups", "user_groups", Kind.TEXTS),
        Field("user.extra.arn", "arns", Kind.TEXTS),
        Field("user.extra.canonicalArn", "canonical_arns", Kind.TEXTS),
        Field("user.extra.sessionName", "session_names", Kind.TEXTS),
        Field("impersonatedUser.username", "impersonated"),
        Field("impersonatedUser.groups", "impersonated_groups", Kind.TEXTS),
        Field("objectRef.apiGroup", "api_group"),
        Field("objectRef.apiVersion", "api_version"),
        Field("objectRef.resource", "resource"),
        Field("objectRef.subresource", "subresource"),
        Field("objectRef.namespace", "namespace"),
        Field("objectRef.name", "name"),
        Field("responseStatus.code", "code", Kind.NUMBER),
        Field("responseStatus.reason", "status_reason"),
        Field("annotations.authorization.k8s.io/decision", "decision"),
        Field("annotations.authorization.k8s.io/reason", "reason"),
    )
}


def unknown_field(path: str) -> str:
    """Say that no audit event that is read has the field *path*, and which name was meant."""
    if path.partition(".")[0] in {"requestObject", "responseObject"}:
        return f"the field {path} lies in a request or response body, which this version does not read"
    near = get_close_matches(path, FIELDS, n=1, cutoff=0.6)
    return f"unknown field {path}" + (f"; did you mean {near[0]}?" if near else "")
