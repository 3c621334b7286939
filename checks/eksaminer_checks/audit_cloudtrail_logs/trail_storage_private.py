"""CT-03: the log files of the trails are private, and encrypted with a key of the customer."""

from collections.abc import Iterator

from eksaminer.api import (
    Basis,
    Gap,
    Level,
    Resource,
    Scope,
    Severity,
    Storage,
    Text,
    TrailStorage,
    Verdict,
    check,
    conforms,
    deviates,
    not_applicable,
    unseen,
)

BLOCK = (
    "aws s3api put-public-access-block --bucket {bucket} --public-access-block-configuration "
    "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"
)

REMEDIES = {
    "terraform": """\
resource "aws_s3_bucket_public_access_block" "trail" {{
  bucket                  = {bucket}
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true
}}""",
    "cloudformation": """\
Resources:
  TrailBucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      BucketName: {bucket}
      PublicAccessBlockConfiguration:
        BlockPublicAcls: true
        IgnorePublicAcls: true
        BlockPublicPolicy: true
        RestrictPublicBuckets: true""",
    "console": "Amazon S3 › Buckets › {bucket} › Permissions › Block public access › Edit › Block all public access "
    "› Save changes",
}


@check(
    id="CT-03",
    title="CloudTrail log files are private and encrypted with a customer managed key",
    scope=Scope.REGION,
    severity=Severity.MEDIUM,
    basis=Basis.BEYOND,
    recommendation="audit-cloudtrail-logs",
    criterion="Nobody outside has access to the bucket of a trail by policy or ACL, and log files are encrypted with "
    "a customer managed KMS key that can be used.",
    remediation="Block public access to the bucket, and remove the statement or grant that makes it public. Encrypt "
    "the trail with a customer managed key that lets CloudTrail use it.",
    references=(
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/encrypting-cloudtrail-log-files-with-aws-kms.html",
    ),
    levels={"public": Level.REQUIRED, "key": Level.ADVISED, "key-usable": Level.REQUIRED},
    remedies=REMEDIES,
    texts={
        "CT-03.private": "Neither the policy nor the ACL of the bucket {bucket} makes it public, or the bucket blocks "
        "it.",
        "CT-03.public": "The bucket {bucket} with the log files is public, by its policy or ACL, and does not block "
        "it. The Block Public Access setting of the whole account, which might, was not read.",
        "CT-03.encrypted": "The log files are encrypted with the customer managed key {key}.",
        "CT-03.no_key": "The log files are encrypted with a key that AWS owns or manages, not with one of the "
        "customer.",
        "CT-03.unusable": "The key {key} of the log files is {state}: they can be neither written nor read.",
        "CT-03.elsewhere": "The trails that record the region are judged in their home regions: {homes}.",
        "CT-03.none": "No trail records the region.",
    },
)
def trail_storage_private(storage: TrailStorage) -> Iterator[Verdict]:
    """Log files name people, addresses and resources: whoever reads them knows where to attack."""
    region = Resource(type="AWS::::Region", id=f"{storage.account}/{storage.region}")
    here = [item for item in storage.items if item.home_region == storage.region]
    homes = tuple(sorted({item.home_region for item in storage.items}))
    if not here:
        yield not_applicable(region, Text("CT-03.elsewhere", homes=homes) if homes else Text("CT-03.none"))
    for item in here:
        trail = Resource(type="AWS::CloudTrail::Trail", id=item.trail)
        yield _access(trail, item)
        yield _encryption(trail, item)


def _access(trail: Resource, item: Storage) -> Verdict:
    if isinstance(item.bucket, Gap):
        return unseen(trail, item.bucket, aspect="public")
    public = item.bucket.public
    if isinstance(public, Gap):
        return unseen(trail, public, aspect="public")
    name = item.bucket.name
    if public:
        return deviates(
            trail, Text("CT-03.public", bucket=name), aspect="public", severity=Severity.CRITICAL,
            command=BLOCK, remedies=True, seen={"bucket": name},
        )  # fmt: skip
    return conforms(trail, Text("CT-03.private", bucket=name), aspect="public")


def _encryption(trail: Resource, item: Storage) -> Verdict:
    if isinstance(item.key, Gap):
        return unseen(trail, item.key, aspect="key")
    key = item.key
    if key.arn and key.state != "Enabled":
        text = Text("CT-03.unusable", key=key.arn, state=key.state)
        return deviates(trail, text, aspect="key-usable", severity=Severity.HIGH, remedies=False)
    if key.manager != "CUSTOMER":
        return deviates(trail, Text("CT-03.no_key"), aspect="key", severity=Severity.LOW, remedies=False)
    return conforms(trail, Text("CT-03.encrypted", key=key.arn), aspect="key")
