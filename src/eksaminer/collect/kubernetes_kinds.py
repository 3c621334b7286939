"""The kinds of objects that are read, and how the JSON of one becomes a value.

Only declared fields are decoded: environment variables, `managedFields` and everything else that may hold
a secret are skipped by the parser and never become a value.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import msgspec

from eksaminer.evidence.kubernetes import (
    AUDIENCE_ANNOTATION,
    ROLE_ARN_ANNOTATION,
    AwsAuth,
    Binding,
    KubernetesObjects,
    Namespace,
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
from eksaminer.gap import Gap
from eksaminer.record import Record

SYSTEM_NAMESPACE = "kube-system"
AWS_AUTH = "aws-auth"
AUDIT_PLUGIN = "k8saudit"
"""Begins the names of Falco's plugins for audit logs; the one for EKS is k8saudit-eks
(github.com/falcosecurity/plugins, read 2026-11-23)."""


class _Wire(msgspec.Struct, frozen=True, rename="camel"):
    """What is decoded of an object; Go writes an empty list or map as null, as empty, or not at all."""


_Time = Annotated[datetime, msgspec.Meta(tz=True)]


class _Owner(_Wire, frozen=True):
    kind: str
    name: str
    controller: bool | None = None


class _Metadata(_Wire, frozen=True):
    name: str
    namespace: str = ""
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    owner_references: list[_Owner] | None = None


class _Meta(_Wire, frozen=True):
    metadata: _Metadata


class _RuleWire(_Wire, frozen=True):
    verbs: list[str] | None = None
    api_groups: list[str] | None = None
    resources: list[str] | None = None
    resource_names: list[str] | None = None
    non_resource_urls: list[str] | None = msgspec.field(default=None, name="nonResourceURLs")


class _RoleWire(_Meta, frozen=True):
    rules: list[_RuleWire] | None = None


class _SubjectWire(_Wire, frozen=True):
    kind: str
    name: str
    namespace: str | None = None


class _RoleReference(_Wire, frozen=True):
    kind: str
    name: str


class _BindingWire(_Meta, frozen=True):
    role_ref: _RoleReference
    subjects: list[_SubjectWire] | None = None


class _ServiceReference(_Wire, frozen=True):
    namespace: str
    name: str
    path: str | None = None


class _ClientConfig(_Wire, frozen=True):
    url: str | None = None
    service: _ServiceReference | None = None


class _WebhookWire(_Wire, frozen=True):
    name: str
    client_config: _ClientConfig
    failure_policy: str | None = None


class _WebhooksWire(_Meta, frozen=True):
    webhooks: list[_WebhookWire] | None = None


class _ConfigMapWire(_Meta, frozen=True):
    data: dict[str, str] | None = None


class _Container(_Wire, frozen=True):
    image: str | None = None
    command: list[str] | None = None
    args: list[str] | None = None


class _PodSpec(_Wire, frozen=True):
    service_account_name: str | None = None
    init_containers: list[_Container] | None = None
    containers: list[_Container] | None = None
    ephemeral_containers: list[_Container] | None = None


class _PodStatus(_Wire, frozen=True):
    phase: str | None = None


class _PodWire(_Meta, frozen=True):
    spec: _PodSpec
    status: _PodStatus | None = None


class _Template(_Wire, frozen=True):
    spec: _PodSpec


class _TemplateSpec(_Wire, frozen=True):
    template: _Template


class _ReplicaSpec(_TemplateSpec, frozen=True):
    replicas: int | None = None


class _ReplicaStatus(_Wire, frozen=True):
    ready_replicas: int | None = None
    number_ready: int | None = None
    desired_number_scheduled: int | None = None


class _WorkloadWire(_Meta, frozen=True):
    spec: _ReplicaSpec
    status: _ReplicaStatus | None = None


class _JobTemplate(_Wire, frozen=True):
    spec: _TemplateSpec


class _CronJobSpec(_Wire, frozen=True):
    job_template: _JobTemplate
    suspend: bool | None = None


class _CronJobStatus(_Wire, frozen=True):
    last_schedule_time: _Time | None = None
    last_successful_time: _Time | None = None


class _CronJobWire(_Meta, frozen=True):
    spec: _CronJobSpec
    status: _CronJobStatus | None = None


def _service_account(data: bytes) -> tuple[Record, ...]:
    meta = msgspec.json.decode(data, type=_Meta).metadata
    notes = meta.annotations or {}
    account = ServiceAccount(
        namespace=meta.namespace,
        name=meta.name,
        role_arn=notes.get(ROLE_ARN_ANNOTATION, ""),
        audience=notes.get(AUDIENCE_ANNOTATION, ""),
    )
    return (account,)


def _rule(rule: _RuleWire) -> PolicyRule:
    return PolicyRule(
        verbs=tuple(rule.verbs or ()),
        groups=tuple(rule.api_groups or ()),
        resources=tuple(rule.resources or ()),
        names=tuple(rule.resource_names or ()),
        urls=tuple(rule.non_resource_urls or ()),
    )


def _role(data: bytes) -> tuple[Record, ...]:
    found = msgspec.json.decode(data, type=_RoleWire)
    rules = tuple(_rule(rule) for rule in found.rules or ())
    return (Role(namespace=found.metadata.namespace, name=found.metadata.name, rules=rules),)


def _binding(data: bytes) -> tuple[Record, ...]:
    found = msgspec.json.decode(data, type=_BindingWire)
    return (
        Binding(
            namespace=found.metadata.namespace,
            name=found.metadata.name,
            role_kind=found.role_ref.kind,
            role_name=found.role_ref.name,
            subjects=tuple(
                Subject(kind=each.kind, namespace=each.namespace or "", name=each.name) for each in found.subjects or ()
            ),
        ),
    )


def _without_credentials(url: str) -> str:
    """Return *url* without user, password, query and fragment: a webhook's may hold a token."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(not a URL)"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _webhook_target(config: _ClientConfig) -> str:
    if config.service is not None:
        path = (config.service.path or "").strip("/")
        return f"{config.service.namespace}/{config.service.name}/{path}"
    return _without_credentials(config.url or "")


def _webhooks(kind: str) -> Callable[[bytes], tuple[Record, ...]]:
    def convert(data: bytes) -> tuple[Record, ...]:
        found = msgspec.json.decode(data, type=_WebhooksWire)
        return tuple(
            Webhook(
                kind=kind,
                configuration=found.metadata.name,
                name=each.name,
                target=_webhook_target(each.client_config),
                failure_policy=each.failure_policy or "Fail",
            )
            for each in found.webhooks or ()
        )

    return convert


def _aws_auth(data: bytes) -> tuple[Record, ...]:
    """Return the ConfigMap kube-system/aws-auth, and nothing of any other ConfigMap."""
    meta = msgspec.json.decode(data, type=_Meta).metadata
    if (meta.namespace, meta.name) != (SYSTEM_NAMESPACE, AWS_AUTH):
        return ()
    values = msgspec.json.decode(data, type=_ConfigMapWire).data or {}
    return (
        AwsAuth(
            exists=True,
            map_roles=values.get("mapRoles", ""),
            map_users=values.get("mapUsers", ""),
            map_accounts=values.get("mapAccounts", ""),
        ),
    )


def _namespace(data: bytes) -> tuple[Record, ...]:
    meta = msgspec.json.decode(data, type=_Meta).metadata
    return (Namespace(name=meta.name, labels=tuple(sorted((meta.labels or {}).items()))),)


def _containers(spec: _PodSpec) -> list[_Container]:
    groups = (spec.init_containers, spec.containers, spec.ephemeral_containers)
    return [container for group in groups for container in group or ()]


def _images(spec: _PodSpec) -> tuple[str, ...]:
    return tuple(container.image or "" for container in _containers(spec))


def _names_plugin(spec: _PodSpec) -> bool:
    words = [word for each in _containers(spec) for word in (*(each.command or ()), *(each.args or ()))]
    return any(AUDIT_PLUGIN in word for word in words)


def _pod(data: bytes) -> tuple[Record, ...]:
    found = msgspec.json.decode(data, type=_PodWire)
    owners = [f"{each.kind}/{each.name}" for each in found.metadata.owner_references or () if each.controller]
    return (
        Pod(
            namespace=found.metadata.namespace,
            name=found.metadata.name,
            service_account=found.spec.service_account_name or "default",
            images=_images(found.spec),
            owner=owners[0] if owners else "",
            phase=(found.status.phase if found.status else None) or "",
        ),
    )


def _workload_of(
    kind: str, meta: _Metadata, spec: _PodSpec, state: Replicas | Runs | None = None
) -> tuple[Record, ...]:
    return (
        Workload(
            kind=kind,
            namespace=meta.namespace,
            name=meta.name,
            service_account=spec.service_account_name or "default",
            images=_images(spec),
            state=state,
            names_plugin=_names_plugin(spec),
        ),
    )


def _replicas(kind: str, found: _WorkloadWire) -> Replicas | None:
    """Return the state of a workload; a Deployment or StatefulSet that says nothing wants one replica."""
    status = found.status
    if status is None or kind == "Job":
        return None
    if kind == "DaemonSet":
        return Replicas(ready=status.number_ready or 0, wanted=status.desired_number_scheduled or 0)
    wanted = 1 if found.spec.replicas is None else found.spec.replicas
    return Replicas(ready=status.ready_replicas or 0, wanted=wanted)


def _workload(kind: str) -> Callable[[bytes], tuple[Record, ...]]:
    def convert(data: bytes) -> tuple[Record, ...]:
        found = msgspec.json.decode(data, type=_WorkloadWire)
        return _workload_of(kind, found.metadata, found.spec.template.spec, _replicas(kind, found))

    return convert


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def _cron_job(data: bytes) -> tuple[Record, ...]:
    found = msgspec.json.decode(data, type=_CronJobWire)
    status = found.status or _CronJobStatus()
    runs = Runs(
        suspended=bool(found.spec.suspend),
        scheduled=_utc(status.last_schedule_time),
        succeeded=_utc(status.last_successful_time),
    )
    return _workload_of("CronJob", found.metadata, found.spec.job_template.spec.template.spec, runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of object: where it stands in the API and in the evidence."""

    field: str
    """The field of `KubernetesObjects`."""
    name: str
    group: str
    version: str
    resource: str
    """The plural of the API."""
    convert: Callable[[bytes], tuple[Record, ...]]
    """The JSON of one object to its values. Raises what `UNEXPECTED` lists."""
    namespaced: bool = False
    in_system_namespace: bool = False
    """Kubernetes keeps such objects in kube-system: a list without them is not of all namespaces."""

    @property
    def path(self) -> str:
        """The path of the list (of the one ConfigMap that is read: of that)."""
        if self.field == "aws_auth":
            return f"/api/v1/namespaces/{SYSTEM_NAMESPACE}/configmaps/{AWS_AUTH}"
        prefix = f"/apis/{self.group}" if self.group else "/api"
        return f"{prefix}/{self.version}/{self.resource}"

    @property
    def qualified(self) -> str:
        """`resource.group`, as kubectl and RBAC errors write it."""
        return f"{self.resource}.{self.group}" if self.group else self.resource

    @property
    def permission(self) -> str:
        """The RBAC permission, in the words of `KubernetesObjects.permissions`."""
        if self.field == "aws_auth":
            return f"get configmaps/{AWS_AUTH} in {SYSTEM_NAMESPACE}"
        return f"list {self.qualified}"

    @property
    def command(self) -> str:
        """The command that writes the file which a dump lacks."""
        if self.field == "aws_auth":
            return (
                f"kubectl get configmaps --namespace {SYSTEM_NAMESPACE} "
                f"--field-selector metadata.name={AWS_AUTH} -o json > {AWS_AUTH}.json"
            )
        scope = " --all-namespaces" if self.namespaced else ""
        return f"kubectl get {self.qualified}{scope} -o json > {self.resource}.json"


RBAC = "rbac.authorization.k8s.io"
ADMISSION = "admissionregistration.k8s.io"


def _rbac(
    field: str,
    name: str,
    convert: Callable[[bytes], tuple[Record, ...]],
    *,
    namespaced: bool,
) -> Kind:
    return Kind(
        field=field, name=name, group=RBAC, version="v1", resource=f"{name.lower()}s", convert=convert,
        namespaced=namespaced, in_system_namespace=namespaced,
    )  # fmt: skip


def _admission(field: str, name: str) -> Kind:
    return Kind(
        field=field, name=name, group=ADMISSION, version="v1", resource=f"{name.lower()}s",
        convert=_webhooks(name),
    )  # fmt: skip


def _run(field: str, name: str, group: str, convert: Callable[[bytes], tuple[Record, ...]]) -> Kind:
    return Kind(
        field=field, name=name, group=group, version="v1", resource=f"{name.lower()}s", convert=convert,
        namespaced=True,
    )  # fmt: skip


KINDS = (
    Kind(
        field="service_accounts", name="ServiceAccount", group="", version="v1", resource="serviceaccounts",
        convert=_service_account, namespaced=True, in_system_namespace=True,
    ),
    _rbac("roles", "Role", _role, namespaced=True),
    _rbac("role_bindings", "RoleBinding", _binding, namespaced=True),
    _rbac("cluster_roles", "ClusterRole", _role, namespaced=False),
    _rbac("cluster_role_bindings", "ClusterRoleBinding", _binding, namespaced=False),
    _admission("validating_webhooks", "ValidatingWebhookConfiguration"),
    _admission("mutating_webhooks", "MutatingWebhookConfiguration"),
    Kind(
        field="aws_auth", name="ConfigMap", group="", version="v1", resource="configmaps",
        convert=_aws_auth, namespaced=True, in_system_namespace=True,
    ),
    Kind(
        field="namespaces", name="Namespace", group="", version="v1", resource="namespaces",
        convert=_namespace,
    ),
    _run("pods", "Pod", "", _pod),
    _run("deployments", "Deployment", "apps", _workload("Deployment")),
    _run("daemon_sets", "DaemonSet", "apps", _workload("DaemonSet")),
    _run("stateful_sets", "StatefulSet", "apps", _workload("StatefulSet")),
    _run("jobs", "Job", "batch", _workload("Job")),
    _run("cron_jobs", "CronJob", "batch", _cron_job),
)  # fmt: skip

UNEXPECTED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError)
"""What decoding raises for text that is not JSON, or JSON of another shape (`ValidationError` is one)."""

V = TypeVar("V")


def decode(data: bytes, kind: type[V]) -> V:
    """Decode JSON as *kind*. Raises what `UNEXPECTED` lists."""
    return msgspec.json.decode(data, type=kind)


def reason(error: Exception) -> str:
    """Say in a few words why JSON could not be used; without a piece of it, which could hold a secret."""
    if isinstance(error, msgspec.ValidationError):
        return f"an object is not as Kubernetes writes it ({str(error)[:200]})"
    return "it is nested too deeply" if isinstance(error, RecursionError) else "it is not JSON"


Values = Mapping[str, tuple[Record, ...] | Gap]
"""What was read of each kind, by the field of `KubernetesObjects`."""


def ordered(values: Iterable[Record]) -> tuple[Record, ...]:
    """Sort *values* by namespace, name and the rest, so that the order of an answer does not matter."""
    return tuple(
        sorted(
            values,
            key=lambda value: (getattr(value, "namespace", ""), getattr(value, "name", ""), repr(value)),
        )
    )


def objects(origin: str, values: Values, sources: tuple[str, ...]) -> KubernetesObjects:
    """Make the section out of what was read, kind by kind."""
    fields: dict[str, Any] = {
        kind.field: found if isinstance(found := values[kind.field], Gap) else ordered(found) for kind in KINDS
    }
    auth = fields["aws_auth"]
    if not isinstance(auth, Gap):
        absent = AwsAuth(exists=False, map_roles="", map_users="", map_accounts="")
        fields["aws_auth"] = auth[0] if auth else absent
    return KubernetesObjects(origin=origin, sources=sources, **fields)


KIND_BY_NAME: Mapping[tuple[str, str], Kind] = MappingProxyType({(kind.group, kind.name): kind for kind in KINDS})
"""By API group and name: other groups have a Role or a Job too."""
