"""ALM-04: the alarm, replayed over the refused requests of the period, is neither blind nor always raised."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from eksaminer.api import (
    Alarms,
    AuditLogScan,
    AuditMetricFilters,
    Basis,
    Gap,
    Level,
    Period,
    Refusals,
    Scope,
    Severity,
    Target,
    Text,
    Verdict,
    check,
    conforms,
    deviates,
    not_applicable,
    unseen,
)
from eksaminer_checks.alarm_on_suspicious_events._alarms import Watch, period, querying, sources, watches
from eksaminer_checks.alarm_on_suspicious_events._filters import tried
from eksaminer_checks.alarm_on_suspicious_events._replay import KINDS, Replay, replay

ALWAYS = 0.5
"""An alarm that is raised for this part of the time warns of nothing (tool default)."""
RULE, BURSTS = "AUTH-DENIED", "AUTH-DENIED-BURST-IP"
MOST_NAMED = 5


@check(
    id="ALM-04",
    title="The alarm would have seen what happened",
    scope=Scope.CLUSTER,
    severity=Severity.LOW,
    basis=Basis.GUIDE,
    recommendation="alarm-on-suspicious-events",
    criterion="Replayed over the refused requests of the window, minute by minute, the alarms would not have been "
    "raised for half of the time or longer, and would have been raised by each burst of refusals from one address "
    "that the rules found.",
    remediation="Set threshold and period by the counts that the report shows: well above the usual value of a period, "
    "and below the peak of a burst. A filter that leaves a known noisy client out lets the threshold be lower.",
    references=("https://docs.aws.amazon.com/eks/latest/best-practices/auditing-and-logging.html",),
    level=Level.ADVISED,
    prerequisites=("LOG-01",),
    texts={
        "ALM-04.nothing": "No alarm is raised by a rise of refused requests, so there is none to replay (ALM-02).",
        "ALM-04.queries": "The alarms {alarms} look at the results of queries: they are not replayed, and it is not "
        "decided whether they would have been raised.",
        "ALM-04.not_replayed": "The alarms {alarms} have no fixed threshold on the plain metric, or too many periods: "
        "they are not replayed, and it is not decided whether they would have been raised.",
        "ALM-04.quiet": "No request was refused in the window; the alarms {alarms} would not have been raised.",
        "ALM-04.fits": "Over {count} refused requests, {alarm} would have been raised {times} times and {share} % of "
        "the time; highest value of {period} {peak} (usual {mean}), threshold {threshold}. Bursts seen: {bursts}. "
        "Counted are: {kinds}.",
        "ALM-04.always": "The alarm {alarm} would have been raised {share} % of the time ({times} times), over {count} "
        "refused requests: usual value of {period} {mean}, highest {peak}, threshold {threshold}. "
        "Counted are: {kinds}.",
        "ALM-04.blind": "No alarm would have been raised by the burst of {count} refused requests between {since} and "
        "{until}; {alarm} comes nearest: the highest value of {period} is {peak}, the threshold {threshold}. "
        "Counted are: {kinds}.",
    },
)
def alarm_replayed(
    filters: AuditMetricFilters, alarms: Alarms, scan: AuditLogScan, target: Target
) -> Iterator[Verdict]:
    """A threshold is a guess until it has been tried on what really happened.

    Replayed are the log events with 401 and 403 of each minute, as the metric filter counts them; a filter that
    leaves certain users out would have counted fewer.
    """
    sound = [watch for watch in watches(alarms, sources(tried(filters.filters))) if not watch.flaws]
    if not sound:
        asking = tuple(item.alarm.name for item in querying(alarms, filters.group_arn))
        text = Text("ALM-04.queries", alarms=asking) if asking else Text("ALM-04.nothing")
        yield not_applicable(target.resource, text)
        return
    if isinstance(scan.refusals, Gap):
        yield unseen(target.resource, scan.refusals)
        return
    replays = [(watch, found) for watch in sound if (found := replay(watch, scan.refusals, scan.window)) is not None]
    if not replays:
        names = tuple(sorted({watch.alarm.name for watch in sound}))
        yield not_applicable(target.resource, Text("ALM-04.not_replayed", alarms=names))
        return
    yield from _judged(replays, scan, scan.refusals, target)


def _judged(
    replays: Sequence[tuple[Watch, Replay]], scan: AuditLogScan, refusals: Refusals, target: Target
) -> Iterator[Verdict]:
    bad = [*_always(replays, scan, refusals), *_blind(replays, scan)]
    if bad:
        yield from bad
    elif scan.unread is not None:
        yield unseen(target.resource, scan.unread)
    elif not refusals.total:
        names = tuple(sorted({watch.alarm.name for watch, _ in replays}))
        text = Text("ALM-04.quiet", alarms=names)
        yield conforms(target.resource, text, throughout=scan.window)
    else:
        for watch, found in replays[:MOST_NAMED]:
            text = Text(
                "ALM-04.fits",
                bursts=len(_bursts(scan)),
                count=refusals.total,
                **_replayed(watch, found),
                **_raised(found),
            )
            seen = {"refused by": _who(scan)}
            yield conforms(
                watch.alarm.resource, text, discriminator=watch.term.id, throughout=scan.window, seen=seen
            )  # fmt: skip


def _always(replays: Sequence[tuple[Watch, Replay]], scan: AuditLogScan, refusals: Refusals) -> Iterator[Verdict]:
    for watch, found in replays:
        if found.share >= ALWAYS:
            text = Text("ALM-04.always", count=refusals.total, **_replayed(watch, found), **_raised(found))
            yield deviates(
                watch.alarm.resource, text, discriminator=watch.term.id, throughout=scan.window,
                seen={"refused by": _who(scan)},
            )  # fmt: skip


def _blind(replays: Sequence[tuple[Watch, Replay]], scan: AuditLogScan) -> Iterator[Verdict]:
    for count, burst in _bursts(scan):
        if any(found.saw(burst, _delay(watch)) for watch, found in replays):
            continue
        watch, found = max(replays, key=lambda item: item[1].peak)
        text = Text(
            "ALM-04.blind", count=count, since=burst.since, until=burst.until, **_replayed(watch, found),
        )  # fmt: skip
        yield deviates(
            watch.alarm.resource, text, discriminator=f"{burst.since:%Y-%m-%dT%H:%M:%SZ}", throughout=scan.window,
            seen={"refused by": _who(scan)},
        )  # fmt: skip


def _delay(watch: Watch) -> timedelta:
    return timedelta(seconds=period(watch.alarm) * max(watch.alarm.evaluation_periods, 1))


def _bursts(scan: AuditLogScan) -> list[tuple[int, Period]]:
    """Return the bursts of refusals from one address that the rules found, with their counts."""
    found = scan.result(BURSTS)
    if isinstance(found, Gap):
        return []
    each = [hit.aggregate for hit in found.first_hits if hit.aggregate is not None]
    return [(item.count, Period(since=item.since, until=item.until)) for item in each[:MOST_NAMED]]


def _replayed(watch: Watch, found: Replay) -> dict[str, str | timedelta | tuple[str, ...]]:
    return {
        "alarm": watch.alarm.name,
        "period": timedelta(seconds=period(watch.alarm)),
        "kinds": tuple(kind for kind in KINDS if kind in watch.source.counts),
        "peak": f"{found.peak:g}",
        "threshold": f"{watch.alarm.threshold:g}",
    }


def _raised(found: Replay) -> dict[str, str | int]:
    return {"times": len(found.raised), "share": f"{found.share * 100:.1f}", "mean": f"{found.mean:.2f}"}


def _who(scan: AuditLogScan) -> tuple[str, ...]:
    """Return who was refused most, from where and with what: what the guide asks to attribute."""
    found = scan.result(RULE)
    if isinstance(found, Gap):
        return ()
    counts: dict[str, int] = {}
    for group in found.groups:
        who = f"{group.user or 'nobody known'} from {group.source or 'an unknown address'} with {group.agent or 'none'}"
        counts[who] = counts.get(who, 0) + group.count
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(f"{who}: {count:,}" for who, count in ranked[:MOST_NAMED])
