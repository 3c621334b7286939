"""A cluster, its control-plane logging, and when the audit log was switched on."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from eksaminer.collect.aws.reader import Reader, text, utc
from eksaminer.collect.gaps import MissingError
from eksaminer.evidence.cluster import MOST_UPDATES, Cluster, ControlPlaneLogging, LoggingUpdate, LoggingUpdates
from eksaminer.evidence.log_group import AuditLogEnabledSince, AuditLogStreams
from eksaminer.gap import Cause, Gap

FRESH = timedelta(hours=3)
"""An audit event of the last three hours shows that the log arrives, whenever it was switched on."""
SETTLING = timedelta(hours=2)
"""How long after being switched on the delivery may not have begun."""
UPDATES_KEPT = timedelta(hours=24)
"""EKS certainly still lists the updates of a cluster that is younger."""


def describe(reader: Reader, name: str) -> Mapping[str, Any]:
    """Return the cluster as the API gives it. Raises `CallFailed`."""
    cluster: Mapping[str, Any] = reader.call("eks:DescribeCluster", {"name": name}).data["cluster"]
    return cluster


def read_cluster(reader: Reader, name: str) -> Cluster:
    """Return what is known of the cluster. Raises `CallFailed`."""
    cluster = describe(reader, name)
    oidc = (cluster.get("identity") or {}).get("oidc") or {}
    return Cluster(
        sources=reader.sources,
        arn=str(cluster["arn"]),
        name=str(cluster["name"]),
        version=text(cluster.get("version")),
        status=text(cluster.get("status")),
        created_at=utc(cluster["createdAt"]),
        endpoint=text(cluster.get("endpoint")),
        issuer=text(oidc.get("issuer")).removeprefix("https://"),
        authentication_mode=text((cluster.get("accessConfig") or {}).get("authenticationMode")),
    )


def read_logging(reader: Reader, name: str) -> ControlPlaneLogging:
    """Return the log types that are on. Raises `CallFailed` and `MissingError`."""
    cluster = describe(reader, name)
    if cluster.get("status") == "CREATING":
        detail = f"The cluster {name} is still being created: its logging is not settled yet."
        raise MissingError(Gap(cause=Cause.TOO_RECENT, detail=detail, sources=reader.sources))
    entries = (cluster.get("logging") or {}).get("clusterLogging")
    if entries is None:
        detail = f"EKS gives no logging configuration of the cluster {name}."
        raise MissingError(Gap(cause=Cause.NOT_OBSERVABLE, detail=detail, sources=reader.sources))
    return ControlPlaneLogging(sources=reader.sources, cluster_arn=str(cluster["arn"]), enabled=_enabled(entries))


def _enabled(entries: Any) -> frozenset[str]:
    return frozenset(str(kind) for entry in entries if entry.get("enabled") for kind in entry.get("types") or ())


def _disabled(entries: Any) -> frozenset[str]:
    return frozenset(str(kind) for entry in entries if not entry.get("enabled") for kind in entry.get("types") or ())


def read_logging_updates(reader: Reader, name: str) -> LoggingUpdates:
    """Return the updates of the logging that EKS still lists. Raises `CallFailed`."""
    identifiers = reader.items("eks:ListUpdates", "updateIds", {"name": name})
    updates = [_described(reader, name, identifier) for identifier in identifiers[:MOST_UPDATES]]
    found = [_logging_update(update) for update in updates if update.get("type") == "LoggingUpdate"]
    unread = None
    if len(identifiers) > MOST_UPDATES:
        detail = f"EKS lists {len(identifiers):,} updates of {name}; {MOST_UPDATES} of them were described."
        unread = Gap(cause=Cause.CAPPED, detail=detail)
    ordered = sorted(found, key=lambda update: (update.time, update.id))
    return LoggingUpdates(sources=reader.sources, updates=tuple(ordered), unread=unread)


def _described(reader: Reader, name: str, identifier: str) -> Mapping[str, Any]:
    update: Mapping[str, Any] = reader.call("eks:DescribeUpdate", {"name": name, "updateId": identifier}).data["update"]
    return update


def _logging_update(update: Mapping[str, Any]) -> LoggingUpdate:
    entries = _entries(update)
    return LoggingUpdate(
        id=str(update["id"]),
        time=utc(update["createdAt"]),
        status=text(update.get("status")),
        on=_enabled(entries),
        off=_disabled(entries),
        errors=tuple(text(error.get("errorCode")) for error in update.get("errors") or ()),
    )


def _entries(update: Mapping[str, Any]) -> list[Any]:
    """Return what a logging update asked for, in the form of `logging.clusterLogging`."""
    values = (item.get("value") for item in update.get("params") or () if item.get("type") == "ClusterLogging")
    settings = [json.loads(value) for value in values if value]
    return [entry for setting in settings for entry in setting.get("clusterLogging") or ()]


def read_enabled_since(
    reader: Reader, cluster: Cluster | Gap, logging: ControlPlaneLogging | Gap, streams: AuditLogStreams | Gap
) -> AuditLogEnabledSince:
    """Return when the audit log was switched on, if that matters. Raises `CallFailed`."""
    if (
        isinstance(cluster, Gap)
        or isinstance(logging, Gap)
        or isinstance(streams, Gap)
        or "audit" not in logging.enabled
        or _fresh(streams)
    ):
        return AuditLogEnabledSince(asked=False, since=None, too_recent=None)
    since = _switched_on(reader, cluster.name)
    if since is None and streams.read_at - cluster.created_at < UPDATES_KEPT:
        since = cluster.created_at
    return AuditLogEnabledSince(
        sources=reader.sources, asked=True, since=since, too_recent=_too_recent(reader, cluster, streams, since)
    )


def _fresh(streams: AuditLogStreams) -> bool:
    newest = streams.newest_audit_event
    return newest is not None and streams.read_at - newest < FRESH


def _too_recent(reader: Reader, cluster: Cluster, streams: AuditLogStreams, since: datetime | None) -> Gap | None:
    if since is None or streams.read_at - since >= SETTLING:
        return None
    minutes = int((streams.read_at - since).total_seconds() // 60)
    detail = (
        f"The audit log of {cluster.name} was switched on {minutes} minutes before it was read: "
        "delivery may not have begun. Run again later."
    )
    return Gap(cause=Cause.TOO_RECENT, detail=detail, sources=reader.sources)


def _switched_on(reader: Reader, name: str) -> datetime | None:
    updates = read_logging_updates(reader, name).updates
    return max((item.time for item in updates if item.status == "Successful" and "audit" in item.on), default=None)
