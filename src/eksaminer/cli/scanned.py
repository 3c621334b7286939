"""What `eksaminer scan --json` says, in the shape of its schema eksaminer.scan/1."""

import json
from datetime import datetime
from importlib.resources import files
from typing import Literal

import msgspec

from eksaminer.detection import RuleClass
from eksaminer.evidence.grant import Grant
from eksaminer.evidence.scan import Accounting, Compared, LevelCount, ObjectReference, Refusal, StreamSpan
from eksaminer.gap import Cause
from eksaminer.outcome import Period, Severity, Status
from eksaminer.record import Record

SCHEMA: Literal["eksaminer.scan/1"] = "eksaminer.scan/1"
FILE = "scan-1.json"


class ScanGap(Record, frozen=True, kw_only=True):
    """What of the logs could not be judged: files or lines that could not be read, or a span without any event."""

    cause: Cause
    """`no_event`: a span; every other cause: what could not be read."""
    detail: str
    since: datetime | None
    """Of a span its begin: an event, or `--since`. None: no span of time."""
    until: datetime | None


class ScanPeriod(Record, frozen=True, kw_only=True):
    """The time that was asked for, and the time that the events cover."""

    since: datetime | None
    """None: from the first event."""
    until: datetime | None
    """None: to the last event."""
    first_event: datetime | None
    last_event: datetime | None
    gaps: tuple[ScanGap, ...]
    """Spans without any audit event that are as long as `criteria.gap_minutes` asks, among them."""
    streams: tuple[StreamSpan, ...]
    """The audit streams with their first and last entry, where the form of the log names them."""


class ScanRule(Record, frozen=True, kw_only=True):
    """What came of one rule."""

    id: str
    rule_class: RuleClass = msgspec.field(name="class")
    severity: Severity
    status: Status
    hits: int
    """Requests, after allow-lists, and after an earlier period where the rule compares with one."""
    observable: Literal["yes", "no", "unknown"]
    logic: str
    """The digest of what the rule matches."""
    compared: Compared
    terms: tuple[tuple[str, ...], ...]
    """Of a rule that compares with an earlier period: all that it saw, for `--baseline` of a later scan."""


class ScanHit(Record, frozen=True, kw_only=True):
    """A request that a rule matched."""

    rule: str
    target: str
    """The cluster, as far as the name of the log group tells; raw events name none."""
    audit_id: str
    """Empty: the event is one of CloudTrail."""
    event_id: str
    """Of an event of CloudTrail; else empty."""
    time: datetime
    user: str
    actor: str
    """The IAM role or user, the service account, `anonymous`, or the name of the user."""
    session: str
    """The name of the IAM session: the person or tool that used the role. Empty: no role was used."""
    access_key: str
    """Kind and last four characters of the access key."""
    source_ips: tuple[str, ...]
    user_agent: str
    verb: str
    resource: ObjectReference
    code: int | None
    decision: str
    reason: str
    grant: Grant | None
    """The binding or access policy that allowed it. None: it was not allowed, or the reason names none."""
    refusal: Refusal
    """What turned it away; empty: nothing did."""
    dry_run: bool
    evidence: dict[str, str]
    truncated: bool
    log_group: str
    file: str
    line: int
    terms: tuple[str, ...]
    """What a list, or an earlier period, is compared with; or what the rule groups its hits by."""
    count: int | None
    """Of a rule over several events: how many requests, of which this is the last. None: a single event."""
    window: Period | None
    """Of them, the first and the last."""
    audit_ids: tuple[str, ...]
    """Of them, the first 100."""


class ScanBroken(Record, frozen=True, kw_only=True):
    """A rule that cannot be used."""

    file: str
    line: int
    """0: the file as a whole."""
    problem: str


class ScanLeftOut(Record, frozen=True, kw_only=True):
    """The rules that did not run, but for those that wait for configuration."""

    broken: tuple[ScanBroken, ...]
    other_logs: dict[str, int]
    """Files with rules for other logs, or none, by log source (`windows/process_creation`)."""


class ScanReport(Record, frozen=True, kw_only=True):
    """All that a scan found."""

    schema: Literal["eksaminer.scan/1"] = SCHEMA
    period: ScanPeriod
    accounting: Accounting
    levels: tuple[LevelCount, ...]
    rules: tuple[ScanRule, ...]
    rules_left_out: ScanLeftOut
    hits: tuple[ScanHit, ...]
    """In the order of rule, time, audit id, file and line."""


def schema_text() -> str:
    """Return the JSON Schema (2020-12) of `ScanReport`, as the text of the published file."""
    _, components = msgspec.json.schema_components([ScanReport], ref_template="#/$defs/{name}")
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        "title": f"eksaminer scan --json ({SCHEMA})",
        "$ref": "#/$defs/ScanReport",
        "$defs": components,
    }
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def published_schema() -> str:
    """Return the file that the package publishes; a test keeps it equal to `schema_text`."""
    return files("eksaminer.cli").joinpath("schema", FILE).read_text("utf-8")
