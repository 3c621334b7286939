"""Audit events made up to try metric filters on: what an alarm on refusals has to see, and what it must not.

Each is one line as EKS writes it: the keys in the order of the API server, no white space. Names and addresses are
invented (documentation ranges of RFC 5737); nothing of a customer's is ever sent anywhere.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal

from eksaminer.record import Record


class Probe(Record, frozen=True, kw_only=True):
    """One made-up log event."""

    id: str
    what: str
    """What it stands for, in words."""
    expected: Literal["match", "no match", "either"]
    """What a filter that counts refusals does with it."""
    message: str


_STATUS: dict[int, dict[str, Any]] = {
    200: {},
    201: {},
    401: {"status": "Failure", "message": "Unauthorized", "reason": "Unauthorized"},
    403: {"status": "Failure", "message": "secrets is forbidden", "reason": "Forbidden"},
    404: {"status": "Failure", "message": 'pods "web" not found', "reason": "NotFound"},
}
_PERSON = {
    "username": "arn:aws:sts::111122223333:assumed-role/Developer/dana",
    "groups": ["eks:developers", "system:authenticated"],
}
_ANONYMOUS = {"username": "system:anonymous", "groups": ["system:unauthenticated"]}


def audit_event(
    code: int,
    user: Mapping[str, Any],
    verb: str,
    resource: str,
    *,
    group: str = "",
    namespace: str = "payments",
    name: str = "",
) -> str:
    """Return a line of the audit log: a request of *user* about a resource, answered with *code*."""
    root = f"/apis/{group}/v1" if group else "/api/v1"
    path = f"{root}{f'/namespaces/{namespace}' if namespace else ''}/{resource}{f'/{name}' if name else ''}"
    about = {"namespace": namespace, "name": name, "apiGroup": group}
    decision = {} if code == 401 else {"authorization.k8s.io/decision": "forbid" if code == 403 else "allow"}  # noqa: PLR2004 - the codes of HTTP
    return json.dumps(
        {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": "Metadata",
            "auditID": f"00000000-0000-4000-8000-{code:012d}",
            "stage": "ResponseComplete" if decision else "ResponseStarted",
            "requestURI": path,
            "verb": verb,
            "user": user,
            "sourceIPs": ["192.0.2.10"],
            "userAgent": "probe/1.0",
            "objectRef": {
                "resource": resource,
                **{key: text for key, text in about.items() if text},
                "apiVersion": "v1",
            },
            "responseStatus": {"metadata": {}, **_STATUS[code], "code": code},
            "requestReceivedTimestamp": "2026-01-01T00:00:00.000000Z",
            "stageTimestamp": "2026-01-01T00:00:00.000000Z",
            **({"annotations": {**decision, "authorization.k8s.io/reason": ""}} if decision else {}),
        },
        separators=(",", ":"),
    )


FORBIDDEN = Probe(
    id="forbidden", what="403, a known user without the permission", expected="match",
    message=audit_event(403, _PERSON, "list", "secrets"),
)  # fmt: skip
ANONYMOUS = Probe(
    id="anonymous", what="403, an anonymous request", expected="match",
    message=audit_event(403, _ANONYMOUS, "list", "secrets"),
)  # fmt: skip
UNAUTHENTICATED = Probe(
    id="unauthenticated", what="401, credentials that were not accepted (no user, stage ResponseStarted)",
    expected="match", message=audit_event(401, {}, "list", "secrets"),
)  # fmt: skip

PROBES: tuple[Probe, ...] = (
    FORBIDDEN,
    ANONYMOUS,
    UNAUTHENTICATED,
    Probe(
        id="read", what="200, a read that succeeded", expected="no match",
        message=audit_event(200, _PERSON, "get", "pods", name="web"),
    ),
    Probe(
        id="created", what="201, an object that was created", expected="no match",
        message=audit_event(201, _PERSON, "create", "pods"),
    ),
    Probe(
        id="named", what="200, a read of an object whose name holds the words of a refusal", expected="no match",
        message=audit_event(200, _PERSON, "get", "configmaps", name="errors-401-403-Forbidden-Unauthorized"),
    ),
    Probe(
        id="missing", what="404, an object that does not exist", expected="either",
        message=audit_event(404, _PERSON, "get", "pods", name="web"),
    ),
    Probe(
        id="component", what="a line of another control-plane log", expected="either",
        message="I0101 00:00:00.000000 10 controller.go:615] quota admission added evaluator for: leases",
    ),
)  # fmt: skip
"""In the order in which they are sent to `TestMetricFilter`, which takes 50 at most."""
WANTED: tuple[Probe, ...] = tuple(probe for probe in PROBES if probe.expected == "match")
UNWANTED: tuple[Probe, ...] = tuple(probe for probe in PROBES if probe.expected == "no match")
