"""Recognise the form of a log by its content; names and suffixes say nothing."""

import re
from enum import StrEnum

import msgspec

from eksaminer.logs.records import is_cut_event, is_other_stream


class Form(StrEnum):
    """What the lines or documents of a file are."""

    LINES = "json-lines"
    EXPORT = "cloudwatch-export"
    SPOOL = "spool"
    EVENTS = "json-documents"
    """Audit events, or lists of them, that are not one to a line."""
    FILTER = "filter-log-events"
    SUBSCRIPTION = "subscription"
    INSIGHTS = "insights-results"
    TRAIL = "cloudtrail"
    """Files of CloudTrail, or answers of its LookupEvents."""
    TRAIL_LINES = "cloudtrail-lines"
    DIGEST = "cloudtrail-digest"
    """What CloudTrail signs its files with: it holds no event."""
    EMPTY = "empty"
    UNKNOWN = "unknown"


HEAD = 1 << 20
BEGINNING = 4 << 10
"""Enough to know a file of CloudTrail by."""
LOOK = 200
"""How many lines are looked at."""

STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d) ")
TEST_OBJECT = b"Permission Check Successful"
"""What CloudWatch writes into a bucket to see whether it may."""

KEYS = (
    ("messageType", Form.SUBSCRIPTION),
    ("logEvents", Form.SUBSCRIPTION),
    ("events", Form.FILTER),
    ("results", Form.INSIGHTS),
    ("items", Form.EVENTS),
    ("Records", Form.TRAIL),
    ("Events", Form.TRAIL),
    ("digestStartTime", Form.DIGEST),
)
WITHIN = re.compile(rf'"({"|".join(key for key, _ in KEYS)})"\s*:\s*[\["]'.encode())
EVENT = re.compile(rb'\{"kind":"Event",')
"""An event as the API server writes it, even where the rest of the line is damaged."""
ARRAY = re.compile(rb"\s*\[\s*\{")
RECORDS = re.compile(rb'\s*\{\s*"Records"\s*:\s*\[')
"""How a file of CloudTrail begins: it is one line of a megabyte, which need not be read for this."""


def of_cloudtrail(beginning: bytes) -> bool:
    """Tell whether a log that begins so is a file of CloudTrail as CloudTrail writes it."""
    return RECORDS.match(beginning.removeprefix(b"\xef\xbb\xbf")) is not None


def probe(head: bytes) -> Form:
    """Return the form of a log that begins with *head* (its content, unpacked)."""
    text = head.removeprefix(b"\xef\xbb\xbf")
    if not text.strip():
        return Form.UNKNOWN if text.strip(b" \t\r\n") else Form.EMPTY
    if ARRAY.match(text):
        return _document(text)
    lines = text.split(b"\n")
    for line in lines[:LOOK]:
        form = _line(line.strip(), whole=line is not lines[-1] or len(head) < HEAD)
        if form is not None:
            return form
    return _document(text) if text.lstrip()[:1] in (b"{", b"[") else Form.UNKNOWN


def _line(line: bytes, *, whole: bool) -> Form | None:
    if STAMP.match(line):
        return Form.EXPORT
    if RECORDS.match(line):
        return Form.TRAIL
    if line.startswith(b"{"):
        return _object(line) or (_document(line) if not whole else None)
    return Form.LINES if is_other_stream(line) else None


def _object(line: bytes) -> Form | None:
    try:
        keys = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Form.LINES if EVENT.match(line) or is_cut_event(line) else None
    if "auditID" in keys:
        return Form.LINES
    if {"eventID", "eventSource", "eventName"} <= keys.keys():
        return Form.TRAIL_LINES
    if {"log_group", "message"} <= keys.keys():
        return Form.SPOOL
    return next((form for key, form in KEYS if key in keys), None)


def _document(text: bytes) -> Form:
    """Judge a document that goes over several lines, or whose first line is longer than the head."""
    if ARRAY.match(text):
        return _events(text)
    found = WITHIN.search(text)
    return dict(KEYS)[found[1].decode()] if found else _events(text)


def _events(text: bytes) -> Form:
    """Tell of which log the events of a document are."""
    if b'"auditID"' in text:
        return Form.EVENTS
    return Form.TRAIL if b'"eventSource"' in text and b'"eventID"' in text else Form.UNKNOWN
