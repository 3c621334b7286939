from __future__ import annotations

from typing import Any

import pytest
from tests.checks.judging import findings
from tests.checks.test_posture_tools import workload
from tests.samples import DENIED, NOW, changed, copies, objects, subscriptions

from eksaminer.check import Check
from eksaminer.evidence.alarms import AuditLogSubscriptions, SubscriptionFilter
from eksaminer.evidence.copies import ExportTask, LogCopies, SecurityLake, TableSource, TelemetryRule
from eksaminer.evidence.kubernetes import KubernetesObjects
from eksaminer.evidence.model import Section

LAKE = "arn:aws:securitylake:eu-central-1:111122223333:data-lake/default"
EXPORT = ExportTask(
    log_group="/aws/eks/demo/cluster", bucket="archive", status="COMPLETED", since=NOW.replace(day=1), until=NOW
)
FALCO = "falcosecurity/falco-no-driver:0.41.0"


@pytest.fixture
def check(checks: dict[str, Check]) -> Check:
    return checks["ADD-01"]


def subscribed(destination: str, pattern: str = "") -> AuditLogSubscriptions:
    return subscriptions(SubscriptionFilter(name="siem", pattern=pattern, destination=destination, unreadable=None))


ARN = "arn:aws:{}:eu-central-1:111122223333:x"
CONSUMERS: list[Any] = [
    pytest.param(subscribed(ARN.format("firehose")), "everything to arn:aws:firehose", id="Firehose"),
    pytest.param(subscribed(ARN.format("kinesis")), "(Kinesis Data Streams)", id="Kinesis"),
    pytest.param(subscribed(ARN.format("lambda"), "{ $.verb = create }"), "what matches { $.verb = create }",
                 id="Lambda"),
    pytest.param(subscribed(ARN.format("logs")), "a destination of CloudWatch Logs", id="another account"),
    pytest.param(copies(exports=(EXPORT,)), "2026-11-01 to 2026-11-23 to the bucket archive", id="an export"),
    pytest.param(copies(lake=SecurityLake(lake=LAKE, audit_accounts=("111122223333",))), LAKE, id="Security Lake"),
    pytest.param(copies(tables=(TableSource(name="amazon_eks", type="audit", status="ACTIVE"),)), "tables of S3",
                 id="tables"),
    pytest.param(copies(rules=(TelemetryRule(name="eks", arn="arn:x"),)), "the telemetry rule eks", id="a rule"),
    pytest.param(objects(deployments=(workload(FALCO),)), "set in its ConfigMap", id="Falco"),
    pytest.param(objects(deployments=(changed(workload(FALCO), names_plugin=True),)), "with a plugin for audit logs",
                 id="Falco with the plugin"),
    pytest.param(objects(deployments=(workload("sysdiglabs/ekscloudwatch:1"),)), "ekscloudwatch", id="ekscloudwatch"),
]  # fmt: skip


@pytest.mark.parametrize(("section", "told"), CONSUMERS)
def test_tells_who_consumes_or_copies_the_log(check: Check, section: Section, told: str) -> None:
    (finding,) = findings(check, section)

    assert finding.status.value == "pass"
    assert told in finding.text


OTHERS = [
    pytest.param(copies(exports=(changed(EXPORT, status="FAILED"),)), id="an export that failed"),
    pytest.param(copies(exports=(changed(EXPORT, log_group="/aws/eks/demo-2/cluster"),)), id="another log group"),
    pytest.param(copies(lake=SecurityLake(lake=LAKE, audit_accounts=())), id="a lake without the audit log"),
    pytest.param(copies(lake=SecurityLake(lake=LAKE, audit_accounts=("444455556666",))), id="another account"),
    pytest.param(copies(tables=(TableSource(name="amazon_vpc", type="flow", status="ACTIVE"),)), id="other tables"),
    pytest.param(
        objects(deployments=(workload("falcosecurity/falcosidekick:2"),)), id="what passes Falco's findings on"
    ),
]


@pytest.mark.parametrize("section", OTHERS)
def test_what_looks_alike_is_none(check: Check, section: Section) -> None:
    (finding,) = findings(check, section)

    assert finding.status.value == "not_applicable"
    assert finding.text.startswith("None was seen")


PARTS = ("exports", "lake", "tables", "rules")
HIDDEN: list[Any] = [
    *(pytest.param((copies(**{name: DENIED}),), {}, id=name) for name in PARTS),
    pytest.param((objects(deployments=DENIED),), {}, id="workloads"),
    *(pytest.param((), {kind: DENIED}, id=kind.key) for kind in (AuditLogSubscriptions, LogCopies, KubernetesObjects)),
]


@pytest.mark.parametrize(("sections", "gaps"), HIDDEN)
def test_absence_is_not_concluded_from_what_was_not_seen(
    check: Check, sections: tuple[Section, ...], gaps: dict[type[Section], Any]
) -> None:
    (finding,) = findings(check, *sections, gaps=gaps)

    assert finding.status.value == "not_assessed"


def test_what_is_seen_is_told_with_what_is_not(check: Check) -> None:
    (finding,) = findings(check, copies(exports=(EXPORT,), lake=DENIED))

    assert finding.status.value == "pass"
    assert DENIED.detail in finding.limitations
