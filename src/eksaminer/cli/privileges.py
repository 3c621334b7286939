"""Privileges as documents that can be applied: an IAM policy, and RBAC roles."""

from collections.abc import Iterable, Mapping
from typing import Any

from eksaminer.collect.kubernetes_kinds import AWS_AUTH, KINDS, SYSTEM_NAMESPACE, Kind

GROUP = "eksaminer"
"""The Kubernetes group that the roles are bound to."""
RBAC_API = "rbac.authorization.k8s.io"

Document = Mapping[str, Any]


def iam_statement(sid: str, actions: Iterable[str]) -> Document:
    """Return a statement that allows *actions*. They are reads, most of which know no narrower resource."""
    return {"Sid": sid, "Effect": "Allow", "Action": sorted(set(actions)), "Resource": "*"}


def iam_policy(statements: Iterable[Document]) -> Document:
    """Return a policy."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def rbac_documents(permissions: Iterable[str] | None = None) -> list[Document]:
    """Return the roles and bindings that allow *permissions* (`list pods`), or all that collecting takes."""
    wanted = None if permissions is None else set(permissions)
    kinds = [kind for kind in KINDS if wanted is None or kind.permission in wanted]
    documents: list[Document] = []
    rules = _list_rules(kind for kind in kinds if kind.resource != "configmaps")
    if rules:
        documents += [_role("ClusterRole", {}, rules), _binding("ClusterRole", {})]
    if any(kind.resource == "configmaps" for kind in kinds):
        place = {"namespace": SYSTEM_NAMESPACE}
        rule = {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": [AWS_AUTH], "verbs": ["get"]}
        documents += [_role("Role", place, [rule]), _binding("Role", place)]
    return documents


def _list_rules(kinds: Iterable[Kind]) -> list[Document]:
    groups: dict[str, list[str]] = {}
    for kind in kinds:
        groups.setdefault(kind.group, []).append(kind.resource)
    return [
        {"apiGroups": [name], "resources": sorted(resources), "verbs": ["list"]}
        for name, resources in sorted(groups.items())
    ]


def _role(kind: str, place: Document, rules: list[Document]) -> Document:
    metadata = {"name": GROUP, **place}
    return {"apiVersion": f"{RBAC_API}/v1", "kind": kind, "metadata": metadata, "rules": rules}


def _binding(role: str, place: Document) -> Document:
    return {
        "apiVersion": f"{RBAC_API}/v1",
        "kind": f"{role}Binding",
        "metadata": {"name": GROUP, **place},
        "roleRef": {"apiGroup": RBAC_API, "kind": role, "name": GROUP},
        "subjects": [{"apiGroup": RBAC_API, "kind": "Group", "name": GROUP}],
    }
