"""The service accounts that exist in clusters, the pods that use them, and those that a role admits."""

from collections import Counter

from eksaminer.api import Cluster, Every, Gap, KubernetesObjects, Reach, Target, subject_of
from eksaminer_checks.audit_cloudtrail_logs._roles import View

MOST = 10
"""So many service accounts stand in a sentence."""


def existing(view: View, reach: Reach, clusters: Every[Cluster], objects: Every[KubernetesObjects]) -> str:
    """Say which existing service accounts are admitted besides the named ones, or why that is not known."""
    target = next((target for target, cluster in clusters.items if cluster.issuer == view.issuer), None)
    if target is None:
        return "No cluster that was read has this issuer, so which service accounts exist is not assessed"
    found = dict(objects.items).get(target) or dict(objects.gaps).get(target)
    accounts = found.service_accounts if isinstance(found, KubernetesObjects) else found
    if accounts is None or isinstance(accounts, Gap):
        why = f": {accounts.detail.rstrip('.')}" if accounts is not None else ""
        return f"Which service accounts of {target.cluster} exist is not assessed{why}"
    pods = pods_of(found)
    admitted = [
        f"{item.namespace}/{item.name}{_used(pods, item.namespace, item.name)}"
        for item in accounts
        if (subject := subject_of(item.namespace, item.name)) in reach and subject not in view.named
    ]
    return _sentence(target, sorted(admitted))


def pods_of(objects: KubernetesObjects | Gap | None) -> Counter[tuple[str, str]] | None:
    """Return the number of pods by namespace and service account; None: the pods could not be read."""
    if not isinstance(objects, KubernetesObjects) or isinstance(objects.pods, Gap):
        return None
    return Counter((pod.namespace, pod.service_account or "default") for pod in objects.pods)


def _used(pods: Counter[tuple[str, str]] | None, namespace: str, name: str) -> str:
    if pods is None:
        return ""
    number = pods[namespace, name]
    return f" ({number} pod{'' if number == 1 else 's'})"


def _sentence(target: Target, admitted: list[str]) -> str:
    if not admitted:
        return f"No service account that exists in {target.cluster} is admitted besides the named ones"
    names = ", ".join(admitted[:MOST])
    more = f" and {len(admitted) - MOST} more" if len(admitted) > MOST else ""
    return f"In {target.cluster} exist, and are admitted besides the named ones: {names}{more}"
