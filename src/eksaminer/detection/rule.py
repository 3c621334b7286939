"""A detection rule: its logic, and what people need to know about it."""

from enum import StrEnum

from eksaminer.detection.fields import Log
from eksaminer.detection.predicate import Predicate
from eksaminer.evidence.scan import Compared
from eksaminer.outcome import Basis, Severity
from eksaminer.record import Record, digest


class RuleError(Exception):
    """A rule that cannot be used; the message is one sentence with file and line where known."""

    def __init__(self, problem: str, *, file: str = "", line: int = 0) -> None:
        place = f"{file}:{line}" if file and line else file
        super().__init__(f"{place}: {problem}" if place else problem)
        self.problem = problem
        self.file = file
        self.line = line
        self.rule = ""
        """The id of the rule, where that much could be read."""


class OtherLogError(RuleError):
    """The rule is for a log that is not read here, or the file holds none: it is left out, and counted."""

    def __init__(self, file: str, source: str) -> None:
        super().__init__("logsource has to be kubernetes/audit or aws/cloudtrail", file=file)
        self.source = source


class RuleClass(StrEnum):
    """What a hit means."""

    VIOLATION = "violation"
    """FAIL, where the request succeeded and was no dry run."""
    LEAD = "lead"
    """REVIEW: a person has to decide."""
    ACTIVITY = "activity"
    """Counted in the report, no finding."""
    FEEDS = "feeds"
    """Evidence of another check."""
    NEEDS_LIST = "needs-list"
    NEEDS_BASELINE = "needs-baseline"
    OPT_IN = "opt-in"
    IMPOSSIBLE = "impossible"
    """The audit log of EKS cannot show it."""


class Listed(StrEnum):
    """What it means that a list names somebody."""

    EXPECTED = "expected"
    HITS = "hits"


HIT_FIELDS = frozenset({"session", "access_key"})
"""What a hit says of who asked, and an event only in several ways."""


class GuideQuery(Record, frozen=True, kw_only=True):
    """One of the guide's eight Logs Insights queries."""

    number: int
    subject: str
    """What the guide says it lists."""
    query: str
    """As published."""
    resources: tuple[str, ...] = ()
    """Hits on these resources belong to it; empty: all hits of the rule."""

    def covers(self, resource: str) -> bool:
        """Tell whether a hit on *resource* belongs to this query."""
        return not self.resources or resource in self.resources


class Guide(Record, frozen=True, kw_only=True):
    """How a rule relates to the guide."""

    queries: tuple[GuideQuery, ...]
    misses: str
    """What the published text does not see."""
    ours: str
    """Why this rule differs."""


class CorrelationKind(StrEnum):
    """What a correlation asks of the events of its base rules, in a window that ends with one of them."""

    EVENT_COUNT = "event_count"
    VALUE_COUNT = "value_count"
    """How many different values one field has."""
    TEMPORAL = "temporal"
    """How many of the base rules match."""
    TEMPORAL_ORDERED = "temporal_ordered"
    """All base rules match, one after the other in their order."""


class Base(Record, frozen=True, kw_only=True):
    """A rule over single events whose hits are correlated."""

    name: str
    predicate: Predicate


class Bound(Record, frozen=True, kw_only=True):
    """A condition on a number."""

    operator: str
    """`lt`, `lte`, `gt`, `gte` or `eq`."""
    value: int


class Correlation(Record, frozen=True, kw_only=True):
    """A rule over several events: those of the same group within a span of time."""

    kind: CorrelationKind
    bases: tuple[Base, ...]
    group_by: tuple[str, ...] = ()
    """Fields; of a list the first value."""
    seconds: int
    """The length of the sliding window; both ends belong to it."""
    bounds: tuple[Bound, ...]
    """What the number has to satisfy."""
    field: str = ""
    """Whose values are counted, for `value_count`."""


class Rule(Record, frozen=True, kw_only=True):
    """A rule over single events, or over several of them."""

    id: str
    """In the catalogue; public, never reused."""
    uuid: str
    title: str
    status: str
    description: str
    references: tuple[str, ...]
    author: str
    date: str
    tags: tuple[str, ...]
    false_positives: tuple[str, ...]
    severity: Severity
    rule_class: RuleClass
    feeds: tuple[str, ...] = ()
    """The checks that a rule of the class `feeds` gives evidence to."""
    allow: tuple[str, ...] = ()
    """Names of allow-lists: hits of the identities on them are counted, and make no finding."""
    expected: str = ""
    """The list that a rule of the class `needs-list` compares with, by its key in the configuration."""
    about: str = ""
    """The field whose values that list names; empty: actors, or addresses they come from."""
    listed: Listed = Listed.EXPECTED
    baseline: tuple[str, ...] = ()
    """The fields whose values have to be new, of a rule of the class `needs-baseline`."""
    group_by: tuple[str, ...] = ()
    """Fields by which hits are counted apart, besides the ones that every group has: of events, or `HIT_FIELDS`."""
    basis: Basis
    recommendation: str
    rationale: str
    remediation: str
    guide: Guide | None = None
    evidence: tuple[str, ...] = ()
    """Fields that a hit shows besides the ones that every hit has."""
    predicate: Predicate
    """What an event has to satisfy; of a correlation, to be one of those that are correlated."""
    correlation: Correlation | None = None
    log: Log = Log.AUDIT
    file: str = ""

    @property
    def logic(self) -> str:
        """The digest of what the rule matches, and of what its hits are compared by; prose does not change it."""
        matched = self.predicate if self.correlation is None else self.correlation
        terms = (self.about, *self.baseline, *self.group_by)
        return digest([matched, terms]) if any(terms) else digest(matched)

    @property
    def compared(self) -> Compared:
        """What decides whether a hit is expected."""
        if self.baseline:
            return Compared.NEW
        if self.about:
            return Compared.NAMED if self.listed is Listed.HITS else Compared.VALUES
        return Compared.SOURCES if self.rule_class is RuleClass.NEEDS_LIST else Compared.ACTORS

    @property
    def terms(self) -> tuple[str, ...]:
        """The fields whose values are compared, or by which hits are counted apart."""
        return self.baseline or self.group_by or ((self.about,) if self.about else ())

    @property
    def mitre(self) -> tuple[str, ...]:
        """The MITRE ATT&CK techniques among the tags (`T1098`)."""
        return tuple(
            tag.removeprefix("attack.").upper()
            for tag in self.tags
            if tag.startswith("attack.t") and tag[8:9].isdigit()
        )
