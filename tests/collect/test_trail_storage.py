"""The buckets and keys of trails, over HTTP from an emulated account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.collect.collecting import NOW, collected, region, section

from eksaminer.demo.account import Bucket, Trail, clean_account, with_changed_region, with_changed_trail
from eksaminer.demo.emulator import Emulator
from eksaminer.evidence.trail_storage import Storage, TrailStorage

HOME = "eu-central-1"
BUCKET = "example-cloudtrail-logs"
OTHERS_KEY = "arn:aws:kms:eu-central-1:999988887777:key/22222222-2222-3333-4444-555555555555"


def read(name: str = HOME) -> Storage:
    (item,) = section(collected(), region(name), TrailStorage).items
    return item  # type: ignore[no-any-return]  # - `section` gives any section


@pytest.mark.parametrize(
    ("bucket", "public"),
    [
        pytest.param({"blocks": None}, (False, False, False), id="nothing set"),
        pytest.param({"blocks": True, "policy_public": True}, (True, False, True), id="a public policy, blocked"),
        pytest.param({"blocks": False, "acl_public": True}, (False, True, False), id="a public ACL"),
        pytest.param({"blocks": None, "policy_public": None}, (False, False, False), id="no policy"),
    ],
)
def test_a_bucket_is_read_as_s3_tells(
    emulator: Emulator, bucket: dict[str, Any], public: tuple[bool, bool, bool]
) -> None:
    emulator.load(replace(clean_account(NOW), buckets=(Bucket(name=BUCKET, **bucket),)))

    found: Any = read().bucket

    assert (found.policy_public, found.acl_public, found.block.restricts_policy) == public
    assert found.block.ignores_acls is found.block.restricts_policy


def test_a_bucket_of_another_account_is_not_part_of_the_run(emulator: Emulator) -> None:
    emulator.load(replace(clean_account(NOW), buckets=(Bucket(name="others"),)))

    found: Any = read().bucket

    assert found.cause == "not_selected"
    assert BUCKET in found.detail
    assert not {"s3:GetBucketAcl", "s3:GetBucketPolicyStatus"} & set(emulator.actions)


def test_a_bucket_beyond_the_first_page_is_found(emulator: Emulator) -> None:
    buckets = tuple(Bucket(name=f"a-{number}") for number in range(5))
    emulator.load(replace(clean_account(NOW), buckets=(*buckets, Bucket(name=BUCKET))))
    emulator.page_size = 2

    found: Any = read().bucket

    assert found.name == BUCKET


def test_a_denied_part_of_a_bucket_is_a_gap_of_that_part_alone(emulator: Emulator) -> None:
    emulator.deny("s3:GetBucketPolicyStatus")

    found: Any = read().bucket

    assert (found.policy_public.cause, found.policy_public.permission) == ("denied", "s3:GetBucketPolicyStatus")
    assert found.acl_public is False


def test_a_key_of_another_account_that_may_not_be_read_is_not_part_of_the_run(emulator: Emulator) -> None:
    emulator.load(with_changed_trail(clean_account(NOW), "security-trail", kms_key=OTHERS_KEY))
    emulator.deny("kms:DescribeKey", because="resource policy")

    found: Any = read().key

    assert found.cause == "not_selected"
    assert OTHERS_KEY in found.detail


def test_a_key_that_is_gone_is_known_to_be(emulator: Emulator) -> None:
    account = with_changed_region(clean_account(NOW), HOME, keys=())
    emulator.load(account)

    found: Any = read().key

    assert found.state == "NotFound"


def test_a_bucket_is_read_once_for_all_regions_that_see_the_trail(emulator: Emulator) -> None:
    account = clean_account(NOW)
    more = tuple(replace(account.regions[0], name=name, clusters=(), trails=()) for name in ("eu-west-1", "us-west-2"))
    emulator.load(replace(account, regions=(*account.regions, *more)))

    collected()

    assert emulator.actions.count("s3:GetBucketAcl") == 1


def test_the_trails_of_an_account_may_share_a_bucket(emulator: Emulator) -> None:
    trails = tuple(Trail(name=name, bucket=BUCKET) for name in ("one", "two"))
    emulator.load(with_changed_region(clean_account(NOW), HOME, trails=trails))

    items = section(collected(), region(HOME), TrailStorage).items

    assert [item.key.arn for item in items] == ["", ""]
    assert emulator.actions.count("s3:GetBucketAcl") == 1
