"""INS-02: the Insights events of the period, each with its baseline and principals."""

from collections.abc import Iterator
from typing import Any

from eksaminer.api import (
    CALL_RATE,
    ERROR_RATE,
    Basis,
    EventDataStores,
    Gap,
    InsightEvent,
    InsightEvents,
    Level,
    Resource,
    Scope,
    Severity,
    Text,
    Trails,
    Verdict,
    check,
    conforms,
    deviates,
    unseen,
)
from eksaminer_checks.use_cloudtrail_insights._analyst import analysts, hidden

SHOWN = 200
"""So many events are listed one by one, the latest of them; the rest is counted."""


@check(
    id="INS-02",
    title="Insights events of the period are explained",
    scope=Scope.REGION,
    severity=Severity.MEDIUM,
    basis=Basis.GUIDE,
    recommendation="use-cloudtrail-insights",
    criterion="CloudTrail Insights raised no event in the period, or each one is known and explained.",
    remediation="Look at the calls behind each event in the trail: who made them, from where, and whether they were "
    "meant. Then revoke the session of the role, or note the explanation.",
    references=(
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-insights-events.html",
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-insights-fields-trails.html",
    ),
    level=Level.ADVISED,
    prerequisites=("INS-01",),
    texts={
        "INS-02.none": "No Insights event from {since} to {until}.",
        "INS-02.calls": "Calls of {api} ran at {rate} a minute, against {baseline} before, from {started} to "
        "{ended}; attributed to: {principals}.",
        "INS-02.calls_on": "Calls of {api} ran at {rate} a minute, against {baseline} before, from {started}; the end "
        "was not seen; attributed to: {principals}.",
        "INS-02.errors": "Errors ({error}) of {api} ran at {rate} a minute, against {baseline} before, from {started} "
        "to {ended}; attributed to: {principals}.",
        "INS-02.errors_on": "Errors ({error}) of {api} ran at {rate} a minute, against {baseline} before, from "
        "{started}; the end was not seen; attributed to: {principals}.",
        "INS-02.more": "Another {count} Insights events, all before {before}.",
    },
)
def insight_events_listed(
    events: InsightEvents, trails: Trails, stores: EventDataStores | Gap
) -> Iterator[Verdict]:  # fmt: skip
    """An Insights event says that something called AWS unlike it did before; only a person knows why."""
    region = Resource(type="AWS::::Region", id=f"{events.account}/{events.region}")
    latest = events.events[-SHOWN:]
    for event in latest:
        yield _listed(region, event, events)
    if len(events.events) > SHOWN:
        text = Text("INS-02.more", count=len(events.events) - SHOWN, before=latest[0].started)
        yield deviates(region, text, discriminator="more", throughout=events.window, limits=events.unread)
    if not events.events:
        gap = _uncertain(events, trails, stores)
        if gap is not None:
            yield unseen(region, gap)
        else:
            window = events.window
            text = Text("INS-02.none", since=window.since, until=window.until)
            yield conforms(region, text, throughout=window)


def _uncertain(events: InsightEvents, trails: Trails, stores: EventDataStores | Gap) -> Gap | None:
    """Return why silence says nothing: something was not read, nobody knows whether anything analyses, or no baseline.

    Where it is known that nothing analyses INS-01 failed, and this check is not asked.
    """
    if events.unread:
        return events.unread[0]
    recent = {item.source: item.gap for item in events.switched_on}
    if not isinstance(stores, Gap):
        found = stores.covering(events.region)[0]
        recent |= {store.arn: store.too_recent for store in found if store.too_recent is not None}
    known = analysts(trails, stores)
    analysing = [item.arn for item in known if item.analyses(CALL_RATE) is True]
    if not analysing:
        answers = [item.analyses(CALL_RATE) for item in known]
        return next((item for item in (*answers, *hidden(trails, stores)) if isinstance(item, Gap)), None)
    if any(arn not in recent for arn in analysing):
        return None
    return recent[analysing[0]]


def _listed(region: Resource, event: InsightEvent, events: InsightEvents) -> Verdict:
    params: dict[str, Any] = {
        "api": f"{event.source.partition('.')[0]}:{event.name}",
        "rate": _number(event.rate),
        "baseline": _number(event.baseline),
        "started": event.started,
        "principals": event.principals,
    }
    name = "INS-02.calls"
    if event.type == ERROR_RATE:
        name, params = "INS-02.errors", {**params, "error": event.error}
    if event.ended is None:
        name = f"{name}_on"
    else:
        params["ended"] = event.ended
    seen = {"times_baseline": _number(event.rate / event.baseline)} if event.baseline else {}
    return deviates(
        region, Text(name, **params), discriminator=event.id, throughout=events.window, limits=events.unread, seen=seen
    )


def _number(value: float) -> str:
    return f"{value:,.3g}" if value < 1_000 else f"{value:,.0f}"  # noqa: PLR2004 - from there on no digit is lost
