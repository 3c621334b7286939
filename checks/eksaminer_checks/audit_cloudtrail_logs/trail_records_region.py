"""CT-01: a trail records this region, is logging and delivering."""

from collections.abc import Iterator
from typing import TypedDict

from eksaminer.api import (
    Basis,
    Criteria,
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
from eksaminer_checks.audit_cloudtrail_logs._condition import SWITCHED_OFF, Condition, conditions

START = "aws cloudtrail start-logging --region {home} --name {trail}"


@check(
    id="CT-01",
    title="A trail records this region",
    scope=Scope.REGION,
    severity=Severity.HIGH,
    basis=Basis.GUIDE,
    recommendation="audit-cloudtrail-logs",
    criterion="At least one trail records the write management events of the region, is logging, and delivers.",
    remediation="Create a multi-region trail for management events, or start logging and cure the delivery error "
    "of the one that is there.",
    references=(
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-create-and-update-a-trail.html",
    ),
    texts={
        "CT-01.recorded": "The region is recorded by {trails}.",
        "CT-01.partly": "Some write management events of the region are recorded by no trail; others by {trails}.",
        "CT-01.no_trail": "No trail is set up to record the region.",
        "CT-01.none_sound": "No trail records the region soundly: {faults}.",
        "CT-01.defective": "The trail has a defect: {faults}. Another trail records the region.",
    },
)
def trail_records_region(trails: Trails, criteria: Criteria) -> Iterator[Verdict]:
    """CloudTrail ties AWS API calls, those of pods with an IAM role among them, to a principal.

    The event history that every account has ends after 90 days and keeps management events alone.
    """
    found = conditions(trails, criteria)
    region = Resource(type="AWS::::Region", id=_region_id(trails))
    sound = [item for item in found if item.sound]
    unknown = [item for item in found if not item.faults and item.unseen is not None]
    if not found:
        yield deviates(region, Text("CT-01.no_trail"))
    elif sound:
        names = tuple(sorted(item.trail.arn for item in sound))
        if all(item.partial for item in sound):
            yield deviates(region, Text("CT-01.partly", trails=names), level=Level.ADVISED)
        else:
            yield conforms(region, Text("CT-01.recorded", trails=names))
        yield from _further(found, trails)
    elif unknown and unknown[0].unseen is not None:
        yield unseen(region, unknown[0].unseen)
    else:
        faults = tuple(sorted(f"{item.trail.arn}: {fault}" for item in found for fault in item.faults))
        yield deviates(region, Text("CT-01.none_sound", faults=faults), **_cure(found))


def _further(found: list[Condition], trails: Trails) -> Iterator[Verdict]:
    """Judge the other trails, each in its home region alone: a multi-region trail is seen in all of them."""
    for item in found:
        if item.trail.home_region != trails.region or item.sound:
            continue
        if item.faults:
            text = Text("CT-01.defective", faults=item.faults)
            yield deviates(item.trail.resource, text, level=Level.ADVISED, **_cure([item]))
        elif item.unseen is not None:
            yield unseen(item.trail.resource, item.unseen)


class _Cure(TypedDict):
    command: str
    seen: Seen


def _cure(found: list[Condition]) -> _Cure:
    """Return the command for the one fault that a single call cures: a trail that is switched off."""
    for item in found:
        if item.faults == (SWITCHED_OFF,):
            return _Cure(command=START, seen={"trail": item.trail.arn, "home": item.trail.home_region})
    return _Cure(command="", seen={})


def _region_id(trails: Trails) -> str:
    return f"{trails.account}/{trails.region}"
