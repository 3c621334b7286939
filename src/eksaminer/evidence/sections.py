"""All sections by key: what a bundle may hold."""

from collections.abc import Mapping
from types import MappingProxyType

from eksaminer.evidence.account import AccountRegions, ClusterList
from eksaminer.evidence.alarms import (
    AlarmMuteRules,
    Alarms,
    AlarmTopics,
    AuditLogSubscriptions,
    AuditMetricFilters,
    GuardDuty,
)
from eksaminer.evidence.cloudtrail import Trails
from eksaminer.evidence.cluster import Cluster, ControlPlaneLogging, LoggingUpdates
from eksaminer.evidence.copies import LogCopies
from eksaminer.evidence.cost import LogPrices, LogTypes, LogVolumes, QueryHistory
from eksaminer.evidence.iam import IamRoles, OidcProviders, PodIdentityAssociations, RolePolicies
from eksaminer.evidence.kubernetes import KubernetesObjects
from eksaminer.evidence.log_group import (
    AuditLogEnabledSince,
    AuditLogGroup,
    AuditLogKey,
    AuditLogStreams,
    RetentionPolicies,
)
from eksaminer.evidence.lookups import CloudTrailEvents
from eksaminer.evidence.model import Section
from eksaminer.evidence.queries import SavedQueries, ScheduledQueries
from eksaminer.evidence.scan import AuditLogScan, CloudTrailScan
from eksaminer.evidence.trail_digests import TrailDigests
from eksaminer.evidence.trail_insights import EventDataStores, EventRules, InsightEvents
from eksaminer.evidence.trail_storage import TrailStorage
from eksaminer.evidence.workloads import WorkloadCalls

SECTIONS: Mapping[str, type[Section]] = MappingProxyType(
    {
        section.key: section
        for section in (
            AccountRegions,
            IamRoles,
            RolePolicies,
            OidcProviders,
            EventDataStores,
            WorkloadCalls,
            ClusterList,
            RetentionPolicies,
            Trails,
            Alarms,
            AlarmMuteRules,
            GuardDuty,
            SavedQueries,
            ScheduledQueries,
            LogCopies,
            LogVolumes,
            LogPrices,
            LogTypes,
            QueryHistory,
            TrailStorage,
            InsightEvents,
            EventRules,
            CloudTrailScan,
            TrailDigests,
            CloudTrailEvents,
            Cluster,
            ControlPlaneLogging,
            AuditLogGroup,
            AuditLogStreams,
            AuditLogEnabledSince,
            LoggingUpdates,
            AuditLogKey,
            AuditMetricFilters,
            AuditLogSubscriptions,
            AlarmTopics,
            PodIdentityAssociations,
            KubernetesObjects,
            AuditLogScan,
        )
    }
)
