"""What the detection rules found in the audit log of a cluster: the log is too large to be evidence."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Literal

from eksaminer.evidence.model import Calls, Section
from eksaminer.gap import Cause, Gap
from eksaminer.outcome import Period, Scope
from eksaminer.record import Record

FIRST_HITS = 1_000
"""How many hits of a rule are kept in full; the groups count all of them."""


MOST_TERMS = 100_000
"""How many different values a rule may have had in an earlier period."""

FIRST_IDS = 100
"""How many of the requests that belong together a hit names."""

FINEST_GAP = timedelta(minutes=1)
"""Spans without an event that are shorter are not listed: no criterion can ask for less."""
MOST_GAPS = 2_000
MOST_STREAMS = 1_000


class Compared(StrEnum):
    """What decides whether a hit of a rule is expected."""

    ACTORS = "actors"
    """Lists of actors, by name."""
    SOURCES = "sources"
    """Lists of actors, by name or by the address they come from."""
    VALUES = "values"
    """A list of values that are expected: all terms of the hit have to be on it."""
    NAMED = "named"
    """A list of values that are not: one term of the hit on it is enough."""
    NEW = "new"
    """An earlier period: terms that it had are expected."""


class Refusal(StrEnum):
    """What turned a request away: read from the code, the decision and the message, which itself is not kept."""

    NONE = ""
    """Nothing did; or it failed for a reason that is no refusal."""
    CREDENTIALS = "credentials"
    """The credentials were not accepted (401)."""
    AUTHORIZER = "authorizer"
    """No RBAC binding or EKS access policy allows it, or the node authorizer does not."""
    IMPERSONATION = "impersonation"
    """It asked for another identity, and may not."""
    ESCALATION = "escalation"
    """RBAC: it grants more than the user has."""
    QUOTA = "quota"
    POD_SECURITY = "pod_security"
    """The Pod Security level of the namespace."""
    NODE = "node"
    """NodeRestriction: a node reached beyond itself."""
    TERMINATING = "terminating"
    """The namespace is being deleted."""
    ADMISSION = "admission"
    """Something else after the authorizer: a webhook, an admission policy, another plugin."""
    UNTOLD = "untold"
    """403, and neither decision nor message say more: the line was cut, say."""


# Of hits and groups there may be tens of thousands. Frozen values of texts, numbers and such values are in no cycle, so
# the collector of garbage need not look at them.
class ObjectReference(Record, frozen=True, kw_only=True, gc=False):
    """The Kubernetes object of a request, in the words of `objectRef`. Empty: not given."""

    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""


class Aggregate(Record, frozen=True, kw_only=True, gc=False):
    """The requests that a rule over several events counted together."""

    count: int
    since: datetime
    until: datetime
    audit_ids: tuple[str, ...]
    """The first `FIRST_IDS`, by time."""


class Hit(Record, frozen=True, kw_only=True, gc=False):
    """A request that a rule matched, with the declared evidence fields alone (redacted)."""

    audit_id: str
    time: datetime
    """`stageTimestamp`; of a cut line the time of the log entry."""
    user: str
    """`user.username`; empty where authentication failed."""
    actor: str
    """The identity: `canonicalArn` without session (else the role of `arn`), service account, `anonymous`, or the
    user."""
    session: str = ""
    """The name of the IAM session: the person or tool that used the role. Empty: no role was used."""
    access_key: str = ""
    """The kind and the last four characters of the access key (`ASIA…YY3K`); the whole id stands in the log."""
    source_ips: tuple[str, ...]
    user_agent: str
    verb: str
    resource: ObjectReference
    code: int | None
    """`responseStatus.code`; None where the event holds none."""
    decision: str
    reason: str
    """Of a request that was allowed: through which binding or access policy (`grant_of` reads it)."""
    refusal: Refusal = Refusal.NONE
    dry_run: bool
    evidence: dict[str, str]
    """The fields that the rule declares, redacted."""
    truncated: bool
    """Read from the head of a line that CloudWatch cut, or marked truncated by the API server."""
    log_group: str
    file: str
    line: int
    terms: tuple[str, ...] = ()
    """What a list of the user, or an earlier period, is compared with; or what the rule groups its hits by."""
    aggregate: Aggregate | None = None
    """Of a rule over several events: all of them, of which the hit is the last. None: a single event."""


class HitGroup(Record, frozen=True, kw_only=True, gc=False):
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
    reason: str = ""
    refusal: Refusal = Refusal.NONE
    terms: tuple[str, ...] = ()
    """What a list of the user is compared with: values, each once; or an earlier period, or what the rule groups its
    hits by: one value for each field."""
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
    compared: Compared = Compared.ACTORS
    observable: Literal["yes", "no", "unknown"]
    """Whether this log could have shown such an event; unknown: no such request was seen."""

    @property
    def terms(self) -> tuple[tuple[str, ...], ...]:
        """What a later period is compared with, each once; nothing where the rule compares with none."""
        return tuple(sorted({group.terms for group in self.groups})) if self.compared is Compared.NEW else ()


Dimension = Literal["all", "agent", "user", "verb", "resource"]
KEPT_CONTRIBUTIONS = 20
"""Values that are kept of each dimension: the largest."""


class Contribution(Record, frozen=True, kw_only=True):
    """What one client, user, verb or resource makes of an audit log.

    From files the bytes are an estimate from what the events hold; a query counts the characters of the messages.
    """

    dimension: Dimension
    """`all`: the whole log, to compare the others with."""
    value: str
    events: int
    bytes: int


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


class StreamSpan(Record, frozen=True, kw_only=True):
    """A stream of the audit log, by the times of its log entries, whether or not they lie in the window."""

    log_group: str
    """Empty: the form of the log does not tell."""
    stream: str
    first: datetime
    last: datetime
    entries: int


class TimeCoverage(Record, frozen=True, kw_only=True, tag="time_coverage", tag_field="is"):
    """Of which time the log holds events: exact, in whatever order, files and streams the events came."""

    gaps: tuple[Period, ...]
    """Spans of `FINEST_GAP` or longer without any audit event, from one event to the next, or from or to the end of
    the window that was asked for; the longest `MOST_GAPS`, by time."""
    gaps_found: int
    """How many there are."""
    streams: tuple[StreamSpan, ...]
    """By log group and name, at most `MOST_STREAMS`; empty: the form of the log names none."""
    streams_found: int

    def silences(self, shortest: timedelta) -> tuple[Period, ...]:
        """Return the gaps that are listed and no shorter than *shortest*, by time."""
        return tuple(gap for gap in self.gaps if gap.until - gap.since >= shortest)


class Refusals(Record, frozen=True, kw_only=True, tag="refusals", tag_field="is"):
    """How many log events say that a request was refused, exactly, for each minute that has one."""

    minutes: tuple[tuple[int, int, int, int], ...]
    """Minutes since 1970, by time; then the log events of: 403 to a known user, 403 to an anonymous one, 401."""

    @property
    def total(self) -> int:
        """All of them."""
        return sum(sum(counts) for _, *counts in self.minutes)


MOST_REFUSAL_MINUTES = 50_000
"""More than a month in which no minute is without a refusal."""
NOT_COUNTED = Gap(cause=Cause.NOT_REQUESTED, detail="Refused requests were not counted when the log was read.")
NOT_MEASURED = Gap(
    cause=Cause.NOT_REQUESTED, detail="Of which time the log holds events was not measured when it was read."
)


class BaselineRule(Record, frozen=True, kw_only=True):
    """What a rule matched in an earlier period."""

    rule: str
    logic: str
    terms: tuple[tuple[str, ...], ...]
    """Each once, in order."""


class Baseline(Record, frozen=True, kw_only=True, tag="baseline", tag_field="is"):
    """An earlier period of the same log."""

    name: str
    """The files, or the file, that it was read from."""
    sha256: str
    """The digest of that file, or of the digests of those files."""
    window: Period
    events_read: int
    rules: tuple[BaselineRule, ...]
    unread: Gap | None

    def terms(self, rule: str, logic: str) -> frozenset[tuple[str, ...]] | Gap:
        """Return the terms that *rule* had; a gap where it was not run, or with another logic."""
        for item in self.rules:
            if item.rule == rule and item.logic == logic:
                return frozenset(item.terms)
        detail = f"The earlier period {self.name} was read without the rule {rule}, or with another version of it."
        return Gap(cause=Cause.RULE_NOT_RUN, detail=detail)


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
    baseline: Baseline | None = None
    """The earlier period that rules of the class needs-baseline compare with; None: none was given."""

    sizes: tuple[Contribution, ...] = ()
    """What makes the log large. Empty: only matching events were asked for, or no rule reads what was answered."""

    def silences(self, minutes: int) -> tuple[Period, ...]:  # noqa: ARG002 - of the audit log it depends on them
        """Return the spans of at least *minutes* of which the log holds no event; none where that is not known."""
        return ()

    def limits(self, minutes: int) -> tuple[Gap, ...]:
        """Return what a verdict says nothing of: spans of at least *minutes* without an event. Empty: there is none."""
        spans = self.silences(minutes)
        if not spans:
            return ()
        longest = longest_of(spans)
        detail = (
            f"No event of at least {total_of(spans) // timedelta(minutes=1):,} minutes of the window is in the log: "
            f"{len(spans):,} spans of {minutes} minutes or longer, the longest from "
            f"{longest.since:%Y-%m-%d %H:%M:%S} to {longest.until:%Y-%m-%d %H:%M:%S} UTC. Nothing is said of them."
        )
        return (Gap(cause=Cause.NO_EVENT, detail=detail, sources=self.sources),)

    def result(self, rule: str) -> RuleResult | Gap:
        """Return what *rule* found; a gap where it was not run."""
        for found in self.rules:
            if found.rule == rule:
                return found
        detail = f"The rule {rule} was not run over the log; exported logs, given with --logs, show what it asks for."
        return Gap(cause=Cause.RULE_NOT_RUN, detail=detail)

    def lacks(self, gap: Gap) -> bool:
        """Tell whether *gap* is what `result` gives for a rule that was not run."""
        rule = gap.detail.removeprefix("The rule ").partition(" ")[0]
        return self.result(rule) == gap


class Arrival(Record, frozen=True, kw_only=True):
    """How long events took from their own time until CloudWatch Logs had them."""

    events: int
    """Events of which that is known: those that were fetched."""
    longest_ms: int

    @property
    def longest(self) -> timedelta:
        """The longest time, in whole seconds, rounded up."""
        return timedelta(seconds=-(-self.longest_ms // 1000))


class AuditLogScan(RuleScan, frozen=True, kw_only=True):
    """The results of the rules over the audit log of a cluster in a window of time."""

    key: ClassVar[str] = "audit_log_scan"
    scope: ClassVar[Scope] = Scope.CLUSTER
    tier: ClassVar[str] = "activity"
    permissions: ClassVar[tuple[str, ...]] = ("logs:StartQuery", "logs:GetQueryResults")
    calls: ClassVar[Calls] = Calls(per_region=2, note="one query per 50 log groups and result page; polling")

    accounting: Accounting
    levels: tuple[LevelCount, ...]
    time_coverage: TimeCoverage | Gap = NOT_MEASURED
    """Of which time of the window there are events. A gap where only matching events were asked for."""
    refusals: Refusals | Gap = NOT_COUNTED
    """The refused requests of the window by minute: what an alarm on them would have counted."""
    arrival: Arrival | None = None
    """None: no event was fetched from CloudWatch Logs; exported logs do not say when they arrived."""

    def silences(self, minutes: int) -> tuple[Period, ...]:
        """Return the spans of at least *minutes* of which the log holds no event; none where that is not known."""
        return () if isinstance(self.time_coverage, Gap) else self.time_coverage.silences(timedelta(minutes=minutes))


class EventCounts(Record, frozen=True, kw_only=True):
    """How many management events of a region there were in the files, each counted once."""

    reads: int
    writes: int


class CloudTrailScan(RuleScan, frozen=True, kw_only=True):
    """The results of the rules over the CloudTrail files of a region; what became of the files tells the account."""

    key: ClassVar[str] = "cloudtrail_scan"
    scope: ClassVar[Scope] = Scope.REGION
    tier: ClassVar[str] = "files"
    permissions: ClassVar[tuple[str, ...]] = ("s3:ListBucket", "s3:GetObject")
    calls: ClassVar[Calls] = Calls(note="none, unless files are read from S3: one per 1,000 objects, and one each")

    management: EventCounts | None = None
    """None: not counted."""


def total_of(spans: Iterable[Period]) -> timedelta:
    """Return how long *spans* are together, in whole minutes."""
    total = sum((span.until - span.since for span in spans), timedelta())
    return total // timedelta(minutes=1) * timedelta(minutes=1)


def longest_of(spans: Iterable[Period]) -> Period:
    """Return the longest of *spans*, of which there has to be one; of equal ones the first."""
    return max(spans, key=lambda span: span.until - span.since)
