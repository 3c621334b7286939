"""The bucket and the key of each trail, read in its home region, part by part."""

from collections.abc import Callable, Mapping
from typing import Any

from eksaminer.collect.aws.reader import Reader, text
from eksaminer.collect.aws.trails import list_trails
from eksaminer.collect.gaps import MissingError, attempt
from eksaminer.collect.session import CallFailed
from eksaminer.evidence.trail_storage import BucketBlock, Storage, TrailBucket, TrailKey, TrailStorage
from eksaminer.gap import Cause, Gap

STRANGERS = frozenset(
    {
        "http://acs.amazonaws.com/groups/global/AllUsers",
        "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
    }
)
"""The groups of S3 that anyone is in, or anyone with an AWS account (S3 User Guide, "Access control list overview")."""
BUCKETS_A_PAGE = 1000


def read_trail_storage(reader: Reader, account: str) -> TrailStorage:
    """Return where the trails that the region sees keep their log files. Raises `CallFailed`."""
    trails, _ = list_trails(reader)
    items = tuple(_storage(reader, account, trail) for trail in trails)
    return TrailStorage(sources=reader.sources, account=account, region=reader.region, items=items)


def _storage(reader: Reader, account: str, trail: Mapping[str, Any]) -> Storage:
    name, home = str(trail["Name"]), str(trail["HomeRegion"])
    return Storage(
        trail=str(trail["TrailARN"]),
        home_region=home,
        bucket=attempt(lambda: _bucket(reader, account, trail), f"the bucket of the trail {name}"),
        key=attempt(lambda: _key(reader, account, trail), f"the key of the trail {name}"),
    )


def _bucket(reader: Reader, account: str, trail: Mapping[str, Any]) -> TrailBucket:
    name, home = str(trail["S3BucketName"]), str(trail["HomeRegion"])
    if name not in _own_buckets(reader, home):
        detail = f"The bucket {name} is not one of the account {account}: only its owner's account can tell."
        raise MissingError(Gap(cause=Cause.NOT_SELECTED, detail=detail, sources=reader.sources))

    def part(read: Callable[[], Any]) -> Any:
        return attempt(read, f"the bucket {name}")

    def ask(operation: str) -> Mapping[str, Any]:
        return reader.call(f"s3:{operation}", {"Bucket": name, "ExpectedBucketOwner": account}, region=home).data

    return TrailBucket(
        name=name,
        policy_public=part(lambda: _policy_public(ask)),
        acl_public=part(lambda: any(_stranger(grant) for grant in ask("GetBucketAcl")["Grants"])),
        block=part(lambda: _block(ask)),
    )


def _own_buckets(reader: Reader, region: str) -> frozenset[str]:
    found = reader.items("s3:ListBuckets", "Buckets", {"MaxBuckets": BUCKETS_A_PAGE}, region=region)
    return frozenset(str(bucket["Name"]) for bucket in found)


def _policy_public(ask: Callable[[str], Mapping[str, Any]]) -> bool:
    try:
        return bool(ask("GetBucketPolicyStatus")["PolicyStatus"]["IsPublic"])
    except CallFailed as failed:
        if failed.code != "NoSuchBucketPolicy":
            raise
        return False


def _block(ask: Callable[[str], Mapping[str, Any]]) -> BucketBlock:
    try:
        found = ask("GetPublicAccessBlock")["PublicAccessBlockConfiguration"]
    except CallFailed as failed:
        if failed.code != "NoSuchPublicAccessBlockConfiguration":
            raise
        found = {}
    return BucketBlock(
        ignores_acls=bool(found.get("IgnorePublicAcls")), restricts_policy=bool(found.get("RestrictPublicBuckets"))
    )


def _stranger(grant: Mapping[str, Any]) -> bool:
    return text(grant.get("Grantee", {}).get("URI")) in STRANGERS


def _key(reader: Reader, account: str, trail: Mapping[str, Any]) -> TrailKey:
    arn = text(trail.get("KmsKeyId"))
    if not arn:
        return TrailKey(arn="", manager="", state="")
    try:
        metadata = reader.call("kms:DescribeKey", {"KeyId": arn}, region=str(trail["HomeRegion"])).data["KeyMetadata"]
    except CallFailed as failed:
        if failed.code == "NotFoundException":
            return TrailKey(arn=arn, manager="", state="NotFound")
        if arn.startswith("arn:") and arn.split(":")[4] != account:
            detail = f"The key {arn} belongs to another account, and only that can tell its state."
            raise MissingError(Gap(cause=Cause.NOT_SELECTED, detail=detail, sources=(failed.source,))) from failed
        raise
    return TrailKey(arn=arn, manager=text(metadata.get("KeyManager")), state=text(metadata.get("KeyState")))
