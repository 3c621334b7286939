"""Through what a request was allowed: the binding or the EKS access policy that the reason of the decision names."""

import re
from collections.abc import Iterable
from typing import Literal

from eksaminer.evidence.scan import HitGroup, Refusal
from eksaminer.record import Record

REASON = re.compile(
    r"(?P<via>RBAC|EKS Access Policy): allowed by (?P<binding_kind>ClusterRoleBinding|RoleBinding) "
    r'"(?P<binding>[^"]+)" of (?P<role_kind>ClusterRole|Role) "(?P<role>[^"]+)" '
    r'to (?P<subject_kind>User|Group|ServiceAccount) "(?P<subject>[^"]+)"'
)
"""As the authorizers write it (kubernetes plugin/pkg/auth/authorizer/rbac; read in logs of 2026-11)."""
VIA: dict[str, Literal["rbac", "eks_access_policy"]] = {"RBAC": "rbac", "EKS Access Policy": "eks_access_policy"}


class Grant(Record, frozen=True, kw_only=True):
    """One binding, the role that it gives, and to whom."""

    via: Literal["rbac", "eks_access_policy"]
    binding_kind: str
    binding: str
    """`NAME`, or `NAME/NAMESPACE` of a RoleBinding; of an access policy `PRINCIPAL+POLICY`, both as ARN."""
    role_kind: str
    role: str
    """Of an access policy its ARN."""
    subject_kind: str
    subject: str
    """Of a service account `NAME/NAMESPACE`; of an access policy the id of the IAM principal."""

    @property
    def label(self) -> str:
        """What a table shows."""
        if self.via == "eks_access_policy":
            return f"EKS access policy {self.role.rpartition('/')[2]}"
        return (
            f"{self.binding_kind} {self.binding} ({self.role_kind} {self.role}) to {self.subject_kind} {self.subject}"
        )


def grant_of(decision: str, reason: str) -> Grant | None:
    """Return what allowed a request; None where the reason names no binding.

    The group system:masters, the node authorizer and paths that are open to everyone allow without naming one.
    """
    found = REASON.fullmatch(reason) if decision == "allow" else None
    if found is None:
        return None
    parts = found.groupdict()
    return Grant(
        via=VIA[parts["via"]], binding_kind=parts["binding_kind"], binding=parts["binding"],
        role_kind=parts["role_kind"], role=parts["role"], subject_kind=parts["subject_kind"], subject=parts["subject"],
    )  # fmt: skip


def granted(groups: Iterable[HitGroup]) -> tuple[tuple[str, int], ...]:
    """Return through what the requests of *groups* were allowed, with their numbers; the most used first."""
    counts: dict[str, int] = {}
    for group in groups:
        grant = grant_of(group.decision, group.reason)
        if grant is not None:
            counts[grant.label] = counts.get(grant.label, 0) + group.count
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def refused_by(groups: Iterable[HitGroup]) -> tuple[tuple[Refusal, int], ...]:
    """Return what refused the requests of *groups*, with their numbers, in the order of `Refusal`."""
    counts: dict[Refusal, int] = {}
    for group in groups:
        counts[group.refusal] = counts.get(group.refusal, 0) + group.count
    return tuple((word, counts[word]) for word in Refusal if word and word in counts)
