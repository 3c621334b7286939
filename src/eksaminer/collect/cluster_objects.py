"""Which way leads to the objects of a cluster: a dump that was given, a kubeconfig context, or EKS itself."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from eksaminer.collect.aws.clusters import describe
from eksaminer.collect.aws.reader import Reader
from eksaminer.collect.gaps import attempt
from eksaminer.collect.kubernetes import read_live
from eksaminer.collect.kubernetes_connect import (
    Connection,
    Kubeconfig,
    connect_eks,
    connect_in_cluster,
    connect_kubeconfig,
    eks_token,
    match_contexts,
    read_kubeconfig,
)
from eksaminer.collect.kubernetes_dump import read_dump
from eksaminer.collect.request import CollectRequest, split_by_cluster
from eksaminer.collect.session import Aws, user_agent
from eksaminer.collect.store import Store
from eksaminer.errors import UsageError
from eksaminer.evidence.cluster import Cluster
from eksaminer.evidence.kubernetes import KubernetesObjects
from eksaminer.evidence.model import Section, Target
from eksaminer.gap import Cause, Gap

TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
"""Where a pod finds the token of its service account."""


@dataclass(frozen=True, kw_only=True)
class Ways:
    """How each cluster's objects are read."""

    mode: str
    dumps: Mapping[Target, Path]
    kubeconfig: Kubeconfig | None
    contexts: Mapping[Target, str]

    @classmethod
    def choose(
        cls, request: CollectRequest, targets: Sequence[Target], clusters: Mapping[Target, Section | Gap]
    ) -> "Ways":
        """Choose a way for each cluster. Raises `UsageError`."""
        given = split_by_cluster(request.kubernetes_dumps, "--kubernetes-dump", "objects/", targets)
        dumps = {target: _one_folder(target, paths) for target, paths in given.items()}
        if request.kubernetes == "off":
            return cls(mode="off", dumps=dumps, kubeconfig=None, contexts={})
        kubeconfig = read_kubeconfig(request.kubeconfig or None) if request.kubeconfig or request.contexts else None
        endpoints = {
            target: cluster.endpoint
            for target, cluster in clusters.items()
            if isinstance(cluster, Cluster) and cluster.endpoint
        }
        contexts = match_contexts(kubeconfig, request.contexts, endpoints) if kubeconfig else {}
        return cls(mode="auto", dumps=dumps, kubeconfig=kubeconfig, contexts=contexts)

    def read(self, aws: Aws, store: Store, target: Target, cluster: Section | Gap) -> KubernetesObjects | Gap:
        """Read the objects of *target*."""
        if target in self.dumps:
            return read_dump(self.dumps[target], recorder=store.keep, clock=aws.clock)
        if self.mode == "off":
            return Gap(cause=Cause.NOT_REQUESTED, detail="The Kubernetes API was not read: --no-kubernetes.")
        what = f"the objects of the cluster {target.cluster}"
        return attempt(partial(self._live, aws, store, target, cluster), what)

    def _live(self, aws: Aws, store: Store, target: Target, cluster: Section | Gap) -> KubernetesObjects | Gap:
        if isinstance(cluster, Gap):
            return cluster
        if not isinstance(cluster, Cluster) or not cluster.endpoint:
            return Gap(cause=Cause.NOT_OBSERVABLE, detail=f"EKS gives no API endpoint of {target.cluster}.")
        if aws.stopped:
            return Gap(cause=Cause.ERROR, detail=f"The run was stopped before {target.cluster} was asked.")
        connection = self._connect(aws, target, cluster)
        if isinstance(connection, Gap):
            return connection
        try:
            return read_live(connection, connection.server, recorder=store.keep, clock=aws.clock)
        finally:
            connection.close()

    def _connect(self, aws: Aws, target: Target, cluster: Cluster) -> Connection | Gap:
        agent = user_agent(aws.settings.run_id)
        if self.kubeconfig is not None and target in self.contexts:
            context = self.contexts[target]
            return connect_kubeconfig(self.kubeconfig, context, cluster.endpoint, user_agent=agent)
        if cluster.issuer and cluster.issuer == own_issuer():
            return connect_in_cluster(user_agent=agent)
        answer = describe(Reader(aws, target.region), target.cluster)
        authority = str((answer.get("certificateAuthority") or {}).get("data") or "")
        token = aws.signed(lambda session: eks_token(session, target.region, target.cluster))
        return connect_eks(cluster.endpoint, authority, token, user_agent=agent)


def own_issuer(token: Path = TOKEN) -> str:
    """Return the issuer of the service account of the pod that this runs in, without `https://`; empty: in none.

    It says which cluster that is: inside, the API server has another address than EKS gives.
    """
    try:
        payload = token.read_text().split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims["iss"]).removeprefix("https://")
    except (OSError, IndexError, ValueError, KeyError, TypeError):
        return ""


def _one_folder(target: Target, paths: Sequence[Path]) -> Path:
    if len(paths) > 1:
        both = ", ".join(map(str, paths))
        raise UsageError(f"Several Kubernetes dumps are given for {target.cluster}: {both}. Give one.")
    return paths[0]
