"""CT-02: log file validation is on, and digest files are delivered."""

from collections.abc import Iterator
from datetime import timedelta

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
    Trail,
    Trails,
    Verdict,
    check,
    conforms,
    deviates,
    unseen,
)
from eksaminer_checks.audit_cloudtrail_logs._condition import Condition, conditions

REMEDIES = {
    "terraform": """\
# In the trail {trail}:
resource "aws_cloudtrail" "management" {{
  name           = "TRAIL_NAME"
  s3_bucket_name = "BUCKET"

  enable_log_file_validation = true
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
      EnableLogFileValidation: true""",
    "console": "CloudTrail › Trails › {trail} › General details › Edit › Log file validation: Enabled › Save changes",
}


@check(
    id="CT-02",
    title="CloudTrail log file validation is on",
    scope=Scope.REGION,
    severity=Severity.MEDIUM,
    basis=Basis.BEYOND,
    recommendation="audit-cloudtrail-logs",
    criterion="A trail that records the region writes digest files, so that a changed or missing log file shows, and "
    "the newest was delivered within a day.",
    remediation="Enable log file validation on the trail; where digests fail, let CloudTrail write to the prefix "
    "CloudTrail-Digest of the bucket. Verify copied files with `eksaminer verify`.",
    command="aws cloudtrail update-trail --region {home} --name {trail} --enable-log-file-validation",
    references=(
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html",
    ),
    prerequisites=("CT-01",),
    remedies=REMEDIES,
    texts={
        "CT-02.on": "Log file validation is on for trails that record the region: {trails}. The digests themselves "
        "were not verified.",
        "CT-02.off": "Log file validation is off for every trail that records the region: {trails}.",
        "CT-02.off_here": "Log file validation is off for this trail; another trail of the region has it.",
        "CT-02.no_digests": "Log file validation is on, and no digest arrives: {faults}.",
        "CT-02.no_digests_here": "Log file validation is on, and {fault}. Another trail of the region has digests.",
        "CT-02.none_yet": "Log file validation is on, and no digest was delivered yet: {trails}. The first comes "
        "within an hour or so.",
    },
)
def log_file_validation(trails: Trails, criteria: Criteria) -> Iterator[Verdict]:
    """Without digests nobody can show that the log files of an investigation are the ones CloudTrail wrote."""
    found = [item for item in conditions(trails, criteria) if item.records or item.unseen is not None or item.faults]
    region = Resource(type="AWS::::Region", id=f"{trails.account}/{trails.region}")
    recording = [item.trail for item in found if item.sound]
    faults = {trail.arn: _digest_fault(trail, criteria) for trail in recording if trail.validation}
    validated = tuple(sorted(arn for arn, fault in faults.items() if not fault))
    if validated:
        yield conforms(region, Text("CT-02.on", trails=validated))
        yield from _others(recording, faults, trails.region)
    elif gap := _may_have_it(found):
        yield unseen(region, gap)
    elif faults:
        yield _without_digests(region, faults)
    else:
        without = sorted((item.trail for item in found if not item.trail.validation), key=lambda trail: trail.arn)
        text = Text("CT-02.off", trails=tuple(trail.arn for trail in without))
        first = _named(without[0]) if without else None
        yield deviates(region, text, seen=first, command=None if without else "")


NONE_YET = "no digest was delivered yet"


def _digest_fault(trail: Trail, criteria: Criteria) -> str:
    """Return why no digest arrives; empty: they do. CloudTrail delivers one each hour."""
    status = trail.status
    if isinstance(status, Gap):
        return ""
    if status.digest_error:
        return f"the latest digest could not be delivered ({status.digest_error})"
    if status.latest_digest is None:
        return NONE_YET
    if status.read_at - status.latest_digest > timedelta(hours=criteria.stale_after_hours):
        return f"the last digest was delivered at {status.latest_digest:%Y-%m-%d %H:%M} UTC"
    return ""


def _without_digests(region: Resource, faults: dict[str, str]) -> Verdict:
    """When validation was switched on cannot be seen: without a first digest, a person has to look."""
    if all(fault == NONE_YET for fault in faults.values()):
        return deviates(region, Text("CT-02.none_yet", trails=tuple(sorted(faults))), level=Level.ADVISED, command="")
    said = tuple(sorted(f"{arn}: {fault}" for arn, fault in faults.items()))
    return deviates(region, Text("CT-02.no_digests", faults=said), command="")


def _others(recording: list[Trail], faults: dict[str, str], region: str) -> Iterator[Verdict]:
    """Judge the trails that lack it beside one that has it, each in its home region alone."""
    for trail in recording:
        if trail.home_region != region:
            continue
        if not trail.validation:
            yield deviates(trail.resource, Text("CT-02.off_here"), level=Level.ADVISED, seen=_named(trail))
        elif faults[trail.arn]:
            text = Text("CT-02.no_digests_here", fault=faults[trail.arn])
            yield deviates(trail.resource, text, level=Level.ADVISED, command="")


def _may_have_it(found: list[Condition]) -> Gap | None:
    return next((item.unseen for item in found if not item.faults and item.unseen and item.trail.validation), None)


def _named(trail: Trail) -> Seen:
    return {"trail": trail.arn, "home": trail.home_region}
