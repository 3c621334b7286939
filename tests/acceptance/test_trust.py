"""Roles, providers, clusters and service accounts of an account, from the emulator to the verdicts."""

from __future__ import annotations

from datetime import UTC, datetime

from eksaminer.assess import judge
from eksaminer.collect.clock import FixedClock
from eksaminer.collect.request import CollectRequest
from eksaminer.collect.run import collect
from eksaminer.criteria import Criteria
from eksaminer.demo.account import demo_account
from eksaminer.demo.emulator import Emulator
from eksaminer.findings import Finding
from eksaminer.registry import Loaded

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def judged(loaded: Loaded, **request: object) -> dict[str, list[Finding]]:
    asked = CollectRequest(kubernetes="off", live_logs=False, attempts=2, **request)  # type: ignore[arg-type]  # - passed on
    evidence = collect(asked, (), clock=FixedClock(NOW))
    checks = [check for check in loaded.checks if check.id.startswith("IRSA-")]
    found: dict[str, list[Finding]] = {}
    for finding in judge(evidence, checks, Criteria()):
        found.setdefault(finding.check, []).append(finding)
    return found


def bad(findings: list[Finding]) -> dict[str, tuple[str, str]]:
    """Return status and severity of what is no pass, by the name of the resource."""
    return {
        item.resource.id.rpartition("/")[2]: (item.status.value, item.severity.value)
        for item in findings
        if item.status.value in ("fail", "review")
    }


def test_the_roles_of_the_demonstration_are_told_apart(emulator: Emulator, loaded: Loaded) -> None:
    emulator.load(demo_account(NOW), NOW)

    found = judged(loaded)

    assert bad(found["IRSA-01"]) == {
        "prod-attacked-ci": ("fail", "critical"),
        "prod-attacked-reports": ("fail", "high"),
        "team-neglected-fluent-bit": ("review", "medium"),
    }
    assert not bad(found["IRSA-02"])
    assert not bad(found["IRSA-03"])
    assert list(bad(found["IRSA-04"]).values()) == [("review", "low")]
    assert "retired-batch" in next(item.text for item in found["IRSA-04"] if item.status == "review")
    assert {item.status.value for item in found["IRSA-05"]} == {"not_assessed"}
    assert set(bad(found["IRSA-06"])) == {"prod-attacked-ci", "team-neglected-fluent-bit"}
    assert bad(found["IRSA-07"]) == {"prod-attacked-storefront": ("review", "medium")}


def test_one_selected_cluster_does_not_make_the_others_look_deleted(emulator: Emulator, loaded: Loaded) -> None:
    emulator.load(demo_account(NOW), NOW)

    found = judged(loaded, clusters=("us-east-1/prod-attacked",))

    by_status = {item.status.value for item in found["IRSA-04"]}
    assert by_status == {"pass", "not_assessed"}
    assert {item.cause.cause.value for item in found["IRSA-04"] if item.cause} == {"not_selected"}


def test_one_selected_region_does_not_make_clusters_of_others_look_deleted(emulator: Emulator, loaded: Loaded) -> None:
    emulator.load(demo_account(NOW), NOW)

    found = judged(loaded, regions=("us-east-1",))

    assert {item.status.value for item in found["IRSA-04"]} == {"pass", "not_assessed"}
