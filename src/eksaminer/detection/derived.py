"""Fields that are computed from others: what each means for one event, and as a column of the log engine."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from eksaminer.detection.addresses import public
from eksaminer.detection.fields import ROOTS

Event = Mapping[str, Any]

DRY_RUN = re.compile(r"[?&]dryRun=All(&|$)")
REFUSED = (401, 403, 422)
TEMPLATES = frozenset(
    {"deployments", "daemonsets", "statefulsets", "replicasets", "replicationcontrollers", "jobs"}
)  # fmt: skip
SPEC_SUBRESOURCES = frozenset({"", "ephemeralcontainers", "resize"})
"""A request for another subresource (status, scale, binding) does not set the pod spec."""


def derived(path: str, event: Event) -> Any:
    """Return the value of the derived field *path* of *event*; None where there is none."""
    return _SCALARS[path](event)


def root(name: str, event: Event) -> Any:
    """Return the body called *name*: one that was logged, or what is the same for every kind of object."""
    match name:
        case "request":
            return event.get("requestObject")
        case "response":
            return event.get("responseObject")
        case "pod":
            return _pod(event)
        case "containers":
            spec = _pod(event) or {}
            lists = [spec.get(key) for key in ("containers", "initContainers", "ephemeralContainers")]
            found = [items for items in lists if isinstance(items, list)]
            return [item for items in found for item in items] if found else None
        case "rbac":
            response = event.get("responseObject")
            changed = isinstance(response, Mapping) and response.get("kind") != "Status"
            return response if changed else event.get("requestObject")
        case _:
            return event


def _text(event: Event, *steps: str) -> str | None:
    found: Any = event
    for step in steps:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else None


def _pod(event: Event) -> Mapping[str, Any] | None:
    steps = _pod_steps(event)
    verb = _text(event, "verb")
    if steps is None or verb not in {"create", "update", "patch"}:
        return None
    bodies = ("requestObject", "responseObject")
    for body in bodies if verb == "create" else reversed(bodies):
        found: Any = event.get(body)
        for step in steps:
            found = found.get(step) if isinstance(found, Mapping) else None
        if isinstance(found, Mapping):
            return found
    return None


def _pod_steps(event: Event) -> tuple[str, ...] | None:
    resource = _text(event, "objectRef", "resource") or ""
    if (_text(event, "objectRef", "subresource") or "") not in SPEC_SUBRESOURCES:
        return None
    if resource in TEMPLATES:
        return ("spec", "template", "spec")
    return {
        "pods": ("spec",),
        "cronjobs": ("spec", "jobTemplate", "spec", "template", "spec"),
        "podtemplates": ("template", "spec"),
    }.get(resource)


def _uri_path(event: Event) -> str | None:
    uri = _text(event, "requestURI")
    return None if uri is None else uri.partition("?")[0]


def _command(event: Event) -> str | None:
    uri = _text(event, "requestURI") or ""
    words = [part.removeprefix("command=") for part in uri.partition("?")[2].split("&") if part.startswith("command=")]
    return " ".join(map(_unquoted, words)) if words else None


def _unquoted(text: str) -> str:
    spaced = text.replace("+", " ")
    try:
        return unquote(spaced, errors="strict")
    except UnicodeDecodeError:
        return spaced


def _public(event: Event) -> bool:
    addresses = event.get("sourceIPs")
    return isinstance(addresses, list) and any(public(item) for item in addresses if isinstance(item, str))


def _dry_run(event: Event) -> bool:
    if DRY_RUN.search(_text(event, "requestURI") or ""):
        return True
    body = event.get("requestObject")
    asked = body.get("dryRun") if isinstance(body, Mapping) and _text(event, "verb") in DELETES else None
    return isinstance(asked, list) and "All" in asked


DELETES = frozenset({"delete", "deletecollection"})


def _outcome(event: Event) -> str | None:
    status = event.get("responseStatus")
    code = status.get("code") if isinstance(status, Mapping) else None
    decision = _text(event, "annotations", "authorization.k8s.io/decision")
    if not isinstance(code, int):
        return {"forbid": "refused", "allow": "allowed"}.get(decision or "")
    if code in REFUSED or decision == "forbid":
        return "refused"
    return "failed" if code >= 400 else "allowed"  # noqa: PLR2004 - HTTP


_SCALARS: Mapping[str, Callable[[Event], Any]] = {
    "uri.path": _uri_path,
    "uri.command": _command,
    "source.public": _public,
    "request.dryRun": _dry_run,
    "outcome": _outcome,
}

_FROM_BODY = "CASE WHEN json_type({body}, '{path}') = 'OBJECT' THEN json_extract({body}, '{path}') END"


def _spec(path: str) -> str:
    request = _FROM_BODY.format(body="request_json", path=path)
    response = _FROM_BODY.format(body="response_json", path=path)
    return f"CASE WHEN verb = 'create' THEN coalesce({request}, {response}) ELSE coalesce({response}, {request}) END"


_TEMPLATED = ", ".join(f"'{name}'" for name in sorted(TEMPLATES))
_SUBRESOURCES = ", ".join(f"'{name}'" for name in sorted(SPEC_SUBRESOURCES))

BODIES = {
    "pod": f"""CASE WHEN verb IN ('create', 'update', 'patch') AND coalesce(subresource, '') IN ({_SUBRESOURCES})
      THEN CASE WHEN resource = 'pods' THEN {_spec("$.spec")}
                WHEN resource IN ({_TEMPLATED}) THEN {_spec("$.spec.template.spec")}
                WHEN resource = 'cronjobs' THEN {_spec("$.spec.jobTemplate.spec.template.spec")}
                WHEN resource = 'podtemplates' THEN {_spec("$.template.spec")} END END""",
    "rbac": """CASE WHEN json_type(response_json) = 'OBJECT'
      AND json_extract_string(response_json, '$.kind') IS DISTINCT FROM 'Status'
      THEN response_json ELSE request_json END""",
    "request": "request_json",
    "response": "response_json",
    "record": "record_json",
}
"""The roots of bodies, in the words of the log engine."""
BODY_COLUMNS = frozenset(BODIES) | {"containers"}
REQUEST_ROOTS = frozenset(ROOTS.values()) - {"response"} | {"containers"}

COLUMNS = {
    "outcome": f"""CASE WHEN code IS NULL
      THEN CASE decision WHEN 'forbid' THEN 'refused' WHEN 'allow' THEN 'allowed' END
      WHEN code IN {REFUSED} OR coalesce(decision = 'forbid', false) THEN 'refused'
      WHEN code >= 400 THEN 'failed' ELSE 'allowed' END""",
    "uri_path": "split_part(uri, '?', 1)",
    "uri_command": "CASE WHEN contains(uri, 'command=') THEN eks_command(uri) END",
    "source_public": (
        "CASE WHEN len(source_ips) = 1 THEN eks_public(source_ips[1]) "
        "ELSE coalesce(len(list_filter(source_ips, lambda ip: eks_public(ip))) > 0, false) END"
    ),
}
"""The derived columns; `dry_run` is always there."""

MACROS = (
    (
        "CREATE TEMP MACRO eks_unquoted(word) AS "
        "coalesce(try(url_decode(replace(word, '+', ' '))), replace(word, '+', ' '))"
    ),
    (
        "CREATE TEMP MACRO eks_words(uri) AS list_filter(string_split(CASE WHEN contains(uri, '?') "
        "THEN substr(uri, instr(uri, '?') + 1) ELSE '' END, '&'), lambda part: starts_with(part, 'command='))"
    ),
    (
        "CREATE TEMP MACRO eks_command(uri) AS CASE WHEN len(eks_words(uri)) > 0 THEN array_to_string("
        "list_transform(eks_words(uri), lambda part: eks_unquoted(substr(part, 9))), ' ') END"
    ),
)
