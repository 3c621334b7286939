"""CT-02: log file validation is on."""

from collections.abc import Iterator

from eksaminer.api import (
    Basis,
    Criteria,
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
from eksaminer_checks.audit_cloudtrail_logs._condition import conditions


@check(
    id="CT-02",
    title="CloudTrail log file validation is on",
    scope=Scope.REGION,
    severity=Severity.MEDIUM,
    basis=Basis.BEYOND,
    recommendation="audit-cloudtrail-logs",
    criterion="A trail that records the region writes digest files, so that a changed or missing log file shows.",
    remediation="Enable log file validation on the trail.",
    command="aws cloudtrail update-trail --region {home} --name {trail} --enable-log-file-validation",
    references=(
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html",
    ),
    prerequisites=("CT-01",),
    texts={
        "CT-02.on": "Log file validation is on for trails that record the region: {trails}. The digests themselves "
        "were not verified.",
        "CT-02.off": "Log file validation is off for every trail that records the region: {trails}.",
        "CT-02.off_here": "Log file validation is off for this trail; another trail of the region has it.",
    },
)
def log_file_validation(trails: Trails, criteria: Criteria) -> Iterator[Verdict]:
    """Without digests nobody can show that the log files of an investigation are the ones CloudTrail wrote."""
    found = conditions(trails, criteria)
    region = Resource(type="AWS::::Region", id=f"{trails.account}/{trails.region}")
    recording = [item.trail for item in found if item.sound]
    unknown = [item for item in found if not item.faults and item.unseen is not None and item.trail.validation]
    validated = tuple(sorted(trail.arn for trail in recording if trail.validation))
    if validated:
        yield conforms(region, Text("CT-02.on", trails=validated))
        for trail in recording:
            if not trail.validation and trail.home_region == trails.region:
                yield deviates(trail.resource, Text("CT-02.off_here"), level=Level.ADVISED, seen=_named(trail))
    elif unknown and unknown[0].unseen is not None:
        yield unseen(region, unknown[0].unseen)
    else:
        without = sorted((item.trail for item in found if not item.trail.validation), key=lambda trail: trail.arn)
        text = Text("CT-02.off", trails=tuple(trail.arn for trail in without))
        first = _named(without[0]) if without else None
        yield deviates(region, text, seen=first, command=None if without else "")


def _named(trail: Trail) -> Seen:
    return {"trail": trail.arn, "home": trail.home_region}
