"""Turn the content of a file of any form into records: lines of one part after the other."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain, groupby
from typing import Any

import msgspec

from eksaminer.detection.fields import Log
from eksaminer.logs.chunk import AUDIT_STREAM, PART, Ledger, Part, from_milliseconds
from eksaminer.logs.probe import TEST_OBJECT, Form
from eksaminer.logs.records import CUT, SCANNER, Bad, Event, Other, judge, members
from eksaminer.logs.trail import TrailEvent, judge_record

MAX_LINE = 64 << 20
"""Longer lines are treated like lines that CloudWatch cut there."""
LONG = 12 << 20
"""A block larger than this holds a line that the engine does not read; it is judged here."""
MAX_DOCUMENT = 256 << 20
WHOLE = 64 << 20
"""A file up to this size is first taken for one document."""
RECORDS = 1_000
"""So many records of CloudTrail are written at once."""

OPENING, CLOSING = b"{}"
BOM = b"\xef\xbb\xbf"
ENTRY = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)) ?(.*)", re.DOTALL)
BOUNDARY = re.compile(rb'[}\]]\s*(?=(?:\[\s*)?\{\s*"\w)')
BOUNDARY_LENGTH = 256
MEMBERS = re.compile(r'"(events|logEvents|items|results|Records|Events)"\s*:\s*\[')

Submit = Callable[[Part], None]
"""Takes a finished part."""


class Feed:
    """Writes the records of one file after the other into parts, and keeps the ledgers."""

    def __init__(self, new_part: Callable[[Log], Part], submit: Submit) -> None:
        self._new_part = new_part
        self._submit = submit
        self._part: Part | None = None
        self._log = Log.AUDIT

    def read(self, form: Form, blocks: Iterable[bytes], ledger: Ledger) -> None:
        """Read the content of one file."""
        self._log = Log.TRAIL if form in {Form.TRAIL, Form.TRAIL_LINES} else Log.AUDIT
        match form:
            case Form.LINES | Form.TRAIL_LINES | Form.UNKNOWN | Form.EMPTY:
                self._lines(_complete(blocks), ledger)
            case Form.EXPORT:
                self._each_line(_complete(blocks), ledger, self._export)
            case Form.SPOOL:
                self._each_line(_complete(blocks), ledger, self._spooled)
            case _:
                self._documents(blocks, ledger)

    def finish(self) -> None:
        """Hand over the last part."""
        if self._part is not None:
            self._part.close()
            self._submit(self._part)
            self._part = None

    def _room(self) -> Part:
        if self._part is not None and (self._part.size >= PART or self._part.log is not self._log):
            self.finish()
        if self._part is None:
            self._part = self._new_part(self._log)
        return self._part

    def _lines(self, blocks: Iterator[bytes], ledger: Ledger) -> None:
        """Copy whole blocks of objects, one to a line; only a block with something else is taken apart."""
        for block in blocks:
            count = _objects(block) if len(block) <= LONG else 0
            if count:
                self._room().add_block(block, ledger, ledger.lines + 1, count)
                ledger.lines += count
                continue
            for objects, lines in groupby(_split(block), _short_object):
                self._run(list(lines), ledger, objects=objects)

    def _run(self, lines: list[bytes], ledger: Ledger, *, objects: bool) -> None:
        """Take lines that follow each other, all of them objects or none."""
        if objects:
            self._room().add_block(b"\n".join(lines) + b"\n", ledger, ledger.lines + 1, len(lines))
            ledger.lines += len(lines)
            return
        for line in lines:
            ledger.lines += 1
            if line.strip():
                ledger.fed += 1
                self._judged(line.strip(), ledger, ledger.log_group, 0, "")
            else:
                ledger.blank += 1

    def _each_line(self, blocks: Iterator[bytes], ledger: Ledger, take: Callable[[bytes, Ledger], None]) -> None:
        for block in blocks:
            for line in _split(block):
                ledger.lines += 1
                if line.strip():
                    take(line, ledger)
                else:
                    ledger.blank += 1

    def _export(self, line: bytes, ledger: Ledger) -> None:
        entry = ENTRY.fullmatch(line.rstrip(b"\r"))
        if entry is None:
            if line.strip() == TEST_OBJECT:
                ledger.other += 1
            else:
                ledger.refuse(ledger.lines, "not an exported log entry: it does not begin with a time")
            return
        time = _milliseconds(entry[1].decode())
        self._record(entry[2], ledger, ledger.log_group, time, ledger.stream)

    def _spooled(self, line: bytes, ledger: Ledger) -> None:
        try:
            entry = SPOOLED.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            ledger.refuse(ledger.lines, f"not a spooled log entry: {error}"[:200])
            return
        ledger.log_group = ledger.log_group or entry.log_group
        self._record(entry.message.encode(), ledger, entry.log_group, entry.time_ms, entry.stream)

    def _record(self, message: bytes, ledger: Ledger, log_group: str, time: int, stream: str) -> None:
        """Take one record that is counted as a line already."""
        if time and stream.startswith(AUDIT_STREAM):
            ledger.saw(log_group, stream, time)
        text = message.strip().replace(b"\n", b" ")
        foreign = stream and not stream.startswith(AUDIT_STREAM)
        if foreign or not _short_object(text):
            self._judged(text, ledger, log_group, time, stream)
        else:
            ledger.fed += 1
            self._room().add(text, ledger, ledger.lines, log_group, time)

    def _judged(self, text: bytes, ledger: Ledger, log_group: str, time: int, stream: str) -> None:
        found = judge_record(text) if self._log is Log.TRAIL else judge(text, from_milliseconds(time), stream)
        match found:
            case Event() | TrailEvent() as event:
                ledger.fed += 1
                self._room().add(event.encode(), ledger, ledger.lines, log_group, time)
            case Other():
                ledger.other += 1
            case Bad() if ledger.foreign:
                ledger.other += 1
            case Bad(reason=reason):
                ledger.refuse(ledger.lines, reason)

    def _documents(self, blocks: Iterable[bytes], ledger: Ledger) -> None:
        following = iter(blocks)
        beginning = _start(following)
        found = _one_document(beginning)
        if found is not None:
            self._document(found, ledger, beginning.strip())
            return
        for number, document in enumerate(_split_documents(chain([beginning], following)), 1):
            try:
                items = ITEMS.decode(document) if document.startswith(b"[") else [msgspec.Raw(document)]
                for item in items:
                    self._document(DOCUMENT.decode(item), ledger, bytes(item))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                self._damaged(document, ledger, f"document {number} is damaged: {error}"[:200])

    def _damaged(self, document: bytes, ledger: Ledger, reason: str) -> None:
        try:
            found = _recovered(document)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            found = None
        if found is not None:
            self._document(found, ledger, b"")
        ledger.lines += 1
        ledger.refuse(ledger.lines, reason)

    def _document(self, found: "_Document", ledger: Ledger, text: bytes) -> None:
        containers = (found.items, found.events, found.logEvents, found.results, found.Records, found.Events)
        if all(container is None for container in containers):
            self._item(text, ledger)
        for item in found.items or ():
            self._item(bytes(item), ledger)
        for start in range(0, len(found.Records or ()), RECORDS):
            self._records((found.Records or [])[start : start + RECORDS], ledger)
        for entry in (*(found.events or ()), *(found.logEvents or ())):
            self._entry(entry, found, ledger)
        for row in found.results or ():
            self._result(row, ledger)
        for looked_up in found.Events or ():
            self._item(looked_up.CloudTrailEvent.encode(), ledger)

    def _records(self, items: list[msgspec.Raw], ledger: Ledger) -> None:
        """Take records of CloudTrail: as they are, where none of them needs a look."""
        block = b"\n".join(items)
        objects = all(memoryview(item)[0] == OPENING for item in items)
        if objects and block.count(b"\n") == len(items) - 1 and len(block) <= LONG:
            self._room().add_block(block + b"\n", ledger, ledger.lines + 1, len(items))
            ledger.lines += len(items)
            ledger.fed += len(items)
            return
        for item in items:
            self._item(bytes(item), ledger)

    def _entry(self, entry: "_Entry", document: "_Document", ledger: Ledger) -> None:
        ledger.lines += 1
        if document.messageType == "CONTROL_MESSAGE":
            ledger.other += 1
            return
        group = document.logGroup or ledger.log_group
        stream = entry.logStreamName or document.logStream
        self._record(_message(entry.message), ledger, group, entry.timestamp, stream)

    def _item(self, item: bytes, ledger: Ledger) -> None:
        ledger.lines += 1
        self._record(item, ledger, ledger.log_group, 0, "")

    def _result(self, row: "list[_Cell]", ledger: Ledger) -> None:
        ledger.lines += 1
        cells = {cell.field: cell.value for cell in row}
        message = cells.get("@message")
        if message is None:
            ledger.refuse(ledger.lines, "the result has no @message")
            return
        group = cells.get("@log", "").partition(":")[2] or ledger.log_group
        time = _milliseconds(cells.get("@timestamp", ""))
        self._record(message.encode(), ledger, group, time, cells.get("@logStream", ""))


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    message: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    timestamp: int = 0
    logStreamName: str = ""  # noqa: N815 - the key in the document


class _Cell(msgspec.Struct, frozen=True, kw_only=True):
    field: str = ""
    value: str = ""


class _LookedUp(msgspec.Struct, frozen=True, kw_only=True):
    CloudTrailEvent: str = ""


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    """Any of the documents that logs come in; a member that is absent says which it is not."""

    kind: str = ""
    auditID: str = ""  # noqa: N815 - the key in the document
    items: list[msgspec.Raw] | None = None
    events: list[_Entry] | None = None
    messageType: str = ""  # noqa: N815 - the key in the document
    logGroup: str = ""  # noqa: N815 - the key in the document
    logStream: str = ""  # noqa: N815 - the key in the document
    logEvents: list[_Entry] | None = None  # noqa: N815 - the key in the document
    results: list[list[_Cell]] | None = None
    Records: list[msgspec.Raw] | None = None
    Events: list[_LookedUp] | None = None


class SpoolEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One log entry as the live collection spools it."""

    log_group: str
    stream: str
    time_ms: int
    message: str


SPOOLED = msgspec.json.Decoder(SpoolEntry)
DOCUMENT = msgspec.json.Decoder(_Document)
ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
TEXT = msgspec.json.Decoder(str)
ANY = msgspec.json.Decoder(msgspec.Raw)


def _message(raw: msgspec.Raw) -> bytes:
    """Return a message as bytes: it is a string with JSON in it, or that JSON itself."""
    data = bytes(raw)
    return TEXT.decode(data).encode() if data.startswith(b'"') else data


def _milliseconds(text: str) -> int:
    """Return the time of a log entry in milliseconds since 1970 (without offset: UTC); 0 for none."""
    try:
        time = datetime.fromisoformat(text)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time
        return int(time.timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0


def _object(text: bytes) -> bool:
    """Tell whether *text* begins and ends like an object of JSON."""
    return text.startswith(b"{") and text.endswith(b"}")


def _objects(block: bytes) -> int:
    """Return how many lines *block* has; 0 where one of them does not begin and end like an object of JSON."""
    count, start = 0, 0
    while start < len(block):
        end = block.find(b"\n", start)
        if end < start + 2 or block[start] != OPENING or block[end - 1] != CLOSING:
            return 0
        count, start = count + 1, end + 1
    return count


def _short_object(line: bytes) -> bool:
    """Tell whether the engine may read *line*: all others are judged here."""
    return len(line) <= LONG and _object(line.strip())


def _split(block: bytes) -> list[bytes]:
    lines = block.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


def _complete(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Regroup blocks so that each ends with a line; the byte order mark and overlong ends are dropped."""
    tail: list[bytes] = []
    size = 0
    first = True
    for read in blocks:
        block = read.removeprefix(BOM) if first else read
        first = first and not block
        cut = block.rfind(b"\n") + 1
        if not cut:
            size += len(block)
            if block and size <= MAX_LINE:
                tail.append(block)
            continue
        yield _joined(tail, block[:cut], size)
        tail, size = ([block[cut:]], len(block) - cut) if cut < len(block) else ([], 0)
    if tail:
        yield _joined(tail, b"\n", size)


def _joined(tail: list[bytes], block: bytes, size: int) -> bytes:
    if size <= MAX_LINE:
        return b"".join([*tail, block])
    rest = block[block.index(b"\n") :]
    return b"".join([*tail, CUT, rest])


def _split_documents(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield JSON documents that follow each other with or without space between them.

    Inside valid JSON a closing bracket is never followed by an opening one with a key behind it,
    not even in a string, where the quote of the key would be escaped.
    """
    following = iter(blocks)
    beginning = _start(following)
    if len(beginning) < WHOLE and _is_document(beginning):
        yield beginning.strip()
        return
    buffer = bytearray()
    searched = 0
    for read in chain([beginning], following):
        buffer += read
        ends = [boundary.end() for boundary in BOUNDARY.finditer(buffer, max(0, searched - BOUNDARY_LENGTH))]
        starts = [0, *ends]
        for start, end in zip(starts, ends, strict=False):
            yield bytes(buffer[start:end]).strip()
        del buffer[: starts[-1]]
        searched = len(buffer)
        if searched > MAX_DOCUMENT:
            yield bytes(buffer)
            buffer.clear()
    rest = bytes(buffer).strip()
    if rest:
        yield rest


def _one_document(text: bytes) -> _Document | None:
    """Return the document that the whole of a file is; None where it is another one, several, or damaged."""
    if not text.startswith(b"{") or len(text) >= WHOLE:
        return None
    try:
        return DOCUMENT.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _start(blocks: Iterator[bytes]) -> bytes:
    """Return the beginning of a file: all of it, if it is shorter than `WHOLE`."""
    gathered: list[bytes] = []
    size = 0
    for block in blocks:
        gathered.append(block)
        size += len(block)
        if size >= WHOLE:
            break
    return b"".join(gathered).removeprefix(BOM)


def _is_document(text: bytes) -> bool:
    try:
        ANY.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _recovered(document: bytes) -> _Document | None:
    """Return what can be read of a document whose end is missing; None where that is nothing."""
    text = document.decode("utf-8", "replace")
    found = MEMBERS.search(text)
    if found is None:
        return None
    elements: list[Any] = []
    position = found.end()
    while True:
        try:
            element, position = SCANNER.raw_decode(text, position)
        except (ValueError, RecursionError):
            break
        elements.append(element)
        position = len(text) - len(text[position:].lstrip(" \t\r\n,"))
    whole = msgspec.json.encode({**members(text[: found.start()]), found[1]: elements})
    return DOCUMENT.decode(whole)
