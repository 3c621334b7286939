"""The log group of a cluster's control plane, what it delivers, and what governs it."""

from datetime import datetime
from typing import ClassVar

from eksaminer.evidence.model import Calls, Section
from eksaminer.gap import Gap
from eksaminer.outcome import Resource, Scope
from eksaminer.record import Record

AUDIT_STREAM_PREFIX = "kube-apiserver-audit-"
"""Names of the streams of the audit log. `kube-apiserver-` alone is the prefix of the api log as well."""


def group_name(cluster: str) -> str:
    """Return the name of the log group that EKS writes a cluster's control-plane logs to."""
    return f"/aws/eks/{cluster}/cluster"


class AuditLogGroup(Section, frozen=True, kw_only=True):
    """The log group `/aws/eks/<cluster>/cluster`, as `DescribeLogGroups` gives it.

    Where it does not exist this section is a gap (`prerequisite_failed`): LOG-03 says so once, from
    `AuditLogStreams`, and what depends on the group does not repeat it.
    """

    key: ClassVar[str] = "audit_log_group"
    scope: ClassVar[Scope] = Scope.CLUSTER
    permissions: ClassVar[tuple[str, ...]] = ("logs:DescribeLogGroups",)
    calls: ClassVar[Calls] = Calls(per_region=1, note="one more per further 50 groups below /aws/eks/")

    arn: str
    """Without the trailing `:*`."""
    name: str
    created_at: datetime
    retention_days: int | None
    """None: events never expire."""
    retention_policy: str
    """The account-level retention policy that sets `retention_days`; empty: the group's own setting."""
    kms_key: str
    """ARN of the customer's KMS key; empty: encrypted with a key that CloudWatch Logs owns."""
    log_class: str
    """`STANDARD`, `INFREQUENT_ACCESS`, `DELIVERY`, `ESSENTIALS`."""
    deletion_protection: bool | Gap
    data_protection: str
    """`ACTIVATED`: a masking policy may hide parts of new events; empty: there never was one."""
    stored_bytes: int
    """Compressed bytes as CloudWatch reports them: late, and without what has expired."""
    metric_filters: int

    @property
    def resource(self) -> Resource:
        """The log group as a resource."""
        return Resource(type="AWS::Logs::LogGroup", id=self.arn)


class AuditLogStreams(Section, frozen=True, kw_only=True):
    """Whether audit events arrive: the group, and the newest event of its audit streams."""

    key: ClassVar[str] = "audit_log_streams"
    scope: ClassVar[Scope] = Scope.CLUSTER
    permissions: ClassVar[tuple[str, ...]] = ("logs:DescribeLogGroups", "logs:DescribeLogStreams")
    calls: ClassVar[Calls] = Calls(
        per_cluster=1,
        note="logs:DescribeLogStreams; one more per 50 newer streams of other log types",
    )

    group_arn: str
    """The name's ARN, whether the group exists or not."""
    group_exists: bool
    newest_audit_event: datetime | None
    """`lastEventTimestamp` of the newest audit stream; None: no audit stream holds an event."""
    searched_since: datetime | None
    """Streams older than this were not looked at; None: all were."""
    read_at: datetime

    @property
    def resource(self) -> Resource:
        """The log group as a resource."""
        return Resource(type="AWS::Logs::LogGroup", id=self.group_arn)


class AuditLogEnabledSince(Section, frozen=True, kw_only=True):
    """When the audit log was last switched on, where that matters: no fresh event has arrived.

    Read from `ListUpdates` and `DescribeUpdate` only if `AuditLogStreams` shows no event of the last
    three hours; otherwise `since` is None and `asked` false.
    """

    key: ClassVar[str] = "audit_log_enabled_since"
    scope: ClassVar[Scope] = Scope.CLUSTER
    permissions: ClassVar[tuple[str, ...]] = ("eks:ListUpdates", "eks:DescribeUpdate")
    calls: ClassVar[Calls] = Calls(note="only where no audit event is fresh: ListUpdates, DescribeUpdate each")

    asked: bool
    since: datetime | None
    """Creation time of the newest successful update that enabled `audit`, or of the cluster; None: not known
    from the updates that EKS still lists."""
    too_recent: Gap | None
    """Set if that is less than two hours before the streams were read: delivery may not have begun."""


class AuditLogKey(Section, frozen=True, kw_only=True):
    """The customer managed KMS key of the log group and whether it can be used."""

    key: ClassVar[str] = "audit_log_key"
    scope: ClassVar[Scope] = Scope.CLUSTER
    permissions: ClassVar[tuple[str, ...]] = ("kms:DescribeKey",)
    calls: ClassVar[Calls] = Calls(per_key=1)

    arn: str
    """Empty: the group has no key of its own, and nothing was asked."""
    manager: str
    """`CUSTOMER` or `AWS`; empty as above."""
    state: str
    """`Enabled`, `Disabled`, `PendingDeletion`, …; `NotFound` where KMS knows no such key; empty as above."""


class RetentionPolicy(Record, frozen=True, kw_only=True):
    """An account-level retention policy of CloudWatch Logs (`PutAccountPolicy`, since 2026)."""

    name: str
    days: int | None
    """None: `NEVER_EXPIRE`."""
    selection: str
    """`selectionCriteria`; empty: every group."""
    retroactive: bool | Gap
    """False: for groups created after it."""
    updated_at: datetime


class RetentionPolicies(Section, frozen=True, kw_only=True):
    """The account-level retention policies of a region; they override a group's own setting."""

    key: ClassVar[str] = "retention_policies"
    scope: ClassVar[Scope] = Scope.REGION
    permissions: ClassVar[tuple[str, ...]] = ("logs:DescribeAccountPolicies",)
    calls: ClassVar[Calls] = Calls(per_region=1)

    policies: tuple[RetentionPolicy, ...]
    read_at: datetime
