"""Tools among the workloads of a cluster, by the images that they run."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from eksaminer.api import Gap, KubernetesObjects, KubernetesWorkload, Replicas, Runs


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the guide names, or what came after it."""

    name: str
    owners: tuple[str, ...]
    """`OWNER/` of its repositories where all of the owner's images are the tool's."""
    repositories: tuple[str, ...] = ()
    """`OWNER/NAME` of its images, whatever the registry."""
    names: tuple[str, ...] = ()
    """Names that no other image has, so that a copy in another repository is known as well."""
    note: str = ""


POSTURE_TOOLS = (
    Tool(name="Kubescape", owners=("kubescape",), names=("kubescape",)),
    Tool(
        name="Trivy Operator",
        owners=(),
        repositories=("aquasecurity/trivy-operator", "aquasec/trivy-operator"),
        names=("trivy-operator",),
        note="the successor of Starboard",
    ),
    Tool(
        name="Starboard",
        owners=(),
        repositories=("aquasecurity/starboard-operator", "aquasec/starboard-operator", "aquasec/starboard"),
        names=("starboard-operator",),
        note="superseded by Trivy Operator",
    ),
    Tool(name="Polaris", owners=(), repositories=("fairwinds/polaris", "fairwindsops/polaris")),
    Tool(name="kubeaudit", owners=(), repositories=("shopify/kubeaudit",), names=("kubeaudit",)),
    Tool(name="kube-scan", owners=(), repositories=("octarinesec/kube-scan",), names=("kube-scan",)),
    Tool(name="kubesec", owners=(), repositories=("kubesec/kubesec", "controlplaneio/kubesec"), names=("kubesec",)),
    Tool(name="Snyk", owners=(), repositories=("snyk/kubernetes-monitor",)),
)
"""The tools of the guide's list that run in a cluster, and Trivy Operator, by the images of their own documentation
(read 2026-11-23)."""
FALCO = Tool(
    name="Falco",
    owners=(),
    repositories=("falcosecurity/falco", "falcosecurity/falco-no-driver", "falcosecurity/falco-distroless"),
)
EKSCLOUDWATCH = Tool(
    name="ekscloudwatch", owners=(), repositories=("sysdiglabs/ekscloudwatch",), names=("ekscloudwatch",)
)


@dataclass(frozen=True, slots=True)
class Found:
    """A workload that runs a tool."""

    workload: KubernetesWorkload
    version: str
    """The tag of the image, or its digest; empty: it has neither."""

    @property
    def label(self) -> str:
        """`Deployment trivy-system/trivy-operator, 0.28.0, 1 of 1 ready`."""
        place = f"{self.workload.kind} {self.workload.namespace}/{self.workload.name}"
        return ", ".join(part for part in (place, self.version or "no version told", _state(self.workload)) if part)


def _state(workload: KubernetesWorkload) -> str:
    match workload.state:
        case Replicas(ready=ready, wanted=wanted):
            return f"{ready} of {wanted} ready"
        case Runs(suspended=suspended, succeeded=succeeded, scheduled=scheduled):
            ran = f"last run begun {scheduled:%Y-%m-%d %H:%M} UTC" if scheduled else "never run"
            good = f"last good end {succeeded:%Y-%m-%d %H:%M} UTC" if succeeded else "no good end yet"
            return ", ".join((*(("suspended",) if suspended else ()), ran, good))
        case None:
            return ""


def found_in(objects: KubernetesObjects, tool: Tool) -> tuple[Found, ...]:
    """Return the workloads that run *tool*, as far as they were read."""
    return tuple(_running(tool, _workloads(objects)))


def unread(objects: KubernetesObjects) -> Gap | None:
    """Return why workloads of some kind were not read; None: all were."""
    gaps = [part for part in objects.workloads if isinstance(part, Gap)]
    return next((gap for gap in gaps if gap.cause.gates), next(iter(gaps), None))


def _workloads(objects: KubernetesObjects) -> Iterator[KubernetesWorkload]:
    for part in objects.workloads:
        if not isinstance(part, Gap):
            yield from part


def _running(tool: Tool, workloads: Iterable[KubernetesWorkload]) -> Iterator[Found]:
    for workload in workloads:
        versions = [version for image in workload.images if (version := _version(tool, image)) is not None]
        if versions:
            yield Found(workload, versions[0])


def _version(tool: Tool, image: str) -> str | None:
    """Return the version of *tool* that an image is; None: it is something else."""
    plain, _, digest = image.lower().partition("@")
    path, colon, tag = plain.rpartition(":")
    if not colon or "/" in tag:
        path, tag = plain, ""
    parts = path.split("/")
    name, owner = parts[-1], parts[-2] if len(parts) > 1 else ""
    if owner in tool.owners or f"{owner}/{name}" in tool.repositories or name in tool.names:
        return tag or digest
    return None
