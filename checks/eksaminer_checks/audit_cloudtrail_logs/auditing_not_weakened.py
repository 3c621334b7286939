"""CT-05: no call weakened auditing in the period."""

import re
from collections.abc import Iterator
from datetime import datetime

from eksaminer.api import (
    AuditLogGroup,
    Basis,
    CloudTrailEvents,
    Criteria,
    Every,
    Gap,
    Level,
    Period,
    Resource,
    Scope,
    Severity,
    Target,
    Text,
    Trail,
    Trails,
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
    others_of,
    seen_of,
    words_of,
)

CLUSTER_LOG = re.compile(r"/aws/eks/([^/]+)/cluster")
RECORDING = frozenset({"trail", "trail-deleted", "trail-narrowed", "trail-selectors"})
"""Controls by which a trail records: another trail may take its place."""


@check(
    id="CT-05",
    title="No call weakened auditing in the period",
    scope=Scope.REGION,
    severity=Severity.HIGH,
    basis=Basis.GUIDE,
    recommendation="audit-cloudtrail-logs",
    criterion="In the audit period (--period) no call stopped, deleted or narrowed a trail, deleted or shortened what "
    "trails keep, made their key unusable, or switched GuardDuty's look at the audit logs off. Calls that may have "
    "done so, and refused attempts, are for a person to review. Which calls these are is dated data of the program; "
    "those on the audit log of a cluster are judged by LOG-09.",
    remediation="Restore what was weakened, find out who did it and why, and treat the time between as unknown.",
    references=(
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-turning-off-logging.html",
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html",
    ),
    deviations=(Level.REQUIRED, Level.ADVISED),
    texts={
        "CT-05.none": "Among the calls of the region that CloudTrail shows from {since} to {until}, none weakened "
        "auditing. CloudTrail shows a call up to 15 minutes after it was made.",
        "CT-05.none_in_files": "Among the calls of the region in the files of CloudTrail that were given, which hold "
        "events from {first} to {last}, none weakened auditing. That no file is missing, the digest chain tells "
        "(eksaminer verify).",
        "CT-05.weakened": "{actor} {about} ({subject}) at {time} from {address} by {call} (times: {count}); no later "
        "call restored it.",
        "CT-05.restored": "{actor} {about} ({subject}) at {time} from {address} by {call} (times: {count}); it was "
        "restored after {blind}.",
        "CT-05.beside": "{actor} {about} ({subject}) at {time} from {address} by {call} (times: {count}); another "
        "trail recorded the region all the while.",
        "CT-05.perhaps": "{actor} {about} ({subject}) at {time} from {address} by {call} (times: {count}); whether "
        "that weakened auditing, the event does not tell.",
        "CT-05.refused": "{actor} tried {call} ({subject}) at {time} from {address} (times: {count}), and was refused: "
        "{error}.",
        "CT-05.others": "Further calls that weakened auditing, or were to: {count}.",
    },
)
def auditing_not_weakened(  # noqa: PLR0917 - one parameter for each part of the evidence
    events: CloudTrailEvents,
    trails: Trails,
    groups: Every[AuditLogGroup],
    criteria: Criteria,
    target: Target,
    period: Period,
) -> Iterator[Verdict]:
    """Whoever wants to stay unseen switches the recording off first; a setting of today does not show that."""
    found = [
        item for item in weakenings(events.events, criteria.minimum_retention_days) if _counts(item, trails, groups)
    ]
    ranked = by_actor(found)
    for own in ranked[:NAMED]:
        yield _verdict(own, trails, target)
    others = others_of(ranked)
    if others:
        yield deviates(target.resource, Text("CT-05.others", count=others), discriminator="others")
    gap = events.unread_changes()
    if gap is not None:
        yield unseen(target.resource, gap, discriminator="unread" if found else "")
    elif not ranked:
        yield conforms(target.resource, _none(events, period), throughout=period)


def _none(events: CloudTrailEvents, period: Period) -> Text:
    if events.files is not None and events.changes_in_files:
        return Text("CT-05.none_in_files", first=events.files.first, last=events.files.last)
    return Text("CT-05.none", since=period.since, until=period.until)


def _counts(item: Weakening, trails: Trails, groups: Every[AuditLogGroup]) -> bool:
    """Whether what a call was about bears on auditing, and is not judged with a cluster of its own."""
    name = item.subject
    match item.control.subject:
        case "cluster":
            return bool(name) and name not in {target.cluster for target in _clusters(groups)}
        case "group":
            kept = {trail.log_group.partition(":log-group:")[2] for trail in trails.trails if trail.log_group}
            known = {target.cluster for target in _clusters(groups)}
            of_cluster = CLUSTER_LOG.fullmatch(name)
            return name in kept or (of_cluster is not None and of_cluster[1] not in known)
        case "key":
            return name in {last_part(trail.kms_key) for trail in trails.trails if trail.kms_key}
        case "bucket":
            return name in {trail.bucket for trail in trails.trails}
        case "trail":
            return not _records_nothing_of_interest(name, trails)
        case "region":
            return True


def _clusters(groups: Every[AuditLogGroup]) -> Iterator[Target]:
    """Yield the clusters that are judged in this run."""
    yield from (target for target, _ in (*groups.items, *groups.gaps))


def _records_nothing_of_interest(name: str, trails: Trails) -> bool:
    """Whether a trail that is still there records no management event: it is for data events alone."""
    known = [trail for trail in trails.trails if trail.name == last_part(name)]
    return bool(known) and not any(isinstance(trail.selectors, Gap) or _manages(trail) for trail in known)


def _manages(trail: Trail) -> bool:
    return not isinstance(trail.selectors, Gap) and any(item.management for item in trail.selectors.items)


def _recorded_beside(item: Weakening, trails: Trails) -> bool:
    """Whether another trail recorded the region from before the call on, without a stop."""
    others = [trail for trail in trails.trails if trail.name != item.subject and trail.covers(trails.region)]
    return any(_manages(trail) and _unbroken(trail, item.event.time) for trail in others)


def _unbroken(trail: Trail, since: datetime) -> bool:
    status = trail.status
    return not isinstance(status, Gap) and status.logging and status.started is not None and status.started < since


def _verdict(own: list[Weakening], trails: Trails, target: Target) -> Verdict:
    last = own[-1]
    words, place = words_of(own), f"{last.control.id}#{last.event.name}#{last.subject}#{last.event.actor}"
    resource = _resource(last, trails, target)
    if last.event.error:
        text = Text("CT-05.refused", error=last.event.error, **{k: v for k, v in words.items() if k != "about"})
        return deviates(
            resource, text, discriminator=f"{place}#refused", level=Level.ADVISED, severity=Severity.MEDIUM,
            seen=seen_of(own),
        )  # fmt: skip
    if not last.control.certain:
        text = Text("CT-05.perhaps", **words)
        return deviates(
            resource, text, discriminator=place, level=Level.ADVISED, severity=Severity.MEDIUM, seen=seen_of(own)
        )
    if last.control.id in RECORDING and all(_recorded_beside(item, trails) for item in own):
        text = Text("CT-05.beside", **words)
        return deviates(
            resource, text, discriminator=place, level=Level.ADVISED, severity=Severity.LOW, seen=seen_of(own)
        )
    if last.restored is not None:
        text = Text("CT-05.restored", blind=last.restored - last.event.time, **words)
        return deviates(resource, text, discriminator=place, seen=seen_of(own))
    return deviates(resource, Text("CT-05.weakened", **words), discriminator=place, seen=seen_of(own))


def _resource(item: Weakening, trails: Trails, target: Target) -> Resource:
    """Return what a call was about: a trail that is known, else the region."""
    known = [trail for trail in trails.trails if trail.name == item.subject] if item.control.subject == "trail" else []
    return known[0].resource if known else target.resource
