"""Judge one record of a log: an audit event, a record of another stream, or a bad line.

The narrow event holds what rules and reports read, and nothing else.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

CUT = b"[Truncated...]"
"""How CloudWatch ends a log entry that it cut."""

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)

OTHER = re.compile(
    rb"[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [\w./-]+:\d+\]"  # klog
    rb"|Trace\[\d+\]: "
    rb'|time="[^"]*" level=\w+ '  # logrus, the authenticator
    rb"|CWL CONTROL MESSAGE: "
)
OTHER_KEYS = ({"ts", "msg"}, {"time", "level", "msg"}, {"ts", "logger"})
"""Keys of the JSON form of klog and logrus."""

STAMP = re.compile(r"(?:19[89]\d|[2-7]\d{3})-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z", re.ASCII)
"""How the API server writes a time; the log engine takes no other one on trust."""
STAGE_TIME = re.compile(rb'"stageTimestamp"\s*:\s*"([0-9TZ:.+-]+)"')
MAX_BODY = 4 << 20
"""No object of Kubernetes is larger than its store takes, which is 1.5 MB."""
MAX_CODE = 1_000_000_000
CODE = re.compile(r"([0-9]{1,9})(\.0+)?")
READ_KEYS = tuple(
    f'"{key}":'.encode()
    for key in ("auditID", "stage", "level", "verb", "user", "impersonatedUser", "sourceIPs", "objectRef")
)


class _Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of an event; keys that it does not name are dropped."""


class _Extra(_Part, frozen=True, kw_only=True):
    arn: list[str] | None = None
    canonicalArn: list[str] | None = None  # noqa: N815 - the key in the event
    sessionName: list[str] | None = None  # noqa: N815 - the key in the event
    accessKeyId: list[str] | None = None  # noqa: N815 - the key in the event


class _User(_Part, frozen=True, kw_only=True):
    username: str | None = None
    uid: str | None = None
    groups: list[str] | None = None
    extra: _Extra | None = None


class _Object(_Part, frozen=True, kw_only=True):
    apiGroup: str | None = None  # noqa: N815 - the key in the event
    apiVersion: str | None = None  # noqa: N815 - the key in the event
    resource: str | None = None
    subresource: str | None = None
    namespace: str | None = None
    name: str | None = None


class _Status(_Part, frozen=True, kw_only=True):
    code: int | str | float | None = None
    reason: str | None = None
    message: str | None = None


class _Annotations(_Part, frozen=True, kw_only=True):
    decision: str | None = msgspec.field(default=None, name="authorization.k8s.io/decision")
    reason: str | None = msgspec.field(default=None, name="authorization.k8s.io/reason")
    truncated: str | None = msgspec.field(default=None, name="audit.k8s.io/truncated")


class Narrow(_Part, frozen=True, kw_only=True):
    """The part of an audit event that is kept."""

    auditID: str | None = None  # noqa: N815 - the key in the event
    stage: str | None = None
    level: str | None = None
    verb: str | None = None
    requestURI: str | None = None  # noqa: N815 - the key in the event
    userAgent: str | None = None  # noqa: N815 - the key in the event
    sourceIPs: list[str] | None = None  # noqa: N815 - the key in the event
    user: _User | None = None
    impersonatedUser: _User | None = None  # noqa: N815 - the key in the event
    objectRef: _Object | None = None  # noqa: N815 - the key in the event
    responseStatus: _Status | None = None  # noqa: N815 - the key in the event
    annotations: _Annotations | None = None
    requestObject: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET  # noqa: N815 - the key in the event
    responseObject: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET  # noqa: N815 - the key in the event
    requestReceivedTimestamp: str | None = None  # noqa: N815 - the key in the event
    stageTimestamp: str | None = None  # noqa: N815 - the key in the event
    judged: bool = msgspec.field(default=False, name="eksaminer:judged")
    """Read by this module: the engine asks no more of it."""
    cut: bool = msgspec.field(default=False, name="eksaminer:cut")


@dataclass(frozen=True, slots=True)
class Event:
    """An audit event."""

    narrow: Narrow
    time: datetime | None

    def encode(self) -> bytes:
        """Return it as one line of JSON."""
        return msgspec.json.encode(self.narrow)

    def at(self, time: datetime) -> "Event":
        """Return it with the time of its neighbour."""
        return Event(msgspec.structs.replace(self.narrow, stageTimestamp=time.isoformat()), time)


@dataclass(frozen=True, slots=True)
class Other:
    """A well-formed record of another stream."""


@dataclass(frozen=True, slots=True)
class Bad:
    """Neither."""

    reason: str


Judgement = Event | Other | Bad

DECODER = msgspec.json.Decoder(Narrow)
KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])
SCANNER = json.JSONDecoder()
MEMBER = re.compile(r'[\s,]*"(\w+)"\s*:\s*')
HEAD_KEYS = frozenset(
    {
        "auditID", "stage", "level", "verb", "requestURI", "userAgent", "sourceIPs", "user", "impersonatedUser",
        "objectRef", "responseStatus", "annotations", "requestReceivedTimestamp", "stageTimestamp",
    }
)  # fmt: skip
BODIES = ("requestObject", "responseObject")


def judge(line: bytes, time: datetime | None = None, stream: str = "") -> Judgement:
    """Say what *line* is. *time* and *stream* are what its log entry says, where the form has them."""
    found = _judge(line.strip(), time)
    if isinstance(found, Bad) and stream and not stream.startswith("kube-apiserver-audit"):
        return Other()
    return found


def is_plain(line: bytes) -> bool:
    """Tell, in a tenth of the time of `judge`, whether *line* is an event that needs no second look."""
    try:
        line.decode("utf-8")
        narrow = DECODER.decode(line)
    except RecursionError:
        # Not for the log engine, which nests without end; it refuses what is damaged.
        return True
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    code = narrow.responseStatus.code if narrow.responseStatus else None
    stamps = [stamp for stamp in (narrow.stageTimestamp, narrow.requestReceivedTimestamp) if stamp is not None]
    return (
        bool(narrow.auditID and narrow.verb and narrow.user and stamps)
        and all(STAMP.fullmatch(stamp) for stamp in stamps)
        and (code is None or (type(code) is int and 0 <= code < MAX_CODE))
        and all(line.count(key) < 2 for key in READ_KEYS)  # noqa: PLR2004 - no key stands twice
    )


def is_other_stream(line: bytes) -> bool:
    """Tell whether *line* is a text of another control plane component."""
    return OTHER.match(line) is not None


def is_cut_event(line: bytes) -> bool:
    """Tell whether *line* is the head of an audit event that CloudWatch cut."""
    return line.endswith(CUT) and b'"auditID":"' in line[:1_000]


def utc(text: str) -> datetime | None:
    """Read a time with offset (without one: UTC); None where it is none, or out of all bounds."""
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not UTC:
            time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return time if EARLIEST <= time < LATEST else None


def _judge(line: bytes, time: datetime | None) -> Judgement:
    if is_other_stream(line):
        return Other()
    if line.startswith(b"{") and line.endswith(CUT):
        return salvage(line, time)
    try:
        narrow = _decoded(line)
    except RecursionError:
        stamp = STAGE_TIME.search(line, max(0, len(line) - 2_000))
        return salvage(line, utc(stamp[1].decode()) if stamp else time)
    except _NotEventError as error:
        return _other_object(line) or Bad(str(error)[:200])
    return _timed(narrow, time)


class _NotEventError(Exception):
    """Says what is wrong with a line."""


def _decoded(line: bytes) -> Narrow:
    if not line.startswith(b"{"):
        raise _NotEventError("not JSON")
    try:
        line.decode("utf-8")
        narrow = DECODER.decode(line)
    except UnicodeDecodeError as error:
        raise _NotEventError(f"not UTF-8 (byte {error.start + 1})") from None
    except msgspec.ValidationError as error:
        raise _NotEventError(f"not an audit event: {error}") from None
    except msgspec.DecodeError as error:
        raise _NotEventError(f"malformed JSON: {error}") from None
    if not narrow.auditID or not (narrow.verb or narrow.stage or narrow.requestURI):
        raise _NotEventError("not an audit event: it has no auditID, or neither verb, stage nor requestURI")
    twice = _twice(line)
    if twice:
        raise _NotEventError(f"the key {twice} stands twice in one object")
    return _checked(narrow)


def _checked(narrow: Narrow) -> Narrow:
    """Return the event with a number as its code; times and codes that are none are errors."""
    for stamp in (narrow.stageTimestamp, narrow.requestReceivedTimestamp):
        if stamp and utc(stamp) is None:
            raise _NotEventError(f"not a time: {stamp[:40]!r}")
    status = narrow.responseStatus
    if status is None or status.code is None or (type(status.code) is int and 0 <= status.code < MAX_CODE):
        return narrow
    number = CODE.fullmatch(str(status.code))
    if number is None:
        raise _NotEventError("responseStatus.code is no number")
    code = _Status(code=int(number[1]), reason=status.reason, message=status.message)
    return msgspec.structs.replace(narrow, responseStatus=code)


def _timed(narrow: Narrow, time: datetime | None) -> Event:
    """Normalise the times to UTC and drop bodies that are longer than any object of Kubernetes."""
    received = utc(narrow.requestReceivedTimestamp) if narrow.requestReceivedTimestamp else None
    stage = utc(narrow.stageTimestamp) if narrow.stageTimestamp else None
    stage = stage or received or time
    small = msgspec.structs.replace(
        narrow,
        judged=True,
        requestReceivedTimestamp=received.isoformat() if received else None,
        stageTimestamp=stage.isoformat() if stage else None,
        requestObject=_bounded(narrow.requestObject),
        responseObject=_bounded(narrow.responseObject),
    )
    return Event(small, stage)


def _bounded(body: msgspec.Raw | msgspec.UnsetType) -> msgspec.Raw | msgspec.UnsetType:
    return body if isinstance(body, msgspec.Raw) and len(bytes(body)) <= MAX_BODY else msgspec.UNSET


def _other_object(line: bytes) -> Other | None:
    try:
        keys = set(KEYS.decode(line))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return Other() if any(known <= keys for known in OTHER_KEYS) else None


def _twice(line: bytes) -> str:
    """Return a key that stands twice in one object of *line*; parsers disagree on what that means."""
    if all(line.count(key) < 2 for key in READ_KEYS):  # noqa: PLR2004 - twice is what the name says
        return ""
    try:
        json.loads(line, object_pairs_hook=_once)
    except _TwiceError as error:
        return str(error)
    except (ValueError, RecursionError):
        return ""
    return ""


class _TwiceError(Exception):
    """The key it names stands twice."""


def _once(pairs: list[tuple[str, object]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise _TwiceError(key)
        seen.add(key)


def salvage(line: bytes, time: datetime | None) -> Event | Bad:
    """Read the complete members at the head of a line that was cut, or is nested too deep; the rest is lost.

    The API server writes the request before the bodies: what a rule needs is nearly always there.
    Annotations and times stand after the bodies, so the time is that of the log entry.
    """
    parts = members(line.removesuffix(CUT).decode("utf-8", "replace"))
    known = {key: value for key, value in parts.items() if key in HEAD_KEYS}
    bodies = {key: msgspec.Raw(msgspec.json.encode(parts[key])) for key in BODIES if key in parts}
    try:
        narrow = msgspec.convert(known, Narrow)
    except msgspec.ValidationError as error:
        return Bad(f"cut, and its head is not an audit event: {error}"[:200])
    if not narrow.auditID:
        return Bad("cut, and its head holds no auditID")
    return _timed(msgspec.structs.replace(narrow, cut=True, **bodies), time)


def members(text: str) -> dict[str, Any]:
    """Return the members of a JSON object that stand complete at the start of *text*."""
    found: dict[str, Any] = {}
    position = 1
    while key := MEMBER.match(text, position):
        try:
            value, position = SCANNER.raw_decode(text, key.end())
        except (ValueError, RecursionError):
            break
        found.setdefault(key[1], value)
    return found
