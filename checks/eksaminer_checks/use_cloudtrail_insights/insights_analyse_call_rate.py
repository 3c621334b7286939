"""INS-01: Insights analyses call rate (and error rate) on a trail that feeds it."""

from collections.abc import Iterator
from typing import TypedDict

from eksaminer.api import (
    CONTROL_CALLS,
    Basis,
    Gap,
    Level,
    Resource,
    Scope,
    Seen,
    Severity,
    Text,
    Trail,
    Trails,
    Verdict,
    check,
    conforms,
    deviates,
    unseen,
)

CALL_RATE, ERROR_RATE = "ApiCallRateInsight", "ApiErrorRateInsight"


@check(
    id="INS-01",
    title="CloudTrail Insights analyses write management events",
    scope=Scope.REGION,
    severity=Severity.MEDIUM,
    basis=Basis.GUIDE,
    recommendation="use-cloudtrail-insights",
    criterion="A trail that is logging and records the write management events of the region has Insights on their "
    "call rate. Beyond the guide: on the error rate too.",
    remediation="Enable both insight types for management events on the trail.",
    command="aws cloudtrail put-insight-selectors --region {home} --trail-name {trail} "
    """--insight-selectors '[{{"InsightType":"ApiCallRateInsight"}},{{"InsightType":"ApiErrorRateInsight"}}]'""",
    references=(
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-insights-events-with-cloudtrail.html",
    ),
    levels={"call-rate": Level.REQUIRED, "error-rate": Level.ADVISED},
    bases={"error-rate": Basis.BEYOND},
    texts={
        "INS-01.call_rate": "Insights analyses the call rate of write management events on {trails}.",
        "INS-01.no_call_rate": "No trail of the region has Insights on the call rate of write management events; "
        "looked at: {trails}. Event data stores were not looked at.",
        "INS-01.not_fed": "Insights is on, and there is nothing to analyse: no write management events are recorded, "
        "or logging is off, on {trails}.",
        "INS-01.error_rate": "Insights analyses the error rate of management events on {trails}.",
        "INS-01.no_error_rate": "No trail of the region has Insights on the error rate of management events.",
    },
)
def insights_analyse_call_rate(trails: Trails) -> Iterator[Verdict]:
    """Insights raises an event when an account suddenly calls write APIs more often than it is used to.

    That is how a pod with a stolen or too wide role is often noticed first.
    """
    region = Resource(type="AWS::::Region", id=f"{trails.account}/{trails.region}")
    covering = [trail for trail in trails.trails if trail.covers(trails.region)]
    yield _call_rate(region, covering)
    if any(_analysed(trail, CALL_RATE) and _fed(trail) is True for trail in covering):
        yield _error_rate(region, covering)


def _call_rate(region: Resource, covering: list[Trail]) -> Verdict:
    selected = [trail for trail in covering if _analysed(trail, CALL_RATE)]
    feeding = tuple(sorted(trail.arn for trail in selected if _fed(trail) is True))
    if feeding:
        return conforms(region, Text("INS-01.call_rate", trails=feeding), aspect="call-rate")
    gap = next((gap for trail in covering for gap in _unknown(trail, CALL_RATE)), None)
    if gap is not None:
        return unseen(region, gap, aspect="call-rate")
    if selected:
        text = Text("INS-01.not_fed", trails=tuple(sorted(trail.arn for trail in selected)))
    else:
        text = Text("INS-01.no_call_rate", trails=tuple(sorted(trail.arn for trail in covering)))
    return deviates(region, text, aspect="call-rate", **_cure(covering))


def _error_rate(region: Resource, covering: list[Trail]) -> Verdict:
    names = tuple(sorted(t.arn for t in covering if _analysed(t, ERROR_RATE) and _fed(t) is True))
    if names:
        return conforms(region, Text("INS-01.error_rate", trails=names), aspect="error-rate")
    gap = next((gap for trail in covering for gap in _unknown(trail, ERROR_RATE)), None)
    if gap is not None:
        return unseen(region, gap, aspect="error-rate")
    text = Text("INS-01.no_error_rate")
    return deviates(region, text, aspect="error-rate", severity=Severity.LOW, **_cure(covering))


class _Cure(TypedDict):
    command: str | None
    seen: Seen


def _cure(covering: list[Trail]) -> _Cure:
    """Name the first trail on which Insights would have something to analyse; without one no command helps."""
    fed = [trail for trail in covering if _fed(trail) is True]
    if not fed:
        return _Cure(command="", seen={})
    return _Cure(command=None, seen={"trail": fed[0].arn, "home": fed[0].home_region})


def _analysed(trail: Trail, insight: str) -> bool:
    return not isinstance(trail.insights, Gap) and trail.insights.analyses(insight)


def _fed(trail: Trail) -> bool | None:
    """Whether write management events reach the analysis; None: could not be seen."""
    if not isinstance(trail.status, Gap) and not trail.status.logging:
        return False
    if not isinstance(trail.selectors, Gap) and not trail.selectors.takes_any(CONTROL_CALLS):
        return False
    return None if isinstance(trail.status, Gap) or isinstance(trail.selectors, Gap) else True


def _unknown(trail: Trail, insight: str) -> Iterator[Gap]:
    """Give what could not be seen of a trail that might yet do what is asked."""
    if _fed(trail) is False or not (isinstance(trail.insights, Gap) or _analysed(trail, insight)):
        return
    for part in (trail.insights, trail.status, trail.selectors):
        if isinstance(part, Gap):
            yield part
