"""LOG-09: audit logging was not switched off or weakened in the period."""

from collections.abc import Iterator

from eksaminer.api import (
    AuditLogGroup,
    Basis,
    CloudTrailEvents,
    Criteria,
    Gap,
    Level,
    LoggingUpdate,
    LoggingUpdates,
    Period,
    Scope,
    Severity,
    Target,
    Text,
    Verdict,
    Weakening,
    check,
    conforms,
    deviates,
    unseen,
    weakenings,
)
from eksaminer_checks.audit_cloudtrail_logs._weakened import (
    NAMED,
    by_actor,
    last_part,
    not_read,
    others_of,
    seen_of,
    words_of,
)

SWITCH = "audit-log"


@check(
    id="LOG-09",
    title="Audit logging was not switched off or weakened in the period",
    scope=Scope.CLUSTER,
    severity=Severity.HIGH,
    basis=Basis.GUIDE,
    recommendation="enable-audit-logs",
    criterion="In the audit period (--period) no call switched the audit log of the cluster off, deleted it, made its "
    "retention shorter than required or its key unusable. What was restored is a FAIL of medium severity; a refused "
    "attempt, or a call that may have weakened the log, is for a person to review.",
    remediation="Switch the log on again, find out who switched it off and why, and treat the time between as unknown.",
    references=("https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html",),
    texts={
        "LOG-09.none": "Among the calls that CloudTrail shows from {since} to {until}, none switched the audit log off "
        "or weakened it, and EKS lists no such update. CloudTrail shows a call up to 15 minutes after it was made.",
        "LOG-09.weakened": "{actor} {about} ({subject}) at {time} from {address} by {call} (times: {count}); no later "
        "call restored it.",
        "LOG-09.restored": "{actor} {about} ({subject}) at {time} from {address} by {call} (times: {count}); it was "
        "restored after {blind}, of which the log may hold nothing.",
        "LOG-09.perhaps": "{actor} {about} ({subject}) at {time} from {address} by {call} (times: {count}).",
        "LOG-09.refused": "{actor} tried {call} ({subject}) at {time} from {address} (times: {count}), and was "
        "refused: {error}.",
        "LOG-09.others": "Further calls that weakened the log, or were to: {count}.",
        "LOG-09.update_off": "An update of the cluster switched the audit log off at {time}; no later update restored "
        "it. Who asked for it, no event that was read tells.",
        "LOG-09.update_restored": "An update of the cluster switched the audit log off at {time}; it was restored "
        "after {blind}, of which the log may hold nothing. Who asked for it, no event that was read tells.",
    },
)
def audit_log_kept_on(  # noqa: PLR0917 - one parameter for each part of the evidence
    updates: LoggingUpdates | Gap,
    events: CloudTrailEvents | Gap,
    group: AuditLogGroup | Gap,
    criteria: Criteria,
    target: Target,
    period: Period,
) -> Iterator[Verdict]:
    """A log that is on today may have been off yesterday, when it mattered."""
    found: list[Weakening] = []
    if not isinstance(events, Gap):
        key = "" if isinstance(group, Gap) else last_part(group.kms_key)
        days = criteria.minimum_retention_days
        found = [item for item in weakenings(events.events, days) if _counts(item, target, key)]
    ranked = by_actor(found)
    verdicts = [_verdict(own, target) for own in ranked[:NAMED]]
    if others_of(ranked):
        verdicts.append(
            deviates(target.resource, Text("LOG-09.others", count=others_of(ranked)), discriminator="others")
        )
    if not isinstance(updates, Gap):
        verdicts += _by_updates(updates, found, target, period)
    gaps = [part for part in (updates, events, group) if isinstance(part, Gap)]
    gaps += [part for part in (_unread(updates), None if isinstance(events, Gap) else not_read(events)) if part]
    if gaps:
        gap = next((item for item in gaps if item.cause.gates), gaps[0])
        verdicts.append(unseen(target.resource, gap, discriminator="unread" if verdicts else ""))
    elif not verdicts:
        text = Text("LOG-09.none", since=period.since, until=period.until)
        verdicts.append(conforms(target.resource, text, throughout=period))
    yield from verdicts


def _unread(updates: LoggingUpdates | Gap) -> Gap | None:
    return None if isinstance(updates, Gap) else updates.unread


def _counts(item: Weakening, target: Target, key: str) -> bool:
    """Whether a call was about the log of this cluster."""
    match item.control.subject:
        case "cluster":
            return item.subject == target.cluster
        case "group":
            stream = item.event.parameters.get("logStreamName", "kube-apiserver-audit-")
            return item.subject == f"/aws/eks/{target.cluster}/cluster" and stream.startswith("kube-apiserver-audit-")
        case "key":
            return bool(key) and item.subject == key
        case _:
            return False


def _verdict(own: list[Weakening], target: Target) -> Verdict:
    last = own[-1]
    words, place = words_of(own), f"{last.control.id}#{last.event.name}#{last.event.actor}"
    if last.event.error:
        text = Text("LOG-09.refused", error=last.event.error, **{k: v for k, v in words.items() if k != "about"})
        return deviates(
            target.resource, text, discriminator=f"{place}#refused", level=Level.ADVISED, severity=Severity.MEDIUM,
            seen=seen_of(own),
        )  # fmt: skip
    if not last.control.certain:
        text = Text("LOG-09.perhaps", **words)
        return deviates(
            target.resource, text, discriminator=place, level=Level.ADVISED, severity=Severity.MEDIUM,
            seen=seen_of(own),
        )  # fmt: skip
    if last.restored is not None:
        text = Text("LOG-09.restored", blind=last.restored - last.event.time, **words)
        return deviates(target.resource, text, discriminator=place, severity=Severity.MEDIUM, seen=seen_of(own))
    return deviates(target.resource, Text("LOG-09.weakened", **words), discriminator=place, seen=seen_of(own))


def _by_updates(updates: LoggingUpdates, found: list[Weakening], target: Target, period: Period) -> Iterator[Verdict]:
    """Judge the updates of the period that no event of CloudTrail told of already."""
    done = [item for item in updates.updates if item.status in ("Successful", "InProgress")]
    told = [item.event.time for item in found if item.control.id == SWITCH and not item.event.error]
    for update in done:
        known = any(abs((update.time - time).total_seconds()) <= SAME_CALL for time in told)
        if "audit" in update.off and update.time >= period.since and not known:
            yield _off(update, done, target)


SAME_CALL = 60
"""Seconds between the time of an update and that of its event: they are the same call."""


def _off(update: LoggingUpdate, done: list[LoggingUpdate], target: Target) -> Verdict:
    later = [item.time for item in done if item.time > update.time and "audit" in item.on]
    place = f"update#{update.id}"
    if later:
        text = Text("LOG-09.update_restored", time=update.time, blind=min(later) - update.time)
        return deviates(target.resource, text, discriminator=place, severity=Severity.MEDIUM)
    return deviates(target.resource, Text("LOG-09.update_off", time=update.time), discriminator=place)
