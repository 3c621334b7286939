"""Calls are attributed to the service account whose credentials they were made with, and to nobody else."""

from __future__ import annotations

import gzip
import itertools
import json
import random
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from eksaminer.detection.fields import Log
from eksaminer.evidence.workloads import LONGEST_CHAIN, TakenRole
from eksaminer.logs import Options, ScanOutcome, scan
from eksaminer.logs.attribution import Attribution
from eksaminer.logs.engine import Engine

from .trailed import (
    ACCOUNT,
    CLUSTER,
    PROVIDER,
    START,
    Event,
    assumed,
    base,
    called,
    chained,
    generated,
    pod_identity,
    records,
    role,
)

S3 = ("s3.amazonaws.com", "GetObject")
LATER = START + timedelta(minutes=5)


def attributed(folder: Path, *files: bytes, **options: Any) -> Attribution:
    """Return what the files tell."""
    for number, content in enumerate(files):
        (folder / f"{number}.json").write_bytes(content)
    given: dict[str, Any] = {"account": ACCOUNT, "empty": True, **options}
    with scan([folder], (), Options(**given)) as outcome:
        return outcome.attribution()


def outcome_of(folder: Path, *files: bytes) -> ScanOutcome:
    for number, content in enumerate(files):
        (folder / f"{number}.json").write_bytes(content)
    with scan([folder], (), Options(account=ACCOUNT, empty=True)) as outcome:
        return outcome


def whose(taken: TakenRole) -> str:
    return taken.subject.removeprefix("system:serviceaccount:").replace(":", "/", 1)


def calls(found: Attribution) -> Counter[tuple[str, str, str]]:
    counted: Counter[tuple[str, str, str]] = Counter()
    for taken in found.taken:
        for api in taken.apis:
            counted[whose(taken), api.source, api.name] += api.count
    return counted


def test_what_was_generated_is_found_exactly(tmp_path: Path) -> None:
    events = list(generated(60))
    truth = events[-1][1]
    shuffled = [event for event, _ in events]
    random.Random(1).shuffle(shuffled)
    half = len(shuffled) // 2

    found = attributed(tmp_path, gzip.compress(records(*shuffled[:half])), records(*shuffled[half:]))

    assert Counter({(whose(item), item.role): item.granted for item in found.taken}) == truth.taken
    assert calls(found) == truth.calls


def test_an_event_that_stands_in_several_files_counts_once(tmp_path: Path) -> None:
    events = (assumed("1", START, "shop/app", "app", "ASIA1"), called("2", LATER, "ASIA1", *S3))

    found = attributed(tmp_path, records(*events), records(*events), records(*events, *events))

    assert (found.taken[0].granted, found.taken[0].apis[0].count) == (1, 1)
    assert outcome_of(tmp_path).trail[0].events == 2


def test_a_taken_role_tells_when_and_from_where(tmp_path: Path) -> None:
    found = attributed(
        tmp_path,
        records(
            assumed("1", START, "shop/app", "app", "ASIA1"),
            assumed("2", LATER, "shop/app", "app", "ASIA2", sourceIPAddress="203.0.113.66", awsRegion="us-east-1"),
            assumed("3", LATER, "shop/app", "app", "", error="AccessDenied"),
            called("4", LATER, "ASIA2", *S3, errorCode="NoSuchKey", sourceIPAddress="198.51.100.7"),
        ),
    )

    (taken,) = found.taken
    assert (taken.way, taken.provider, taken.audience, taken.role) == (
        "irsa",
        PROVIDER,
        "sts.amazonaws.com",
        role("app"),
    )
    assert (taken.granted, taken.refused, taken.errors, taken.events) == (2, 1, ("AccessDenied",), ("1", "2", "3"))
    assert (taken.first, taken.last) == (START, LATER)
    assert (taken.regions, taken.addresses) == (("eu-central-1", "us-east-1"), ("10.0.4.27", "203.0.113.66"))
    assert (taken.apis[0].count, taken.apis[0].refused, taken.apis[0].addresses) == (1, 1, ("198.51.100.7",))


def test_a_refused_request_tells_its_audience_too(tmp_path: Path) -> None:
    found = attributed(tmp_path, records(assumed("1", START, "shop/app", "app", "", error="AccessDenied")))

    assert found.taken[0].audience == "sts.amazonaws.com"


def test_pod_identity_is_attributed_by_the_tags_of_the_session(tmp_path: Path) -> None:
    asked = base(
        "1", START, "eks-auth.amazonaws.com", "AssumeRoleForPodIdentity",
        requestParameters={"clusterName": "prod", "token": "HIDDEN_DUE_TO_SECURITY_REASONS"},
    )  # fmt: skip
    refused = {**asked, "eventID": "2", "errorCode": "AccessDeniedException"}
    found = attributed(
        tmp_path,
        records(
            asked, refused, pod_identity("3", START, "web/shop", "pods", "ASIA1"), called("4", LATER, "ASIA1", *S3)
        ),
    )

    (taken,) = found.taken
    assert (taken.way, taken.cluster, whose(taken), taken.apis[0].count) == ("pods", CLUSTER, "web/shop", 1)
    (pods,) = found.pods
    assert (pods.cluster, pods.granted, pods.refused, pods.errors) == ("prod", 1, 1, ("AccessDeniedException",))


def test_the_second_role_that_pod_identity_takes_is_followed_by_its_key(tmp_path: Path) -> None:
    first = pod_identity("1", START, "web/shop", "pods", "ASIA1")
    second = chained("2", START, "ASIA1", "far", "ASIA2")
    second["userIdentity"]["invokedBy"] = "pods.eks.amazonaws.com"

    (taken,) = attributed(tmp_path, records(first, second, called("3", LATER, "ASIA2", *S3))).taken

    assert (whose(taken), taken.role) == ("web/shop", role("pods"))
    assert {(api.name, api.role) for api in taken.apis} == {("GetObject", role("far")), ("AssumeRole", role("pods"))}


def test_less_of_cloudtrail_is_held_at_once_and_the_outcome_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = "".join(f"{json.dumps(event)}\n" for event, _ in generated(40)).encode()
    whole = attributed(tmp_path, events)
    held: list[int] = []
    run = Engine._run  # pyright: ignore[reportPrivateUsage]  # what runs over the events that are held

    def watched(engine: Engine, log: Log, *, grouped: bool) -> None:
        held.append(engine.rows("SELECT sum(strlen(record_json)) FROM trail")[0][0])
        run(engine, log, grouped=grouped)

    monkeypatch.setattr("eksaminer.logs.feed.PART", 20_000)
    monkeypatch.setattr("eksaminer.logs.engine.HELD", 1_200_000)
    monkeypatch.setattr(Engine, "_run", watched)

    assert attributed(tmp_path, events) == whole
    assert len(held) > 2
    assert max(held) < 1_200_000 * 2 / 3


def test_the_same_names_in_two_clusters_are_two_service_accounts(tmp_path: Path) -> None:
    other = PROVIDER.replace("0123", "FEDC")
    found = attributed(
        tmp_path,
        records(
            assumed("1", START, "shop/app", "app", "ASIA1"),
            assumed("2", START, "shop/app", "app", "ASIA2", provider=other),
            called("3", LATER, "ASIA2", *S3),
        ),
    )

    assert {item.provider: len(item.apis) for item in found.taken} == {PROVIDER: 0, other: 1}


def test_roles_that_are_taken_with_a_role_are_followed(tmp_path: Path) -> None:
    found = attributed(
        tmp_path,
        records(
            called("4", LATER, "ASIA3", *S3),
            chained("3", LATER, "ASIA2", "two", "ASIA3"),
            chained("2", LATER, "ASIA1", "one", "ASIA2"),
            assumed("1", START, "shop/app", "app", "ASIA1"),
        ),
    )

    apis = {(api.name, api.role) for api in found.taken[0].apis}
    assert apis == {("AssumeRole", role("app")), ("AssumeRole", role("one")), ("GetObject", role("two"))}


def test_a_chain_is_followed_so_far_and_no_further(tmp_path: Path) -> None:
    links = [chained(f"c{n}", LATER, f"ASIA{n}", f"r{n}", f"ASIA{n + 1}") for n in range(LONGEST_CHAIN + 5)]
    found = attributed(tmp_path, records(assumed("1", START, "shop/app", "app", "ASIA0"), *links))

    assert sum(api.count for api in found.taken[0].apis) == LONGEST_CHAIN + 1


def test_a_loop_of_keys_ends(tmp_path: Path) -> None:
    found = attributed(
        tmp_path,
        records(
            assumed("1", START, "shop/app", "app", "ASIA1"),
            chained("2", LATER, "ASIA1", "one", "ASIA2"),
            chained("3", LATER, "ASIA2", "two", "ASIA1"),
            chained("4", LATER, "ASIA9", "x", "ASIA8"),
            chained("5", LATER, "ASIA8", "y", "ASIA9"),
        ),
    )

    assert sum(api.count for api in found.taken[0].apis) == 2


def test_calls_whose_event_of_taking_is_missing_have_no_name(tmp_path: Path) -> None:
    found = attributed(
        tmp_path,
        records(
            assumed("1", START, "shop/app", "app", "ASIA1"),
            called("2", LATER, "ASIA1", *S3),
            called("3", LATER, "ASIA7", *S3),
            called("4", LATER, "ASIA8", *S3),
        ),
    )

    (calls_,) = found.nameless
    assert (calls_.role, calls_.calls, calls_.sessions) == (role("app"), 2, 2)
    assert "stands only in the event by which it takes a role" in calls_.gap.detail


def test_people_and_services_are_no_service_accounts(tmp_path: Path) -> None:
    service = {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
    person = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/dana", "accessKeyId": "AKIA1"}
    found = attributed(
        tmp_path,
        records(
            base("1", START, *S3, userIdentity=person),
            base("2", START, "sts.amazonaws.com", "AssumeRole", userIdentity=service),
            chained("3", START, "AKIA1", "admin", "ASIA5", userIdentity=person),
        ),
    )

    assert (found.taken, found.nameless, found.pods) == ((), (), ())


def test_events_of_other_accounts_are_counted_and_not_judged(tmp_path: Path) -> None:
    own = assumed("1", START, "shop/app", "app", "ASIA1")
    theirs = [
        assumed("2", START, "shop/thief", "app", "ASIA2", recipientAccountId="999988887777"),
        called("3", LATER, "ASIA1", *S3, recipientAccountId="999988887777", awsRegion="us-east-1"),
        base("4", LATER, *S3, recipientAccountId=...),
    ]
    found = attributed(tmp_path, records(own, *theirs))

    assert [(whose(item), item.apis) for item in found.taken] == [("shop/app", ())]
    places = [(place.account, place.region, place.events) for place in outcome_of(tmp_path).trail]
    assert places == [
        ("", "eu-central-1", 1),
        (ACCOUNT, "eu-central-1", 1),
        ("999988887777", "eu-central-1", 1),
        ("999988887777", "us-east-1", 1),
    ]


WRONG: list[Any] = [None, 7, True, "text", [], ["a"], {}, {"a": {"b": []}}]


FIELDS = (
    "userIdentity", "requestParameters", "responseElements", "sourceIPAddress", "recipientAccountId", "errorCode",
)  # fmt: skip


def test_a_field_of_another_type_never_ends_the_scan(tmp_path: Path) -> None:
    odd: list[Event] = []
    for number, (field, value) in enumerate(itertools.product(FIELDS, WRONG)):
        odd += [
            {**assumed(f"{number}-1", START, "shop/app", "app", "ASIA1"), field: value},
            {**pod_identity(f"{number}-2", START, "web/shop", "pods", "ASIA2"), field: value},
            {**called(f"{number}-3", LATER, "ASIA1", *S3), field: value},
        ]

    found = attributed(tmp_path, records(*odd, assumed("good", START, "shop/good", "app", "ASIA4")))

    assert "shop/good" in {whose(item) for item in found.taken}


def test_tags_of_another_shape_give_no_name(tmp_path: Path) -> None:
    shapes: list[Any] = [
        [],
        {"kubernetes-namespace": "web"},
        [{"key": "kubernetes-namespace", "value": "web"}],
        [7, None, {"key": ["x"], "value": {}}],
    ]
    events = [pod_identity(str(n), START, "web/shop", "pods", f"ASIA{n}") for n, _ in enumerate(shapes)]
    for event, shape in zip(events, shapes, strict=True):
        event["requestParameters"]["tags"] = shape

    found = attributed(tmp_path, records(*events))

    assert {item.subject for item in found.taken} == {""}
    assert sum(item.granted for item in found.taken) == len(shapes)


DIGEST = {
    "awsAccountId": ACCOUNT,
    "digestStartTime": "2026-11-22T07:00:00Z",
    "digestEndTime": "2026-11-22T08:00:00Z",
    "logFiles": [{"s3Bucket": "b", "s3Object": "AWSLogs/x", "hashValue": "0" * 64}],
}
INSIGHT: Event = {
    "eventVersion": "1.11",
    "eventTime": "2026-11-22T08:00:00Z",
    "awsRegion": "eu-central-1",
    "eventID": "insight-1",
    "eventType": "AwsCloudTrailInsight",
    "recipientAccountId": ACCOUNT,
    "sharedEventID": "s",
    "insightDetails": {"state": "Start", "eventSource": "ec2.amazonaws.com", "eventName": "RunInstances"},
    "eventCategory": "Insight",
}


def test_digests_and_insights_among_the_files_are_told_apart(tmp_path: Path) -> None:
    event = assumed("1", START, "shop/app", "app", "ASIA1")

    outcome = outcome_of(tmp_path, records(event), json.dumps(DIGEST).encode(), records(INSIGHT, INSIGHT))

    assert (outcome.accounting.good, outcome.accounting.other, outcome.accounting.bad) == (3, 2, 0)
    assert [reason for _, reason in outcome.skipped] == ["a digest file of CloudTrail, which holds no event"]


def test_a_digest_is_left_out_where_it_is_named_as_well(tmp_path: Path) -> None:
    path = tmp_path / "digest.json"
    path.write_text(json.dumps(DIGEST))

    with scan([path], (), Options(empty=True)) as outcome:
        assert [name for name, _ in outcome.skipped] == [str(path)]


def pretty(*events: Event) -> bytes:
    return json.dumps({"Records": events}, indent=2).encode()


def lines(*events: Event) -> bytes:
    return b"\n".join(json.dumps(event).encode() for event in events)


def looked_up(*events: Event) -> bytes:
    return json.dumps({"Events": [{"EventId": "x", "CloudTrailEvent": json.dumps(event)} for event in events]}).encode()


def joined(*events: Event) -> bytes:
    return records(*events[:1]) + records(*events[1:])


FORMS = [
    pytest.param(records, id="a file as CloudTrail writes it"),
    pytest.param(pretty, id="the same over several lines"),
    pytest.param(lines, id="JSON lines"),
    pytest.param(looked_up, id="answers of LookupEvents"),
    pytest.param(joined, id="files joined together"),
]


@pytest.mark.parametrize("write", FORMS)
def test_every_form_of_the_events_is_read(write: Any, tmp_path: Path) -> None:
    events = (
        assumed("1", START, "shop/app", "app", "ASIA1", userAgent='an agent } [ { " with   spaces'),
        called("2", LATER, "ASIA1", *S3),
    )

    found = attributed(tmp_path, write(*events))

    assert found.taken[0].apis[0].count == 1


def test_the_window_bounds_what_is_counted(tmp_path: Path) -> None:
    events = (assumed("1", START, "shop/app", "app", "ASIA1"), called("2", LATER, "ASIA1", *S3))

    found = attributed(tmp_path, records(*events), since=LATER)

    assert found.taken == ()
    assert found.nameless[0].calls == 1
