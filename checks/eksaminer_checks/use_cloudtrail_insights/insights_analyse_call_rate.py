"""INS-01: Insights analyses call rate (and error rate) on a trail, or event data store, that feeds it."""

from collections.abc import Iterator
from typing import TypedDict

from eksaminer.api import (
    CALL_RATE,
    ERROR_RATE,
    Basis,
    EventDataStores,
    Gap,
    Level,
    Resource,
    Scope,
    Seen,
    Severity,
    Text,
    Trails,
    Verdict,
    check,
    conforms,
    deviates,
    unseen,
)
from eksaminer_checks.use_cloudtrail_insights._analyst import Analyst, analysts, hidden

REMEDIES = {
    "terraform": """\
# In the trail {trail}:
resource "aws_cloudtrail" "management" {{
  name           = "TRAIL_NAME"
  s3_bucket_name = "BUCKET"

  insight_selector {{
    insight_type = "ApiCallRateInsight"
  }}

  insight_selector {{
    insight_type = "ApiErrorRateInsight"
  }}
}}""",
    "cloudformation": """\
# In the trail {trail}:
Resources:
  ManagementTrail:
    Type: AWS::CloudTrail::Trail
    Properties:
      TrailName: TRAIL_NAME
      S3BucketName: BUCKET
      IsLogging: true
      InsightSelectors:
        - InsightType: ApiCallRateInsight
        - InsightType: ApiErrorRateInsight""",
    "console": "CloudTrail › Trails › {trail} › Insights events › Edit › API call rate, API error rate › Save changes",
}


@check(
    id="INS-01",
    title="CloudTrail Insights analyses write management events",
    scope=Scope.REGION,
    severity=Severity.MEDIUM,
    basis=Basis.GUIDE,
    recommendation="use-cloudtrail-insights",
    criterion="A trail or event data store that takes the write management events of the region has Insights on "
    "their call rate. Beyond the guide: on the error rate too.",
    remediation="Enable both insight types for management events on the trail.",
    command="aws cloudtrail put-insight-selectors --region {home} --trail-name {trail} "
    """--insight-selectors '[{{"InsightType":"ApiCallRateInsight"}},{{"InsightType":"ApiErrorRateInsight"}}]'""",
    references=(
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-insights-events-with-cloudtrail.html",
    ),
    levels={"call-rate": Level.REQUIRED, "error-rate": Level.ADVISED},
    bases={"error-rate": Basis.BEYOND},
    remedies=REMEDIES,
    texts={
        "INS-01.call_rate": "Insights analyses the call rate of write management events on {sources}.",
        "INS-01.no_call_rate": "No trail or event data store of the region has Insights on the call rate of write "
        "management events; looked at: {sources}.",
        "INS-01.not_fed": "Insights is on, and there is nothing to analyse: no write management events are recorded, "
        "or logging is off, on {sources}.",
        "INS-01.error_rate": "Insights analyses the error rate of management events on {sources}.",
        "INS-01.no_error_rate": "No trail or event data store of the region has Insights on the error rate of "
        "management events.",
    },
)
def insights_analyse_call_rate(trails: Trails, stores: EventDataStores | Gap) -> Iterator[Verdict]:
    """Insights raises an event when an account suddenly calls write APIs more often than it is used to.

    That is how a pod with a stolen or too wide role is often noticed first.
    """
    region = Resource(type="AWS::::Region", id=f"{trails.account}/{trails.region}")
    found, others = analysts(trails, stores), list(hidden(trails, stores))
    yield _call_rate(region, found, others)
    if any(analyst.analyses(CALL_RATE) is True for analyst in found):
        yield _error_rate(region, found, others)


def _call_rate(region: Resource, found: list[Analyst], others: list[Gap]) -> Verdict:
    analysing = _names(analyst for analyst in found if analyst.analyses(CALL_RATE) is True)
    if analysing:
        return conforms(region, Text("INS-01.call_rate", sources=analysing), aspect="call-rate")
    gap = _hiding(found, others, CALL_RATE)
    if gap is not None:
        return unseen(region, gap, aspect="call-rate")
    blind = _names(analyst for analyst in found if analyst.blind(CALL_RATE))
    text = Text("INS-01.not_fed", sources=blind) if blind else Text("INS-01.no_call_rate", sources=_names(found))
    return deviates(region, text, aspect="call-rate", **_cure(found))


def _error_rate(region: Resource, found: list[Analyst], others: list[Gap]) -> Verdict:
    analysing = _names(analyst for analyst in found if analyst.analyses(ERROR_RATE) is True)
    if analysing:
        return conforms(region, Text("INS-01.error_rate", sources=analysing), aspect="error-rate")
    gap = _hiding(found, others, ERROR_RATE)
    if gap is not None:
        return unseen(region, gap, aspect="error-rate")
    return deviates(
        region, Text("INS-01.no_error_rate"), aspect="error-rate", severity=Severity.LOW, **_cure(found)
    )  # fmt: skip


def _names(found: Iterator[Analyst] | list[Analyst]) -> tuple[str, ...]:
    return tuple(sorted(analyst.arn for analyst in found))


def _hiding(found: list[Analyst], others: list[Gap], insight: str) -> Gap | None:
    """Return what could not be seen and might yet analyse."""
    answers = [analyst.analyses(insight) for analyst in found]
    return next((answer for answer in (*answers, *others) if isinstance(answer, Gap)), None)


class _Cure(TypedDict):
    command: str | None
    seen: Seen


def _cure(found: list[Analyst]) -> _Cure:
    """Name the first trail on which Insights would have something to analyse; without one no command helps."""
    fed = [analyst for analyst in found if analyst.home and analyst.fed(CALL_RATE) is True]
    if not fed:
        return _Cure(command="", seen={})
    return _Cure(command=None, seen={"trail": fed[0].arn, "home": fed[0].home})
