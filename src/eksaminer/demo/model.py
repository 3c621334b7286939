"""The description of an AWS account: what the emulator answers from. Values only; builders are in `account`."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from eksaminer.filter_pattern import DEFAULT, Policy

ACCOUNT_ID = "111122223333"
BOUNDARY = f"arn:aws:iam::{ACCOUNT_ID}:policy/WorkloadBoundary"
ALWAYS_ENABLED = "us-east-1"
LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")


def stable_id(*parts: str, length: int = 32) -> str:
    """Return *length* hexadecimal digits that depend on *parts* alone."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:length]


class LogEvent(NamedTuple):
    """One line of a log stream."""

    timestamp: int
    """Milliseconds since 1970."""
    message: str


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A log stream. Its times are those of its events, unless they are given."""

    name: str
    events: tuple[LogEvent, ...] = ()
    """In order of time."""
    first_event: datetime | None = None
    last_event: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class MetricFilter:
    """A metric filter of a log group."""

    name: str
    pattern: str
    metric: str
    namespace: str
    value: str = "1"
    default: float | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict[str, str])
    transformed: bool = False
    """It looks at what a transformer makes of the events."""
    selection: str = ""
    """`fieldSelectionCriteria`."""


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """A subscription filter of a log group."""

    name: str
    destination: str
    """The ARN of who gets the events."""
    pattern: str = ""


@dataclass(frozen=True, kw_only=True)
class SavedQuery:
    """A saved query of Logs Insights."""

    name: str
    query: str
    log_groups: tuple[str, ...] = ()
    language: str = "CWLI"


@dataclass(frozen=True, kw_only=True)
class PastQuery:
    """A query of Logs Insights that was run."""

    log_group: str
    time: datetime
    bytes: int


@dataclass(frozen=True, kw_only=True)
class ScheduledQuery:
    """A scheduled query of Logs Insights."""

    name: str
    query: str
    log_groups: tuple[str, ...]
    """Names or ARNs."""
    state: Literal["ENABLED", "DISABLED"] = "ENABLED"
    last_status: str = "Complete"
    destination: str = ""
    """A URI of S3; empty: the results stay with the query."""
    language: str = "CWLI"


@dataclass(frozen=True, kw_only=True)
class Export:
    """A finished export of a log group to S3."""

    log_group: str
    bucket: str
    since: datetime
    until: datetime
    status: str = "COMPLETED"


@dataclass(frozen=True, kw_only=True)
class Topic:
    """An SNS topic and its subscriptions."""

    name: str
    confirmed: tuple[str, ...] = ()
    """Protocols of the confirmed subscriptions."""
    pending: tuple[str, ...] = ()
    kms_key: str = ""


@dataclass(frozen=True, kw_only=True)
class MuteRule:
    """A mute rule of CloudWatch alarms."""

    name: str
    alarms: tuple[str, ...]
    status: Literal["SCHEDULED", "ACTIVE", "EXPIRED"] = "ACTIVE"
    expires: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class LogGroup:
    """A CloudWatch log group."""

    name: str
    created: datetime
    retention_days: int | None = None
    """None: its events never expire."""
    retention_policy: str = ""
    """The account policy that set the retention."""
    kms_key: str = ""
    """The ARN of the customer managed key. Empty: the key that AWS owns."""
    log_class: Literal["STANDARD", "INFREQUENT_ACCESS", "DELIVERY", "ESSENTIALS"] = "STANDARD"
    deletion_protection: bool = False
    data_protection: str = ""
    stored_bytes: int = 0
    bytes_per_hour: int = 0
    """What the metric IncomingBytes says of each hour. 0: it counts the events that are described."""
    daily_since: datetime | None = None
    daily_bytes: tuple[int, ...] = ()
    """What the metric IncomingBytes says of whole days from that midnight on; 0: it has no value."""
    streams: tuple[Stream, ...] = ()
    metric_filters: tuple[MetricFilter, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RetentionPolicy:
    """An account-level policy of CloudWatch Logs that sets the retention of many groups."""

    name: str
    days: int
    updated: datetime
    mode: Literal["NEW_ONLY", "RETROACTIVE"] = "NEW_ONLY"
    selection: str = ""


class LogSetup(NamedTuple):
    """One entry of `logging.clusterLogging`."""

    types: tuple[str, ...]
    enabled: bool


@dataclass(frozen=True, kw_only=True)
class ClusterUpdate:
    """An update that EKS remembers of a cluster."""

    id: str
    type: str
    created: datetime
    params: Mapping[str, str]
    status: str = "Successful"


@dataclass(frozen=True, kw_only=True)
class AccessEntry:
    """An IAM principal that may talk to the Kubernetes API of a cluster."""

    principal: str
    created: datetime
    username: str = ""
    groups: tuple[str, ...] = ()
    type: str = "STANDARD"
    policies: tuple[str, ...] = ()
    """Names of access policies (`AmazonEKSViewPolicy`), for the whole cluster."""


@dataclass(frozen=True, kw_only=True)
class PodIdentity:
    """A Pod Identity association: which role the pods of a service account get."""

    namespace: str
    service_account: str
    role: str
    created: datetime
    session_tags: bool = True


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """An EKS cluster."""

    name: str
    created: datetime
    logging: tuple[LogSetup, ...] | None = ()
    """None: the answer has no `logging` at all."""
    version: str = "1.33"
    status: str = "ACTIVE"
    authentication_mode: Literal["API", "API_AND_CONFIG_MAP", "CONFIG_MAP"] = "API_AND_CONFIG_MAP"
    endpoint: str = ""
    """Empty: the host name that EKS would give it."""
    certificate_authority: str = "ZGVtbw=="
    secrets_key: str = ""
    deletion_protection: bool = False
    auto_mode: bool = False
    updates: tuple[ClusterUpdate, ...] = ()
    access_entries: tuple[AccessEntry, ...] = ()
    pod_identities: tuple[PodIdentity, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def log_group(self) -> str:
        """The name of the log group that EKS writes to."""
        return f"/aws/eks/{self.name}/cluster"


class EventSelector(NamedTuple):
    """A classic event selector of a trail."""

    read_write: Literal["All", "ReadOnly", "WriteOnly"] = "All"
    management: bool = True
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Trail:
    """A CloudTrail trail, described in its home region."""

    name: str
    bucket: str
    owner: str = ACCOUNT_ID
    """The account it lives in: the management account, for an organisation's trail seen from a member."""
    multi_region: bool = True
    organization: bool = False
    logging: bool = True
    validation: bool = True
    kms_key: str = ""
    log_group_arn: str = ""
    started: datetime | None = None
    stopped: datetime | None = None
    latest_delivery: datetime | None = None
    latest_delivery_error: str = ""
    latest_digest: datetime | None = None
    latest_digest_error: str = ""
    latest_logs_error: str = ""
    global_events: bool = True
    selectors: tuple[EventSelector, ...] = (EventSelector(),)
    advanced_selectors: tuple[Mapping[str, Any], ...] = ()
    """In the words of the API; they take the place of the classic ones."""
    insights: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Event categories by Insights type. Empty: Insights is off."""


@dataclass(frozen=True, kw_only=True)
class EventStore:
    """An event data store of CloudTrail Lake, in the region it is described in."""

    name: str
    created: datetime
    updated: datetime | None = None
    status: str = "ENABLED"
    multi_region: bool = True
    selectors: tuple[Mapping[str, Any], ...] = (
        {"Name": "Management", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]},
    )
    insights: tuple[str, ...] = ()
    """Insights types. Empty: Insights is off."""


@dataclass(frozen=True, kw_only=True)
class InsightEvent:
    """Unusual activity that Insights found."""

    name: str
    source: str
    started: datetime
    rate: float
    baseline: float
    principal: str
    ended: datetime | None = None
    type: str = "ApiCallRateInsight"
    error: str = ""
    trail: str = ""
    """The trail whose data events it is about. Empty: management events."""


@dataclass(frozen=True, kw_only=True)
class EventRule:
    """A rule of EventBridge on the default bus."""

    name: str
    pattern: str
    """Empty: it runs on a schedule."""
    targets: tuple[str, ...] = ()
    state: str = "ENABLED"


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """An S3 bucket of the account."""

    name: str
    policy_public: bool | None = False
    """None: it has no policy."""
    acl_public: bool = False
    blocks: bool | None = True
    """Whether it blocks all public access; None: it has no such setting."""
    objects: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    """Contents by key."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """A customer managed KMS key."""

    id: str
    created: datetime
    spec: Literal["SYMMETRIC_DEFAULT", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_EDWARDS25519", "RSA_2048"] = (
        "SYMMETRIC_DEFAULT"
    )
    usage: Literal["ENCRYPT_DECRYPT", "SIGN_VERIFY"] = "ENCRYPT_DECRYPT"
    state: Literal["Enabled", "Disabled", "PendingDeletion", "PendingImport", "Unavailable"] = "Enabled"
    deletion: datetime | None = None
    rotation: bool = True


@dataclass(frozen=True, kw_only=True)
class Role:
    """An IAM role."""

    name: str
    trust: Mapping[str, Any]
    created: datetime
    policies: tuple[str, ...] = ()
    """ARNs of the attached policies."""
    inline: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """Inline policies by name."""
    boundary: str = ""
    """ARN of the permissions boundary; empty: none."""


@dataclass(frozen=True, kw_only=True)
class Provider:
    """An IAM OpenID Connect provider."""

    issuer: str
    """Host and path, without `https://`."""
    created: datetime
    client_ids: tuple[str, ...] = ("sts.amazonaws.com",)


@dataclass(frozen=True, kw_only=True)
class TrailEvent:
    """A management event that LookupEvents shows."""

    name: str
    time: datetime
    source: str
    user: str
    detail: Mapping[str, Any]
    """Further fields of the event record."""
    read_only: bool = False


@dataclass(frozen=True, kw_only=True)
class Region:
    """A region of the account, and what lives in it."""

    name: str
    opt_in: Literal["opt-in-not-required", "opted-in", "not-opted-in"] = "opt-in-not-required"
    clusters: tuple[Cluster, ...] = ()
    log_groups: tuple[LogGroup, ...] = ()
    retention_policies: tuple[RetentionPolicy, ...] = ()
    trails: tuple[Trail, ...] = ()
    keys: tuple[Key, ...] = ()
    guardduty: Mapping[str, str] | None = None
    """Status by feature of the detector; None: GuardDuty is off."""
    guardduty_status: str = "ENABLED"
    coverage: Mapping[str, str] = field(default_factory=dict[str, str])
    """Coverage of runtime monitoring (`HEALTHY`) by cluster."""
    metric_alarms: tuple[Mapping[str, Any], ...] = ()
    """In the words of the API, as are the others."""
    composite_alarms: tuple[Mapping[str, Any], ...] = ()
    log_alarms: tuple[Mapping[str, Any], ...] = ()
    public_keys: tuple[Mapping[str, Any], ...] = ()
    """That CloudTrail signs digests with."""
    mute_rules: tuple[MuteRule, ...] = ()
    topics: tuple[Topic, ...] = ()
    exports: tuple[Export, ...] = ()
    lake_sources: tuple[str, ...] | None = None
    """What Security Lake takes in (`EKS_AUDIT`); None: there is no lake."""
    table_sources: tuple[tuple[str, str], ...] | None = None
    """Name and type of what is kept as tables of S3; None: there is no integration."""
    telemetry_rules: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """By name, the logs of clusters that each switches on (`EKS_AUDIT_LOGS`)."""
    saved_queries: tuple[SavedQuery, ...] = ()
    scheduled_queries: tuple[ScheduledQuery, ...] = ()
    past_queries: tuple[PastQuery, ...] = ()
    filter_policy: Policy = DEFAULT
    """How metric filters read what the documentation leaves open."""
    events: tuple[TrailEvent, ...] = ()
    event_stores: tuple[EventStore, ...] = ()
    insight_events: tuple[InsightEvent, ...] = ()
    event_rules: tuple[EventRule, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Account:
    """An AWS account."""

    id: str = ACCOUNT_ID
    alias: str = ""
    caller: str = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/Auditor/eksaminer"
    """The ARN that asks."""
    regions: tuple[Region, ...] = ()
    roles: tuple[Role, ...] = ()
    providers: tuple[Provider, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    policies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """Managed policies by ARN: those of AWS that are attached, and those of the account."""

    def region(self, name: str) -> Region | None:
        """Return the region, if it is enabled in the account. One always is, listed or not."""
        for region in self.regions:
            if region.name == name and region.opt_in != "not-opted-in":
                return region
        return Region(name=name) if name == ALWAYS_ENABLED else None


def issuer(account: str, region: str, cluster: str) -> str:
    """Return the OIDC issuer of a cluster, without `https://`: like EKS', it tells its region and is unique."""
    return f"oidc.eks.{region}.amazonaws.com/id/{stable_id(account, region, cluster).upper()}"


def key_arn(account: str, region: str, key: str) -> str:
    """Return the ARN of a KMS key."""
    return f"arn:aws:kms:{region}:{account}:key/{key}"


def role_arn(account: str, name: str) -> str:
    """Return the ARN of an IAM role."""
    return f"arn:aws:iam::{account}:role/{name}"


def milliseconds(moment: datetime) -> int:
    """Return the milliseconds since 1970, as CloudWatch Logs counts."""
    return round(moment.timestamp() * 1000)
