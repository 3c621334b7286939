"""Reading the objects of a cluster from files that `kubectl get -o json` wrote.

A dump is hostile input: any file may be broken, huge or nested without end. A file that cannot be read
takes away the kinds that its name tells, or all of them where it tells none: what it held is not known.
"""

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from eksaminer.collect.clock import Clock
from eksaminer.collect.kubernetes import Recorder
from eksaminer.collect.kubernetes_kinds import (
    KIND_BY_NAME,
    KINDS,
    SYSTEM_NAMESPACE,
    UNEXPECTED,
    Kind,
    decode,
    objects,
    reason,
)
from eksaminer.errors import InputError, UsageError
from eksaminer.evidence.kubernetes import KubernetesObjects
from eksaminer.evidence.model import Source
from eksaminer.gap import Cause, Gap
from eksaminer.record import Record, canonical_json, digest, sha256

FILE_LIMIT = 512 * 1024 * 1024
"""Bytes of one file, unpacked."""

_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF8_MARK = b"\xef\xbb\xbf"


_KIND_BY_WORD = {kind.resource: kind for kind in KINDS} | {kind.name.lower(): kind for kind in KINDS}
_KIND_BY_WORD["awsauth"] = KIND_BY_NAME["", "ConfigMap"]


class _UnreadableError(Exception):
    """A file of the dump cannot be used; the message says why, in a few words."""


class _Metadata(msgspec.Struct, frozen=True):
    namespace: str = ""
    name: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class _Head(msgspec.Struct, frozen=True, rename="camel"):
    """What tells an object's kind; the items of a list that a server wrote leave theirs out."""

    kind: str = ""
    api_version: str = ""
    metadata: _Metadata | None = None


class _List(_Head, frozen=True, rename="camel"):
    items: list[msgspec.Raw] | None = None


@dataclass(slots=True)
class _Found:
    """What the files hold of one kind."""

    values: dict[tuple[str, str], tuple[Record, ...]] = field(default_factory=dict[tuple[str, str], tuple[Record, ...]])
    """By namespace and name."""
    spoilt: list[str] = field(default_factory=list[str])
    """Why the kind cannot be known in full, one reason per file."""
    sources: list[str] = field(default_factory=list[str])
    """The files that hold some, or an empty list of it."""

    def add(self, key: tuple[str, str], values: tuple[Record, ...], file: str) -> None:
        """Take an object; the same object may stand in two files, but must say the same in both."""
        if self.values.setdefault(key, values) != values:
            where = "/".join(filter(None, key))
            self.spoilt.append(f"{where} in {file} differs from another file: keep one dump of one cluster")


@dataclass(slots=True)
class _Dump:
    folder: Path
    recorder: Recorder
    clock: Clock
    kinds: dict[str, _Found] = field(default_factory=lambda: {kind.field: _Found() for kind in KINDS})
    sources: list[str] = field(default_factory=list[str])
    taken: dict[str, list[Record]] = field(default_factory=dict[str, list[Record]])
    """The values of the file that is being read, by kind."""

    def read_file(self, path: Path) -> None:
        """Take what *path* holds; what cannot be read of it becomes a reason of the kinds concerned."""
        try:
            received, data = _content(path)
        except _UnreadableError as error:
            self._spoil(path.name, str(error), None)
            return
        if data is None:
            return
        self.taken = {}
        try:
            self._take(path.name, data)
        except UNEXPECTED as error:
            self._spoil(path.name, reason(error), None)
        self._record(path, received)

    def _take(self, file: str, data: bytes) -> None:
        top = decode(data, _Head)
        if top.kind != "List" and not top.kind.endswith("List"):
            self._take_object(file, top, data)
            return
        listed = decode(data, _List)
        if listed.metadata is not None and listed.metadata.continue_:
            self._spoil(file, "it is one page of a longer list", _kind_of(top))
        if not listed.items:
            self._take_empty(file, top)
        for raw in listed.items or ():
            head = decode(raw, _Head)
            if not head.kind:
                head = msgspec.structs.replace(head, kind=top.kind.removesuffix("List"), api_version=top.api_version)
            self._take_object(file, head, raw)

    def _take_empty(self, file: str, top: _Head) -> None:
        """Note that a kind has no objects; kubectl writes the kind of an empty list nowhere but in our name."""
        kind = _kind_of(top)
        for each in (kind,) if kind else _kinds_named(file):
            self.taken.setdefault(each.field, [])

    def _take_object(self, file: str, head: _Head, data: bytes) -> None:
        kind = _kind_of(head)
        if kind is None:
            return
        taken = self.taken.setdefault(kind.field, [])
        try:
            values = kind.convert(data)
        except UNEXPECTED as error:
            self._spoil(file, reason(error), kind)
            return
        taken.extend(values)
        meta = head.metadata or _Metadata()
        self.kinds[kind.field].add((meta.namespace, meta.name), values, file)

    def _spoil(self, file: str, why: str, kind: Kind | None) -> None:
        for each in (kind,) if kind else _kinds_named(file) or KINDS:
            spoilt = self.kinds[each.field].spoilt
            if not spoilt or not spoilt[-1].startswith(f"{file}: "):
                spoilt.append(f"{file}: {why}")

    def _record(self, path: Path, received: str) -> None:
        """Record a file, unless nothing in it concerns us."""
        if not self.taken:
            return
        data = canonical_json(self.taken)
        source = Source(
            id="kubernetes-" + digest([str(self.folder), path.name])[:16],
            operation="file",
            parameters={"path": str(path)},
            region="",
            time=self.clock.now(),
            request_id="",
            sha256_received=received,
            sha256_stored=sha256(data),
        )
        self.recorder(source, data)
        self.sources.append(source.id)
        for name in self.taken:
            self.kinds[name].sources.append(source.id)


def read_dump(folder: Path, *, recorder: Recorder, clock: Clock) -> KubernetesObjects:
    """Read a folder of `kubectl get -o json` files, plain or gzip, one kind or many in each.

    Files are recognised by what they hold; only the kind of an empty list is told by its file's name.
    Secrets and all other kinds are passed over. Folders inside are not looked into. Raises `UsageError`
    for a folder that cannot be opened and `InputError` for one that holds nothing of a cluster.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file() and path.name[0] != ".")
    except OSError as error:
        raise UsageError(f"The Kubernetes dump {folder} cannot be opened: {error.strerror}.") from error
    dump = _Dump(folder, recorder, clock)
    for path in paths:
        dump.read_file(path)
    if not any(found.sources or found.spoilt for found in dump.kinds.values()):
        raise InputError(
            f"The folder {folder} holds no Kubernetes objects.",
            "Fill it with the commands that `eksaminer permissions kubernetes` prints, the first is: "
            f"{KINDS[0].command}",
        )
    return objects(str(folder), {kind.field: _result(kind, dump) for kind in KINDS}, tuple(dump.sources))


def _result(kind: Kind, dump: _Dump) -> tuple[Record, ...] | Gap:
    found = dump.kinds[kind.field]
    if found.spoilt:
        detail = f"The dump cannot be trusted for {kind.resource}: {found.spoilt[0]}."
        return Gap(cause=Cause.ERROR, detail=detail, permission=kind.permission, sources=tuple(found.sources))
    if not found.sources:
        return _not_given(kind, f"The dump holds no {kind.qualified}")
    if kind.in_system_namespace and not _reaches_system(kind, found):
        return _not_given(kind, f"The dump holds {kind.resource} of some namespaces only")
    return tuple(value for values in found.values.values() for value in values)


def _not_given(kind: Kind, what: str) -> Gap:
    detail = f"{what}; this writes them: {kind.command}"
    return Gap(cause=Cause.NOT_REQUESTED, detail=detail, permission=kind.permission)


def _reaches_system(kind: Kind, found: _Found) -> bool:
    """Whether the list covers kube-system, where Kubernetes itself keeps objects of such a kind."""
    if any(namespace == SYSTEM_NAMESPACE for namespace, _ in found.values):
        return True
    return kind.field == "aws_auth" and not found.values


def _kind_of(head: _Head) -> Kind | None:
    group, _, _ = head.api_version.rpartition("/")
    return KIND_BY_NAME.get((group, head.kind.removesuffix("List")))


def _kinds_named(file: str) -> tuple[Kind, ...]:
    """Return the kinds that stand in a file's name: `pods.json`, `prod-cluster-roles.json.gz`."""
    words = [word for word in re.split(r"[^a-z]+", file.lower()) if word]
    named: dict[str, Kind] = {}
    for span in (3, 2, 1):
        for start in range(len(words) - span + 1):
            kind = _KIND_BY_WORD.get("".join(words[start : start + span]))
            if kind is not None:
                named[kind.field] = kind
                words[start : start + span] = [""] * span
    return tuple(named.values())


def _content(path: Path) -> tuple[str, bytes | None]:
    """Return the digest of the file as it lies there, and its JSON; None: it is no JSON and names no kind."""
    try:
        if path.stat().st_size > FILE_LIMIT:
            raise _UnreadableError(f"it is larger than {FILE_LIMIT // 1024**2} MB")
        raw = path.read_bytes()
    except OSError as error:
        raise _UnreadableError(f"it cannot be opened ({error.strerror})") from error
    text = _text(_unpack(path) if raw.startswith(_GZIP) else raw)
    if text.startswith(b"{"):
        return sha256(raw), text
    if _kinds_named(path.name) or ".json" in path.name.lower():
        raise _UnreadableError("it is not a JSON object" if text else "it is empty: the command that wrote it failed")
    return "", None


def _unpack(path: Path) -> bytes:
    try:
        with gzip.GzipFile(path) as stream:
            return b"".join(_limited(stream))
    except (OSError, EOFError, zlib.error) as error:
        raise _UnreadableError("its gzip data is damaged or cut off") from error


def _limited(stream: gzip.GzipFile) -> Iterator[bytes]:
    left = FILE_LIMIT
    while chunk := stream.read(1 << 20):
        left -= len(chunk)
        if left < 0:
            raise _UnreadableError(f"it is larger than {FILE_LIMIT // 1024**2} MB unpacked")
        yield chunk


def _text(data: bytes) -> bytes:
    """Return UTF-8 without a mark or leading space; PowerShell writes UTF-16."""
    if data.startswith(_UTF16):
        try:
            data = data.decode("utf-16").encode()
        except UnicodeError as error:
            raise _UnreadableError("it is not text") from error
    return data.removeprefix(_UTF8_MARK).lstrip()
