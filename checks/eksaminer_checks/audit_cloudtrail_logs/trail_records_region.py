"""CT-01: a trail records this region, is logging and delivering."""

from collections.abc import Iterator
from typing import TypedDict

from eksaminer.api import (
    Basis,
    Criteria,
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
from eksaminer_checks.audit_cloudtrail_logs._condition import (
    SWITCHED_OFF,
    Condition,
    arns,
    calls_in,
    conditions,
    labels,
)

START = "aws cloudtrail start-logging --region {home} --name {trail}"

REMEDIES = {
    "terraform": """\
resource "aws_cloudtrail" "management" {{
  name                          = "management"
  s3_bucket_name                = "BUCKET" # its policy lets CloudTrail write
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = true
}}""",
    "cloudformation": """\
Resources:
  ManagementTrail:
    Type: AWS::CloudTrail::Trail
    Properties:
      TrailName: management
      S3BucketName: BUCKET # its policy lets CloudTrail write
      IsLogging: true
      IsMultiRegionTrail: true
      IncludeGlobalServiceEvents: true
      EnableLogFileValidation: true""",
    "console": "CloudTrail › Trails › Create trail › Log file validation: Enabled › Management events › Read, Write "
    "› Create trail",
}


@check(
    id="CT-01",
    title="A trail records this region",
    scope=Scope.REGION,
    severity=Severity.HIGH,
    basis=Basis.GUIDE,
    recommendation="audit-cloudtrail-logs",
    criterion="Trails that are logging and delivering record the calls that change who may use a cluster, or that "
    "weaken its audit log: of EKS, CloudWatch Logs, CloudTrail and IAM.",
    remediation="Create a multi-region trail for management events, start logging, cure the delivery error, or widen "
    "the event selectors of the one that is there.",
    references=(
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-create-and-update-a-trail.html",
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html",
    ),
    remedies=REMEDIES,
    deviations=(Level.REQUIRED, Level.ADVISED),
    texts={
        "CT-01.recorded": "The region is recorded by {trails}.",
        "CT-01.lost": "No trail that is logging and delivering records {calls}; the rest is recorded by {trails}.",
        "CT-01.partly": "Whether {calls} is recorded depends on who calls, or how; looked at: {trails}.",
        "CT-01.no_trail": "No trail is set up to record the management events of the region.",
        "CT-01.none_sound": "No trail records the region soundly: {faults}.",
        "CT-01.defective": "The trail has a defect: {faults}. Another trail records the region.",
        "CT-01.not_copied": "The trail records the region, but its copy to CloudWatch Logs fails ({error}): what "
        "watches that log group is blind.",
    },
)
def trail_records_region(trails: Trails, criteria: Criteria) -> Iterator[Verdict]:
    """CloudTrail ties AWS API calls, those of pods with an IAM role among them, to a principal.

    The event history that every account has ends after 90 days and keeps management events alone.
    """
    found = conditions(trails, criteria)
    region = Resource(type="AWS::::Region", id=f"{trails.account}/{trails.region}")
    sound = [item for item in found if item.sound]
    gap = next((item.unseen for item in found if not item.faults and item.unseen is not None), None)
    if not found:
        yield deviates(region, Text("CT-01.no_trail"))
    elif sound:
        yield _recorded(region, sound, gap, trails)
        yield from _further(found, trails)
    elif gap is not None:
        yield unseen(region, gap)
    else:
        faults = tuple(sorted(f"{item.trail.arn}: {fault}" for item in found for fault in item.faults))
        yield deviates(region, Text("CT-01.none_sound", faults=faults), **_cure(found))


def _recorded(region: Resource, sound: list[Condition], gap: Gap | None, trails: Trails) -> Verdict:
    """Say which of the calls the sound trails record between them."""
    left = set(calls_in(trails.region)).difference(*(item.records for item in sound))
    names = arns(sound)
    if not left:
        return conforms(region, Text("CT-01.recorded", trails=arns(item for item in sound if item.records)))
    if gap is not None:
        return unseen(region, gap)
    lost = left.difference(*(item.may_record for item in sound))
    if lost:
        return deviates(region, Text("CT-01.lost", calls=labels(lost), trails=names))
    return deviates(region, Text("CT-01.partly", calls=labels(left), trails=names), level=Level.ADVISED)


def _further(found: list[Condition], trails: Trails) -> Iterator[Verdict]:
    """Judge the other trails, each in its home region alone: a multi-region trail is seen in all of them."""
    for item in found:
        if item.trail.home_region != trails.region:
            continue
        status = item.trail.status
        if item.faults:
            text = Text("CT-01.defective", faults=item.faults)
            yield deviates(item.trail.resource, text, level=Level.ADVISED, **_cure([item]))
        elif item.unseen is not None:
            yield unseen(item.trail.resource, item.unseen)
        elif not isinstance(status, Gap) and item.trail.log_group and status.logs_error:
            text = Text("CT-01.not_copied", error=status.logs_error)
            yield deviates(item.trail.resource, text, level=Level.ADVISED, severity=Severity.MEDIUM, remedies=False)


class _Cure(TypedDict):
    command: str
    seen: Seen


def _cure(found: list[Condition]) -> _Cure:
    """Return the command for the one fault that a single call cures: a trail that is switched off."""
    for item in found:
        if item.faults == (SWITCHED_OFF,):
            return _Cure(command=START, seen={"trail": item.trail.arn, "home": item.trail.home_region})
    return _Cure(command="", seen={})
