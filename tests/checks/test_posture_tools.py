from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.checks.judging import findings
from tests.samples import DENIED, changed, objects

from eksaminer.check import Check
from eksaminer.evidence.kubernetes import KubernetesObjects, Replicas, Runs, Workload
from eksaminer.gap import Cause, Gap

READY = Replicas(ready=1, wanted=1)
NOT_GIVEN = Gap(cause=Cause.NOT_REQUESTED, detail="The Kubernetes API was not read: --no-kubernetes.")


@pytest.fixture
def check(checks: dict[str, Check]) -> Check:
    return checks["ADD-03"]


def workload(*images: str, kind: str = "Deployment", state: Replicas | Runs | None = READY) -> Workload:
    return Workload(kind=kind, namespace="sec", name="tool", service_account="tool", images=images, state=state)


IMAGES = [
    pytest.param("ghcr.io/aquasecurity/trivy-operator:0.28.0", "Trivy Operator", "0.28.0", id="Trivy Operator"),
    pytest.param("docker.io/aquasec/starboard-operator:0.15.20", "Starboard", "superseded by", id="Starboard"),
    pytest.param("quay.io/kubescape/operator:v0.2.80", "Kubescape", "v0.2.80", id="Kubescape"),
    pytest.param("quay.io/fairwinds/polaris:9.6", "Polaris", "9.6", id="Polaris"),
    pytest.param("shopify/kubeaudit:v0.22", "kubeaudit", "v0.22", id="kubeaudit, without a registry"),
    pytest.param("octarinesec/kube-scan:20.6", "kube-scan", "20.6", id="kube-scan"),
    pytest.param("kubesec/kubesec:v2", "kubesec", "v2", id="kubesec"),
    pytest.param("snyk/kubernetes-monitor:2.1@sha256:" + "0" * 64, "Snyk", "2.1", id="Snyk, with tag and digest"),
    pytest.param("111122223333.dkr.ecr.eu-central-1.amazonaws.com/mirror/trivy-operator:0.28", "Trivy Operator", "0.28",
                 id="a copy in another repository"),
    pytest.param("registry.local:5000/kubescape/kubescape", "Kubescape", "no version told", id="a port and no tag"),
    pytest.param("shopify/kubeaudit@sha256:" + "a" * 64, "kubeaudit", "sha256:aaa", id="a digest alone"),
]  # fmt: skip


@pytest.mark.parametrize(("image", "tool", "told"), IMAGES)
def test_tells_which_tool_runs_in_which_version_and_state(check: Check, image: str, tool: str, told: str) -> None:
    (finding,) = findings(check, objects(deployments=(workload(image),)))

    assert finding.status.value == "pass"
    assert finding.text.startswith(tool)
    assert told in finding.text
    assert "1 of 1 ready" in finding.text


@pytest.mark.parametrize(
    "image",
    ["polaris:1", "apache/polaris:1.0", "evil/snyk:1", "example/kubescape-exporter:1", "falcosecurity/falco:0.41", ""],
)
def test_an_image_whose_name_is_alike_is_none_of_them(check: Check, image: str) -> None:
    (finding,) = findings(check, objects(deployments=(workload(image),)))

    assert finding.status.value == "not_applicable"
    assert "None of these was seen among the Deployments" in finding.text


STATES = [
    pytest.param(Replicas(ready=0, wanted=2), "0 of 2 ready", id="not ready"),
    pytest.param(Runs(suspended=True, scheduled=None, succeeded=None), "suspended, never run, no good end",
                 id="suspended"),
    pytest.param(
        Runs(
            suspended=False, scheduled=datetime(2026, 11, 23, 6, tzinfo=UTC),
            succeeded=datetime(2026, 11, 20, 6, 4, tzinfo=UTC),
        ),
        "last run begun 2026-11-23 06:00 UTC, last good end 2026-11-20 06:04 UTC", id="its last runs did not end well",
    ),
    pytest.param(None, "Deployment sec/tool, 1.", id="nothing is said"),
]  # fmt: skip


@pytest.mark.parametrize(("state", "told"), STATES)
def test_a_state_is_told_and_not_judged(check: Check, state: Replicas | Runs | None, told: str) -> None:
    (finding,) = findings(check, objects(deployments=(workload("shopify/kubeaudit:1", state=state),)))

    assert finding.status.value == "pass"
    assert told in finding.text


def test_each_tool_has_a_finding_of_its_own(check: Check) -> None:
    pair = (workload("shopify/kubeaudit:1"), workload("quay.io/fairwinds/polaris:9"))
    found = findings(check, objects(deployments=pair, cron_jobs=(workload("kubescape/kubescape:3", kind="CronJob"),)))

    assert [finding.discriminator for finding in found] == ["Kubescape", "Polaris", "kubeaudit"]


@pytest.mark.parametrize("gap", [DENIED, NOT_GIVEN])
def test_absence_is_not_concluded_from_what_was_not_read(check: Check, gap: Gap) -> None:
    (partial,) = findings(check, objects(cron_jobs=gap))
    (whole,) = findings(check, gaps={KubernetesObjects: gap})

    assert (partial.status.value, whole.status.value) == ("not_assessed", "not_assessed")
    assert partial.cause is not None
    assert partial.cause.cause is gap.cause


def test_what_was_seen_is_told_with_what_was_not(check: Check) -> None:
    (finding,) = findings(check, changed(objects(deployments=(workload("shopify/kubeaudit:1"),)), cron_jobs=DENIED))

    assert finding.status.value == "pass"
    assert DENIED.detail in finding.limitations
