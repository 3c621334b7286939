"""Reading the objects of a cluster from its API server: one list per kind, each may fail on its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from eksaminer.collect.clock import Clock
from eksaminer.collect.kubernetes_connect import Connection
from eksaminer.collect.kubernetes_kinds import KINDS, UNEXPECTED, Kind, decode, objects, reason
from eksaminer.evidence.kubernetes import KubernetesObjects
from eksaminer.evidence.model import Source
from eksaminer.gap import Cause, Gap
from eksaminer.record import Record, canonical_json, digest, sha256

PAGE_SIZE = 500
PAGE_LIMIT = 256 * 1024 * 1024
"""Bytes of one answer; 500 objects of etcd's largest size would be 750 MB, real pages stay below 20."""
PAGES_LIMIT = 2_000
_PAUSES = (0.5, 2.0)
"""Seconds before a server that is busy or away is asked again."""
_BUSY = frozenset({429, 503})

Recorder = Callable[[Source, bytes], None]
"""Keeps a source and what is stored of its answer (empty: nothing)."""


class _Stop(Exception):  # noqa: N818 - how one list ends early, not an error of the program
    """A list could not be read to its end."""

    def __init__(self, gap: Gap, *, for_all: bool = False) -> None:
        super().__init__(gap.detail)
        self.gap = gap
        self.for_all = for_all
        """Every other list would meet the same: do not ask."""


class _Expired(Exception):  # noqa: N818 - tells the reader of pages to start again
    """The server no longer knows the continue token (410)."""


class _ListMeta(msgspec.Struct, frozen=True):
    continue_: str = msgspec.field(default="", name="continue")


class _Page(msgspec.Struct, frozen=True):
    kind: str
    items: list[msgspec.Raw] | None
    metadata: _ListMeta = _ListMeta()


class _Details(msgspec.Struct, frozen=True):
    name: str = ""


class _Status(msgspec.Struct, frozen=True):
    kind: str
    reason: str = ""
    details: _Details | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes
    request_id: str


@dataclass(slots=True)
class _Reader:
    """One reading of one cluster: asks, and records what was answered."""

    connection: Connection
    origin: str
    recorder: Recorder
    clock: Clock
    sources: list[str] = field(default_factory=list[str])
    answered: bool = False
    """The server accepted the credentials at least once."""

    def ask(self, kind: Kind, query: Mapping[str, str]) -> _Answer:
        """Send one request, and again where the server is busy or away. Raises `_Stop` where no answer came."""
        for pause in _PAUSES:
            answer = self._ask_once(kind, query)
            if isinstance(answer, _Answer) and answer.status not in _BUSY:
                return answer
            if isinstance(answer, Gap) and answer.cause is not Cause.UNREACHABLE:
                break
            self.clock.sleep(pause)
        else:
            answer = self._ask_once(kind, query)
        if isinstance(answer, Gap):
            raise _Stop(answer, for_all=True)
        return answer

    def _ask_once(self, kind: Kind, query: Mapping[str, str]) -> _Answer | Gap:
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - heavy: only where a cluster is read

        try:
            response = self.connection.get(kind.path, query)
            try:
                body: bytes = response.read(PAGE_LIMIT + 1, decode_content=True)
            finally:
                response.close()
        except HTTPError as error:
            return _transport_gap(error, self.connection.server, kind.permission)
        if len(body) > PAGE_LIMIT:
            raise _Stop(_gap(kind, Cause.CAPPED, f"an answer is larger than {PAGE_LIMIT // 1024**2} MB"))
        return _Answer(response.status, body, response.headers.get("Audit-Id", ""))

    def record(self, kind: Kind, number: int, answer: _Answer, received: str, stored: tuple[Record, ...] | None) -> str:
        """Record an answer and return the id of its source."""
        verb, _, what = kind.permission.partition(" ")
        operation = f"kubernetes:{verb} {what}"
        data = b"" if stored is None else canonical_json({"kind": kind.name, "items": stored})
        source = Source(
            id="kubernetes-" + digest([self.origin, operation, number])[:16],
            operation=operation,
            parameters={"server": self.connection.server, "path": kind.path, "request": str(number)}
            | ({} if stored is not None else {"status": str(answer.status)}),
            region="",
            time=self.clock.now(),
            request_id=answer.request_id,
            sha256_received=received,
            sha256_stored=sha256(data) if data else "",
        )
        self.recorder(source, data)
        return source.id


def read_live(connection: Connection, origin: str, *, recorder: Recorder, clock: Clock) -> KubernetesObjects | Gap:
    """Read every kind from an API server; *origin* is what the report names as the place.

    A kind that is forbidden, or that this server does not have, is a gap in the section. A server that
    cannot be reached, or that accepts no credential, is one gap for all; nothing more is asked then.
    """
    reader = _Reader(connection, origin, recorder, clock)
    values: dict[str, tuple[Record, ...] | Gap] = {}
    stopped: Gap | None = None
    for kind in KINDS:
        if stopped is not None:
            values[kind.field] = msgspec.structs.replace(stopped, permission=kind.permission, sources=())
            continue
        try:
            values[kind.field] = _read_kind(reader, kind)
        except _Stop as stop:
            values[kind.field] = stop.gap
            stopped = stop.gap if stop.for_all else None
    if stopped is not None and not reader.answered:
        return stopped
    return objects(origin, values, tuple(reader.sources))


def _read_kind(reader: _Reader, kind: Kind) -> tuple[Record, ...]:
    if kind.field == "aws_auth":
        return _read_single(reader, kind)
    try:
        return _read_pages(reader, kind, first=1)
    except _Expired as expired:
        (asked,) = expired.args
    try:
        return _read_pages(reader, kind, first=asked + 1)
    except _Expired as expired:
        raise _Stop(_gap(kind, Cause.TIMEOUT, "its pages expired twice while they were read; try again")) from expired


def _read_pages(reader: _Reader, kind: Kind, *, first: int) -> tuple[Record, ...]:
    found: list[Record] = []
    ids: list[str] = []
    token = ""
    for number in range(first, first + PAGES_LIMIT):
        query = {"limit": str(PAGE_SIZE)} | ({"continue": token} if token else {})
        answer = reader.ask(kind, query)
        if answer.status == _GONE and token:
            raise _Expired(number)
        _require_success(reader, kind, number, answer)
        items, token, received = _page(reader, kind, number, answer)
        ids.append(reader.record(kind, number, answer, received, items))
        found.extend(items)
        if not token:
            reader.sources.extend(ids)
            return tuple(found)
    raise _Stop(_gap(kind, Cause.CAPPED, f"there are more than {PAGES_LIMIT * PAGE_SIZE} objects"))


def _page(reader: _Reader, kind: Kind, number: int, answer: _Answer) -> tuple[tuple[Record, ...], str, str]:
    """Return the values of a page, the token of the next, and the digest of what was received."""
    try:
        received = digest(decode(answer.body, object))
        page = decode(answer.body, _Page)
        items = tuple(value for raw in page.items or () for value in kind.convert(raw))
    except UNEXPECTED as error:
        raise _unexpected(reader, kind, number, answer, reason(error)) from error
    if page.kind != f"{kind.name}List":
        raise _unexpected(reader, kind, number, answer, "it is no list of that kind")
    return items, page.metadata.continue_, received


def _read_single(reader: _Reader, kind: Kind) -> tuple[Record, ...]:
    """Read the one ConfigMap; that it does not exist is an answer too."""
    answer = reader.ask(kind, {})
    if answer.status == _NOT_FOUND and _says_absent(answer.body, kind):
        reader.answered = True
        reader.sources.append(reader.record(kind, 1, answer, sha256(answer.body), ()))
        return ()
    _require_success(reader, kind, 1, answer)
    try:
        received = digest(decode(answer.body, object))
        items = kind.convert(answer.body)
    except UNEXPECTED as error:
        raise _unexpected(reader, kind, 1, answer, reason(error)) from error
    if not items:
        raise _unexpected(reader, kind, 1, answer, "it is another object")
    reader.sources.append(reader.record(kind, 1, answer, received, items))
    return items


def _says_absent(body: bytes, kind: Kind) -> bool:
    """Whether a 404 is the API server's word that the object is not there, not that of something between."""
    try:
        status = decode(body, _Status)
    except UNEXPECTED:
        return False
    named = status.details.name if status.details else ""
    return (status.kind, status.reason, named) == ("Status", "NotFound", kind.path.rpartition("/")[2])


def _unexpected(reader: _Reader, kind: Kind, number: int, answer: _Answer, why: str) -> _Stop:
    source = reader.record(kind, number, answer, sha256(answer.body), None)
    return _Stop(_gap(kind, Cause.ERROR, f"the answer cannot be used: {why}", (source,)))


_UNAUTHENTICATED, _FORBIDDEN, _NOT_FOUND, _GONE, _THROTTLED = 401, 403, 404, 410, 429

_CAUSES: Mapping[int, tuple[Cause, str]] = {
    _FORBIDDEN: (Cause.DENIED, "the API server forbids it (403)"),
    _NOT_FOUND: (Cause.UNSUPPORTED, "the API server does not know this kind (404)"),
    _GONE: (Cause.GONE, "the API server no longer has it (410)"),
    _THROTTLED: (Cause.THROTTLED, "the API server is too busy (429, three times)"),
    503: (Cause.UNREACHABLE, "the API server is not available (503, three times)"),
    504: (Cause.TIMEOUT, "the API server did not answer in time (504)"),
}


def _require_success(reader: _Reader, kind: Kind, number: int, answer: _Answer) -> None:
    if answer.status == 200:  # noqa: PLR2004 - HTTP's OK
        reader.answered = True
        return
    source = reader.record(kind, number, answer, sha256(answer.body), None)
    if answer.status == _UNAUTHENTICATED:
        raise _Stop(_unauthenticated(reader, kind, source), for_all=True)
    reader.answered = reader.answered or answer.status == _FORBIDDEN
    cause, why = _CAUSES.get(answer.status, (Cause.ERROR, f"the API server answered with status {answer.status}"))
    raise _Stop(_gap(kind, cause, why, (source,)))


def _unauthenticated(reader: _Reader, kind: Kind, source: str) -> Gap:
    if reader.answered:
        cause, why = Cause.EXPIRED, "accepts the credentials no longer (401): they expired while it was read"
    else:
        cause, why = (
            Cause.DENIED,
            "does not accept the credentials (401): give the IAM role an access entry of the cluster",
        )
    detail = f"The API server {reader.connection.server} {why}."
    return Gap(cause=cause, detail=detail, permission=kind.permission, sources=(source,))


def _gap(kind: Kind, cause: Cause, why: str, sources: tuple[str, ...] = ()) -> Gap:
    detail = f"Could not {kind.permission}: {why}."
    return Gap(cause=cause, detail=detail, permission=kind.permission, sources=sources)


def _transport_gap(error: Exception, server: str, permission: str) -> Gap:
    """Say why no answer came. *error* is an `urllib3.exceptions.HTTPError`."""
    from urllib3 import exceptions  # noqa: PLC0415 - heavy: only where a cluster is read

    cause = Cause.UNREACHABLE
    match error:
        case exceptions.SSLError():
            why = "shows a certificate that the cluster's CA did not sign: the connection was not used"
        case exceptions.NewConnectionError() | exceptions.NameResolutionError():
            why = "cannot be reached: is its name known here, its endpoint private, or the cluster deleted?"
        case exceptions.ConnectTimeoutError():
            cause, why = Cause.TIMEOUT, "did not accept a connection in time: is its endpoint private?"
        case exceptions.TimeoutError():
            cause, why = Cause.TIMEOUT, "did not answer in time"
        case exceptions.ProxyError():
            why = "cannot be reached through the proxy that the environment names"
        case _:
            why = "broke the connection"
    return Gap(cause=cause, detail=f"The API server {server} {why}", permission=permission)
