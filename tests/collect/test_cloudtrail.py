"""CloudTrail: its files, from disk and from S3, and its own memory of the last 90 days."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.logs.trailed import assumed, base, called, pod_identity, records

from eksaminer.collect import buckets
from eksaminer.collect.aws.reader import Reader
from eksaminer.collect.buckets import Prefix
from eksaminer.collect.errors import SelectionError
from eksaminer.demo.account import (
    ACCOUNT_ID,
    Account,
    PodIdentity,
    TrailEvent,
    clean_account,
    demo_account,
    issuer,
    role_arn,
    with_changed_cluster,
    with_changed_region,
)
from eksaminer.demo.emulator import Emulator
from eksaminer.demo.events import assumed as looked_up
from eksaminer.demo.events import changed as change
from eksaminer.demo.model import Bucket
from eksaminer.detection import Rule
from eksaminer.errors import InputError, UsageError
from eksaminer.evidence import lookups
from eksaminer.evidence.lookups import CHANGES, CloudTrailEvents
from eksaminer.evidence.model import Target
from eksaminer.evidence.scan import CloudTrailScan, EventCounts
from eksaminer.evidence.workloads import WorkloadCalls
from eksaminer.gap import Gap
from eksaminer.registry import load_checks

from .collecting import ACCOUNT, NOW, Notes, collected, gate, is_gap, region, section

HOME = region("eu-central-1")
WHOLE = Target(account=ACCOUNT)
EARLY = NOW - timedelta(hours=5)
FOLDER = f"AWSLogs/{ACCOUNT}/CloudTrail/eu-central-1/2026/11/23/"
NAME = f"{ACCOUNT}_CloudTrail_eu-central-1_20261123T0705Z_abc.json.gz"
INSIGHTS = 2
"""Lookups about Insights, which no file holds, in the one region of the clean account: its events, and since when it
is on."""


@pytest.fixture(scope="module")
def rules() -> tuple[Rule, ...]:
    return tuple(rule for rule in load_checks().rules if rule.id in {"CT-ROOT", "CT-IRSA-UNEXPECTED-SA"})


def events(name: str = "shop/app") -> bytes:
    return records(
        assumed("1", EARLY, name, "app", "ASIA1"),
        called("2", EARLY, "ASIA1", "s3.amazonaws.com", "GetObject"),
    )


@pytest.fixture
def trail(tmp_path: Path) -> Path:
    path = tmp_path / FOLDER / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(events()))
    return tmp_path


def from_files(rules: tuple[Rule, ...], *paths: object, **request: Any) -> Any:
    return collected(rules, live_logs=False, cloudtrail=tuple(map(str, paths)), **request)


# Files -----------------------------------------------------------------------------------------------


def test_files_are_judged_by_region_and_attributed(emulator: Emulator, rules: tuple[Rule, ...], trail: Path) -> None:
    collection = from_files(rules, trail)

    scan = section(collection, HOME, CloudTrailScan)
    assert (scan.origin, scan.events_read, scan.unread) == ("files", 2, None)
    assert {result.rule: result.hits for result in scan.rules} == {"CT-ROOT": 0, "CT-IRSA-UNEXPECTED-SA": 1}
    calls = section(collection, WHOLE, WorkloadCalls)
    assert (calls.origin, [item.subject for item in calls.taken]) == ("files", ["system:serviceaccount:shop:app"])
    assert calls.taken[0].apis[0].name == "GetObject"
    assert calls.files.files[0].path == str(trail / FOLDER / NAME)
    assert calls.sources[0] in {source.id for source in collection.evidence[WHOLE].sources}


def test_management_events_are_counted_once_by_what_they_do(
    emulator: Emulator, rules: tuple[Rule, ...], tmp_path: Path
) -> None:
    def one(identifier: str, **fields: Any) -> Any:
        return called(identifier, EARLY, "ASIA1", "s3.amazonaws.com", "PutBucketAcl", **fields)

    kinds = records(
        one("w1", readOnly=False),
        one("w1", readOnly=False),
        one("w2", readOnly=False, eventCategory=None),
        one("r1", readOnly=True),
        one("old", readOnly=False, eventCategory=None, managementEvent=None),
        one("data", readOnly=False, eventCategory="Data", managementEvent=False),
        one("older data", readOnly=False, eventCategory=None, managementEvent=False),
        one("untold", readOnly=None),
        one("elsewhere", readOnly=False, awsRegion="us-east-1"),
        one("foreign", readOnly=False, recipientAccountId="999999999999"),
    )
    path = tmp_path / "trail.json"
    path.write_bytes(kinds)

    found = section(from_files(rules, path), HOME, CloudTrailScan)

    assert found.management == EventCounts(reads=1, writes=3)


def test_files_take_the_place_of_lookups_but_for_what_weakens_auditing(
    emulator: Emulator, rules: tuple[Rule, ...], trail: Path
) -> None:
    collection = collected(rules, cloudtrail=(str(trail),))

    looked_up = {item.operation: item.count for item in collection.info.calls}["cloudtrail:LookupEvents"]
    assert looked_up == INSIGHTS + 1
    assert [item.name for item in section(collection, HOME, CloudTrailEvents).asked] == [CHANGES]
    assert section(collection, WHOLE, WorkloadCalls).origin == "files"


STOP = {"userIdentity": {"type": "IAMUser", "userName": "dana", "accessKeyId": "AKIAEXAMPLE"}, "readOnly": False}


def stopped(identifier: str, time: datetime, **fields: Any) -> dict[str, Any]:
    parameters = {"name": "main", "secret": "s3cr3t"}
    return base(
        identifier,
        time,
        "cloudtrail.amazonaws.com",
        "StopLogging",
        **{"requestParameters": parameters, **STOP, **fields},
    )


def written(folder: Path, *found: dict[str, Any]) -> Path:
    path = folder / "trail.json"
    path.write_bytes(records(*found))
    return path


def quiet(identifier: str, time: datetime, **fields: Any) -> dict[str, Any]:
    return base(identifier, time, "s3.amazonaws.com", "GetObject", **fields)


BEGIN = NOW - timedelta(days=90)
"""Of the period of configuration."""


def test_calls_of_the_whole_period_are_taken_from_files_whatever_the_window_of_events(
    emulator: Emulator, tmp_path: Path
) -> None:
    early = BEGIN + timedelta(days=1)
    found = written(tmp_path, quiet("1", BEGIN), stopped("2", early), stopped("2", early), quiet("3", NOW))

    part = section(from_files((), found, since=NOW - timedelta(hours=1)), HOME, CloudTrailEvents)

    (event,) = part.events
    assert (event.id, event.time, event.user, event.parameters) == ("2", early, "dana", {"name": "main"})
    assert part.unread_changes() is None
    assert part.changes_in_files


def test_calls_before_the_period_are_left_out(emulator: Emulator, tmp_path: Path) -> None:
    found = written(tmp_path, stopped("1", BEGIN - timedelta(days=1)), quiet("2", NOW))

    assert section(from_files((), found), HOME, CloudTrailEvents).events == ()


def test_calls_of_another_account_are_left_out(emulator: Emulator, tmp_path: Path) -> None:
    found = written(tmp_path, quiet("1", BEGIN), stopped("2", EARLY, recipientAccountId="999988887777"))

    assert section(from_files((), found), HOME, CloudTrailEvents).events == ()


@pytest.mark.parametrize(
    ("first", "last", "read"),
    [
        pytest.param(BEGIN + timedelta(minutes=59), NOW, True, id="all but minutes"),
        pytest.param(BEGIN + timedelta(minutes=61), NOW, False, id="begins late"),
        pytest.param(BEGIN, NOW - timedelta(minutes=61), False, id="ends early"),
        pytest.param(BEGIN - timedelta(days=400), NOW, True, id="more than is asked for"),
    ],
)
def test_files_speak_for_the_time_alone_that_they_hold_events_of(
    emulator: Emulator, tmp_path: Path, first: datetime, last: datetime, read: bool
) -> None:
    part = section(from_files((), written(tmp_path, quiet("1", first), quiet("2", last))), HOME, CloudTrailEvents)

    gap = part.unread_changes()
    assert (gap is None) is read
    assert gap is None or (is_gap(gap, "not_requested") and f"{first:%Y-%m-%d %H:%M}" in gap.detail)


def test_files_that_hold_the_whole_period_need_no_lookup(emulator: Emulator, tmp_path: Path) -> None:
    collection = asked_live(cloudtrail=(str(written(tmp_path, quiet("1", BEGIN), quiet("2", NOW))),))

    lookups_made = {item.operation: item.count for item in collection.info.calls}["cloudtrail:LookupEvents"]
    assert lookups_made == INSIGHTS


def test_files_and_lookups_complete_each_other(emulator: Emulator, tmp_path: Path) -> None:
    old, new = NOW - timedelta(days=200), NOW - timedelta(days=3)
    late = change(NOW, "cloudtrail.amazonaws.com", "StartLogging", {"name": "main"}, hours=2)
    emulator.load(with_changed_region(clean_account(NOW), "eu-central-1", events=(late,)))
    found = written(tmp_path, quiet("0", NOW - timedelta(days=366)), stopped("1", old), stopped("2", new))

    part = section(asked_live(cloudtrail=(str(found),), period=timedelta(days=365)), HOME, CloudTrailEvents)

    assert [event.name for event in part.events] == ["StopLogging", "StopLogging", "StartLogging"]
    assert part.unread_changes() is None
    short = section(asked_live(cloudtrail=(str(found),), period=timedelta(days=400)), HOME, CloudTrailEvents)
    assert is_gap(short.unread_changes(), "not_observable")


def test_a_denied_lookup_leaves_what_files_tell(emulator: Emulator, tmp_path: Path) -> None:
    emulator.deny("cloudtrail:LookupEvents")

    part = section(asked_live(cloudtrail=(str(written(tmp_path, stopped("1", EARLY))),)), HOME, CloudTrailEvents)

    assert [event.id for event in part.events] == ["1"]
    assert is_gap(part.unread_changes(), "denied")


def test_a_damaged_file_proves_no_absence_of_calls(emulator: Emulator, tmp_path: Path) -> None:
    path = written(tmp_path, quiet("1", BEGIN), quiet("2", NOW))
    (tmp_path / "cut.json.gz").write_bytes(gzip.compress(events())[:-9])

    part = section(from_files((), path, tmp_path / "cut.json.gz"), HOME, CloudTrailEvents)

    assert part.unread_changes() is not None


def test_of_very_many_calls_the_latest_are_kept_and_that_is_said(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eksaminer.logs.kept_calls.MOST_CALLS", 2)
    many = [stopped(str(number), NOW - timedelta(minutes=number)) for number in range(1, 5)]

    part = section(from_files((), written(tmp_path, quiet("0", BEGIN), *many)), HOME, CloudTrailEvents)

    assert [event.id for event in part.events] == ["2", "1"]
    assert is_gap(part.unread_changes(), "capped")


def test_without_files_the_rules_on_cloudtrail_are_not_requested(emulator: Emulator, rules: tuple[Rule, ...]) -> None:
    assert is_gap(section(collected(rules), HOME, CloudTrailScan), "not_requested")


def test_events_of_other_accounts_and_regions_are_counted(
    emulator: Emulator, rules: tuple[Rule, ...], tmp_path: Path
) -> None:
    path = tmp_path / "trail.json"
    path.write_bytes(
        records(
            assumed("1", EARLY, "shop/app", "app", "ASIA1"),
            assumed("2", EARLY, "shop/app", "app", "ASIA2", recipientAccountId="999988887777"),
            assumed("3", EARLY, "shop/app", "app", "ASIA3", awsRegion="us-east-1"),
        )
    )

    calls = section(from_files(rules, path), WHOLE, WorkloadCalls)

    assert [(item.account, item.region, item.events) for item in calls.elsewhere] == [
        (ACCOUNT, "us-east-1", 1),
        ("999988887777", "eu-central-1", 1),
    ]
    assert calls.taken[0].granted == 2


def test_a_region_without_an_event_was_not_given(emulator: Emulator, rules: tuple[Rule, ...], trail: Path) -> None:
    emulator.load(demo_account(NOW))

    collection = from_files(rules, trail)

    assert is_gap(section(collection, region("us-east-1"), CloudTrailScan), "not_requested")
    reads = {read.region: read.unread for read in section(collection, WHOLE, WorkloadCalls).regions}
    assert reads["eu-central-1"] is None
    assert is_gap(reads["us-east-1"], "not_requested")


def test_files_of_another_account_alone_are_no_pass(
    emulator: Emulator, rules: tuple[Rule, ...], tmp_path: Path
) -> None:
    path = tmp_path / "trail.json"
    path.write_bytes(records(assumed("1", EARLY, "shop/app", "app", "ASIA1", recipientAccountId="999988887777")))

    gap = section(from_files(rules, path), WHOLE, WorkloadCalls)

    assert isinstance(gap, Gap)
    assert (gap.cause, "999988887777" in gap.detail) == ("error", True)


UNUSABLE = [
    pytest.param(None, UsageError, 2, "There is no file", id="missing"),
    pytest.param(b"I1123 klog line\n", InputError, 4, "No line is a record of CloudTrail", id="another kind"),
    pytest.param(b'{"Records":[{"eventID":7}]}', InputError, 4, "No line is a record of CloudTrail", id="wrong types"),
]


@pytest.mark.parametrize(("content", "kind", "code", "said"), UNUSABLE)
def test_files_that_say_nothing_end_the_run(
    *, content: bytes | None, kind: type[Any], code: int, said: str, emulator: Emulator, tmp_path: Path
) -> None:
    path = tmp_path / "trail.json"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(kind) as raised:
        from_files((), path)

    assert raised.value.exit_code == code
    assert said in raised.value.what


def test_a_damaged_file_leaves_no_absence_to_be_found(emulator: Emulator, rules: tuple[Rule, ...], trail: Path) -> None:
    (trail / "cut.json.gz").write_bytes(gzip.compress(events("shop/other"))[:-9])

    collection = from_files(rules, trail)

    assert "cut.json.gz" in section(collection, HOME, CloudTrailScan).unread.detail
    assert all(read.unread is not None for read in section(collection, WHOLE, WorkloadCalls).regions)


def test_an_empty_folder_is_a_gap(emulator: Emulator, rules: tuple[Rule, ...], tmp_path: Path) -> None:
    assert is_gap(section(from_files(rules, tmp_path), WHOLE, WorkloadCalls), "error")


# S3 --------------------------------------------------------------------------------------------------

OTHERS = {
    f"{FOLDER.replace('CloudTrail', 'CloudTrail-Digest')}digest.json.gz": b"not read",
    f"{FOLDER.replace('CloudTrail', 'CloudTrail-Insight')}insight.json.gz": b"not read",
    f"{FOLDER.replace(ACCOUNT, '999988887777')}theirs.json.gz": b"not read",
    f"{FOLDER}": b"",
}


def with_bucket(**objects: bytes) -> Account:
    bucket = Bucket(name="logs", objects={FOLDER + NAME: gzip.compress(events()), **OTHERS, **objects})
    return replace(clean_account(NOW), buckets=(bucket,))


def test_objects_below_a_prefix_are_fetched_and_others_left_out(emulator: Emulator, rules: tuple[Rule, ...]) -> None:
    emulator.load(with_bucket())

    calls = section(from_files(rules, "s3://logs/AWSLogs/"), WHOLE, WorkloadCalls)

    assert [item.granted for item in calls.taken] == [1]
    assert [file.path for file in calls.files.files] == [f"s3://logs/{FOLDER}{NAME}"]
    assert calls.left_out == len(OTHERS)
    assert emulator.actions.count("s3:GetObject") == 1


def test_small_pages_of_a_bucket_add_up(emulator: Emulator, rules: tuple[Rule, ...]) -> None:
    more = {f"{FOLDER}{number}.json": events(f"shop/app-{number}") for number in range(5)}
    emulator.load(with_bucket(**more))
    emulator.page_size = 2

    calls = section(from_files(rules, "s3://logs"), WHOLE, WorkloadCalls)

    assert len(calls.taken) == 1  # the same two events in all of them
    assert len(calls.files.files) == 6


@pytest.mark.parametrize(
    ("since", "until", "fetched"),
    [
        pytest.param(NOW - timedelta(days=1), None, 1, id="delivered within"),
        pytest.param(NOW, None, 0, id="delivered before"),
        pytest.param(NOW - timedelta(days=9), NOW - timedelta(days=2), 0, id="delivered long after"),
        pytest.param(NOW - timedelta(days=9), NOW - timedelta(hours=12), 1, id="delivered late"),
    ],
)
def test_the_window_tells_which_objects_are_needed(
    *, since: Any, until: Any, fetched: int, emulator: Emulator, rules: tuple[Rule, ...]
) -> None:
    emulator.load(with_bucket())

    from_files(rules, "s3://logs", since=since, until=until)

    assert emulator.actions.count("s3:GetObject") == fetched


def test_a_bucket_that_may_not_be_listed_is_a_gap_with_the_permission(
    emulator: Emulator, rules: tuple[Rule, ...]
) -> None:
    emulator.load(with_bucket())
    emulator.deny("s3:ListBucket")

    collection = from_files(rules, "s3://logs")

    for gap in (section(collection, WHOLE, WorkloadCalls), section(collection, HOME, CloudTrailScan)):
        assert isinstance(gap, Gap)
        assert (gap.cause, gap.permission) == ("denied", "s3:ListBucket")


def test_an_object_that_may_not_be_read_is_said_and_the_others_are_judged(
    emulator: Emulator, rules: tuple[Rule, ...]
) -> None:
    emulator.load(with_bucket(**{f"{FOLDER}secret.json": events("shop/secret")}))
    emulator.deny("s3:GetObject", matching="secret.json")

    collection = from_files(rules, "s3://logs")

    assert section(collection, HOME, CloudTrailScan).events_read == 2
    (read,) = section(collection, WHOLE, WorkloadCalls).regions
    assert (read.unread.cause, read.unread.permission) == ("denied", "s3:GetObject")


def test_a_bucket_that_is_not_there_is_a_gap(emulator: Emulator, rules: tuple[Rule, ...]) -> None:
    assert is_gap(section(from_files(rules, "s3://nothing"), WHOLE, WorkloadCalls), "gone")


def test_a_throttled_bucket_is_a_gap(emulator: Emulator, rules: tuple[Rule, ...]) -> None:
    emulator.load(with_bucket())
    emulator.throttle("s3:ListBucket")

    assert is_gap(section(from_files(rules, "s3://logs", attempts=1), WHOLE, WorkloadCalls), "throttled")


def test_more_objects_than_the_limit_are_said(
    emulator: Emulator, rules: tuple[Rule, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "MOST_OBJECTS", 1)
    emulator.load(with_bucket(**{f"{FOLDER}zzz.json": events("shop/second")}))

    (read,) = section(from_files(rules, "s3://logs"), WHOLE, WorkloadCalls).regions

    assert (read.unread.cause, "1 objects were not read" in read.unread.detail) == ("capped", True)
    assert emulator.actions.count("s3:GetObject") == 1


@pytest.mark.parametrize("url", ["s3://", "s3:///a", "s3://A_B/x", "s3://../x"])
def test_an_address_that_names_no_bucket_is_a_usage_error(url: str) -> None:
    with pytest.raises(SelectionError) as raised:
        Prefix.parse(url)

    assert raised.value.exit_code == 2


# LookupEvents ----------------------------------------------------------------------------------------


def asked_live(notes: Notes | None = None, **request: Any) -> Any:
    """Run a collection that asks CloudTrail, and no log for want of a rule."""
    return collected((), notes, live_logs=True, **request)


def looked(emulator: Emulator, *found: TrailEvent, **request: Any) -> Any:
    emulator.load(with_changed_region(clean_account(NOW), "eu-central-1", events=found))
    return asked_live(**request)


GOOD = issuer(ACCOUNT_ID, "eu-central-1", "prod-good")


def test_events_of_the_window_are_looked_up_and_attributed(emulator: Emulator) -> None:
    found = [looked_up(NOW, GOOD, "shop/app", "app", hours=hours) for hours in (1, 2, 30)]

    collection = looked(emulator, *found)

    calls = section(collection, WHOLE, WorkloadCalls)
    assert (calls.origin, [(item.subject, item.granted) for item in calls.taken]) == (
        "lookup",
        [("system:serviceaccount:shop:app", 2)],
    )
    part = section(collection, HOME, CloudTrailEvents)
    asked, _ = part.asked
    assert (asked.name, asked.events, asked.calls, asked.unread) == ("AssumeRoleWithWebIdentity", 2, 1, None)
    first = part.events[0]
    assert (first.user, first.role, first.address) == ("system:serviceaccount:shop:app", "", "10.0.4.27")
    assert first.parameters["roleArn"] == role_arn(ACCOUNT_ID, "app")


def test_no_key_of_a_session_enters_the_evidence(emulator: Emulator) -> None:
    collection = looked(emulator, looked_up(NOW, GOOD, "shop/app", "app"))

    stored = b"".join(collection.answers.values()) + repr(collection.evidence).encode()
    assert b"ASIA" not in stored


def test_pod_identity_is_asked_for_where_a_cluster_uses_it(emulator: Emulator) -> None:
    pods = PodIdentity(namespace="web", service_account="shop", role=role_arn(ACCOUNT_ID, "pods"), created=EARLY)
    emulator.load(with_changed_cluster(clean_account(NOW), "prod-good", pod_identities=(pods,)))

    part = section(asked_live(), HOME, CloudTrailEvents)

    names = ["AssumeRoleWithWebIdentity", "AssumeRoleForPodIdentity", "AssumeRole", CHANGES]

    assert [item.name for item in part.asked] == names


def test_nothing_is_looked_up_without_live_logs(emulator: Emulator) -> None:
    collection = collected()

    assert is_gap(section(collection, WHOLE, WorkloadCalls), "not_requested")
    assert "cloudtrail:LookupEvents" not in emulator.actions


def test_no_event_at_all_is_a_result(emulator: Emulator) -> None:
    calls = section(looked(emulator), WHOLE, WorkloadCalls)

    assert (calls.taken, [read.unread for read in calls.regions]) == ((), [None])


def test_a_denied_lookup_is_a_gap_with_the_permission(emulator: Emulator) -> None:
    emulator.deny("cloudtrail:LookupEvents")

    collection = asked_live()

    for gap in (section(collection, WHOLE, WorkloadCalls), section(collection, HOME, CloudTrailEvents)):
        assert isinstance(gap, Gap)
        assert (gap.cause, gap.permission) == ("denied", "cloudtrail:LookupEvents")


def test_a_region_that_is_denied_leaves_the_others(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))
    emulator.deny("cloudtrail:LookupEvents", region="us-east-1")

    calls = section(asked_live(), WHOLE, WorkloadCalls)

    reads = {read.region: read.unread for read in calls.regions}
    assert is_gap(reads["us-east-1"], "denied")
    assert reads["eu-central-1"] is None
    assert calls.taken


def test_throttling_for_a_while_costs_time_alone(emulator: Emulator) -> None:
    emulator.load(with_changed_region(clean_account(NOW), "eu-central-1", events=()))
    emulator.throttle("cloudtrail:LookupEvents", times=1)

    assert section(asked_live(), HOME, CloudTrailEvents).asked[0].unread is None


def test_throttling_without_end_is_a_gap(emulator: Emulator) -> None:
    emulator.throttle("cloudtrail:LookupEvents")

    assert is_gap(section(asked_live(attempts=1), HOME, CloudTrailEvents), "throttled")


def test_more_events_than_the_calls_reach_are_said_with_the_time(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eksaminer.collect.lookups.MOST_CALLS", 2)
    found = [looked_up(NOW, GOOD, "shop/app", "app", hours=hours) for hours in range(1, 6)]
    emulator.load(with_changed_region(clean_account(NOW), "eu-central-1", events=tuple(found)))
    emulator.page_size = 1

    collection = asked_live()

    asked, *_ = section(collection, HOME, CloudTrailEvents).asked
    assert (asked.calls, asked.events, asked.since) == (2, 2, NOW - timedelta(hours=2))
    assert is_gap(asked.unread, "capped")
    assert "before 2026-11-23 10:00 UTC" in asked.unread.detail
    assert is_gap(section(collection, WHOLE, WorkloadCalls).regions[0].unread, "capped")


def test_days_that_cloudtrail_forgot_are_said(emulator: Emulator) -> None:
    asked, *_ = section(asked_live(since=NOW - timedelta(days=100)), HOME, CloudTrailEvents).asked

    assert asked.since == NOW - lookups.KEPT
    assert is_gap(asked.unread, "not_observable")


HOSTILE = ["", "not json", "[]", '{"userIdentity": 7}', '{"userIdentity": {"userName": ["x"]}, "requestParameters": 3}']


def test_hostile_events_are_counted_and_the_others_attributed(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = looked_up(NOW, GOOD, "shop/app", "app")
    others = [replace(good, time=NOW - timedelta(minutes=60 - number)) for number, _ in enumerate(HOSTILE, 1)]
    whole = json.dumps

    def dumps(record: Any, **options: Any) -> str:
        moment = NOW - timedelta(hours=1)
        bad = (
            isinstance(record, dict)
            and record.get("eventTime")
            and record["eventTime"] != f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        )
        return HOSTILE[int(record["eventTime"][14:16]) % len(HOSTILE)] if bad else whole(record, **options)

    monkeypatch.setattr("eksaminer.demo.services.cloudtrail.json.dumps", dumps)

    collection = looked(emulator, good, *others)

    assert section(collection, HOME, CloudTrailEvents).asked[0].events == 1 + len(HOSTILE)
    calls = section(collection, WHOLE, WorkloadCalls)
    assert [item.granted for item in calls.taken] == [1]
    assert calls.regions[0].unread is not None


def test_the_calls_keep_to_two_a_second_in_each_region(emulator: Emulator) -> None:
    aws = gate()
    waited: list[float] = []
    now = [100.0]
    aws.clock.monotonic = lambda: now[0]  # type: ignore[method-assign]  # - a clock that moves by waiting alone

    def pause(seconds: float) -> None:
        waited.append(seconds)
        now[0] += seconds

    aws.pause = pause  # type: ignore[method-assign]  # - as above

    for _ in range(6):
        Reader(aws, "eu-central-1").call("cloudtrail:LookupEvents", {}, again=True)
    Reader(aws, "us-east-1").call("cloudtrail:LookupEvents", {}, again=True)

    assert waited == [0.5] * 4


def test_what_is_looked_up_is_announced_in_the_calls(emulator: Emulator) -> None:
    collection = asked_live()

    assert {item.operation: item.count for item in collection.info.calls}["cloudtrail:LookupEvents"] == 2 + INSIGHTS
    assert pod_identity("1", NOW, "a/b", "r", "k")["eventName"] == "AssumeRole"
