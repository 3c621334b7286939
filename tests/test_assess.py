"""The engine: what it does with checks, whatever they judge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
from tests.samples import (
    ACCOUNT,
    CLUSTER,
    DENIED,
    NOW,
    REGION,
    changed,
    cluster,
    collection,
    covered,
    hit_group,
    logging,
    rule_result,
    scan,
    sound_sections,
)

from eksaminer.api import (
    Basis,
    Cluster,
    ClusterList,
    ControlPlaneLogging,
    Criteria,
    Every,
    Gap,
    Level,
    RetentionPolicies,
    Scope,
    Severity,
    Text,
    Verdict,
    check,
    conforms,
    deviates,
    unseen,
)
from eksaminer.assess import Selection, fingerprint, judge
from eksaminer.assessment import assess
from eksaminer.check import Check, DeclarationError, Judge
from eksaminer.evidence.account import AccountRegions
from eksaminer.evidence.model import Evidence, Section, Target
from eksaminer.evidence.scan import AuditLogScan, RuleResult
from eksaminer.findings import NotAssessed
from eksaminer.gap import Cause
from eksaminer.gate import Gate, decide
from eksaminer.outcome import Period, Status
from eksaminer.record import canonical_json
from eksaminer.registry import load_checks


def declared(judge_: Judge, *, scope: Scope = Scope.CLUSTER, **fields: object) -> Check:
    usual: dict[str, object] = {
        "id": "TEST-01", "title": "A test", "scope": scope, "severity": Severity.HIGH, "basis": Basis.BEYOND,
        "recommendation": "enable-audit-logs", "criterion": "It holds.", "remediation": "Mend it.",
        "texts": {"ok": "All is well.", "bad": "It is off: {what}."},
    }  # fmt: skip
    return check(**(usual | fields))(judge_)  # type: ignore[arg-type]  # - fields by name


def judge_logging(logging: ControlPlaneLogging) -> Iterator[Verdict]:
    """Judge one section."""
    yield conforms(logging.resource, Text("ok"))


def test_a_check_whose_section_is_a_gap_is_not_called() -> None:
    def never(logging: ControlPlaneLogging) -> Iterator[Verdict]:
        raise AssertionError(logging)

    (finding,) = judge(collection(gaps={CLUSTER: {ControlPlaneLogging: DENIED}}), [declared(never)], Criteria())

    assert finding.status == "not_assessed"
    assert finding.cause is not None
    assert (finding.cause.cause, finding.cause.permission) == ("denied", "x:Y")


def test_a_check_that_raises_is_not_assessed_and_hides_no_other() -> None:
    def broken(logging: ControlPlaneLogging) -> Iterator[Verdict]:
        yield conforms(logging.resource, Text("ok"))
        raise RuntimeError("oops")

    found = judge(collection(), [declared(broken), declared(judge_logging, id="TEST-02")], Criteria())

    assert [(item.check, item.status.value) for item in found] == [("TEST-01", "not_assessed"), ("TEST-02", "pass")]
    assert found[0].cause is not None
    assert found[0].cause.cause is Cause.CHECK_ERROR


def test_a_check_cannot_make_a_gap_of_its_own() -> None:
    def invents(logging: ControlPlaneLogging) -> Iterator[Verdict]:
        yield unseen(logging.resource, Gap(cause=Cause.NOT_REQUESTED, detail="Nobody asked."))

    (finding,) = judge(collection(), [declared(invents)], Criteria())

    assert finding.cause is not None
    assert finding.cause.cause is Cause.CHECK_ERROR


def test_a_text_without_a_template_is_an_error_of_the_check() -> None:
    def mute(logging: ControlPlaneLogging) -> Iterator[Verdict]:
        yield conforms(logging.resource, Text("unknown"))

    (finding,) = judge(collection(), [declared(mute)], Criteria())

    assert finding.status == "not_assessed"


def test_two_verdicts_about_one_resource_need_a_discriminator() -> None:
    def twice(logging: ControlPlaneLogging) -> Iterator[Verdict]:
        yield conforms(logging.resource, Text("ok"))
        yield conforms(logging.resource, Text("ok"))

    (finding,) = judge(collection(), [declared(twice)], Criteria())

    assert finding.status == "not_assessed"


def test_a_check_with_nothing_to_judge_is_not_applicable() -> None:
    def silent(logging: ControlPlaneLogging) -> Iterator[Verdict]:
        yield from ()

    (finding,) = judge(collection(), [declared(silent)], Criteria())

    assert finding.status == "not_applicable"


def test_an_optional_gap_is_printed_as_a_limitation() -> None:
    def optional(logging: ControlPlaneLogging, policies: RetentionPolicies | Gap) -> Iterator[Verdict]:
        yield conforms(logging.resource, Text("ok"))

    (finding,) = judge(collection(gaps={REGION: {RetentionPolicies: DENIED}}), [declared(optional)], Criteria())

    assert finding.status == "pass"
    assert len(finding.limitations) == 1
    assert "retention_policies (denied)" in finding.limitations[0]


@pytest.mark.parametrize(
    ("check_level", "asked", "own", "status"),
    [
        pytest.param(Level.REQUIRED, None, None, "fail", id="required"),
        pytest.param(Level.ADVISED, None, None, "review", id="advised"),
        pytest.param(Level.OFF, None, None, "not_applicable", id="off"),
        pytest.param(Level.ADVISED, Level.REQUIRED, None, "fail", id="criteria raise it"),
        pytest.param(Level.REQUIRED, Level.OFF, None, "not_applicable", id="criteria switch it off"),
        pytest.param(Level.REQUIRED, Level.REQUIRED, Level.ADVISED, "review", id="a milder threshold stays mild"),
        pytest.param(Level.ADVISED, None, Level.REQUIRED, "fail", id="a stricter threshold"),
        pytest.param(Level.ADVISED, Level.ADVISED, Level.REQUIRED, "review", id="criteria lower a stricter threshold"),
    ],
)
def test_the_level_makes_the_status(check_level: Level, asked: Level | None, own: Level | None, status: str) -> None:
    def bad(logging: ControlPlaneLogging) -> Iterator[Verdict]:
        yield deviates(logging.resource, Text("bad", what="x"), level=own)

    criteria = Criteria(levels={} if asked is None else {"TEST-01": asked})
    (finding,) = judge(collection(), [declared(bad, level=check_level)], criteria)

    assert finding.status.value == status


def test_a_dependant_does_not_repeat_what_its_prerequisite_found() -> None:
    def bad(logging: ControlPlaneLogging) -> Iterator[Verdict]:
        yield deviates(logging.resource, Text("bad", what="x"))

    dependant = declared(judge_logging, id="TEST-00", prerequisites=("TEST-01",))
    found = {item.check: item for item in judge(collection(), [declared(bad), dependant], Criteria())}

    assert found["TEST-00"].cause is not None
    assert found["TEST-00"].cause.cause is Cause.PREREQUISITE_FAILED
    assert found["TEST-00"].derived_from == (found["TEST-01"].id,)


def test_every_check_appears_for_every_target_it_applies_to_selected_or_not() -> None:
    sections = sound_sections()
    second = Target(account=CLUSTER.account, region=CLUSTER.region, cluster="other")
    sections[second] = (cluster(), logging())

    found = judge(collection(sections), [declared(judge_logging)], Criteria(), Selection(skip=("TEST-*",)))

    assert [(item.target.cluster, item.status.value) for item in found] == [
        ("demo", "not_assessed"),
        ("other", "not_assessed"),
    ]
    assert all(item.cause is not None and item.cause.cause is Cause.NOT_SELECTED for item in found)


def test_a_region_check_sees_every_cluster_below_it_and_what_is_missing() -> None:
    seen: list[Every[Cluster]] = []

    def all_clusters(clusters: Every[Cluster]) -> Iterator[Verdict]:
        seen.append(clusters)
        yield from ()

    judge(collection(), [declared(all_clusters, scope=Scope.REGION)], Criteria())
    judge(collection(gaps={CLUSTER: {Cluster: DENIED}}), [declared(all_clusters, scope=Scope.REGION)], Criteria())
    judge(collection(gaps={REGION: {ClusterList: DENIED}}), [declared(all_clusters, scope=Scope.REGION)], Criteria())

    assert [item.complete for item in seen] == [True, False, False]
    assert [item.complete_in("eu-central-1") for item in seen] == [True, False, False]


@pytest.mark.parametrize(
    ("regions", "names", "complete"),
    [
        pytest.param(("eu-central-1",), ("demo",), True, id="all"),
        pytest.param(("eu-central-1", "us-east-1"), ("demo",), False, id="a region was not selected"),
        pytest.param(("eu-central-1",), ("demo", "other"), False, id="a cluster was not selected"),
        pytest.param(DENIED, ("demo",), False, id="the regions are not known"),
    ],
)
def test_all_clusters_of_an_account_are_complete_only_if_nothing_was_left_out(
    regions: tuple[str, ...] | Gap, names: tuple[str, ...], complete: bool
) -> None:
    sections = sound_sections()
    sections[ACCOUNT] = (AccountRegions(enabled=regions, selected=("eu-central-1",)),)
    sections[REGION] = (ClusterList(names=names, selected=("demo",)), *sections[REGION][1:])

    assert collection(sections).every(ACCOUNT, Cluster).complete is complete


def test_evidence_that_nobody_collected_gates() -> None:
    empty = Evidence(target=CLUSTER, collected_at=collection().info.finished)

    found = empty.get(Cluster)

    assert isinstance(found, Gap)
    assert found.cause.gates


def test_a_parameter_must_say_what_evidence_it_needs() -> None:
    def mute(logging: str) -> Iterator[Verdict]:
        raise AssertionError(logging)

    with pytest.raises(DeclarationError, match="logging"):
        declared(mute)


def test_the_fingerprint_depends_on_check_resource_and_discriminator_alone() -> None:
    resource = CLUSTER.resource
    same = fingerprint("A-1", resource, "", "x")

    assert fingerprint("A-1", resource, "", "x") == same
    assert len({same, fingerprint("A-2", resource, "", "x"), fingerprint("A-1", resource, "x", "")}) == 3
    assert len(same) == 64


def test_assessing_twice_gives_the_same_bytes(checks: dict[str, Check]) -> None:
    first, second = (
        canonical_json(assess(collection(), list(checks.values()), Criteria(), packs=())) for _ in range(2)
    )

    assert first == second


def conclusions(checks: dict[str, Check], **arguments: object) -> dict[str, str]:
    evidence = collection(**arguments)  # type: ignore[arg-type]  # - passed on as they are
    made = assess(evidence, list(checks.values()), Criteria(), packs=())
    return {item.recommendation: item.conclusion for item in made.conclusions}


def test_a_recommendation_whose_mandatory_checks_are_not_installed_is_not_concluded(checks: dict[str, Check]) -> None:
    absent = {"LOG-09", "CT-05", "CT-01"}
    installed = {name: check for name, check in checks.items() if name not in absent}

    assert conclusions(installed) == {
        "enable-audit-logs": "not concluded",
        "use-audit-metadata": "no exception noted",
        "alarm-on-suspicious-events": "no exception noted",
        "analyze-logs-with-log-insights": "no exception noted",
        "audit-cloudtrail-logs": "not concluded",
        "use-cloudtrail-insights": "no exception noted",
        "additional-resources": "not concluded",
    }


def test_an_exception_is_noted_even_where_nothing_else_could_be_concluded(checks: dict[str, Check]) -> None:
    sections = sound_sections()
    sections[CLUSTER] = tuple(
        logging("api") if item.key == "control_plane_logging" else item for item in sections[CLUSTER]
    )

    assert conclusions(checks, sections=sections)["enable-audit-logs"] == "exception noted"


@pytest.mark.parametrize(
    ("status", "severity", "cause", "gate", "code"),
    [
        pytest.param("pass", "high", None, Gate(), 0, id="nothing wrong"),
        pytest.param("fail", "high", None, Gate(), 1, id="failed at the threshold"),
        pytest.param("fail", "medium", None, Gate(), 0, id="failed below the threshold"),
        pytest.param("fail", "critical", None, Gate(fail_on=None), 0, id="nothing counts"),
        pytest.param("review", "critical", None, Gate(), 0, id="a review does not fail"),
        pytest.param("not_assessed", "low", Cause.DENIED, Gate(), 3, id="denied"),
        pytest.param("not_assessed", "low", Cause.DENIED, Gate(allow_incomplete=True), 0, id="denied, and allowed"),
        pytest.param("not_assessed", "low", Cause.NOT_REQUESTED, Gate(), 0, id="declined by the user"),
        pytest.param("not_assessed", "low", Cause.DENIED, Gate(fail_on=None), 3, id="incomplete, whatever counts"),
    ],
)
def test_the_gate(status: str, severity: str, cause: Cause | None, gate: Gate, code: int) -> None:
    made = assess(collection(), [declared(judge_logging)], Criteria(), packs=())

    unseen_ = None if cause is None else NotAssessed(cause=cause, permission="", detail="")
    finding = msgspec.structs.replace(
        made.findings[0], status=Status(status), severity=Severity(severity), cause=unseen_
    )

    assert decide(changed(made, findings=(finding,)), gate).code == code


def unread_log(**fields: object) -> dict[Target, tuple[Section, ...]]:
    cut = Gap(cause=Cause.ERROR, detail="The end of the file could not be read.")
    sections = sound_sections()
    kept = tuple(section for section in sections[CLUSTER] if section.key != AuditLogScan.key)
    sections[CLUSTER] = (*kept, changed(scan(**fields), unread=cut))
    return sections


@pytest.mark.parametrize(
    ("gate", "selection", "code"),
    [
        pytest.param(Gate(checks="all"), Selection(), 3, id="all checks gate"),
        pytest.param(Gate(), Selection(), 3, id="the check of gaps gates"),
        pytest.param(Gate(), Selection(skip=("LOG-10", "ALM-04")), 0, id="rules do not gate"),
        pytest.param(Gate(checks="all"), Selection(only=("LOG-*",), skip=("LOG-10",)), 0, id="no rule was selected"),
        pytest.param(Gate(checks="all", allow_incomplete=True), Selection(), 0, id="allowed"),
    ],
)
def test_a_log_that_was_not_read_to_its_end_gates_even_if_every_rule_has_hits(
    checks: dict[str, Check], gate: Gate, selection: Selection, code: int
) -> None:
    rule = next(item for item in load_checks().rules if item.id == "EKS-AWS-AUTH")
    found = RuleResult(rule=rule.id, logic=rule.logic, hits=1, groups=(hit_group(),), first_hits=(), observable="yes")
    sections = unread_log(rules=(found,))
    judged = [check for check in checks.values() if not check.rule_class or check.id == rule.id]

    made = assess(collection(sections), judged, Criteria(), packs=(), selection=selection)

    assert decide(made, gate).code == code


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        pytest.param(4, "", id="too short"),
        pytest.param(
            7, " Of spans of 5 minutes or longer without any event (7 minutes at least in all) nothing", id="a gap"
        ),
    ],
)
def test_no_matching_event_is_said_of_the_time_that_was_seen(minutes: int, said: str) -> None:
    rule = next(item for item in load_checks().checks if item.id == "EKS-AWS-AUTH")
    logic = next(item.logic for item in load_checks().rules if item.id == "EKS-AWS-AUTH")
    gap = Period(since=NOW - timedelta(minutes=30), until=NOW - timedelta(minutes=30 - minutes))
    found = changed(scan(changed(rule_result("EKS-AWS-AUTH"), logic=logic)), time_coverage=covered(gap))

    (finding,) = judge(collection({CLUSTER: (found,)}), [rule], Criteria())

    assert finding.status is Status.PASS
    assert (said in finding.text, bool(finding.limitations)) == (True, bool(said))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("POD-PRIVILEGED", "A part of some events was cut (4)", id="a rule that looks into bodies"),
        pytest.param("EKS-AWS-AUTH", "", id="a rule that does not"),
    ],
)
def test_no_matching_event_says_which_bodies_were_cut(checks: dict[str, Check], name: str, said: str) -> None:
    logic = next(item.logic for item in load_checks().rules if item.id == name)
    whole = scan(changed(rule_result(name), logic=logic))
    found = changed(whole, accounting=changed(whole.accounting, truncated=4))

    (finding,) = judge(collection({CLUSTER: (found,)}), [checks[name]], Criteria())

    assert finding.status is Status.PASS
    assert bool(finding.limitations) == bool(said)
    assert all(limit.startswith(said) for limit in finding.limitations)


def test_a_hit_in_a_log_that_was_not_read_to_its_end_says_so(checks: dict[str, Check]) -> None:
    rule = next(item for item in load_checks().rules if item.id == "EKS-AWS-AUTH")
    found = RuleResult(rule=rule.id, logic=rule.logic, hits=1, groups=(hit_group(),), first_hits=(), observable="yes")

    (finding,) = judge(collection(unread_log(rules=(found,))), [checks[rule.id]], Criteria())

    assert finding.status == "review"
    assert finding.limitations == ("The end of the file could not be read.",)


def test_a_rule_finds_no_absence_in_a_log_without_events(checks: dict[str, Check]) -> None:
    rule = next(item for item in load_checks().rules if item.id == "EKS-AWS-AUTH")
    found = RuleResult(rule=rule.id, logic=rule.logic, hits=0, groups=(), first_hits=(), observable="unknown")
    sections = sound_sections()
    kept = tuple(section for section in sections[CLUSTER] if section.key != AuditLogScan.key)
    sections[CLUSTER] = (*kept, scan(found, events_read=0))

    (finding,) = judge(collection(sections), [checks[rule.id]], Criteria())

    assert finding.status == "not_assessed"


def test_nothing_is_concluded_where_clusters_could_not_be_listed(checks: dict[str, Check]) -> None:
    found = conclusions(checks, gaps={REGION: {ClusterList: DENIED}})

    assert set(found.values()) == {"not concluded"}


@pytest.mark.parametrize(("cause", "shown"), [(Cause.DENIED, "x:Y"), (Cause.NOT_REQUESTED, ""), (Cause.ERROR, "")])
def test_a_permission_is_named_only_where_its_lack_is_the_cause(cause: Cause, shown: str) -> None:
    gap = Gap(cause=cause, detail="It could not be seen.", permission="x:Y")
    made = assess(
        collection(gaps={CLUSTER: {ControlPlaneLogging: gap}}), [declared(judge_logging)], Criteria(), packs=()
    )

    assert made.findings[0].cause is not None
    assert made.findings[0].cause.permission == shown
    assert {row.permission for row in made.coverage.gaps} == {shown}
