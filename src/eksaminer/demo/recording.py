"""Recordings that ship with the package: audit logs and objects of real Kubernetes clusters.

Made for this project by running kube-apiserver with the audit policy of the EKS Best Practices Guide; same licence as
the program. Identities and addresses are invented, cluster and region names were rewritten, four events with giant
bodies were cut as CloudWatch Logs cuts them (at 8 KB, to keep the package small), values of environment variables
were taken out of the objects. The tools of `TOOLS` were not recorded: they are added to the objects.
"""

import gzip
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from eksaminer.demo.model import LogEvent, milliseconds

TIMESTAMP = re.compile(r"2026-11-23T\d\d:\d\d:\d\d(\.\d+)?Z")
CLUSTERS = ("prod-good", "prod-attacked")
"""The clusters whose audit log was recorded."""


def _tool(kind: str, namespace: str, name: str, image: str, **parts: Any) -> dict[str, Any]:
    """Return a workload that runs one image."""
    template = {"spec": {"serviceAccountName": name, "containers": [{"name": name, "image": image}]}}
    nested = {"jobTemplate": {"spec": {"template": template}}} if kind == "CronJob" else {"template": template}
    status = parts.pop("status", {})
    metadata = {"namespace": namespace, "name": name}
    api = "batch/v1" if kind == "CronJob" else "apps/v1"
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": {**nested, **parts}, "status": status}


TOOLS: Mapping[str, Mapping[str, tuple[dict[str, Any], ...]]] = {
    "prod-good": {
        "deployments": (
            _tool(
                "Deployment", "trivy-system", "trivy-operator", "mirror.gcr.io/aquasec/trivy-operator:0.28.0",
                replicas=1, status={"readyReplicas": 1},
            ),
            _tool(
                "Deployment", "falco", "falco-k8saudit", "docker.io/falcosecurity/falco-no-driver:0.41.3",
                replicas=1, status={"readyReplicas": 1},
            ),
        ),
        "cronjobs": (
            _tool(
                "CronJob", "kubescape", "kubescape-scheduler", "quay.io/kubescape/http-request:v0.2.14",
                status={"lastScheduleTime": "2026-11-23T02:00:00Z", "lastSuccessfulTime": "2026-11-20T02:01:10Z"},
            ),
        ),
    }
}  # fmt: skip
"""Workloads that are added, by cluster and kind: tools that the guide names."""


def _read(name: str) -> str:
    return gzip.decompress(files("eksaminer.demo").joinpath("data", name).read_bytes()).decode()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@cache
def recorded_log(cluster: str, until: datetime) -> tuple[LogEvent, ...]:
    """Return the recorded audit log of *cluster*, moved in time so that its last event lies at *until* or just before.

    All times inside the events move by the same whole number of seconds, so that they keep their distances.
    """
    lines = [line.split(" ", 1) for line in _read(f"audit-{cluster}.log.gz").splitlines()]
    gap = until - max(_moment(time) for time, _ in lines)
    shift = timedelta(seconds=gap // timedelta(seconds=1))

    @cache
    def moved(text: str) -> str:
        moment = _moment(text) + shift
        fraction = text[19:-1]
        return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"

    events = [
        LogEvent(milliseconds(_moment(time) + shift), TIMESTAMP.sub(lambda found: moved(found[0]), message))
        for time, message in lines
    ]
    return tuple(sorted(events, key=lambda event: event.timestamp))


def unpack_cluster_objects(target: Path) -> dict[str, Path]:
    """Write the recorded `kubectl get -o json` files below *target*; return the folder of each cluster."""
    folders: dict[str, Path] = {}
    for cluster, kinds in json.loads(_read("cluster-objects.json.gz")).items():
        folder = folders[cluster] = target / cluster
        folder.mkdir(parents=True, exist_ok=True)
        for kind, tools in TOOLS.get(cluster, {}).items():
            kinds[kind]["items"].extend(tools)
        for kind, objects in kinds.items():
            (folder / f"{kind}.json").write_text(json.dumps(objects, indent=1) + "\n", encoding="utf-8")
    return folders
