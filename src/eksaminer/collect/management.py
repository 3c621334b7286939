"""Management events as evidence keeps them: reduced to who did what, with the parameters that a check declares."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from eksaminer.evidence.lookups import ManagementEvent
from eksaminer.logs.records import utc
from eksaminer.record import canonical_json
from eksaminer.weakening import restoring_calls, weakening_calls

LONGEST_PARAMETER = 10_000
"""Characters of a request parameter with parts: longer ones are not kept."""
CHANGING: Mapping[str, tuple[str, ...]] = {
    name: (*weakening_calls().get(name, ()), *restoring_calls().get(name, ()))
    for name in sorted({*weakening_calls(), *restoring_calls()})
}
"""The calls that weaken or restore auditing, with the parameters that judging them takes."""


class _Identity(msgspec.Struct, frozen=True, kw_only=True):
    type: Any = ""
    arn: Any = ""
    userName: Any = ""  # noqa: N815 - the key in the event
    invokedBy: Any = ""  # noqa: N815 - the key in the event
    sessionContext: Any = None  # noqa: N815 - the key in the event


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    userIdentity: Any = None  # noqa: N815 - the key in the event
    sourceIPAddress: Any = ""  # noqa: N815 - the key in the event
    userAgent: Any = ""  # noqa: N815 - the key in the event
    errorCode: Any = ""  # noqa: N815 - the key in the event
    requestParameters: Any = None  # noqa: N815 - the key in the event


EVENT = msgspec.json.Decoder(_Event)


def reduced(text: str, *, event: str, time: datetime, name: str, source: str, kept: Iterable[str]) -> ManagementEvent:
    """Return what is kept of the event *text*, of the parameters those named *kept* and those of calls that change.

    What has another type than expected is left out.
    """
    try:
        found = EVENT.decode(text)
        identity = msgspec.convert(found.userIdentity or {}, _Identity)
    except (msgspec.MsgspecError, RecursionError):
        found, identity = _Event(), _Identity()
    context = _mapping(identity.sessionContext)
    parameters = _mapping(found.requestParameters)
    return ManagementEvent(
        id=event,
        time=time,
        name=name,
        source=source,
        user_type=text_of(identity.type),
        user=text_of(identity.userName) or text_of(identity.arn) or text_of(identity.invokedBy),
        role=text_of(_mapping(context.get("sessionIssuer")).get("arn")),
        address=text_of(found.sourceIPAddress),
        agent=text_of(found.userAgent),
        error=text_of(found.errorCode),
        parameters={key: _parameter(parameters[key]) for key in (*kept, *CHANGING.get(name, ())) if key in parameters},
    )


def from_record(record: str) -> ManagementEvent | None:
    """Return what is kept of a record of a file; None: it is none of CloudTrail."""
    try:
        found = json.loads(record)
    except (ValueError, RecursionError):
        return None
    time = utc(text_of(found.get("eventTime"))) if isinstance(found, dict) else None
    if time is None:
        return None
    return reduced(
        record,
        event=text_of(found.get("eventID")),
        time=time,
        name=text_of(found.get("eventName")),
        source=text_of(found.get("eventSource")),
        kept=(),
    )


def text_of(value: Any) -> str:
    """Return a plain value as text; empty for anything else."""
    return str(value)[:1_000] if isinstance(value, str | int | float) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _parameter(value: Any) -> str:
    """Return a parameter as text; what has parts as JSON, unless it is very long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return text if len(text := canonical_json(value).decode()) <= LONGEST_PARAMETER else ""
    return text_of(value)
