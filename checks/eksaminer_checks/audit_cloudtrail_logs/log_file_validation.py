"""CT-02: log file validation is on, digest files are delivered, and those that were given fit their log files."""

from collections.abc import Iterator
from datetime import timedelta

from eksaminer.api import (
    Basis,
    Criteria,
    DamagedFile,
    Gap,
    Level,
    Resource,
    Scope,
    Seen,
    Severity,
    Target,
    Text,
    Trail,
    TrailDigests,
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
CHAIN = "chain"
NAMED = 5
"""Damaged files that the sentence names; the values seen name more."""


@check(
    id="CT-02",
    title="CloudTrail log file validation is on",
    scope=Scope.REGION,
    severity=Severity.MEDIUM,
    basis=Basis.BEYOND,
    recommendation="audit-cloudtrail-logs",
    criterion="A trail that records the region writes digest files, so that a changed or missing log file shows, and "
    "the newest was delivered within a day. Where a folder with digest files is given (--cloudtrail), its log files "
    "are those that CloudTrail wrote: a changed file is a FAIL of high severity; a file that is missing from the copy, "
    "or a stretch of time without digests, is for a person to review.",
    remediation="Enable log file validation on the trail; where digests fail, let CloudTrail write to the prefix "
    "CloudTrail-Digest of the bucket. Verify copied files with `eksaminer verify`.",
    command="aws cloudtrail update-trail --region {home} --name {trail} --enable-log-file-validation",
    references=(
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html",
    ),
    prerequisites=("CT-01",),
    remedies=REMEDIES,
    independent=frozenset({CHAIN}),
    levels={CHAIN: Level.REQUIRED},
    deviations=(Level.REQUIRED, Level.ADVISED),
    texts={
        "CT-02.on": "Log file validation is on for trails that record the region: {trails}.",
        "CT-02.chain": "The log files that were given are as CloudTrail wrote them, from {since} to {until}: {logs} "
        "log files and {digests} digests verify. Not proved: {unproved} (the newest digest with what it lists, and "
        "files that no digest lists yet).",
        "CT-02.own_keys": "The log files that were given fit their digests from {since} to {until} ({logs} log files, "
        "{digests} digests), but the public keys were found in the same folder: whoever changed files could have "
        "changed them.",
        "CT-02.changed": "Of the CloudTrail files that were given, {tampered} are not as CloudTrail wrote them, among "
        "them {named}.",
        "CT-02.holes": "The CloudTrail files that were given are not complete: {count} files are missing or stretches "
        "of time have no digest, among them {named}.",
        "CT-02.off": "Log file validation is off for every trail that records the region: {trails}.",
        "CT-02.off_here": "Log file validation is off for this trail; another trail of the region has it.",
        "CT-02.no_digests": "Log file validation is on, and no digest arrives: {faults}.",
        "CT-02.no_digests_here": "Log file validation is on, and {fault}. Another trail of the region has digests.",
        "CT-02.none_yet": "Log file validation is on, and no digest was delivered yet: {trails}. The first comes "
        "within an hour or so.",
    },
)
def log_file_validation(
    trails: Trails | Gap, digests: TrailDigests | Gap, criteria: Criteria, target: Target
) -> Iterator[Verdict]:
    """Without digests nobody can show that the log files of an investigation are the ones CloudTrail wrote."""
    if isinstance(trails, Gap):
        yield unseen(target.resource, trails)
    else:
        yield from _setting(trails, criteria, target.resource)
    if isinstance(digests, TrailDigests):
        yield _chain(target.resource, digests)
    elif digests.cause.gates:
        yield unseen(target.resource, digests, aspect=CHAIN)


def _chain(region: Resource, found: TrailDigests) -> Verdict:
    """Judge the copied files by what verified digests say of them."""
    if found.damaged_found:
        return _damage(region, found)
    if found.unverified is not None:
        return unseen(region, found.unverified, aspect=CHAIN)
    times = {
        "since": min(chain.since for chain in found.chains), "until": max(chain.until for chain in found.chains),
    }  # fmt: skip
    counts = {"logs": found.logs_verified, "digests": sum(chain.verified for chain in found.chains)}
    if found.keys == "folder":
        limits = () if found.keys_unread is None else (found.keys_unread,)
        text = Text("CT-02.own_keys", **times, **counts)
        return deviates(region, text, aspect=CHAIN, level=Level.ADVISED, command="", limits=limits)
    return conforms(region, Text("CT-02.chain", **times, **counts, unproved=found.unproved), aspect=CHAIN)


def _damage(region: Resource, found: TrailDigests) -> Verdict:
    """Tell what was changed; where nothing was, what is missing."""
    changed = tuple(item for item in found.damaged if item.state == "tampered")
    seen = {"damaged": tuple(f"{item.name}: {item.reason}" for item in found.damaged)}
    if found.tampered:
        text = Text("CT-02.changed", tampered=found.tampered, named=_names(changed or found.damaged))
        return deviates(region, text, aspect=CHAIN, severity=Severity.HIGH, command="", seen=seen)
    text = Text("CT-02.holes", count=found.damaged_found, named=_names(found.damaged))
    return deviates(region, text, aspect=CHAIN, level=Level.ADVISED, command="", seen=seen)


def _names(damaged: tuple[DamagedFile, ...]) -> tuple[str, ...]:
    return tuple(item.name.rpartition("/")[2] for item in damaged[:NAMED])


def _setting(trails: Trails, criteria: Criteria, region: Resource) -> Iterator[Verdict]:
    found = [item for item in conditions(trails, criteria) if item.records or item.unseen is not None or item.faults]
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
