"""The objects of a cluster that the checks and the report look at. Secrets are never read."""

from datetime import datetime
from typing import ClassVar

from eksaminer.evidence.model import Calls, Section
from eksaminer.gap import Gap
from eksaminer.outcome import Scope
from eksaminer.record import Record

ROLE_ARN_ANNOTATION = "eks.amazonaws.com/role-arn"
AUDIENCE_ANNOTATION = "eks.amazonaws.com/audience"


class ServiceAccount(Record, frozen=True, kw_only=True):
    """A service account and the IAM role its annotation names (empty: none)."""

    namespace: str
    name: str
    role_arn: str
    audience: str = ""
    """The audience that its annotation asks tokens for; empty: none, so EKS takes sts.amazonaws.com."""


class PolicyRule(Record, frozen=True, kw_only=True):
    """One rule of a role."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    names: tuple[str, ...]
    urls: tuple[str, ...]


class Role(Record, frozen=True, kw_only=True):
    """A Role, or a ClusterRole (empty namespace)."""

    namespace: str
    name: str
    rules: tuple[PolicyRule, ...]


class Subject(Record, frozen=True, kw_only=True):
    """Whom a binding names."""

    kind: str
    namespace: str
    name: str


class Binding(Record, frozen=True, kw_only=True):
    """A RoleBinding, or a ClusterRoleBinding (empty namespace)."""

    namespace: str
    name: str
    role_kind: str
    role_name: str
    subjects: tuple[Subject, ...]


class Webhook(Record, frozen=True, kw_only=True):
    """One webhook of a validating or mutating webhook configuration."""

    kind: str
    configuration: str
    name: str
    target: str
    """URL, or `namespace/service/path`."""
    failure_policy: str


class AwsAuth(Record, frozen=True, kw_only=True, tag="aws_auth", tag_field="is"):
    """The ConfigMap kube-system/aws-auth."""

    exists: bool
    map_roles: str
    map_users: str
    map_accounts: str


class Namespace(Record, frozen=True, kw_only=True):
    """A namespace."""

    name: str
    labels: tuple[tuple[str, str], ...]


class Pod(Record, frozen=True, kw_only=True):
    """A pod: who it runs as and what it runs. Its environment is not read."""

    namespace: str
    name: str
    service_account: str
    images: tuple[str, ...]
    """Of containers, initContainers and ephemeralContainers."""
    owner: str
    """`Kind/name` of its controller; empty: none."""
    phase: str


class Replicas(Record, frozen=True, kw_only=True, tag="replicas", tag_field="is"):
    """How many pods of a Deployment, DaemonSet or StatefulSet are ready, of how many there should be."""

    ready: int
    wanted: int


class Runs(Record, frozen=True, kw_only=True, tag="runs", tag_field="is"):
    """When a CronJob ran."""

    suspended: bool
    scheduled: datetime | None
    """When a run of it was last begun; None: never."""
    succeeded: datetime | None
    """When one last came to a good end; None: never."""


class Workload(Record, frozen=True, kw_only=True):
    """A Deployment, DaemonSet, StatefulSet, Job or CronJob: its pod template."""

    kind: str
    namespace: str
    name: str
    service_account: str
    images: tuple[str, ...]
    state: Replicas | Runs | None = None
    """None: the object says nothing of it (a Job, or one that nobody has looked after yet)."""
    names_plugin: bool = False
    """Whether its commands or arguments name the audit log plugin of Falco; the rest of them is not kept."""


class KubernetesObjects(Section, frozen=True, kw_only=True):
    """The objects of one cluster, kind by kind: each may be missing or forbidden on its own."""

    key: ClassVar[str] = "kubernetes_objects"
    scope: ClassVar[Scope] = Scope.CLUSTER
    tier: ClassVar[str] = "kubernetes"
    permissions: ClassVar[tuple[str, ...]] = (
        "list serviceaccounts",
        "list roles.rbac.authorization.k8s.io",
        "list rolebindings.rbac.authorization.k8s.io",
        "list clusterroles.rbac.authorization.k8s.io",
        "list clusterrolebindings.rbac.authorization.k8s.io",
        "list validatingwebhookconfigurations.admissionregistration.k8s.io",
        "list mutatingwebhookconfigurations.admissionregistration.k8s.io",
        "get configmaps/aws-auth in kube-system",
        "list namespaces",
        "list pods",
        "list deployments.apps",
        "list daemonsets.apps",
        "list statefulsets.apps",
        "list jobs.batch",
        "list cronjobs.batch",
    )
    calls: ClassVar[Calls] = Calls(note="15 Kubernetes requests per cluster, one more per further 500 objects")

    origin: str
    """Where they were read: the API server's address, or the folder of a dump."""
    service_accounts: tuple[ServiceAccount, ...] | Gap
    roles: tuple[Role, ...] | Gap
    role_bindings: tuple[Binding, ...] | Gap
    cluster_roles: tuple[Role, ...] | Gap
    cluster_role_bindings: tuple[Binding, ...] | Gap
    validating_webhooks: tuple[Webhook, ...] | Gap
    mutating_webhooks: tuple[Webhook, ...] | Gap
    aws_auth: AwsAuth | Gap
    namespaces: tuple[Namespace, ...] | Gap
    pods: tuple[Pod, ...] | Gap
    deployments: tuple[Workload, ...] | Gap
    daemon_sets: tuple[Workload, ...] | Gap
    stateful_sets: tuple[Workload, ...] | Gap
    jobs: tuple[Workload, ...] | Gap
    cron_jobs: tuple[Workload, ...] | Gap

    @property
    def workloads(self) -> tuple[tuple[Workload, ...] | Gap, ...]:
        """What runs pods, kind by kind."""
        return self.deployments, self.daemon_sets, self.stateful_sets, self.jobs, self.cron_jobs
