"""The log groups of the control planes: their settings, their newest events, their keys and retention."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from eksaminer.collect.aws.reader import Reader, from_milliseconds, text
from eksaminer.collect.gaps import MissingError, attempt
from eksaminer.collect.operations import BOTOCORE_FLOOR
from eksaminer.collect.session import CallFailed
from eksaminer.evidence.log_group import (
    AUDIT_STREAM_PREFIX,
    AuditLogGroup,
    AuditLogKey,
    AuditLogStreams,
    RetentionPolicies,
    RetentionPolicy,
    group_name,
)
from eksaminer.evidence.model import Target
from eksaminer.gap import Cause, Gap

PREFIX = "/aws/eks/"
SEARCHED = timedelta(hours=24)
"""An audit log whose newest event is older has stopped: how much older is not searched for."""


def group_arn(target: Target) -> str:
    """Return the ARN that the control-plane log group of a cluster has, if it exists."""
    name = group_name(target.cluster)
    return f"arn:{target.partition}:logs:{target.region}:{target.account}:log-group:{name}"


def find_group(reader: Reader, cluster: str) -> Mapping[str, Any] | None:
    """Return the log group of a cluster as the API gives it; None: there is none. Raises `CallFailed`.

    All groups below `/aws/eks/` are listed once per region, and compared by their whole name: the name of
    the cluster `prod` is a prefix of that of `prod-2`.
    """
    return list_groups(reader).get(group_name(cluster))


def list_groups(reader: Reader) -> Mapping[str, Mapping[str, Any]]:
    """Return all log groups below `/aws/eks/` of the region by name, read once in a run. Raises `CallFailed`."""
    key = f"log groups of {reader.region}"
    groups, sources = reader.aws.derived(key, lambda: _groups_by_name(Reader(reader.aws, reader.region)))
    for source in sources:
        reader.note(source)
    return groups


def _groups_by_name(reader: Reader) -> tuple[Mapping[str, Mapping[str, Any]], tuple[str, ...]]:
    groups = reader.items("logs:DescribeLogGroups", "logGroups", {"logGroupNamePrefix": PREFIX})
    return {str(group["logGroupName"]): group for group in groups}, reader.sources


def read_group(reader: Reader, target: Target) -> AuditLogGroup:
    """Return the settings of the log group. Raises `CallFailed` and `MissingError`."""
    group = find_group(reader, target.cluster)
    if group is None:
        detail = f"The log group {group_name(target.cluster)} does not exist in {target.region}."
        raise MissingError(Gap(cause=Cause.PREREQUISITE_FAILED, detail=detail, sources=reader.sources))
    return AuditLogGroup(
        sources=reader.sources,
        arn=text(group.get("logGroupArn") or group.get("arn")).removesuffix(":*"),
        name=str(group["logGroupName"]),
        created_at=from_milliseconds(group["creationTime"]),
        retention_days=group.get("retentionInDays"),
        retention_policy=text(group.get("retentionPolicyName")),
        kms_key=text(group.get("kmsKeyId")),
        log_class=text(group.get("logGroupClass") or "STANDARD"),
        deletion_protection=_deletion_protection(reader, group),
        data_protection=text(group.get("dataProtectionStatus")),
        stored_bytes=int(group.get("storedBytes") or 0),
        metric_filters=int(group.get("metricFilterCount") or 0),
    )


def _deletion_protection(reader: Reader, group: Mapping[str, Any]) -> bool | Gap:
    if not reader.aws.knows("logs", "LogGroup", "deletionProtectionEnabled", reader.region):
        detail = f"The installed botocore does not read deletion protection: install boto3 {BOTOCORE_FLOOR} or newer."
        return Gap(cause=Cause.UNSUPPORTED, detail=detail)
    return bool(group.get("deletionProtectionEnabled"))


def read_streams(reader: Reader, target: Target, now: datetime) -> AuditLogStreams:
    """Return whether audit events arrive. Raises `CallFailed`."""
    if not _may_exist(reader, target.cluster):
        return _streams(reader, target, now, exists=False)
    newest: datetime | None = None
    searched: datetime | None = None
    params = {"logGroupName": group_name(target.cluster), "orderBy": "LastEventTime", "descending": True}
    try:
        for answer in reader.pages("logs:DescribeLogStreams", params):
            searched = None
            newest, oldest = _newest_audit_event(answer.data["logStreams"])
            if newest is not None or (oldest is not None and now - oldest > SEARCHED):
                searched = oldest if answer.data.get("nextToken") else None
                break
    except CallFailed as failed:
        if failed.code != "ResourceNotFoundException":
            raise
        return _streams(reader, target, now, exists=False)
    return _streams(reader, target, now, newest=newest, searched=searched)


def _may_exist(reader: Reader, cluster: str) -> bool:
    """Where the groups cannot be listed, the streams themselves are asked."""
    return attempt(lambda: find_group(reader, cluster), "the log groups") is not None


def _newest_audit_event(streams: Any) -> tuple[datetime | None, datetime | None]:
    """Return the newest event of an audit stream, and the oldest time of any stream, of one page."""
    times = [
        (str(stream["logStreamName"]), from_milliseconds(stream["lastEventTimestamp"]))
        for stream in streams
        if stream.get("lastEventTimestamp") is not None
    ]
    audit = [time for name, time in times if name.startswith(AUDIT_STREAM_PREFIX)]
    return max(audit, default=None), min((time for _, time in times), default=None)


def _streams(
    reader: Reader,
    target: Target,
    now: datetime,
    *,
    exists: bool = True,
    newest: datetime | None = None,
    searched: datetime | None = None,
) -> AuditLogStreams:
    return AuditLogStreams(
        sources=reader.sources,
        group_arn=group_arn(target),
        group_exists=exists,
        newest_audit_event=newest,
        searched_since=searched,
        read_at=now,
    )


def read_key(reader: Reader, group: AuditLogGroup | Gap) -> AuditLogKey | Gap:
    """Return the state of the group's key. Raises `CallFailed`."""
    if isinstance(group, Gap):
        return group
    if not group.kms_key:
        return AuditLogKey(arn="", manager="", state="")
    try:
        metadata = reader.call("kms:DescribeKey", {"KeyId": group.kms_key}).data["KeyMetadata"]
    except CallFailed as failed:
        if failed.code != "NotFoundException":
            raise
        return AuditLogKey(sources=reader.sources, arn=group.kms_key, manager="", state="NotFound")
    return AuditLogKey(
        sources=reader.sources,
        arn=str(metadata["Arn"]),
        manager=text(metadata.get("KeyManager")),
        state=text(metadata.get("KeyState")),
    )


def read_retention_policies(reader: Reader) -> RetentionPolicies:
    """Return the account-level retention policies of the region. Raises `CallFailed` and `MissingError`."""
    try:
        answers = list(reader.pages("logs:DescribeAccountPolicies", {"policyType": "RETENTION_POLICY"}))
    except CallFailed as failed:
        if failed.code != "InvalidParameterException":
            raise
        detail = f"{reader.region} does not know account-level retention policies."
        raise MissingError(Gap(cause=Cause.NOT_OBSERVABLE, detail=detail, sources=reader.sources)) from failed
    found = [policy for answer in answers for policy in answer.data["accountPolicies"]]
    policies = sorted((_policy(policy) for policy in found), key=lambda policy: policy.name)
    return RetentionPolicies(sources=reader.sources, policies=tuple(policies), read_at=answers[0].time)


def _policy(policy: Mapping[str, Any]) -> RetentionPolicy:
    document = json.loads(policy["policyDocument"])
    days = document["retentionInDays"]
    return RetentionPolicy(
        name=str(policy["policyName"]),
        days=None if days == "NEVER_EXPIRE" else int(days),
        selection=text(policy.get("selectionCriteria")),
        retroactive=_retroactive(policy, document.get("enforcementMode")),
        updated_at=from_milliseconds(policy["lastUpdatedTime"]),
    )


def _retroactive(policy: Mapping[str, Any], mode: Any) -> bool | Gap:
    if mode in {"RETROACTIVE", "NEW_ONLY"}:
        return bool(mode == "RETROACTIVE")
    detail = f"The retention policy {policy['policyName']} does not say whether it applies to existing groups."
    return Gap(cause=Cause.NOT_OBSERVABLE, detail=detail)
