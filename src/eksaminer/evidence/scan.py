"""What the detection rules found in the audit log of a cluster: the log is too large to be evidence."""

from datetime import datetime
from typing import ClassVar, Literal

from eksaminer.evidence.model import Calls, Section
from eksaminer.gap import Cause, Gap
from eksaminer.outcome import Period, Scope
from eksaminer.record import Record

FIRST_HITS = 1_000
"""How many hits of a rule are kept in full; the groups count all of them."""


FIRST_IDS = 100
"""How many of the requests that belong together a hit names."""


class ObjectReference(Record, frozen=True, kw_only=True):
    """The Kubernetes object of a request, in the words of `objectRef`. Empty: not given."""

    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""


class Aggregate(Record, frozen=True, kw_only=True):
    """The requests that a rule over several events counted together."""

    count: int
    since: datetime
    until: datetime
    audit_ids: tuple[str, ...]
    """The first `FIRST_IDS`, by time."""


class Hit(Record, frozen=True, kw_only=True):
    """A request that a rule matched, with the declared evidence fields alone (redacted)."""

    audit_id: str
    time: datetime
    """`stageTimestamp`; of a cut line the time of the log entry."""
    user: str
    """`user.username`; empty where authentication failed."""
    actor: str
    """The person or workload: `canonicalArn` without session, service account, `anonymous`, or the user."""
    source_ips: tuple[str, ...]
    user_agent: str
    verb: str
    resource: ObjectReference
    code: int | None
    """`responseStatus.code`; None where the event holds none."""
    decision: str
    reason: str
    dry_run: bool
    evidence: dict[str, str]
    """The fields that the rule declares, redacted."""
    truncated: bool
    """Read from the head of a line that CloudWatch cut, or marked truncated by the API server."""
    log_group: str
    file: str
    line: int
    aggregate: Aggregate | None = None
    """Of a rule over several events: all of them, of which the hit is the last. None: a single event."""


class HitGroup(Record, frozen=True, kw_only=True):
    """How often a rule matched, exactly, for one combination of the fields below."""

    user: str
    actor: str
    source: str
    """The first of `sourceIPs`."""
    agent: str
    verb: str
    group: str
    resource: str
    subresource: str
    namespace: str
    code: int | None
    decision: str
    dry_run: bool
    count: int
    """Requests, not lines: the stages of one request count once."""
    first: datetime
    last: datetime


class LevelCount(Record, frozen=True, kw_only=True):
    """How many events of one kind were logged at one level."""

    group: str
    resource: str
    verb: str
    level: str
    count: int


class RuleResult(Record, frozen=True, kw_only=True):
    """What one rule found, before allow-lists and thresholds."""

    rule: str
    """The id in the catalogue, or the UUID of a rule that has none."""
    logic: str
    """The digest of the compiled rule: a result is used only by the rule that made it."""
    hits: int
    """Requests; of a rule over several events those that belong to one of its episodes."""
    groups: tuple[HitGroup, ...]
    first_hits: tuple[Hit, ...]
    """The first `FIRST_HITS`, by time, audit id, file and line."""
    observable: Literal["yes", "no", "unknown"]
    """Whether this log could have shown such an event; unknown: no such request was seen."""


class BadLine(Record, frozen=True, kw_only=True):
    """A line that is no audit event and no record of another known stream."""

    line: int
    reason: str


class FileAccount(Record, frozen=True, kw_only=True):
    """What became of every line of one file: lines = good + bad + blank."""

    path: str
    format: str
    lines: int
    good: int
    bad: int
    blank: int
    truncated: int
    """Salvaged from the head of a cut line, or marked truncated; counted in good too."""
    other: int
    """Well-formed records of other streams; counted in good too."""
    sha256: str
    bad_lines: tuple[BadLine, ...]
    """The first 100."""
    incomplete: str = ""
    """Why the end of the file could not be read (a cut gzip member, say). Empty: it was read to its end."""


class Accounting(Record, frozen=True, kw_only=True):
    """The sum over the files, and the number of distinct requests (`auditID`)."""

    lines: int
    good: int
    bad: int
    blank: int
    truncated: int
    other: int
    requests: int
    files: tuple[FileAccount, ...]


class RuleScan(Section, frozen=True, kw_only=True):
    """The results of detection rules over a log in a window of time."""

    origin: Literal["cloudwatch", "files"]
    window: Period
    """The time that was asked for, from CloudWatch up to the newest event that is known to have arrived; from files
    without `--since` and `--until`: first to last event."""
    first_event: datetime | None
    """Of the events that came to the local engine: from CloudWatch those that the query returned."""
    last_event: datetime | None
    events_read: int
    """From files: events read. From CloudWatch: log events of the group that the query examined, those of
    other streams among them (the query's `recordsScanned`; of a query over several groups at most what the metric
    IncomingLogEvents counts)."""
    rules: tuple[RuleResult, ...]
    unread: Gap | None
    """Why "no matching event" may not be said of the whole window; None: all of it was read."""

    def result(self, rule: str) -> RuleResult | Gap:
        """Return what *rule* found; a gap where it was not run."""
        for found in self.rules:
            if found.rule == rule:
                return found
        detail = f"The rule {rule} was not run over the log; assess with --logs runs it again."
        return Gap(cause=Cause.RULE_NOT_RUN, detail=detail)


class AuditLogScan(RuleScan, frozen=True, kw_only=True):
    """The results of the rules over the audit log of a cluster in a window of time."""

    key: ClassVar[str] = "audit_log_scan"
    scope: ClassVar[Scope] = Scope.CLUSTER
    tier: ClassVar[str] = "activity"
    permissions: ClassVar[tuple[str, ...]] = ("logs:StartQuery", "logs:GetQueryResults")
    calls: ClassVar[Calls] = Calls(per_region=2, note="one query per 50 log groups and result page; polling")

    accounting: Accounting
    levels: tuple[LevelCount, ...]


class CloudTrailScan(RuleScan, frozen=True, kw_only=True):
    """The results of the rules over the CloudTrail files of a region; what became of the files tells the account."""

    key: ClassVar[str] = "cloudtrail_scan"
    scope: ClassVar[Scope] = Scope.REGION
    tier: ClassVar[str] = "files"
    permissions: ClassVar[tuple[str, ...]] = ("s3:ListBucket", "s3:GetObject")
    calls: ClassVar[Calls] = Calls(note="none, unless files are read from S3: one per 1,000 objects, and one each")
