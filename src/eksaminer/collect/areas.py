"""Which sections a target has, and who reads them: each one alone, so that one gap does not make others."""

from collections.abc import Callable
from typing import TypeVar

from eksaminer.collect.aws.account import read_clusters
from eksaminer.collect.aws.alarms import (
    read_alarms,
    read_guardduty,
    read_metric_filters,
    read_mute_rules,
    read_subscriptions,
    read_topics,
)
from eksaminer.collect.aws.clusters import read_cluster, read_enabled_since, read_logging, read_logging_updates
from eksaminer.collect.aws.copies import read_copies
from eksaminer.collect.aws.iam import read_associations
from eksaminer.collect.aws.log_groups import read_group, read_key, read_retention_policies, read_streams
from eksaminer.collect.aws.queries import read_saved_queries, read_scheduled_queries
from eksaminer.collect.aws.reader import Reader
from eksaminer.collect.aws.trail_insights import read_event_rules
from eksaminer.collect.aws.trail_storage import read_trail_storage
from eksaminer.collect.aws.trails import read_trails
from eksaminer.collect.gaps import attempt
from eksaminer.collect.session import Aws
from eksaminer.evidence.account import ClusterList
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
from eksaminer.evidence.iam import PodIdentityAssociations
from eksaminer.evidence.log_group import (
    AuditLogEnabledSince,
    AuditLogGroup,
    AuditLogKey,
    AuditLogStreams,
    RetentionPolicies,
)
from eksaminer.evidence.model import Section, Target
from eksaminer.evidence.queries import SavedQueries, ScheduledQueries
from eksaminer.evidence.trail_insights import EventRules
from eksaminer.evidence.trail_storage import TrailStorage
from eksaminer.gap import Cause, Gap

Sections = dict[str, Section | Gap]
S = TypeVar("S")

Read = Callable[[Aws, Target], Section | Gap]


def _clusters(aws: Aws, target: Target) -> Section | Gap:
    return attempt(lambda: read_clusters(Reader(aws, target.region)), f"the clusters of {target.region}")


def _retention(aws: Aws, target: Target) -> Section | Gap:
    what = f"the retention policies of {target.region}"
    return attempt(lambda: read_retention_policies(Reader(aws, target.region)), what)


def _trails(aws: Aws, target: Target) -> Section | Gap:
    return attempt(lambda: read_trails(Reader(aws, target.region), target.account), f"the trails of {target.region}")


def _alarms(aws: Aws, target: Target) -> Alarms | Gap:
    """Read the alarms of the region, once for all of its clusters."""
    key = f"alarms of {target.region}"
    return attempt(lambda: aws.derived(key, lambda: read_alarms(Reader(aws, target.region))), f"the {key}")


def _mute_rules(aws: Aws, target: Target) -> Section | Gap:
    return attempt(lambda: read_mute_rules(Reader(aws, target.region)), f"the mute rules of {target.region}")


def _guardduty(aws: Aws, target: Target) -> Section | Gap:
    return attempt(lambda: read_guardduty(Reader(aws, target.region)), f"GuardDuty in {target.region}")


def _saved_queries(aws: Aws, target: Target) -> Section | Gap:
    return attempt(lambda: read_saved_queries(Reader(aws, target.region)), f"the saved queries of {target.region}")


def _scheduled_queries(aws: Aws, target: Target) -> Section | Gap:
    what = f"the scheduled queries of {target.region}"
    return attempt(lambda: read_scheduled_queries(Reader(aws, target.region)), what)


def _copies(aws: Aws, target: Target) -> Section | Gap:
    return read_copies(Reader(aws, target.region), target.account)


def _trail_storage(aws: Aws, target: Target) -> Section | Gap:
    what = f"the buckets and keys of the trails of {target.region}"
    return attempt(lambda: read_trail_storage(Reader(aws, target.region), target.account), what)


def _event_rules(aws: Aws, target: Target) -> Section | Gap:
    what = f"the rules of EventBridge in {target.region}"
    return attempt(lambda: read_event_rules(Reader(aws, target.region), target), what)


REGION_SECTIONS: dict[str, Read] = {
    ClusterList.key: _clusters,
    RetentionPolicies.key: _retention,
    Trails.key: _trails,
    Alarms.key: _alarms,
    AlarmMuteRules.key: _mute_rules,
    GuardDuty.key: _guardduty,
    SavedQueries.key: _saved_queries,
    ScheduledQueries.key: _scheduled_queries,
    LogCopies.key: _copies,
    TrailStorage.key: _trail_storage,
    EventRules.key: _event_rules,
}
"""The sections of a region, by key: each is read in a thread of its own."""


def read_cluster_sections(aws: Aws, target: Target) -> Sections:
    """Read what AWS knows of a cluster; of one that is gone, everything is gone."""
    name = f"the cluster {target.cluster} in {target.region}"

    def read(part: Callable[[Reader], S | Gap], what: str) -> S | Gap:
        return attempt(lambda: part(Reader(aws, target.region)), f"{what} of {name}")

    cluster = read(lambda reader: read_cluster(reader, target.cluster), "the settings")
    if isinstance(cluster, Gap) and cluster.cause is Cause.GONE:
        return dict.fromkeys((section.key for section in CLUSTER_SECTIONS), cluster)
    logging = read(lambda reader: read_logging(reader, target.cluster), "the logging")
    group = read(lambda reader: read_group(reader, target), "the log group")
    streams = read(lambda reader: read_streams(reader, target, aws.clock.now()), "the log streams")
    since = read(lambda reader: read_enabled_since(reader, cluster, logging, streams), "the updates")
    updates = read(lambda reader: read_logging_updates(reader, target.cluster), "the updates of the logging")
    key = read(lambda reader: read_key(reader, group), "the key")
    pods = read(lambda reader: read_associations(reader, target.cluster), "the Pod Identity associations")
    found = (cluster, logging, group, streams, since, updates, key, pods)
    own = {section.key: part for section, part in zip(OWN_SECTIONS, found, strict=True)}
    return {**own, **read_alarm_sections(aws, target)}


def read_alarm_sections(aws: Aws, target: Target) -> Sections:
    """Read what counts the refused requests of a cluster, and whom alarms on them notify."""

    def read(part: Callable[[Reader], S | Gap], what: str) -> S | Gap:
        return attempt(lambda: part(Reader(aws, target.region)), f"{what} of the cluster {target.cluster}")

    filters = read(lambda reader: read_metric_filters(reader, target), "the metric filters")
    subscriptions = read(lambda reader: read_subscriptions(reader, target), "the subscription filters")
    topics = read(lambda reader: read_topics(reader, filters, _alarms(aws, target)), "the topics of the alarms")
    return {AuditMetricFilters.key: filters, AuditLogSubscriptions.key: subscriptions, AlarmTopics.key: topics}


OWN_SECTIONS: tuple[type[Section], ...] = (
    Cluster,
    ControlPlaneLogging,
    AuditLogGroup,
    AuditLogStreams,
    AuditLogEnabledSince,
    LoggingUpdates,
    AuditLogKey,
    PodIdentityAssociations,
)
"""What EKS, its log group and its key say of a cluster."""
CLUSTER_SECTIONS: tuple[type[Section], ...] = (*OWN_SECTIONS, AuditMetricFilters, AuditLogSubscriptions, AlarmTopics)
"""The sections of a cluster that AWS fills."""
