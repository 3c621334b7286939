"""CT-04: the trail records what attribution needs."""

from collections.abc import Iterator

from eksaminer.api import (
    ATTRIBUTION_CALLS,
    Basis,
    Criteria,
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
from eksaminer_checks.audit_cloudtrail_logs._condition import arns, calls_in, conditions, labels

REMEDIES = {
    "terraform": """\
resource "aws_cloudtrail" "management" {{
  name           = "TRAIL_NAME"
  s3_bucket_name = "BUCKET"

  event_selector {{
    read_write_type           = "All"
    include_management_events = true
  }}
}}""",
    "cloudformation": """\
Resources:
  ManagementTrail:
    Type: AWS::CloudTrail::Trail
    Properties:
      TrailName: TRAIL_NAME
      S3BucketName: BUCKET
      IsLogging: true
      EventSelectors:
        - ReadWriteType: All
          IncludeManagementEvents: true""",
    "console": "CloudTrail › Trails › TRAIL_NAME › Management events › Edit › API activity: Read, Write › Save changes",
}


@check(
    id="CT-04",
    title="A trail records which service account assumed a role",
    scope=Scope.REGION,
    severity=Severity.MEDIUM,
    basis=Basis.GUIDE,
    recommendation="audit-cloudtrail-logs",
    criterion="A trail that is logging and delivering records sts:AssumeRoleWithWebIdentity, and the calls of EKS Pod "
    "Identity. CloudTrail counts them as read events.",
    remediation="Let the trail record read management events too: ReadWriteType All, or an advanced selector without "
    "a condition on readOnly.",
    references=(
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html",
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html",
    ),
    deviations=(Level.REQUIRED, Level.ADVISED),
    prerequisites=("CT-01",),
    remedies=REMEDIES,
    texts={
        "CT-04.recorded": "{trails} record how service accounts assume roles.",
        "CT-04.lost": "No trail that is logging and delivering records {calls}: an AWS call cannot be tied to the "
        "service account behind it. CloudTrail counts these calls as read events.",
        "CT-04.partly": "Whether {calls} is recorded depends on who calls, or how; looked at: {trails}.",
    },
)
def trail_records_attribution(trails: Trails, criteria: Criteria) -> Iterator[Verdict]:
    """Only the event in which a role is assumed names the service account; all later calls show the role alone.

    A trail of write events loses it, and with it every answer to "which pod did this?".
    """
    found = conditions(trails, criteria, ATTRIBUTION_CALLS)
    region = Resource(type="AWS::::Region", id=f"{trails.account}/{trails.region}")
    sound = [item for item in found if item.sound]
    left = set(calls_in(trails.region, ATTRIBUTION_CALLS)).difference(*(item.records for item in sound))
    gap = next((item.unseen for item in found if not item.faults and item.unseen is not None), None)
    if not left:
        yield conforms(region, Text("CT-04.recorded", trails=arns(item for item in sound if item.records)))
    elif gap is not None:
        yield unseen(region, gap)
    else:
        lost = left.difference(*(item.may_record for item in sound))
        if lost:
            yield deviates(region, Text("CT-04.lost", calls=labels(lost)))
        else:
            text = Text("CT-04.partly", calls=labels(left), trails=arns(sound))
            yield deviates(region, text, level=Level.ADVISED)
