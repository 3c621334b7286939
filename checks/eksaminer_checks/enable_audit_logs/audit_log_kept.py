"""LOG-04: the audit log is kept as long as required."""

from collections.abc import Iterator
from datetime import timedelta

from eksaminer.api import (
    TOOL_DEFAULT,
    AuditLogGroup,
    AuditLogSubscriptions,
    Basis,
    Criteria,
    Gap,
    Level,
    RetentionPolicies,
    RetentionPolicy,
    Scope,
    Severity,
    Text,
    Verdict,
    check,
    conforms,
    deviates,
    frameworks,
    unseen,
    valid_retention,
)
from eksaminer_checks.enable_audit_logs._remedies import RETENTION

FOR_EVER = "aws logs delete-retention-policy --region {region} --log-group-name {log_group}"
SETTLES = timedelta(hours=24)
"""An account-level retention policy takes effect after 24 hours (CloudWatch Logs API, PutAccountPolicy, 2026-11)."""


@check(
    id="LOG-04",
    title="The audit log is kept as long as required",
    scope=Scope.CLUSTER,
    severity=Severity.MEDIUM,
    basis=Basis.GUIDE,
    recommendation="enable-audit-logs",
    criterion="CloudWatch Logs keeps the events of the cluster's log group for at least the required number of days. "
    "Where a subscription passes all of them on, how long the copy is kept is for a person to review.",
    remediation="Set the retention of the log group to the next valid value at or above the required number of days.",
    command="aws logs put-retention-policy --region {region} --log-group-name {log_group} "
    "--retention-in-days {valid_retention_days}",
    references=("https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html",),
    deviations=(Level.REQUIRED, Level.ADVISED),
    prerequisites=("LOG-01",),
    remedies=RETENTION,
    texts={
        "LOG-04.forever": "Events never expire; {asked} are required ({origin}).",
        "LOG-04.kept": "Events are kept for {kept} (set by {by}); {asked} are required ({origin}).",
        "LOG-04.too_short": "Events are kept for {kept} (set by {by}); {asked} are required ({origin}). The shortest "
        "retention that does is {valid}.",
        "LOG-04.copied": "Events are kept for {kept} (set by {by}); {asked} are required ({origin}). A subscription "
        "passes all events on to {destination}; how long they are kept there was not seen.",
        "LOG-04.too_short_for_any": "Events are kept for {kept} (set by {by}); {asked} are required ({origin}). No "
        "retention is that long: the events must never expire.",
        "LOG-04.will_shrink": "Events are kept for {kept} now, but the account-level retention policy {policy}, "
        "changed at {changed}, may cut that to {days} within 24 hours; {asked} are required ({origin}).",
    },
)
def audit_log_kept(
    group: AuditLogGroup,
    policies: RetentionPolicies | Gap,
    subscriptions: AuditLogSubscriptions | Gap,
    criteria: Criteria,
) -> Iterator[Verdict]:
    """An investigation often starts months after the act; the log has to be there still.

    The guide names no number of days: the default of this tool is 90, frameworks and `eksaminer.toml` set others.
    """
    asked = timedelta(days=criteria.minimum_retention_days)
    kept = None if group.retention_days is None else timedelta(days=group.retention_days)
    setter = f"the account-level policy {group.retention_policy}" if group.retention_policy else "the log group"
    origin = _origin(criteria)
    if kept is not None and kept < asked:
        text = Text("LOG-04.too_short", kept=kept, by=setter, asked=asked, origin=origin)
        yield _too_short(group, subscriptions, text, criteria)
    elif isinstance(policies, Gap):
        yield unseen(group.resource, policies)
    elif (policy := _shortens(group, policies, criteria)) is not None:
        text = Text(
            "LOG-04.will_shrink",
            kept=kept or "ever",
            policy=policy.name,
            changed=policy.updated_at,
            days=timedelta(days=policy.days or 0),
            asked=asked,
            origin=origin,
        )
        yield deviates(group.resource, text, level=Level.ADVISED)
    elif kept is None:
        yield conforms(group.resource, Text("LOG-04.forever", asked=asked, origin=origin))
    else:
        yield conforms(group.resource, Text("LOG-04.kept", kept=kept, by=setter, asked=asked, origin=origin))


def _origin(criteria: Criteria) -> str:
    """Return who asks for that many days; the number of the tool is named as that."""
    origin = criteria.origin("minimum_retention_days")
    return "this tool's own default: the guide names no number" if origin == TOOL_DEFAULT else origin


def _too_short(
    group: AuditLogGroup, subscriptions: AuditLogSubscriptions | Gap, text: Text, criteria: Criteria
) -> Verdict:
    """Judge a retention that is too short: a copy of all events may make up for it, but not for what is at hand."""
    framework = frameworks().get(criteria.framework)
    at_hand = (framework.immediate_days if framework else None) or 0
    if (group.retention_days or 0) >= at_hand:
        if isinstance(subscriptions, Gap):
            return unseen(group.resource, subscriptions)
        whole = [item.destination for item in subscriptions.filters if not item.pattern.strip()]
        if whole:
            copied = Text("LOG-04.copied", **text.params, destination=tuple(whole))
            return deviates(group.resource, copied, level=Level.ADVISED)
    valid = valid_retention(criteria.minimum_retention_days)
    if valid is None:
        text = Text("LOG-04.too_short_for_any", **text.params)
        return deviates(group.resource, text, command=FOR_EVER)
    return deviates(group.resource, Text(text.id, **text.params, valid=timedelta(days=valid)))


def _shortens(group: AuditLogGroup, policies: RetentionPolicies, criteria: Criteria) -> RetentionPolicy | None:
    """Return the policy that is about to cut the retention; the longest of those that may match wins.

    A selection is not decided here: a policy with one is taken to match, and the text says "may".
    """
    if group.retention_policy:
        return None
    matching = [
        policy
        for policy in policies.policies
        if policy.retroactive is not False or group.created_at > policy.updated_at
    ]
    limited = [policy for policy in matching if policy.days is not None]
    longest = max(limited, key=lambda policy: (policy.days or 0, policy.name), default=None)
    if longest is None or len(limited) < len(matching) or (longest.days or 0) >= criteria.minimum_retention_days:
        return None
    return longest if policies.read_at - longest.updated_at < SETTLES else None
