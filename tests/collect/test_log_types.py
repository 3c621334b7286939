"""What each log type makes of the logs: asked only where the user says so, and its cost said first."""

import json
from collections import Counter
from typing import Any

from eksaminer.demo.account import demo_account
from eksaminer.demo.emulator import Emulator
from eksaminer.evidence.cost import LogTypes
from eksaminer.gap import Cause, Gap

from .collecting import NOW, Notes, collected, region, section


def test_without_the_option_no_query_is_started(emulator: Emulator) -> None:
    found = section(collected(), region("eu-central-1"), LogTypes)

    assert (found.asked, found.volumes) == (False, ())
    assert "logs:StartQuery" not in emulator.actions


def test_sums_the_bytes_of_each_type_by_the_names_of_the_streams(emulator: Emulator) -> None:
    notes = Notes()

    found = section(collected(notes=notes, log_types=True), region("eu-central-1"), LogTypes)

    group = emulator.world.account.regions[0].log_groups[0]
    sizes = {item.log_type: item.bytes for item in found.volumes}
    audit = [stream for stream in group.streams if stream.name.startswith("kube-apiserver-audit")]
    assert set(sizes) == {"audit", "api", "authenticator", "controllerManager", "scheduler"}
    assert sizes["audit"] == sum(len(event.message) for stream in audit for event in stream.events)
    assert {item.log_group for item in found.volumes} == {group.name}
    assert any("For the log types: Logs Insights scans in eu-central-1 about 6" in note for note in notes.notes)


def test_a_query_above_the_limit_is_not_started(emulator: Emulator) -> None:
    found = section(collected(log_types=True, max_scan_gb=1), region("eu-central-1"), LogTypes)

    assert isinstance(found, Gap)
    assert found.cause is Cause.CAPPED
    assert "logs:StartQuery" not in emulator.actions


def test_a_region_without_clusters_is_not_asked(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))

    collection = collected(log_types=True)

    assert section(collection, region("eu-west-1"), LogTypes).asked is False
    assert section(collection, region("us-east-1"), LogTypes).asked is True


def test_a_query_that_may_not_be_started_is_a_gap(emulator: Emulator) -> None:
    emulator.deny("logs:StartQuery")

    found = section(collected(log_types=True), region("eu-central-1"), LogTypes)

    assert isinstance(found, Gap)
    assert found.permission == "logs:StartQuery"


def test_sums_the_bytes_of_each_client_user_verb_and_resource_of_the_audit_log(emulator: Emulator) -> None:
    found = section(collected(log_types=True, max_scan_gb=100), region("eu-central-1"), LogTypes)

    group = emulator.world.account.regions[0].log_groups[0]
    audit = [
        event.message
        for stream in group.streams
        if stream.name.startswith("kube-apiserver-audit")
        for event in stream.events
    ]
    (causes,) = found.causes
    sizes = {(item.dimension, item.value): (item.events, item.bytes) for item in causes.contributions}
    assert causes.log_group == group.name
    assert sizes["all", ""] == (len(audit), sum(map(len, audit)))
    events = [(json.loads(message), len(message)) for message in audit]
    for (dimension, value), counted in sizes.items():
        own = [size for event, size in events if dimension == "all" or values(event)[dimension] == value]
        assert counted == (len(own), sum(own))
    assert {dimension for dimension, _ in sizes} == {"all", "agent", "user", "verb", "resource"}


def values(event: dict[str, Any]) -> dict[str, str]:
    reference = event.get("objectRef", {})
    parts = (reference.get("resource", ""), reference.get("subresource", ""))
    return {
        "agent": event.get("userAgent", ""),
        "user": event.get("user", {}).get("username", ""),
        "verb": event["verb"],
        "resource": "/".join(filter(None, parts)),
    }


def test_the_estimate_names_the_scans_of_all_queries(emulator: Emulator) -> None:
    notes = Notes()

    collected(notes=notes, log_types=True, live_logs=False, max_scan_gb=100)

    assert Counter(emulator.actions)["logs:StartQuery"] == 3
    assert any("For the log types: Logs Insights scans in eu-central-1 about 20" in note for note in notes.notes)


def test_where_there_is_room_for_the_types_alone_the_causes_are_left_out_and_said(emulator: Emulator) -> None:
    found = section(collected(log_types=True, live_logs=False), region("eu-central-1"), LogTypes)

    assert Counter(emulator.actions)["logs:StartQuery"] == 1
    assert found.volumes
    assert isinstance(found.causes, Gap)
    assert found.causes.cause is Cause.CAPPED
    assert "--max-scan-gb" in found.causes.detail
