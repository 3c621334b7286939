"""Amazon S3, as far as files of CloudTrail are read from it."""

from collections.abc import Mapping
from typing import Any

from eksaminer.demo.services.world import Operation, World
from eksaminer.demo.wire import AwsError, Call

PAGE = 1_000


def _objects(world: World, call: Call) -> Mapping[str, bytes]:
    name = str(call.parameters["Bucket"])
    if name not in world.account.buckets:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
    return world.account.buckets[name]


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
    "s3:ListObjectsV2": list_objects_v2,
    "s3:GetObject": get_object,
}
