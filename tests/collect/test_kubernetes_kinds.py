"""The kinds that are read, and what is kept of an object."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from eksaminer.collect.kubernetes_kinds import KINDS, Kind, objects
from eksaminer.evidence.kubernetes import (
    AwsAuth,
    Binding,
    KubernetesObjects,
    Pod,
    PolicyRule,
    Replicas,
    Role,
    Runs,
    ServiceAccount,
    Subject,
    Webhook,
    Workload,
)
from eksaminer.gap import Cause, Gap
from eksaminer.record import Record

META = {"name": "a", "namespace": "n"}


def kind(field: str) -> Kind:
    return next(each for each in KINDS if each.field == field)


def convert(field: str, value: dict[str, Any]) -> tuple[Record, ...]:
    return kind(field).convert(json.dumps({"metadata": META} | value).encode())


def test_permissions_are_those_that_the_section_declares() -> None:
    permissions = tuple(each.permission for each in KINDS)

    assert permissions == KubernetesObjects.permissions


def test_every_field_of_the_section_is_read() -> None:
    fields = {each.field for each in KINDS}

    assert fields == set(KubernetesObjects.__struct_fields__) - {"origin", "sources"}


def test_paths_are_those_of_the_api() -> None:
    paths = {each.field: each.path for each in KINDS}

    assert paths["pods"] == "/api/v1/pods"
    assert paths["cluster_roles"] == "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    assert paths["stateful_sets"] == "/apis/apps/v1/statefulsets"
    assert paths["aws_auth"] == "/api/v1/namespaces/kube-system/configmaps/aws-auth"
    assert not [path for path in paths.values() if "secret" in path]


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        pytest.param(
            "service_accounts",
            {"metadata": META | {"annotations": {"eks.amazonaws.com/role-arn": "arn"}}},
            ServiceAccount(namespace="n", name="a", role_arn="arn"),
            id="service account with a role",
        ),
        pytest.param(
            "service_accounts",
            {"metadata": META | {"annotations": {"eks.amazonaws.com/audience": "mine"}}},
            ServiceAccount(namespace="n", name="a", role_arn="", audience="mine"),
            id="service account with an audience of its own",
        ),
        pytest.param(
            "service_accounts",
            {"metadata": META | {"annotations": None}},
            ServiceAccount(namespace="n", name="a", role_arn=""),
            id="service account without annotations",
        ),
        pytest.param(
            "roles",
            {"rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["x"]}]},
            Role(
                namespace="n",
                name="a",
                rules=(PolicyRule(verbs=("get",), groups=("",), resources=("pods",), names=("x",), urls=()),),
            ),
            id="role",
        ),
        pytest.param(
            "cluster_roles",
            {"metadata": {"name": "a"}, "rules": [{"verbs": ["get"], "nonResourceURLs": ["/metrics"]}]},
            Role(
                namespace="",
                name="a",
                rules=(PolicyRule(verbs=("get",), groups=(), resources=(), names=(), urls=("/metrics",)),),
            ),
            id="cluster role over addresses",
        ),
        pytest.param(
            "cluster_roles", {"rules": None}, Role(namespace="n", name="a", rules=()), id="role without rules"
        ),
        pytest.param(
            "role_bindings",
            {
                "roleRef": {"kind": "Role", "name": "r"},
                "subjects": [{"kind": "Group", "name": "system:authenticated"}],
            },
            Binding(
                namespace="n",
                name="a",
                role_kind="Role",
                role_name="r",
                subjects=(Subject(kind="Group", namespace="", name="system:authenticated"),),
            ),
            id="binding",
        ),
        pytest.param(
            "cluster_role_bindings",
            {"roleRef": {"kind": "ClusterRole", "name": "r"}},
            Binding(namespace="n", name="a", role_kind="ClusterRole", role_name="r", subjects=()),
            id="binding of nobody",
        ),
        pytest.param(
            "validating_webhooks",
            {
                "webhooks": [
                    {
                        "name": "w",
                        "failurePolicy": "Ignore",
                        "clientConfig": {"service": {"namespace": "ns", "name": "svc", "path": "/check"}},
                    }
                ]
            },
            Webhook(
                kind="ValidatingWebhookConfiguration",
                configuration="a",
                name="w",
                target="ns/svc/check",
                failure_policy="Ignore",
            ),
            id="webhook of a service",
        ),
        pytest.param(
            "mutating_webhooks",
            {"webhooks": [{"name": "w", "clientConfig": {"url": "https://user:pw@evil.example:8443/m?token=x#y"}}]},
            Webhook(
                kind="MutatingWebhookConfiguration",
                configuration="a",
                name="w",
                target="https://evil.example:8443/m",
                failure_policy="Fail",
            ),
            id="webhook of an address, without its credentials",
        ),
        pytest.param(
            "mutating_webhooks",
            {"webhooks": [{"name": "w", "clientConfig": {"url": "https://[broken"}}]},
            Webhook(
                kind="MutatingWebhookConfiguration",
                configuration="a",
                name="w",
                target="(not a URL)",
                failure_policy="Fail",
            ),
            id="webhook of no address",
        ),
        pytest.param(
            "aws_auth",
            {"metadata": {"name": "aws-auth", "namespace": "kube-system"}, "data": None},
            AwsAuth(exists=True, map_roles="", map_users="", map_accounts=""),
            id="empty aws-auth",
        ),
        pytest.param(
            "pods",
            {
                "metadata": META
                | {
                    "ownerReferences": [
                        {"kind": "Node", "name": "x"},
                        {"kind": "ReplicaSet", "name": "r", "controller": True},
                    ]
                },
                "spec": {
                    "serviceAccountName": "s",
                    "containers": [{"image": "two"}],
                    "initContainers": [{"image": "one"}],
                    "ephemeralContainers": [{"image": "three"}],
                },
                "status": {"phase": "Running"},
            },
            Pod(
                namespace="n",
                name="a",
                service_account="s",
                images=("one", "two", "three"),
                owner="ReplicaSet/r",
                phase="Running",
            ),
            id="pod",
        ),
        pytest.param(
            "jobs",
            {"spec": {"template": {"spec": {"containers": [{"image": "i"}]}}}},
            Workload(kind="Job", namespace="n", name="a", service_account="default", images=("i",)),
            id="job of the default service account",
        ),
        pytest.param(
            "cron_jobs",
            {"spec": {"jobTemplate": {"spec": {"template": {"spec": {"serviceAccountName": "s"}}}}}},
            Workload(
                kind="CronJob",
                namespace="n",
                name="a",
                service_account="s",
                images=(),
                state=Runs(suspended=False, scheduled=None, succeeded=None),
            ),
            id="cron job that never ran",
        ),
        pytest.param(
            "cron_jobs",
            {
                "spec": {"suspend": True, "jobTemplate": {"spec": {"template": {"spec": {}}}}},
                "status": {"lastScheduleTime": "2026-11-23T06:00:00Z", "lastSuccessfulTime": "2026-11-22T06:01:00Z"},
            },
            Workload(
                kind="CronJob",
                namespace="n",
                name="a",
                service_account="default",
                images=(),
                state=Runs(
                    suspended=True,
                    scheduled=datetime(2026, 11, 23, 6, tzinfo=UTC),
                    succeeded=datetime(2026, 11, 22, 6, 1, tzinfo=UTC),
                ),
            ),
            id="cron job that is suspended",
        ),
        pytest.param(
            "daemon_sets",
            {"spec": {"template": {"spec": {}}}, "status": {"numberReady": 2, "desiredNumberScheduled": 3}},
            Workload(
                kind="DaemonSet",
                namespace="n",
                name="a",
                service_account="default",
                images=(),
                state=Replicas(ready=2, wanted=3),
            ),
            id="daemon set",
        ),
        pytest.param(
            "deployments",
            {
                "spec": {
                    "replicas": 2,
                    "template": {
                        "spec": {
                            "containers": [
                                {"image": "falco", "args": ["--enable-source", "k8saudit-eks", "--token=secret"]}
                            ]
                        }
                    },
                },
                "status": {},
            },
            Workload(
                kind="Deployment",
                namespace="n",
                name="a",
                service_account="default",
                images=("falco",),
                state=Replicas(ready=0, wanted=2),
                names_plugin=True,
            ),
            id="deployment whose arguments are not kept",
        ),
    ],
)
def test_an_object_becomes_a_value(field: str, value: dict[str, Any], expected: Record) -> None:
    assert convert(field, value) == (expected,)


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param({"name": "coredns", "namespace": "kube-system"}, id="another name"),
        pytest.param({"name": "aws-auth", "namespace": "default"}, id="another namespace"),
    ],
)
def test_no_other_config_map_is_kept(metadata: dict[str, str]) -> None:
    assert convert("aws_auth", {"metadata": metadata, "data": {"password": "hunter2"}}) == ()


def test_the_order_of_an_answer_does_not_matter() -> None:
    pods = tuple(
        value
        for name in ("b", "a", "c")
        for value in convert("pods", {"metadata": {"name": name, "namespace": "n"}, "spec": {}})
    )
    gap = Gap(cause=Cause.DENIED, detail="d")
    one = objects("o", {each.field: gap for each in KINDS} | {"pods": pods}, ())
    other = objects("o", {each.field: gap for each in KINDS} | {"pods": pods[::-1]}, ())

    assert one == other
    assert one.roles == gap
