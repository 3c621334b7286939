"""What the audit policy that the guide prints logs, and at which level: data, and how a policy is read.

The policy is the one of the page "Auditing and logging" of the EKS Best Practices Guide, rule for rule. EKS
may run another one: what a log really holds is `AuditLogScan.levels`; this is what can be expected before a
log was seen. The first rule that fits a request decides (Kubernetes, "Auditing").
"""

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

SOURCE = "https://docs.aws.amazon.com/eks/latest/best-practices/auditing-and-logging.html"
READ = "2026-11-23"
"""When the policy was read there."""

NONE, METADATA, REQUEST, RESPONSE = "None", "Metadata", "Request", "RequestResponse"
RANK = MappingProxyType({"none": 0, "metadata": 1, "request": 2, "requestresponse": 3})


def level_rank(level: str) -> int:
    """Return how much *level* logs, from 0 (nothing) to 3; of an unknown level 0."""
    return RANK.get(level.lower(), 0)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a policy looks at in a request; what is empty is something that no rule of a policy names."""

    verb: str
    group: str = ""
    resource: str = ""
    """Empty: a request for a path."""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    user: str = ""
    user_groups: frozenset[str] = frozenset()
    path: str = ""

    @property
    def combined(self) -> str:
        """The resource as a policy writes it, with its subresource."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


@dataclass(frozen=True, slots=True)
class Resources:
    """Some resources of one API group."""

    group: str
    resources: frozenset[str] = frozenset()
    """With their subresources (`pods/status`); empty: all."""
    names: frozenset[str] = frozenset()
    """Of the objects; empty: all."""

    def fits(self, asked: Asked) -> bool:
        """Tell whether *asked* is about one of them."""
        return (
            asked.group == self.group
            and (not self.resources or asked.combined in self.resources)
            and (not self.names or asked.name in self.names)
        )


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One rule of an audit policy; what is empty does not limit it."""

    level: str
    users: frozenset[str] = frozenset()
    user_groups: frozenset[str] = frozenset()
    verbs: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()
    resources: tuple[Resources, ...] = ()
    paths: tuple[str, ...] = ()

    def fits(self, asked: Asked) -> bool:
        """Tell whether the rule decides about *asked*."""
        return (
            (not self.users or asked.user in self.users)
            and (not self.user_groups or bool(asked.user_groups & self.user_groups))
            and (not self.verbs or asked.verb in self.verbs)
            and (not self.namespaces or asked.namespace in self.namespaces)
            and self._about(asked)
        )

    def _about(self, asked: Asked) -> bool:
        if self.resources:
            return bool(asked.resource) and any(item.fits(asked) for item in self.resources)
        return not self.paths or (not asked.resource and any(_path_fits(asked.path, path) for path in self.paths))

    @property
    def limited(self) -> bool:
        """Whether it is about some users, namespaces or names alone."""
        return bool(self.users or self.user_groups or self.namespaces or any(item.names for item in self.resources))


def _path_fits(path: str, pattern: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


KNOWN_GROUPS = (
    "", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps",
    "authentication.k8s.io", "authorization.k8s.io", "autoscaling", "batch", "certificates.k8s.io", "extensions",
    "metrics.k8s.io", "networking.k8s.io", "policy", "rbac.authorization.k8s.io", "scheduling.k8s.io",
    "settings.k8s.io", "storage.k8s.io",
)  # fmt: skip
"""The API groups of which the policy logs bodies."""
_KNOWN = tuple(Resources(group) for group in KNOWN_GROUPS)
_KUBELET = "kubelet"
_STATUS = (Resources("", _words("nodes/status pods/status")),)

GUIDE_POLICY = (
    PolicyRule(
        RESPONSE,
        namespaces=_words("kube-system"),
        verbs=_words("update patch delete"),
        resources=(Resources("", _words("configmaps"), names=_words("aws-auth")),),
    ),
    PolicyRule(
        NONE,
        users=_words("system:kube-proxy"),
        verbs=_words("watch"),
        resources=(Resources("", _words("endpoints services services/status")),),
    ),
    PolicyRule(
        NONE, users=_words(_KUBELET), verbs=_words("get"), resources=(Resources("", _words("nodes nodes/status")),)
    ),
    PolicyRule(
        NONE,
        user_groups=_words("system:nodes"),
        verbs=_words("get"),
        resources=(Resources("", _words("nodes nodes/status")),),
    ),
    PolicyRule(
        NONE,
        users=_words(
            "system:kube-controller-manager system:kube-scheduler system:serviceaccount:kube-system:endpoint-controller"
        ),
        verbs=_words("get update"),
        namespaces=_words("kube-system"),
        resources=(Resources("", _words("endpoints")),),
    ),
    PolicyRule(
        NONE,
        users=_words("system:apiserver"),
        verbs=_words("get"),
        resources=(Resources("", _words("namespaces namespaces/status namespaces/finalize")),),
    ),
    PolicyRule(
        NONE,
        users=_words("system:kube-controller-manager"),
        verbs=_words("get list"),
        resources=(Resources("metrics.k8s.io"),),
    ),
    PolicyRule(NONE, paths=("/healthz*", "/version", "/swagger*")),
    PolicyRule(NONE, resources=(Resources("", _words("events")),)),
    PolicyRule(
        REQUEST,
        users=_words("kubelet system:node-problem-detector system:serviceaccount:kube-system:node-problem-detector"),
        verbs=_words("update patch"),
        resources=_STATUS,
    ),
    PolicyRule(REQUEST, user_groups=_words("system:nodes"), verbs=_words("update patch"), resources=_STATUS),
    PolicyRule(
        REQUEST,
        users=_words("system:serviceaccount:kube-system:namespace-controller"),
        verbs=_words("deletecollection"),
    ),
    PolicyRule(
        METADATA,
        resources=(
            Resources("", _words("secrets configmaps")),
            Resources("authentication.k8s.io", _words("tokenreviews")),
        ),
    ),
    PolicyRule(REQUEST, resources=(Resources("", _words("serviceaccounts/token")),)),
    PolicyRule(REQUEST, verbs=_words("get list watch"), resources=_KNOWN),
    PolicyRule(RESPONSE, resources=_KNOWN),
    PolicyRule(METADATA),
)
"""The policy, as printed."""


def guide_level(asked: Asked) -> str:
    """Return the level at which the policy of the guide logs *asked*."""
    return next(rule.level for rule in GUIDE_POLICY if rule.fits(asked))


def least_level(group: str, resource: str, verb: str) -> str:
    """Return the lowest level at which the policy of the guide logs such requests, of any subresource, by anybody.

    None only where it never logs any of them.
    """
    logged = [level for level in _levels(group, resource, verb) if level != NONE]
    return min(logged, key=level_rank, default=NONE)


def _levels(group: str, resource: str, verb: str) -> Iterator[str]:
    for rule in GUIDE_POLICY:
        own = [item for item in rule.resources if item.group == group]
        whole = [item for item in own if not item.resources]
        named = [item for item in own if any(name.split("/")[0] == resource for name in item.resources)]
        if rule.paths or (rule.verbs and verb not in rule.verbs) or (rule.resources and not (whole or named)):
            continue
        yield rule.level
        if not rule.limited and (whole or not rule.resources or any(resource in item.resources for item in named)):
            return
