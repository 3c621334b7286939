"""Amazon S3, as far as the settings of buckets go, and files of CloudTrail in them."""

from collections.abc import Mapping
from typing import Any

from eksaminer.demo.model import Bucket
from eksaminer.demo.services.world import Operation, World
from eksaminer.demo.wire import AwsError, Call

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
PAGE = 1000


def list_buckets(world: World, call: Call) -> Mapping[str, Any]:
    """List the buckets of the account, wherever they are."""
    size = int(call.parameters.get("MaxBuckets") or PAGE)
    names = sorted(bucket.name for bucket in world.account.buckets)
    page, token = world.page(names, call.parameters.get("ContinuationToken"), size)
    return {
        "Buckets": [{"Name": name, "CreationDate": world.now} for name in page],
        "Owner": {"ID": world.account.id},
        "ContinuationToken": token,
    }


def _bucket(world: World, call: Call) -> Bucket:
    """Find a bucket; one of another account is denied without a reason, as S3 does."""
    name = call.parameters.get("Bucket")
    for bucket in world.account.buckets:
        if bucket.name == name:
            return bucket
    raise AwsError("AccessDenied", "Access Denied", 403)


def get_bucket_policy_status(world: World, call: Call) -> Mapping[str, Any]:
    """Tell whether the policy of a bucket makes it public."""
    bucket = _bucket(world, call)
    if bucket.policy_public is None:
        raise AwsError("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
    return {"PolicyStatus": {"IsPublic": bucket.policy_public}}


def get_public_access_block(world: World, call: Call) -> Mapping[str, Any]:
    """Tell which public access a bucket blocks; without the setting that is an error."""
    blocks = _bucket(world, call).blocks
    if blocks is None:
        raise AwsError(
            "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found", 404
        )
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return {"PublicAccessBlockConfiguration": dict.fromkeys(names, blocks)}


def get_bucket_acl(world: World, call: Call) -> Mapping[str, Any]:
    """List the grants of a bucket: one to its owner, and perhaps one to everyone."""
    bucket = _bucket(world, call)
    owner = {"Type": "CanonicalUser", "ID": world.account.id}
    grants: list[Mapping[str, Any]] = [{"Grantee": owner, "Permission": "FULL_CONTROL"}]
    if bucket.acl_public:
        grants.append({"Grantee": {"Type": "Group", "URI": ALL_USERS}, "Permission": "READ"})
    return {"Owner": {"ID": world.account.id}, "Grants": grants}


def _objects(world: World, call: Call) -> Mapping[str, bytes]:
    for bucket in world.account.buckets:
        if bucket.name == call.parameters["Bucket"]:
            return bucket.objects
    raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)


def list_objects_v2(world: World, call: Call) -> Mapping[str, Any]:
    """List the objects below a prefix, in the order of their keys."""
    objects, prefix = _objects(world, call), str(call.parameters.get("Prefix") or "")
    keys = sorted(key for key in objects if key.startswith(prefix))
    size = min(int(call.parameters.get("MaxKeys") or PAGE), PAGE)
    page, token = world.page(keys, call.parameters.get("ContinuationToken"), size)
    contents = [{"Key": key, "Size": len(objects[key]), "LastModified": world.now} for key in page]
    return {
        "Name": call.parameters["Bucket"],
        "Prefix": prefix,
        "KeyCount": len(page),
        "MaxKeys": size,
        "IsTruncated": token is not None,
        "NextContinuationToken": token,
        "Contents": contents,
    }


def get_object(world: World, call: Call) -> Mapping[str, Any]:
    """Give an object."""
    content = _objects(world, call).get(str(call.parameters["Key"]))
    if content is None:
        raise AwsError("NoSuchKey", "The specified key does not exist.", 404)
    return {"Body": content, "ContentLength": len(content), "LastModified": world.now}


OPERATIONS: Mapping[str, Operation] = {
    "s3:ListBuckets": list_buckets,
    "s3:GetBucketPolicyStatus": get_bucket_policy_status,
    "s3:GetPublicAccessBlock": get_public_access_block,
    "s3:GetBucketAcl": get_bucket_acl,
    "s3:ListObjectsV2": list_objects_v2,
    "s3:GetObject": get_object,
}
