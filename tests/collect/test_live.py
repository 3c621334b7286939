"""Audit logs in CloudWatch are searched once per region, as far as the limit goes, and judged by the local engine."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from eksaminer.collect import live
from eksaminer.collect.prices import scan_cost
from eksaminer.cost import table
from eksaminer.demo.account import (
    Account,
    Cluster,
    LogEvent,
    LogGroup,
    Stream,
    audit_streams,
    clean_account,
    demo_account,
    logging_of,
    with_changed_cluster,
    with_changed_group,
    with_cluster,
    without_cluster,
    without_group,
)
from eksaminer.demo.emulator import Emulator, pointed_at
from eksaminer.detection import Rule
from eksaminer.evidence.collection import Collection
from eksaminer.evidence.log_group import AuditLogStreams
from eksaminer.evidence.scan import AuditLogScan
from eksaminer.gap import Gap
from eksaminer.registry import load_checks

from .collecting import NOW, Notes, cluster, collected, section

ATTACKED = cluster("prod-attacked", "us-east-1")
NEGLECTED = cluster("team-neglected")
GOOD = cluster("prod-good")


@pytest.fixture(scope="session")
def rules() -> tuple[Rule, ...]:
    return tuple(rule for rule in load_checks().rules if rule.guide)


@pytest.fixture(scope="module")
def demo(running: Emulator, rules: tuple[Rule, ...]) -> tuple[Collection, Notes, Counter[str], list[Any]]:
    """A run over the demonstration's account."""
    running.load(demo_account(NOW))
    notes = Notes()
    with pointed_at(running.url, "eu-central-1"):
        collection = collected(rules, notes)
    return collection, notes, Counter(running.actions), list(running.calls)


Demo = tuple[Collection, Notes, Counter[str], list[Any]]


def test_an_attack_is_found(demo: Demo, rules: tuple[Rule, ...]) -> None:
    scan = section(demo[0], ATTACKED, AuditLogScan)

    assert isinstance(scan, AuditLogScan)
    assert scan.origin == "cloudwatch"
    assert {result.rule for result in scan.rules} == {rule.id for rule in rules}
    assert all(result.hits for result in scan.rules)


def test_says_how_many_events_were_examined_and_of_which_window(demo: Demo) -> None:
    scan = section(demo[0], ATTACKED, AuditLogScan)

    streams = [group for item in demo_account(NOW).regions for group in item.log_groups if "attacked" in group.name]
    held = sum(len(stream.events) for stream in streams[0].streams)
    assert scan.events_read == held
    assert scan.accounting.lines == scan.accounting.good < held


def test_the_window_ends_with_the_newest_event_that_arrived(demo: Demo) -> None:
    scan = section(demo[0], ATTACKED, AuditLogScan)

    newest = section(demo[0], ATTACKED, AuditLogStreams).newest_audit_event
    assert scan.window.since == demo[0].info.events.since
    assert scan.window.until == max(newest, scan.last_event) < demo[0].info.events.until


def test_a_query_that_examined_nothing_finds_no_absence(emulator: Emulator, one_rule: tuple[Rule, ...]) -> None:
    emulator.load(clean_account(NOW))
    old = NOW - timedelta(days=30)

    gap = section(collected(one_rule, since=old, until=old + timedelta(hours=1)), cluster("prod-good"), AuditLogScan)

    assert isinstance(gap, Gap)
    assert gap.cause == "error"


def test_asks_once_per_region_that_has_something_to_search(demo: Demo) -> None:
    assert demo[2]["logs:StartQuery"] == 2
    assert demo[2]["logs:StopQuery"] == 0


def test_a_log_that_is_off_and_empty_is_not_searched(demo: Demo) -> None:
    scan = section(demo[0], NEGLECTED, AuditLogScan)

    assert isinstance(scan, Gap)
    assert scan.cause == "prerequisite_failed"


def test_says_what_the_search_costs_before_it_is_made(demo: Demo) -> None:
    (said,) = [note for note in demo[1].notes if "Insights" in note]

    assert said.startswith("Logs Insights scans in eu-central-1 about ")
    assert f"MB (less than 0.01 USD, price of {NOW:%Y-%m-%d}); in us-east-1 about " in said
    assert said.endswith(f"MB (less than 0.01 USD, price of {NOW:%Y-%m-%d}).")


def test_the_window_is_asked_for_in_whole_seconds_that_hold_it(demo: Demo) -> None:
    (asked, _) = [call.parameters for call in demo[3] if call.action == "logs:StartQuery"]

    assert asked["startTime"] == int((NOW - timedelta(hours=24)).timestamp())
    assert asked["endTime"] == int(NOW.timestamp())
    assert asked["limit"] == 100_000


LINE = (
    '{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"{0}","stage":"ResponseComplete",'
    '"requestURI":"/api/v1/namespaces/kube-system/configmaps/aws-auth","verb":"update","user":{{"username":"eve"}},'
    '"sourceIPs":["198.51.100.7"],"objectRef":{{"resource":"configmaps","namespace":"kube-system","name":"aws-auth",'
    '"apiVersion":"v1"}},"responseStatus":{{"code":200}},"requestReceivedTimestamp":"{1}","stageTimestamp":"{1}"}}'
)
MINUTES = 30


def edits(name: str, count: int) -> tuple[LogEvent, ...]:
    """Changes of aws-auth, a minute apart."""
    times = [NOW - timedelta(minutes=MINUTES - number) for number in range(count)]
    return tuple(
        LogEvent(int(time.timestamp() * 1000), LINE.format(f"{name}-{number}", f"{time:%Y-%m-%dT%H:%M:%S}.000000Z"))
        for number, time in enumerate(times)
    )


def many(count: int, *, gigabytes: float = 0) -> Account:
    """An account with clusters c0, c1, …: c0 has one event and the fewest bytes, each further has one and some more."""
    account = without_cluster(clean_account(NOW), "prod-good")
    created = NOW - timedelta(days=30)
    for number in range(count):
        name = f"c{number}"
        group = LogGroup(
            name=f"/aws/eks/{name}/cluster",
            created=created,
            bytes_per_hour=int(gigabytes * (number + 1) * 2**30 / 24),
            streams=audit_streams(edits(name, number + 1), name),
        )
        made = Cluster(name=name, created=created, logging=logging_of("audit"))
        account = with_cluster(account, "eu-central-1", made, group)
    return account


def scans(collection: Collection) -> dict[str, Any]:
    return {
        target.cluster: section(collection, target, AuditLogScan) for target in collection.targets if target.cluster
    }


@pytest.fixture(scope="module")
def one_rule(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if rule.id == "EKS-AWS-AUTH")


def test_one_query_serves_several_clusters_and_keeps_them_apart(emulator: Emulator, one_rule: tuple[Rule, ...]) -> None:
    emulator.load(many(3))

    found = scans(collected(one_rule))

    assert emulator.actions.count("logs:StartQuery") == 1
    assert {name: scan.rules[0].hits for name, scan in found.items()} == {"c0": 1, "c1": 2, "c2": 3}
    assert {name: scan.events_read for name, scan in found.items()} == {"c0": 1, "c1": 2, "c2": 3}


def test_a_query_takes_at_most_fifty_groups(
    emulator: Emulator, one_rule: tuple[Rule, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MAX_GROUPS", 2)
    emulator.load(many(3))

    found = scans(collected(one_rule))

    assert emulator.actions.count("logs:StartQuery") == 2
    assert {name: scan.rules[0].hits for name, scan in found.items()} == {"c0": 1, "c1": 2, "c2": 3}


def test_one_group_that_may_not_be_searched_costs_the_others_nothing(
    emulator: Emulator, one_rule: tuple[Rule, ...]
) -> None:
    emulator.load(many(3))
    emulator.deny("logs:StartQuery", matching="/aws/eks/c1/cluster")

    found = scans(collected(one_rule))

    assert (found["c1"].cause, found["c1"].permission) == ("denied", "logs:StartQuery")
    assert {name: found[name].rules[0].hits for name in ("c0", "c2")} == {"c0": 1, "c2": 3}
    assert {name: found[name].events_read for name in ("c0", "c2")} == {"c0": 1, "c2": 3}


def test_the_smallest_groups_are_searched_up_to_the_limit_and_the_rest_is_capped(
    emulator: Emulator, one_rule: tuple[Rule, ...]
) -> None:
    emulator.load(many(3, gigabytes=1))

    found = scans(collected(one_rule, max_scan_gb=3.5))

    assert [name for name, scan in found.items() if isinstance(scan, Gap)] == ["c2"]
    assert found["c2"].cause == "capped"
    assert "about 3.0 GB, and the limit for the run is 3.5 GB" in found["c2"].detail


def test_a_limit_of_nothing_searches_nothing(emulator: Emulator, one_rule: tuple[Rule, ...]) -> None:
    emulator.load(many(2, gigabytes=1))
    emulator.deny("cloudwatch:GetMetricData")

    found = scans(collected(one_rule, max_scan_gb=0))

    assert {scan.cause for scan in found.values()} == {"capped"}
    assert "an unknown volume" in found["c0"].detail
    assert "logs:StartQuery" not in emulator.actions


def test_without_metrics_each_group_has_its_own_query_until_the_limit_is_reached(
    emulator: Emulator, one_rule: tuple[Rule, ...]
) -> None:
    emulator.load(many(3))
    emulator.deny("cloudwatch:GetMetricData")
    notes = Notes()

    found = scans(collected(one_rule, notes))

    assert emulator.actions.count("logs:StartQuery") == 3
    assert {name: scan.events_read for name, scan in found.items()} == {"c0": 1, "c1": 2, "c2": 3}
    assert any("cloudwatch:GetMetricData was denied" in note for note in notes.notes)
    assert any("an unknown volume, up to 20 GB in all" in note for note in notes.notes)


def test_groups_of_unknown_size_are_searched_until_the_limit_is_used_up(
    emulator: Emulator, one_rule: tuple[Rule, ...]
) -> None:
    emulator.load(many(3))
    emulator.deny("cloudwatch:GetMetricData")

    found = scans(collected(one_rule, max_scan_gb=0.0000001))

    assert found["c0"].rules[0].hits == 1
    assert [found[name].cause for name in ("c1", "c2")] == ["capped", "capped"]
    assert emulator.actions.count("logs:StartQuery") == 1


def test_the_limit_counts_what_came_in(emulator: Emulator, one_rule: tuple[Rule, ...]) -> None:
    emulator.load(many(3))

    found = scans(collected(one_rule, max_scan_gb=0.000001))

    assert {name: getattr(scan, "cause", None) for name, scan in found.items()} == {
        "c0": None,
        "c1": "capped",
        "c2": "capped",
    }


LIMITED = [
    pytest.param({"created": NOW - timedelta(hours=2)}, "not_observable", "was created at", id="young group"),
    pytest.param({"retention_days": 1}, None, "", id="kept as long as the window"),
]


@pytest.mark.parametrize(("changes", "cause", "said"), LIMITED)
def test_a_log_that_cannot_hold_the_whole_window_says_so(
    changes: dict[str, Any], cause: str | None, said: str, emulator: Emulator, one_rule: tuple[Rule, ...]
) -> None:
    emulator.load(with_changed_group(many(1), "/aws/eks/c0/cluster", **changes))

    scan = scans(collected(one_rule, since=NOW - timedelta(hours=23)))["c0"]

    assert scan.rules[0].hits == 1
    assert getattr(scan.unread, "cause", None) == cause
    assert said in getattr(scan.unread, "detail", "")


def test_a_log_that_expired_before_the_window_began_says_so(emulator: Emulator, one_rule: tuple[Rule, ...]) -> None:
    emulator.load(with_changed_group(many(1), "/aws/eks/c0/cluster", retention_days=1))

    scan = scans(collected(one_rule, since=NOW - timedelta(days=7)))["c0"]

    assert scan.unread.cause == "not_observable"
    assert "keeps 1 days; the window begins earlier" in scan.unread.detail


def test_a_log_that_was_switched_off_within_the_window_is_searched_still(
    emulator: Emulator, one_rule: tuple[Rule, ...]
) -> None:
    emulator.load(with_changed_cluster(many(1), "c0", logging=logging_of("api")))

    scan = scans(collected(one_rule))["c0"]

    assert scan.rules[0].hits == 1
    assert scan.unread.cause == "prerequisite_failed"


def test_a_cluster_without_a_log_group_has_nothing_to_search(emulator: Emulator, one_rule: tuple[Rule, ...]) -> None:
    emulator.load(without_group(many(2), "/aws/eks/c0/cluster"))

    found = scans(collected(one_rule))

    assert found["c0"].cause == "prerequisite_failed"
    assert found["c1"].rules[0].hits == 2


def test_an_infrequent_access_group_is_searched_like_any_other(emulator: Emulator, one_rule: tuple[Rule, ...]) -> None:
    emulator.load(with_changed_group(many(1), "/aws/eks/c0/cluster", log_class="INFREQUENT_ACCESS"))

    assert scans(collected(one_rule))["c0"].rules[0].hits == 1


def test_a_log_without_a_match_is_read_and_empty(emulator: Emulator, one_rule: tuple[Rule, ...]) -> None:
    quiet = Stream(name="kube-apiserver-audit-0", events=(LogEvent(int(NOW.timestamp() * 1000) - 60_000, "{}"),))
    emulator.load(with_changed_group(many(1), "/aws/eks/c0/cluster", streams=(quiet,)))

    scan = scans(collected(one_rule))["c0"]

    assert (scan.events_read, scan.accounting.lines, scan.rules[0].hits, scan.unread) == (1, 0, 0, None)


def test_events_outside_the_window_are_not_hits(emulator: Emulator, one_rule: tuple[Rule, ...]) -> None:
    emulator.load(many(3))

    scan = scans(collected(one_rule, until=NOW - timedelta(minutes=MINUTES - 1)))["c2"]

    assert scan.rules[0].hits == 2


def test_without_rules_nothing_is_searched(emulator: Emulator) -> None:
    emulator.load(many(1))

    found = scans(collected((), live_logs=True))

    assert found["c0"].cause == "not_selected"
    assert "logs:StartQuery" not in emulator.actions


def test_nothing_of_the_log_stays_on_the_disk(
    emulator: Emulator, one_rule: tuple[Rule, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    emulator.load(many(2))

    collected(one_rule)

    assert list(tmp_path.iterdir()) == []


def test_two_live_runs_are_equal(emulator: Emulator, one_rule: tuple[Rule, ...]) -> None:
    emulator.load(many(3))
    first = collected(one_rule)
    emulator.reset()

    assert collected(one_rule) == first


PRICES = [
    pytest.param({"us-east-1": 2**30}, 0.005, id="a gigabyte"),
    pytest.param({"us-east-1": 2**30, "eu-west-3": 0}, 0.005, id="nothing in a region without a price"),
    pytest.param({"us-east-1": 2**30, "eu-west-3": 1}, None, id="a region without a price"),
    pytest.param({}, 0, id="nothing"),
]


@pytest.mark.parametrize(("sizes", "cost"), PRICES)
def test_a_scan_has_a_price_only_where_all_regions_have_one(sizes: dict[str, int], cost: float | None) -> None:
    prices = {region: sheet.scan for region, sheet in table().items() if sheet.scan is not None}

    assert scan_cost(sizes, prices) == (None if cost is None else pytest.approx(cost))


def test_tells_how_long_the_fetched_events_took_to_arrive(demo: Demo) -> None:
    scan = section(demo[0], ATTACKED, AuditLogScan)

    arrival = scan.arrival
    assert arrival is not None
    assert arrival.events == scan.accounting.lines
    assert 2_000 <= arrival.longest_ms < 7_000
