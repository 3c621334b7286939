"""The dated list of calls that weaken auditing: each is a call of AWS, and a part of it has a way of being judged."""

from __future__ import annotations

import botocore.session
import pytest

from eksaminer.evidence.lookups import FIRST_PAGES, MOST_CALLS
from eksaminer.weakening import Control, controls, restoring_calls, weakening_calls

WRITTEN_OTHERWISE = {
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "DeleteBucketPublicAccessBlock": "DeletePublicAccessBlock",
    "PutBucketPublicAccessBlock": "PutPublicAccessBlock",
    "PutBucketObjectLockConfiguration": "PutObjectLockConfiguration",
    "PutBucketNotification": "PutBucketNotificationConfiguration",
}
"""CloudTrail names some calls of S3 otherwise than the API does."""
SERVICES = {"monitoring": "cloudwatch"}


@pytest.fixture(scope="module")
def session() -> botocore.session.Session:
    return botocore.session.get_session()


@pytest.mark.parametrize("control", controls(), ids=lambda control: control.id)
def test_each_call_is_one_that_the_service_has(control: Control, session: botocore.session.Session) -> None:
    name = control.source.partition(".")[0]
    model = session.get_service_model(SERVICES.get(name, name))

    called = {*control.weakens, *control.restores}

    assert all(model.operation_model(WRITTEN_OTHERWISE.get(call, call)) is not None for call in called)


def test_there_are_about_a_hundred_of_them_and_the_certain_come_first() -> None:
    certain = {name for control in controls() if control.certain for name in control.weakens}

    assert len(weakening_calls()) >= 100
    assert set(list(weakening_calls())[: len(certain)]) == certain


def test_none_is_looked_up_twice_and_the_lookups_of_a_busy_region_stay_below_the_limit() -> None:
    assert FIRST_PAGES + len({*weakening_calls(), *restoring_calls()}) < MOST_CALLS / 2


def test_the_name_of_a_control_is_given_once() -> None:
    names = [control.id for control in controls()]

    assert len(names) == len(set(names))
