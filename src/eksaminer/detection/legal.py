"""Which values the fields of audit events and of CloudTrail records can have, and which resources EKS serves.

Sources: the type `Event` of audit.k8s.io/v1 and "Auditing" of the Kubernetes documentation; the API reference
of Kubernetes 1.36 for groups, resources and subresources; the "CloudTrail record contents" of AWS.
"""

from types import MappingProxyType

from eksaminer.detection.fields import Log

SOURCES = (
    "https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/",
    "https://kubernetes.io/docs/reference/kubernetes-api/",
    "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html",
)
READ = "2026-11-23"

RESOURCE_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
PATH_VERBS = ("get", "head", "post", "put", "patch", "delete", "options", "trace", "connect")
"""Of a request for a path that is no resource: the HTTP method in small letters."""
FLAGS = ("true", "false")
CODES = tuple(str(code) for code in range(100, 600))

VALUES = MappingProxyType(
    {
        Log.AUDIT: {
            "verb": (*RESOURCE_VERBS, *(verb for verb in PATH_VERBS if verb not in RESOURCE_VERBS)),
            "stage": ("RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"),
            "level": ("Metadata", "Request", "RequestResponse"),
            "responseStatus.code": CODES,
            "annotations.authorization.k8s.io/decision": ("allow", "forbid"),
            "outcome": ("allowed", "refused", "failed"),
            "source.public": FLAGS,
            "request.dryRun": FLAGS,
        },
        Log.TRAIL: {
            "eventType": (
                "AwsApiCall", "AwsServiceEvent", "AwsConsoleAction", "AwsConsoleSignIn", "AwsVpceEvents",
                "AwsCloudTrailInsight",
            ),
            "eventCategory": ("Management", "Data", "Insight", "NetworkActivity", "Aggregated"),
            "readOnly": FLAGS,
            "managementEvent": FLAGS,
            "userIdentity.type": (
                "Root", "IAMUser", "AssumedRole", "Role", "FederatedUser", "Directory", "AWSAccount", "AWSService",
                "IdentityCenterUser", "SAMLUser", "WebIdentityUser", "Unknown",
            ),
        },
    }
)  # fmt: skip
"""All values of the fields that have few."""

ALWAYS = MappingProxyType(
    {
        Log.AUDIT: frozenset({"auditID", "level", "stage", "verb", "requestURI"}),
        Log.TRAIL: frozenset({"eventVersion", "eventTime", "eventSource", "eventName", "awsRegion"}),
    }
)
"""The fields that no event lacks."""

SINGLE = frozenset(
    {"awsRegion", "errorCode", "eventCategory", "eventID", "eventName", "eventSource", "eventType", "readOnly",
     "recipientAccountId", "sourceIPAddress", "userIdentity.type"}
)  # fmt: skip
"""The fields of a CloudTrail record that hold one scalar."""

OBJECTS = frozenset(
    {"additionalEventData", "addendum", "insightDetails", "requestParameters", "responseElements",
     "serviceEventDetails", "tlsDetails", "userIdentity"}
)  # fmt: skip
"""The fields of a CloudTrail record that hold an object, which equals no text."""

EVENT_SOURCE = ".amazonaws.com"
"""How every eventSource ends."""

_RESOURCES = {
    "": "bindings componentstatuses configmaps endpoints events limitranges namespaces/status/finalize "
    "nodes/proxy/status persistentvolumeclaims/status persistentvolumes/status "
    "pods/attach/binding/ephemeralcontainers/eviction/exec/log/portforward/proxy/resize/status podtemplates "
    "replicationcontrollers/scale/status resourcequotas/status secrets serviceaccounts/token services/proxy/status",
    "admissionregistration.k8s.io": "mutatingadmissionpolicies mutatingadmissionpolicybindings "
    "mutatingwebhookconfigurations validatingadmissionpolicies/status validatingadmissionpolicybindings "
    "validatingwebhookconfigurations",
    "apiextensions.k8s.io": "customresourcedefinitions/status",
    "apiregistration.k8s.io": "apiservices/status",
    "apps": "controllerrevisions daemonsets/status deployments/scale/status replicasets/scale/status "
    "statefulsets/scale/status",
    "authentication.k8s.io": "selfsubjectreviews tokenreviews",
    "authorization.k8s.io": "localsubjectaccessreviews selfsubjectaccessreviews selfsubjectrulesreviews "
    "subjectaccessreviews",
    "autoscaling": "horizontalpodautoscalers/status",
    "batch": "cronjobs/status jobs/status",
    "certificates.k8s.io": "certificatesigningrequests/approval/status clustertrustbundles",
    "coordination.k8s.io": "leases leasecandidates",
    "discovery.k8s.io": "endpointslices",
    "events.k8s.io": "events",
    "flowcontrol.apiserver.k8s.io": "flowschemas/status prioritylevelconfigurations/status",
    "metrics.k8s.io": "nodes pods",
    "networking.k8s.io": "ingressclasses ingresses/status ipaddresses networkpolicies servicecidrs/status",
    "node.k8s.io": "runtimeclasses",
    "policy": "poddisruptionbudgets/status podsecuritypolicies",
    "rbac.authorization.k8s.io": "clusterrolebindings clusterroles rolebindings roles",
    "resource.k8s.io": "deviceclasses resourceclaims/status resourceclaimtemplates resourceslices",
    "scheduling.k8s.io": "priorityclasses",
    "storage.k8s.io": "csidrivers csinodes csistoragecapacities storageclasses volumeattachments/status "
    "volumeattributesclasses",
}

GROUPS = frozenset(_RESOURCES) | {"extensions", "internal.apiserver.k8s.io", "settings.k8s.io"}
"""The API groups of Kubernetes; every other group is a domain with a dot."""

_SERVED = [(group, entry.split("/")) for group, entries in _RESOURCES.items() for entry in entries.split()]
HOMES = MappingProxyType(
    {
        resource: tuple(group for group, (name, *_) in _SERVED if name == resource)
        for _, (resource, *_) in reversed(_SERVED)
    }
)
"""The API groups of each built-in resource, the one that clients use first."""
SUBRESOURCES = MappingProxyType({(group, name): tuple(below) for group, (name, *below) in _SERVED})
"""Of each built-in group and resource."""
