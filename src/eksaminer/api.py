"""All that a check file imports. What is not here is not public."""

from eksaminer.check import Check, check
from eksaminer.criteria import Criteria
from eksaminer.evidence.account import AccountRegions, ClusterList
from eksaminer.evidence.cloudtrail import (
    FieldSelector,
    InsightSelector,
    InsightSelectors,
    Selector,
    Selectors,
    Trail,
    Trails,
    TrailStatus,
)
from eksaminer.evidence.cluster import LOG_TYPES, Cluster, ControlPlaneLogging
from eksaminer.evidence.kubernetes import KubernetesObjects
from eksaminer.evidence.log_group import (
    AuditLogEnabledSince,
    AuditLogGroup,
    AuditLogKey,
    AuditLogStreams,
    RetentionPolicies,
    RetentionPolicy,
)
from eksaminer.evidence.model import Every, Section, Target
from eksaminer.evidence.scan import AuditLogScan, HitGroup, LevelCount, RuleResult
from eksaminer.gap import Gap
from eksaminer.outcome import (
    Basis,
    Level,
    Period,
    Resource,
    Scope,
    Seen,
    Severity,
    Status,
    Text,
    Verdict,
    conforms,
    deviates,
    not_applicable,
    unseen,
)

__all__ = [
    "LOG_TYPES",
    "AccountRegions",
    "AuditLogEnabledSince",
    "AuditLogGroup",
    "AuditLogKey",
    "AuditLogScan",
    "AuditLogStreams",
    "Basis",
    "Check",
    "Cluster",
    "ClusterList",
    "ControlPlaneLogging",
    "Criteria",
    "Every",
    "FieldSelector",
    "Gap",
    "HitGroup",
    "InsightSelector",
    "InsightSelectors",
    "KubernetesObjects",
    "Level",
    "LevelCount",
    "Period",
    "Resource",
    "RetentionPolicies",
    "RetentionPolicy",
    "RuleResult",
    "Scope",
    "Section",
    "Seen",
    "Selector",
    "Selectors",
    "Severity",
    "Status",
    "Target",
    "Text",
    "Trail",
    "TrailStatus",
    "Trails",
    "Verdict",
    "check",
    "conforms",
    "deviates",
    "not_applicable",
    "unseen",
]
