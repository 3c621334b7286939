"""Amazon EKS."""

from collections.abc import Mapping
from typing import Any

from eksaminer.demo.model import AccessEntry, Cluster, ClusterUpdate, PodIdentity, issuer, role_arn, stable_id
from eksaminer.demo.refusals import no_such_cluster
from eksaminer.demo.services.world import Operation, World
from eksaminer.demo.wire import AwsError, Call

PAGE = 100
POLICY_ARN = "arn:aws:eks::aws:cluster-access-policy/"


def _cluster(world: World, call: Call) -> Cluster:
    name = str(call.parameters.get("name") or call.parameters.get("clusterName"))
    for cluster in world.region(call).clusters:
        if cluster.name == name:
            return cluster
    raise no_such_cluster(name)


def _page(world: World, call: Call, key: str, items: list[Any]) -> Mapping[str, Any]:
    size = int(call.parameters.get("maxResults") or PAGE)
    page, token = world.page(items, call.parameters.get("nextToken"), size)
    return {key: page, "nextToken": token}


def list_clusters(world: World, call: Call) -> Mapping[str, Any]:
    """List the names of the clusters."""
    return _page(world, call, "clusters", sorted(cluster.name for cluster in world.region(call).clusters))


def describe_cluster(world: World, call: Call) -> Mapping[str, Any]:
    """Describe one cluster."""
    cluster = _cluster(world, call)
    account = world.account.id
    identity = issuer(account, call.region, cluster.name)
    described: dict[str, Any] = {
        "name": cluster.name,
        "arn": f"arn:aws:eks:{call.region}:{account}:cluster/{cluster.name}",
        "createdAt": cluster.created,
        "version": cluster.version,
        "roleArn": role_arn(account, f"{cluster.name}-control-plane"),
        "resourcesVpcConfig": _network(cluster, call.region),
        "kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4"},
        "status": cluster.status,
        "platformVersion": "eks.9",
        "tags": dict(cluster.tags),
        "accessConfig": {
            "authenticationMode": cluster.authentication_mode,
            "bootstrapClusterCreatorAdminPermissions": False,
        },
        "computeConfig": {"enabled": cluster.auto_mode},
        "deletionProtection": cluster.deletion_protection,
    }
    if cluster.status != "CREATING":
        described["endpoint"] = cluster.endpoint or _endpoint(account, call.region, cluster.name)
        described["certificateAuthority"] = {"data": cluster.certificate_authority}
        described["identity"] = {"oidc": {"issuer": f"https://{identity}"}}
    if cluster.logging is not None:
        entries = [{"types": list(entry.types), "enabled": entry.enabled} for entry in cluster.logging]
        described["logging"] = {"clusterLogging": entries}
    if cluster.secrets_key:
        provider = {"keyArn": cluster.secrets_key}
        described["encryptionConfig"] = [{"resources": ["secrets"], "provider": provider}]
    return {"cluster": described}


def _endpoint(account: str, region: str, name: str) -> str:
    identifier = stable_id(account, region, name).upper()
    return f"https://{identifier}.gr7.{region}.eks.amazonaws.com"


def _network(cluster: Cluster, region: str) -> Mapping[str, Any]:
    return {
        "vpcId": f"vpc-{stable_id('vpc', region, length=17)}",
        "subnetIds": [f"subnet-{stable_id('subnet', region, zone, length=17)}" for zone in "ab"],
        "clusterSecurityGroupId": f"sg-{stable_id('sg', region, cluster.name, length=17)}",
        "endpointPublicAccess": True,
        "endpointPrivateAccess": True,
        "publicAccessCidrs": ["0.0.0.0/0"],
    }


def list_updates(world: World, call: Call) -> Mapping[str, Any]:
    """List the ids of the updates of a cluster, the newest first."""
    updates = sorted(_cluster(world, call).updates, key=lambda update: update.created, reverse=True)
    return _page(world, call, "updateIds", [update.id for update in updates])


def describe_update(world: World, call: Call) -> Mapping[str, Any]:
    """Describe one update of a cluster."""
    wanted = call.parameters.get("updateId")
    for update in _cluster(world, call).updates:
        if update.id == wanted:
            return {"update": _update(update)}
    raise AwsError("ResourceNotFoundException", f"No update found for ID: {wanted}", 404)


def _update(update: ClusterUpdate) -> Mapping[str, Any]:
    return {
        "id": update.id,
        "status": update.status,
        "type": update.type,
        "params": [{"type": name, "value": value} for name, value in update.params.items()],
        "createdAt": update.created,
        "errors": [],
    }


def list_access_entries(world: World, call: Call) -> Mapping[str, Any]:
    """List the principals of the access entries; a cluster without them refuses, as in EKS."""
    cluster = _cluster(world, call)
    if cluster.authentication_mode == "CONFIG_MAP":
        raise AwsError(
            "InvalidRequestException",
            "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] "
            "to perform this operation.",
        )
    return _page(world, call, "accessEntries", [entry.principal for entry in cluster.access_entries])


def _entry(world: World, call: Call) -> AccessEntry:
    principal = call.parameters.get("principalArn")
    for entry in _cluster(world, call).access_entries:
        if entry.principal == principal:
            return entry
    message = f"The specified principalArn could not be found: {principal}."
    raise AwsError("ResourceNotFoundException", message, 404)


def describe_access_entry(world: World, call: Call) -> Mapping[str, Any]:
    """Describe one access entry."""
    entry = _entry(world, call)
    cluster = _cluster(world, call)
    kind, _, name = entry.principal.rpartition(":")[2].partition("/")
    arn = f"arn:aws:eks:{call.region}:{world.account.id}:access-entry/{cluster.name}/{kind}/{world.account.id}/{name}"
    return {
        "accessEntry": {
            "clusterName": cluster.name,
            "principalArn": entry.principal,
            "kubernetesGroups": list(entry.groups),
            "accessEntryArn": f"{arn}/{stable_id(entry.principal, length=36)}",
            "createdAt": entry.created,
            "modifiedAt": entry.created,
            "tags": {},
            "username": entry.username or entry.principal,
            "type": entry.type,
        }
    }


def list_associated_access_policies(world: World, call: Call) -> Mapping[str, Any]:
    """List the access policies of one principal."""
    entry = _entry(world, call)
    policies = [
        {
            "policyArn": POLICY_ARN + name,
            "accessScope": {"type": "cluster", "namespaces": []},
            "associatedAt": entry.created,
            "modifiedAt": entry.created,
        }
        for name in entry.policies
    ]
    page = _page(world, call, "associatedAccessPolicies", policies)
    return {"clusterName": call.parameters.get("clusterName"), "principalArn": entry.principal, **page}


def _association(world: World, call: Call, cluster: Cluster, pod: PodIdentity) -> dict[str, Any]:
    identifier = f"a-{stable_id(cluster.name, pod.namespace, pod.service_account, length=17)}"
    prefix = f"arn:aws:eks:{call.region}:{world.account.id}:podidentityassociation"
    return {
        "clusterName": cluster.name,
        "namespace": pod.namespace,
        "serviceAccount": pod.service_account,
        "associationArn": f"{prefix}/{cluster.name}/{identifier}",
        "associationId": identifier,
    }


def list_pod_identity_associations(world: World, call: Call) -> Mapping[str, Any]:
    """List the Pod Identity associations of a cluster."""
    cluster = _cluster(world, call)
    items = [_association(world, call, cluster, pod) for pod in cluster.pod_identities]
    return _page(world, call, "associations", items)


def describe_pod_identity_association(world: World, call: Call) -> Mapping[str, Any]:
    """Describe one Pod Identity association."""
    cluster = _cluster(world, call)
    for pod in cluster.pod_identities:
        item = _association(world, call, cluster, pod)
        if item["associationId"] == call.parameters.get("associationId"):
            more = {"roleArn": pod.role, "createdAt": pod.created, "modifiedAt": pod.created}
            return {"association": {**item, **more, "disableSessionTags": not pod.session_tags}}
    raise AwsError("ResourceNotFoundException", "The association could not be found.", 404)


def _nothing(key: str) -> Operation:
    def answer(world: World, call: Call) -> Mapping[str, Any]:
        _cluster(world, call)
        return {key: []}

    return answer


OPERATIONS: Mapping[str, Operation] = {
    "eks:ListClusters": list_clusters,
    "eks:DescribeCluster": describe_cluster,
    "eks:ListUpdates": list_updates,
    "eks:DescribeUpdate": describe_update,
    "eks:ListAccessEntries": list_access_entries,
    "eks:DescribeAccessEntry": describe_access_entry,
    "eks:ListAssociatedAccessPolicies": list_associated_access_policies,
    "eks:ListPodIdentityAssociations": list_pod_identity_associations,
    "eks:DescribePodIdentityAssociation": describe_pod_identity_association,
    "eks:ListAddons": _nothing("addons"),
    "eks:ListNodegroups": _nothing("nodegroups"),
    "eks:ListFargateProfiles": _nothing("fargateProfileNames"),
    "eks:ListIdentityProviderConfigs": _nothing("identityProviderConfigs"),
    "eks:ListCapabilities": _nothing("capabilities"),
}
