"""The assessment: what a run concluded, in the shape of `assessment.json` (schema eksaminer.assessment/1)."""

from datetime import datetime
from typing import Literal

from msgspec import field

from eksaminer.access import Access
from eksaminer.cost import InsightCost, RegionCost, Total
from eksaminer.criteria import Criteria
from eksaminer.decisions import NO_DECISIONS, DecisionUse
from eksaminer.evidence.collection import CallCount, Excluded, Identity
from eksaminer.evidence.model import Source
from eksaminer.evidence.scan import (
    NOT_COUNTED,
    NOT_MEASURED,
    Accounting,
    Compared,
    Hit,
    LevelCount,
    Refusals,
    TimeCoverage,
)
from eksaminer.gap import Cause, Gap
from eksaminer.history import Trend
from eksaminer.outcome import Basis, Level, Period, Resource, Scope, Severity, Status
from eksaminer.record import Record

SCHEMA: Literal["eksaminer.assessment/1"] = "eksaminer.assessment/1"

MessageParameter = str | int | list[str] | dict[str, str | int]
"""`{"time": ISO 8601}`, `{"seconds": n}`, a list of strings, a string, an integer."""


class TargetName(Record, frozen=True, kw_only=True):
    """The target of a finding; region and cluster are empty where it lies above them."""

    account: str
    region: str
    cluster: str


class Message(Record, frozen=True, kw_only=True):
    """The text of a finding as id and parameters, so that any language can be rendered."""

    id: str
    params: dict[str, MessageParameter]


class NotAssessed(Record, frozen=True, kw_only=True):
    """Why something was not assessed."""

    cause: Cause
    permission: str
    """The permission that would cure it; empty: none would."""
    detail: str


class Assertion(Record, frozen=True, kw_only=True):
    """What a finding speaks of: a moment, or a period."""

    kind: Literal["as_of", "throughout"]
    since: datetime
    """The moment, or the begin of the period."""
    until: datetime


class EvidenceItem(Record, frozen=True, kw_only=True):
    """What a finding rests on: ids of sources, and the values seen in them."""

    sources: tuple[str, ...]
    seen: dict[str, MessageParameter]


class Waiver(Record, frozen=True, kw_only=True):
    """An accepted risk."""

    id: str
    reason: str
    approver: str
    expires: datetime
    compensating_control: str = ""


class Finding(Record, frozen=True, kw_only=True):
    """What one check concludes about one resource, and on what grounds."""

    id: str
    """Fingerprint: SHA-256 over schema version, check, resource and discriminator."""
    check: str
    title: str
    status: Status
    severity: Severity
    basis: Basis
    recommendation: str
    target: TargetName
    resource: Resource
    aspect: str
    discriminator: str
    level: Level
    """The level in force."""
    assertion: Assertion
    text: str
    message: Message
    cause: NotAssessed | None
    """Set exactly where the status is not_assessed."""
    limitations: tuple[str, ...]
    """What could not be seen and lost detail, but not the status."""
    evidence: tuple[EvidenceItem, ...]
    derived_from: tuple[str, ...]
    """Ids of findings it depends on."""
    remediation: str
    command: str
    forms: bool = False
    """Whether the other forms of the remedy (`CheckInfo.remedies`) cure this deviation, too."""
    frameworks: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    waiver: Waiver | None = None
    disposition: str | None = None
    """A reviewer's answer in force: `authorised`, `false_positive`, `incident`; more in `decisions`."""


class CheckInfo(Record, frozen=True, kw_only=True):
    """A check that took part, as its pack describes it."""

    id: str
    title: str
    scope: Scope
    severity: Severity
    basis: Basis
    recommendation: str
    level: Level
    rule_class: str
    criterion: str
    rationale: str
    remediation: str
    references: tuple[str, ...]
    permissions: tuple[str, ...]
    aspects: dict[str, Level] = field(default_factory=dict[str, Level])
    """The parts of the check with their default levels; empty: it has none."""
    remedies: dict[str, str] = field(default_factory=dict[str, str])
    """The remedy as `terraform`, `cloudformation`, `console` or `kubectl`, with places in braces for names."""
    informs: bool = False
    """Whether nothing deviates: the check shows what there is, whatever its level."""


class Pack(Record, frozen=True, kw_only=True):
    """A check pack, by the digest of its files."""

    name: str
    version: str
    digest: str


class Tool(Record, frozen=True, kw_only=True):
    """The program that judged."""

    version: str
    packs: tuple[Pack, ...]


class Run(Record, frozen=True, kw_only=True):
    """Who collected, when, and as of when it was judged."""

    id: str
    """From the digest of the evidence and the criteria: equal for an equal judgement."""
    as_of: datetime
    identity: Identity
    started: datetime
    finished: datetime
    collection: str
    """Id of the collection: what the requests carried in their user agent."""
    evidence_sha256: str
    """Digest of the manifest of the evidence."""
    options: dict[str, str]
    interrupted: bool
    clock_offset_ms: int | None
    checks: tuple[str, ...] = ()
    """The checks that were asked for (`--checks`); empty: all."""
    skip_checks: tuple[str, ...] = ()
    """Those that were left out (`--skip-checks`)."""


class DocumentControl(Record, frozen=True, kw_only=True):
    """Who may read the reports: from `[report]` of the configuration; it bears on no judgement."""

    classification: str = ""
    """Empty: confidential."""
    distribution: tuple[str, ...] = ()
    """Who receives them; empty: not said."""


class Periods(Record, frozen=True, kw_only=True):
    """The two windows: configuration history, and events."""

    configuration: Period
    events: Period


class RegionPopulation(Record, frozen=True, kw_only=True):
    """A region, and whether its clusters are known."""

    name: str
    selected: bool
    clusters: int | None
    """None: not known."""
    clusters_selected: int


class Population(Record, frozen=True, kw_only=True):
    """What there was to assess, and what of it was."""

    regions: tuple[RegionPopulation, ...]
    regions_known: bool
    """False: the enabled regions could not be listed; those shown are the ones that were asked for."""
    clusters: tuple[TargetName, ...]
    skipped: tuple[Excluded, ...]
    incomplete: tuple[NotAssessed, ...] = ()
    """Why there may be more to assess than is known: regions or clusters that could not be listed."""


class TargetInfo(Record, frozen=True, kw_only=True):
    """A target with what is worth saying of it."""

    account: str
    region: str
    cluster: str
    scope: Scope
    facts: dict[str, str]
    """Kubernetes version, status, ARN … of a cluster."""
    collected_at: datetime
    evidence_sha256: str


class Conclusion(Record, frozen=True, kw_only=True):
    """What can be said of one recommendation of the guide."""

    recommendation: str
    title: str
    conclusion: Literal["exception noted", "no exception noted", "not concluded", "not in scope"]
    reasons: tuple[str, ...]
    counts: dict[str, int]
    """Findings by status."""


class CoverageRow(Record, frozen=True, kw_only=True):
    """The status of one check on one target: the worst of its findings."""

    check: str
    target: TargetName
    status: Status
    findings: int


class GapRow(Record, frozen=True, kw_only=True):
    """A section of evidence (or a part of it) that could not be seen."""

    target: TargetName
    section: str
    cause: Cause
    permission: str
    detail: str


class Coverage(Record, frozen=True, kw_only=True):
    """Which checks had what they needed."""

    matrix: tuple[CoverageRow, ...]
    gaps: tuple[GapRow, ...]


class RuleActivity(Record, frozen=True, kw_only=True):
    """How often a rule matched in one cluster, and the first hits."""

    rule: str
    hits: int
    allowed: int
    """Hits by actors on the rule's allow-list: counted here, in no finding."""
    observable: Literal["yes", "no", "unknown"]
    first_hits: tuple[Hit, ...]
    logic: str = ""
    """The digest of what the rule matches."""
    compared: Compared = Compared.ACTORS
    terms: tuple[tuple[str, ...], ...] = ()
    """Of a rule that compares with an earlier period: all that it saw, so that a later run can compare with this."""


class ClusterActivity(Record, frozen=True, kw_only=True):
    """What the audit log of one cluster was read for."""

    target: TargetName
    origin: Literal["cloudwatch", "files"]
    window: Period
    first_event: datetime | None
    last_event: datetime | None
    events_read: int
    accounting: Accounting
    rules: tuple[RuleActivity, ...]
    levels: tuple[LevelCount, ...]
    unread: NotAssessed | None
    time_coverage: TimeCoverage | Gap = NOT_MEASURED
    """Of which time of the window there are events."""
    refusals: Refusals | Gap = NOT_COUNTED
    """The refused requests of the window by minute."""


class Activity(Record, frozen=True, kw_only=True):
    """The audit logs that were read."""

    clusters: tuple[ClusterActivity, ...]


class Cost(Record, frozen=True, kw_only=True):
    """What the control-plane logs cost, and what reading took."""

    calls: tuple[CallCount, ...]
    regions: tuple[RegionCost, ...] = ()
    """Amounts of twelve calendar months, in the currency of the region's prices."""
    totals: tuple[Total, ...] = ()
    missing: tuple[GapRow, ...] = ()
    """Regions whose volume could not be read."""
    unseen: tuple[GapRow, ...] = ()
    """What else is not known: what the logs consist of, where that was asked (`--log-types`), and what was searched."""
    insights: tuple[InsightCost, ...] = ()
    """What CloudTrail Insights costs, where files of CloudTrail tell how many events there are."""


class TrustedAccount(Record, frozen=True, kw_only=True):
    """A service account that a role has to do with."""

    name: str
    """`NAMESPACE/NAME`; the subject where the provider issues none."""
    named: bool
    """Whether the trust policy names it, or an association gives it the role."""
    annotated: bool | None
    """Whether its annotation names the role; None: not seen."""
    pods: int | None
    """How many pods run as it; None: not seen."""


class TrustRow(Record, frozen=True, kw_only=True):
    """One way to a role: an identity provider that its trust policy names, or a Pod Identity association."""

    account: str
    role: str
    """ARN."""
    via: Literal["eks", "pod_identity", "other_provider", "unreadable"]
    provider: str
    """ARN of the provider, or of the association; empty: the trust policy cannot be read, or no association exists."""
    cluster: TargetName | None
    """Whose service accounts these are; None: no cluster that was seen has the issuer."""
    accounts: tuple[TrustedAccount, ...]
    """Those that are named, associated or annotated; sorted by name."""
    admits: Literal[
        "nobody",
        "named",
        "wider_named",
        "namespace",
        "namespaces",
        "everyone",
        "undecided",
        "associated",
        "unreadable",
    ]
    """Who can assume the role.

    `wider_named`: more than are named, but a bounded list. `associated`: whom Pod Identity gives it.
    """
    certain: bool
    """Whether the rest of the request makes no difference."""
    witness: str
    """The shortest name that is admitted without being written; empty: none."""
    status: Status | None
    """Of the finding that judges it; None: it was not judged."""
    finding: str
    """Id of that finding; empty: none."""
    access: Access | None
    """What the role is allowed to do; None: its policies were not read."""


class PreviousRun(Record, frozen=True, kw_only=True):
    """The run that this one follows: each names the one before it, so that none can be left out or made anew."""

    run: str
    """Id of its assessment."""
    as_of: datetime
    manifest_sha256: str
    """Digest of its manifest.json; empty: only its assessment was given, and nothing ties this run to it."""


class Summary(Record, frozen=True, kw_only=True):
    """Counts."""

    statuses: dict[str, int]
    failed_by_severity: dict[str, int]
    targets: int
    checks: int
    waived: int = 0
    """Failures whose risk is accepted by a waiver in force; they are counted as failures, too."""


class Assessment(Record, frozen=True, kw_only=True):
    """Everything a report says, and all that is needed to render it again."""

    schema: Literal["eksaminer.assessment/1"] = SCHEMA
    tool: Tool
    run: Run
    criteria: Criteria
    period: Periods
    population: Population
    targets: tuple[TargetInfo, ...]
    checks: tuple[CheckInfo, ...]
    findings: tuple[Finding, ...]
    conclusions: tuple[Conclusion, ...]
    coverage: Coverage
    activity: Activity
    cost: Cost
    summary: Summary
    sources: tuple[Source, ...]
    trust: tuple[TrustRow, ...] = ()
    """Who may assume the roles of workloads, and what these may reach; sorted by role and provider."""
    document: DocumentControl = field(default_factory=DocumentControl)
    decisions: DecisionUse = NO_DECISIONS
    """Waivers and dispositions that were given, and what became of each."""
    previous: PreviousRun | None = None
    trend: Trend | None = None
    """What became of the exceptions of the previous run; None: none was given."""
