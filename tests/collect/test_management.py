"""Records of CloudTrail from files are kept in the same reduced form as those of LookupEvents."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from eksaminer.collect.management import from_record

RECORD = {
    "eventID": "1",
    "eventTime": "2026-11-23T08:00:00Z",
    "eventName": "PutBucketLifecycle",
    "eventSource": "s3.amazonaws.com",
    "userIdentity": {"type": "IAMUser", "userName": "dana", "accessKeyId": "AKIAEXAMPLE"},
    "requestParameters": {"bucketName": "b", "LifecycleConfiguration": {"Rule": []}, "x-secret": "s"},
}


def test_the_parameters_that_judging_takes_are_kept_and_no_others() -> None:
    event = from_record(json.dumps(RECORD))

    assert event is not None
    assert (event.id, event.time, event.actor) == ("1", datetime(2026, 11, 23, 8, tzinfo=UTC), "dana")
    assert event.parameters == {"bucketName": "b", "LifecycleConfiguration": '{"Rule":[]}'}


@pytest.mark.parametrize(
    "record",
    [
        "",
        "[]",
        "7",
        "{",
        json.dumps({**RECORD, "eventTime": "soon"}),
        json.dumps({**RECORD, "eventTime": ["x"]}),
        "[" * 100_000,
    ],
)
def test_what_is_no_record_is_left_out(record: str) -> None:
    assert from_record(record) is None


@pytest.mark.parametrize("identity", [7, "x", ["y"], None, {"userName": ["x"], "sessionContext": 3}])
def test_fields_of_another_type_are_left_out(identity: object) -> None:
    event = from_record(json.dumps({**RECORD, "userIdentity": identity, "requestParameters": 3}))

    assert event is not None
    assert (event.actor, event.parameters) == ("", {})
