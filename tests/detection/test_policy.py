"""The audit policy of the guide, as data: it gives the levels that an API server under it gave."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.logs.made import SAMPLE, SHARED, needs_shared

from eksaminer.detection.policy import Asked, guide_level, least_level


def asked(event: dict[str, Any]) -> Asked:
    thing = event.get("objectRef") or {}
    user = event.get("user") or {}
    return Asked(
        verb=event["verb"],
        group=thing.get("apiGroup", ""),
        resource=thing.get("resource", ""),
        subresource=thing.get("subresource", ""),
        namespace=thing.get("namespace", ""),
        name=thing.get("name", ""),
        user=user.get("username", ""),
        user_groups=frozenset(user.get("groups") or ()),
        path=event["requestURI"].partition("?")[0],
    )


def events(path: str) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as opened:
        yield from map(json.loads, opened)


def wrong(path: str) -> list[str]:
    return [event["auditID"] for event in events(path) if guide_level(asked(event)) != event["level"]]


def test_the_sample_was_logged_at_these_levels() -> None:
    assert wrong(str(SAMPLE)) == []


@needs_shared
@pytest.mark.parametrize("name", ["small/audit.jsonl.gz", "benign/audit.jsonl.gz"])
def test_a_server_under_the_policy_logged_at_these_levels(name: str) -> None:
    assert wrong(str(SHARED / name)) == []


@pytest.mark.parametrize(
    ("group", "resource", "verb", "level"),
    [
        pytest.param("apps", "deployments", "create", "RequestResponse", id="a workload"),
        pytest.param("apps", "deployments", "list", "Request", id="read"),
        pytest.param("", "secrets", "create", "Metadata", id="a secret"),
        pytest.param("", "configmaps", "patch", "Metadata", id="a ConfigMap that is not aws-auth"),
        pytest.param("", "events", "delete", "None", id="an event"),
        pytest.param("events.k8s.io", "events", "delete", "Metadata", id="an event of the other group"),
        pytest.param("", "nodes", "patch", "Request", id="the status of a node"),
        pytest.param("", "serviceaccounts", "create", "Request", id="a token"),
        pytest.param("", "services", "watch", "Request", id="what kube-proxy watches is not logged for it alone"),
        pytest.param("kyverno.io", "policies", "create", "Metadata", id="a custom resource"),
    ],
)
def test_the_least_level_of_a_kind_of_request(group: str, resource: str, verb: str, level: str) -> None:
    assert least_level(group, resource, verb) == level


def test_health_paths_are_not_logged_and_others_are() -> None:
    assert guide_level(Asked("get", path="/healthz/etcd")) == "None"
    assert guide_level(Asked("get", path="/readyz")) == "Metadata"
