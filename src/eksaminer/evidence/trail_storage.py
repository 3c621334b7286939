"""Where trails keep their log files: the bucket and the key."""

from typing import ClassVar

from eksaminer.evidence.model import Calls, Section
from eksaminer.gap import Gap
from eksaminer.outcome import Scope
from eksaminer.record import Record


class BucketBlock(Record, frozen=True, kw_only=True, tag="bucket_block", tag_field="is"):
    """The Block Public Access setting of a bucket, as far as it takes effect on what is public already."""

    ignores_acls: bool
    """`IgnorePublicAcls`."""
    restricts_policy: bool
    """`RestrictPublicBuckets`: of a public policy only AWS services and the account's own principals have use."""


class TrailBucket(Record, frozen=True, kw_only=True, tag="trail_bucket", tag_field="is"):
    """A bucket of the account that log files are written to."""

    name: str
    policy_public: bool | Gap
    """S3's own verdict on the bucket policy (`GetBucketPolicyStatus`)."""
    acl_public: bool | Gap
    """The access control list grants something to everyone, or to everyone with an AWS account."""
    block: BucketBlock | Gap

    @property
    def public(self) -> bool | Gap:
        """Whether strangers have access; the gap that hides it, if what is known does not decide."""
        block = self.block
        ways = (
            (self.policy_public, block if isinstance(block, Gap) else block.restricts_policy),
            (self.acl_public, block if isinstance(block, Gap) else block.ignores_acls),
        )
        # What grants nothing, or is blocked, is closed whatever the other says.
        left = [part for way in ways if way[0] is not False and way[1] is not True for part in way]
        open_ways = [way for way in ways if way == (True, False)]
        if open_ways:
            return True
        return next((part for part in left if isinstance(part, Gap)), False)


class TrailKey(Record, frozen=True, kw_only=True, tag="trail_key", tag_field="is"):
    """The KMS key that log files are encrypted with."""

    arn: str
    """Empty: S3 encrypts with a key of its own."""
    manager: str
    """`CUSTOMER` or `AWS`."""
    state: str
    """`Enabled`, `Disabled`, `PendingDeletion` …; `NotFound`: the key is gone."""


class Storage(Record, frozen=True, kw_only=True):
    """Where one trail keeps its log files."""

    trail: str
    """ARN."""
    home_region: str
    bucket: TrailBucket | Gap
    key: TrailKey | Gap


class TrailStorage(Section, frozen=True, kw_only=True):
    """The buckets and keys of the trails that a region sees, each read once."""

    key: ClassVar[str] = "trail_storage"
    scope: ClassVar[Scope] = Scope.REGION
    permissions: ClassVar[tuple[str, ...]] = (
        "cloudtrail:DescribeTrails",
        "kms:DescribeKey",
        "s3:GetBucketAcl",
        "s3:GetBucketPolicyStatus",
        "s3:GetBucketPublicAccessBlock",
        "s3:ListAllMyBuckets",
    )
    calls: ClassVar[Calls] = Calls(per_trail=5, note="a bucket and a key are read once, in the trail's home region")

    account: str
    region: str
    items: tuple[Storage, ...]
