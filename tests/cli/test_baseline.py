"""Rules that compare with an earlier period: what it is read from, and what is new against it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run
from tests.cli.test_scan import event, lines, report, rules
from tests.samples import CLUSTER, NOW, WINDOW, changed, collection, hit_group, rule_result, scan

from eksaminer.assessment import assess
from eksaminer.collect.baseline import attach, read_baseline
from eksaminer.criteria import Criteria
from eksaminer.detection import RuleClass
from eksaminer.errors import InputError, UsageError
from eksaminer.evidence import bundle
from eksaminer.evidence.scan import Compared
from eksaminer.logs import Options
from eksaminer.outcome import Period
from eksaminer.record import canonical_json
from eksaminer.registry import Loaded

DAY = "2026-11-{day:02}T10:00:{second:02}.000000Z"
RULE = "SEC-NEW-UA"


def read(day: int, number: int, agent: str = "kubectl/v1.35.2", source: str = "198.51.100.7") -> dict[str, Any]:
    """Return an event in which alice reads a secret."""
    stamp = DAY.format(day=day, second=number)
    return event(
        day * 100 + number,
        verb="get",
        userAgent=agent,
        sourceIPs=[source],
        objectRef={"resource": "secrets", "namespace": "default", "name": "s", "apiVersion": "v1"},
        requestReceivedTimestamp=stamp,
        stageTimestamp=stamp,
    )


@pytest.fixture
def logs(folder: Path) -> Path:
    """An earlier log, and a later one in which one of three reads is new."""
    (folder / "earlier.log").write_bytes(lines(read(20, 1), read(20, 2, "curl/8"), read(20, 3, source="203.0.113.9")))
    (folder / "later.log").write_bytes(
        lines(read(23, 1), read(23, 2, "curl/8"), read(23, 3, "curl/8", "203.0.113.9"), read(23, 4))
    )
    return folder


def hits(found: dict[str, Any], rule: str = RULE) -> list[tuple[str, str]]:
    return [(hit["user_agent"], hit["source_ips"][0]) for hit in found["hits"] if hit["rule"] == rule]


def test_what_was_not_seen_together_before_is_new(run: Run, logs: Path) -> None:
    assert logs
    found = report(run("scan", "later.log", "--baseline", "earlier.log", "--json").stdout)

    assert (rules(found)[RULE]["status"], rules(found)[RULE]["hits"]) == ("review", 1)
    assert hits(found) == [("curl/8", "203.0.113.9")]


def test_an_earlier_scan_will_do_as_well_as_its_log(run: Run, logs: Path) -> None:
    (logs / "earlier.json").write_text(run("scan", "earlier.log", "--json").stdout)

    by_scan = run("scan", "later.log", "--baseline", "earlier.json", "--json")
    by_log = run("scan", "later.log", "--baseline", "earlier.log", "--json")
    assert by_scan.stdout == by_log.stdout


def test_without_an_earlier_period_nothing_is_new_and_nothing_passes(run: Run, logs: Path) -> None:
    assert logs
    found = report(run("scan", "later.log", "--json").stdout)

    assert (rules(found)[RULE]["status"], rules(found)[RULE]["hits"]) == ("not_assessed", 0)
    assert hits(found) == []
    assert len(rules(found)[RULE]["terms"]) == 3


def test_of_one_log_the_part_before_the_window_is_the_earlier_period(run: Run, logs: Path) -> None:
    (logs / "all.log").write_bytes((logs / "earlier.log").read_bytes() + (logs / "later.log").read_bytes())
    found = report(run("scan", "all.log", "--since", "2026-11-21T00:00:00Z", "--baseline", "all.log", "--json").stdout)

    assert hits(found) == [("curl/8", "203.0.113.9")]


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        pytest.param("later.log", None, 2, "ends at 2026-11-23 10:00:04 UTC", id="the same period"),
        pytest.param("nowhere", None, 2, "no file or folder nowhere", id="missing"),
        pytest.param("x.log", b"", 4, "no event before the window", id="empty"),
        pytest.param("x.log", b"hello\n", 4, "no event before the window", id="another kind"),
        pytest.param("x.json", b'{"schema":"eksaminer.scan/1"}', 4, "cannot be used", id="a scan that was cut"),
        pytest.param("x.zip", b"PK", 4, "x.zip", id="no bundle"),
    ],
)
def test_what_cannot_be_compared_with_is_said(
    run: Run, logs: Path, name: str, content: bytes | None, *, code: int, said: str
) -> None:
    if content is not None:
        (logs / name).write_bytes(content)
    result = run("scan", "later.log", "--baseline", name)

    assert result.exit_code == code, result.stderr
    assert said in result.stderr


def earlier(loaded: Loaded) -> Any:
    """Return the scan of a day that the sound account had."""
    rule = next(item for item in loaded.rules if item.id == RULE)
    group = hit_group(terms=("alice", "198.51.100.7", "kubectl"))
    return scan(changed(rule_result(RULE, group), logic=rule.logic, compared=Compared.NEW))


@pytest.mark.parametrize("kind", ["bundle", "assessment"])
def test_what_an_earlier_run_wrote_will_do(kind: str, tmp_path: Path, loaded: Loaded) -> None:
    evidence = collection({CLUSTER: (earlier(loaded),)})
    place = tmp_path / ("earlier.zip" if kind == "bundle" else "assessment.json")
    if kind == "bundle":
        bundle.save(evidence, place)
    else:
        place.write_bytes(canonical_json(assess(evidence, (), Criteria(), packs=())))

    found = read_baseline([place], CLUSTER, loaded.rules, Options())

    (rule,) = found.rules
    assert (rule.rule, rule.terms) == (RULE, (("alice", "198.51.100.7", "kubectl"),))
    assert found.window == WINDOW
    with pytest.raises(InputError, match="does not hold the audit log of"):
        read_baseline([place], changed_target(), loaded.rules, Options())


def changed_target() -> Any:
    return type(CLUSTER)(account=CLUSTER.account, region=CLUSTER.region, cluster="other")


def test_a_period_that_is_not_earlier_is_refused(tmp_path: Path, loaded: Loaded) -> None:
    place = tmp_path / "earlier.zip"
    bundle.save(collection({CLUSTER: (earlier(loaded),)}), place)
    found = read_baseline([place], CLUSTER, loaded.rules, Options())

    with pytest.raises(UsageError, match="would not be new"):
        attach(scan(), found)
    later = scan(window=Period(since=NOW.replace(day=24), until=NOW.replace(day=25)))
    assert attach(later, found).baseline == found


def test_another_version_of_a_rule_is_not_compared(run: Run, logs: Path, loaded: Loaded) -> None:
    found = json.loads(run("scan", "earlier.log", "--json").stdout)
    for item in found["rules"]:
        item["logic"] = "0" * 64
    (logs / "earlier.json").write_text(json.dumps(found))
    statuses = rules(report(run("scan", "later.log", "--baseline", "earlier.json", "--json").stdout))

    compared = [item.id for item in loaded.rules if item.rule_class is RuleClass.NEEDS_BASELINE]
    assert {statuses[name]["status"] for name in compared} == {"not_assessed"}
