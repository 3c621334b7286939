"""What each log type makes of the logs: asked only where the user says so, and its cost said first."""

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
