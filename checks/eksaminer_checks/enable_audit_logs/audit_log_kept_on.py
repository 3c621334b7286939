"""LOG-09: audit logging was not switched off or weakened in the period."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from eksaminer.api import (
    AuditLogGroup,
    AuditLogScan,
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
    longest_of,
    unseen,
    weakenings,
)
from eksaminer_checks.audit_cloudtrail_logs._weakened import (
    NAMED,
    by_actor,
    last_part,
    others_of,
    seen_of,
    words_of,
)

SWITCH = "audit-log"
DELETED = "log-deleted"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
SLACK = timedelta(minutes=15)
"""The last events before the switch may come in, and the first after it be late."""
Blind = tuple[datetime, datetime | None]
"""Since when a log was off, and until when; None: it still is."""


@check(
    id="LOG-09",
    title="Audit logging was not switched off or weakened in the period",
    scope=Scope.CLUSTER,
    severity=Severity.HIGH,
    basis=Basis.GUIDE,
    recommendation="enable-audit-logs",
    criterion="In the audit period (--period) no call switched the audit log of the cluster off, deleted it, made its "
    "retention shorter than required or its key unusable. Where not all calls could be read, a long span without any "
    "audit event (criteria.long_gap_minutes) is for a person to review: the log may have been off. What was restored "
    "is a FAIL of medium severity; a refused attempt, or a call that may have weakened the log, is for a person to "
    "review.",
    remediation="Switch the log on again, find out who switched it off and why, and treat the time between as unknown.",
    references=("https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html",),
    deviations=(Level.REQUIRED, Level.ADVISED),
    texts={
        "LOG-09.none_in_files": "Among the calls in the files of CloudTrail that were given, which hold events from "
        "{first} to {last}, none switched the audit log off or weakened it, and EKS lists no such update. That no file "
        "is missing, the digest chain tells (eksaminer verify).",
        "LOG-09.silent": "The log holds no event from {since} to {until} ({silent}), and not all calls that may have "
        "switched it off could be read.",
        "LOG-09.none": "Among the calls that CloudTrail shows from {since} to {until}, none switched the audit log off "
        "or weakened it, and EKS lists no such update. CloudTrail shows a call up to 15 minutes after it was made.",
        "LOG-09.weakened": "{actor} {about} ({subject}) at {time} from {address} by {call} (times: {count}); no later "
        "call restored it.",
        "LOG-09.restored": "{actor} {about} ({subject}) at {time} from {address} by {call} (times: {count}); it was "
        "restored after {blind}, of which the log may hold nothing.",
        "LOG-09.blind": "{actor} {about} ({subject}) at {time} from {address} by {call} (times: {count}); it was "
        "restored after {blind}. The log holds no event from {since} to {until}.",
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
    scan: AuditLogScan | Gap,
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
    ranked, silences = by_actor(found), () if isinstance(scan, Gap) else scan.silences(criteria.gap_minutes)
    verdicts = [_verdict(own, target, silences) for own in ranked[:NAMED]]
    if others_of(ranked):
        verdicts.append(
            deviates(target.resource, Text("LOG-09.others", count=others_of(ranked)), discriminator="others")
        )
    if not isinstance(updates, Gap):
        verdicts += _by_updates(updates, found, target, period)
    gaps = [part for part in (updates, events, group) if isinstance(part, Gap)]
    gaps += [part for part in (_unread(updates), None if isinstance(events, Gap) else events.unread_changes()) if part]
    if gaps:
        blind = [*_blind(found), *_blind_by_updates(updates)]
        long = timedelta(minutes=criteria.long_gap_minutes)
        unexplained = [span for span in silences if span.until - span.since >= long and not _within(span, blind)]
        verdicts += [_silent(longest_of(unexplained), target)] if unexplained else []
        gap = next((item for item in gaps if item.cause.gates), gaps[0])
        verdicts.append(unseen(target.resource, gap, discriminator="unread" if verdicts else ""))
    elif not verdicts:
        verdicts.append(conforms(target.resource, _none(events, period), throughout=period))
    yield from verdicts


def _none(events: CloudTrailEvents | Gap, period: Period) -> Text:
    if not isinstance(events, Gap) and events.files is not None and events.changes_in_files:
        return Text("LOG-09.none_in_files", first=events.files.first, last=events.files.last)
    return Text("LOG-09.none", since=period.since, until=period.until)


def _blind(found: list[Weakening]) -> Iterator[Blind]:
    """Yield the spans of which a call that was read left nothing: the log was off, or what it held was deleted."""
    for item in found:
        if item.control.id == SWITCH and not item.event.error:
            yield item.event.time, item.restored
        elif item.control.id == DELETED and not item.event.error:
            yield BEGINNING, item.event.time


def _blind_by_updates(updates: LoggingUpdates | Gap) -> Iterator[Blind]:
    done = [] if isinstance(updates, Gap) else _done(updates)
    for update in done:
        if "audit" in update.off:
            yield update.time, _on_again(update, done)


def _within(span: Period, blind: list[Blind]) -> bool:
    """Whether the silence *span* begins in a time in which the log was known to be off."""
    return any(since - SLACK <= span.since and (until is None or span.since <= until) for since, until in blind)


def _silent(span: Period, target: Target) -> Verdict:
    text = Text("LOG-09.silent", since=span.since, until=span.until, silent=span.until - span.since)
    return deviates(
        target.resource, text, discriminator="silent", level=Level.ADVISED, severity=Severity.MEDIUM, throughout=span
    )


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


def _verdict(own: list[Weakening], target: Target, silences: tuple[Period, ...]) -> Verdict:
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
        during = [span for span in silences if _within(span, list(_blind([last])))]
        words |= {"blind": last.restored - last.event.time}
        text = Text("LOG-09.restored", **words)
        if during:
            empty = longest_of(during)
            text = Text("LOG-09.blind", **words, since=empty.since, until=empty.until)
        return deviates(target.resource, text, discriminator=place, severity=Severity.MEDIUM, seen=seen_of(own))
    return deviates(target.resource, Text("LOG-09.weakened", **words), discriminator=place, seen=seen_of(own))


def _by_updates(updates: LoggingUpdates, found: list[Weakening], target: Target, period: Period) -> Iterator[Verdict]:
    """Judge the updates of the period that no event of CloudTrail told of already."""
    done = _done(updates)
    told = [item.event.time for item in found if item.control.id == SWITCH and not item.event.error]
    for update in done:
        known = any(abs((update.time - time).total_seconds()) <= SAME_CALL for time in told)
        if "audit" in update.off and update.time >= period.since and not known:
            yield _off(update, done, target)


def _done(updates: LoggingUpdates) -> list[LoggingUpdate]:
    return [item for item in updates.updates if item.status in ("Successful", "InProgress")]


SAME_CALL = 60
"""Seconds between the time of an update and that of its event: they are the same call."""


def _off(update: LoggingUpdate, done: list[LoggingUpdate], target: Target) -> Verdict:
    restored, place = _on_again(update, done), f"update#{update.id}"
    if restored is not None:
        text = Text("LOG-09.update_restored", time=update.time, blind=restored - update.time)
        return deviates(target.resource, text, discriminator=place, severity=Severity.MEDIUM)
    return deviates(target.resource, Text("LOG-09.update_off", time=update.time), discriminator=place)


def _on_again(update: LoggingUpdate, done: list[LoggingUpdate]) -> datetime | None:
    return min((item.time for item in done if item.time > update.time and "audit" in item.on), default=None)
