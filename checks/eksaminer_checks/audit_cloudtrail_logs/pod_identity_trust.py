"""IRSA-07: Pod Identity trust works and is scoped."""

from collections.abc import Iterator

from eksaminer.api import (
    ASSUME_ROLE,
    STRANGER,
    TAG_SESSION,
    AssociationSettings,
    Basis,
    Cluster,
    Every,
    Gap,
    IamRole,
    IamRoles,
    Level,
    PodIdentityAssociation,
    PodIdentityAssociations,
    Scope,
    Seen,
    Severity,
    Target,
    Text,
    TrustPolicy,
    Verdict,
    Workload,
    against_pods,
    allows_pods,
    check,
    conforms,
    deviates,
    never_for_pods,
    pods_may,
    trusts_pods,
    unseen,
)
from eksaminer_checks.audit_cloudtrail_logs._roles import joined, policy_of, unlisted

REMEDIES = {
    "terraform": """\
data "aws_iam_policy_document" "trust" {{
  statement {{
    actions = ["sts:AssumeRole", "sts:TagSession"]

    principals {{
      type        = "Service"
      identifiers = ["pods.eks.amazonaws.com"]
    }}

    condition {{
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [{account}]
    }}

    condition {{
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = ["CLUSTER_ARN"]
    }}
  }}
}}""",
    "cloudformation": """\
Resources:
  WorkloadRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action:
              - sts:AssumeRole
              - sts:TagSession
            Principal:
              Service: pods.eks.amazonaws.com
            Condition:
              StringEquals:
                aws:SourceAccount: {account}
              ArnEquals:
                aws:SourceArn: CLUSTER_ARN""",
    "console": "IAM › Roles › ROLE_NAME › Trust relationships › Edit trust policy › Update policy",
}
TAGS = ("aws:requesttag/", "aws:tagkeys")
"""Condition keys that session tags fill."""


@check(
    id="IRSA-07",
    title="Roles for EKS Pod Identity work and are scoped",
    scope=Scope.ACCOUNT,
    severity=Severity.MEDIUM,
    basis=Basis.BEYOND,
    recommendation="audit-cloudtrail-logs",
    criterion="A role that trusts pods.eks.amazonaws.com allows sts:AssumeRole and sts:TagSession under conditions "
    "that name cluster, account or service account; each association names a role that admits it.",
    remediation="Allow both actions, and add conditions on aws:SourceArn and aws:SourceAccount, or on the session tags "
    "(aws:RequestTag/kubernetes-namespace, aws:RequestTag/kubernetes-service-account, aws:RequestTag/eks-cluster-arn).",
    references=(
        "https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html",
        "https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html",
    ),
    level=Level.ADVISED,
    remedies=REMEDIES,
    texts={
        "IRSA-07.scoped": "EKS Pod Identity can assume the role, under conditions that keep other workloads out.",
        "IRSA-07.unscoped": "No condition of the trust policy names a cluster, an account or a service account: "
        "whoever may create a Pod Identity association and pass the role gives it to any workload of any cluster.",
        "IRSA-07.perhaps_unscoped": "The conditions of the trust policy name no cluster, account or service account "
        "that EKS tells; whether they keep other workloads out depends on the rest of the request.",
        "IRSA-07.lacks_action": "EKS Pod Identity cannot assume the role: the trust policy does not allow {actions} to "
        "pods.eks.amazonaws.com.",
        "IRSA-07.never": "EKS Pod Identity cannot assume the role: it never sends what the trust policy asks for "
        "({why}).",
        "IRSA-07.agrees": "The association gives {account} the role {role}, whose trust policy admits it.",
        "IRSA-07.perhaps": "The association gives {account} the role {role}; whether its trust policy admits it "
        "depends on what cannot be seen.",
        "IRSA-07.refused": "The association gives {account} the role {role}, whose trust policy refuses {actions} for "
        "it: {why}.",
        "IRSA-07.no_tags": "The association gives {account} the role {role} without session tags, and the trust policy "
        "asks for them: {why}.",
        "IRSA-07.no_role": "The association gives {account} the role {role}, which does not exist.",
        "IRSA-07.other_account": "The association gives {account} the role {role}, which is no role of this account: "
        "whether it admits it can be seen there alone.",
        "IRSA-07.not_trusting": "The association gives {account} the role {role}, whose trust policy does not trust "
        "pods.eks.amazonaws.com.",
        "IRSA-07.unreadable": "The trust policy of the role cannot be read: {why}.",
        "IRSA-07.role_unreadable": "The association gives {account} the role {role}, whose trust policy cannot be "
        "read: {why}.",
    },
)
def pod_identity_trust(
    roles: IamRoles,
    clusters: Every[Cluster],
    associations: Every[PodIdentityAssociations],
    target: Target,
) -> Iterator[Verdict]:
    """Pod Identity ties a session to one pod by tags; without them, or without a scope, the tie is lost."""
    for role in roles.roles:
        policy = policy_of(role)
        if isinstance(policy, str):
            yield deviates(role.resource, Text("IRSA-07.unreadable", why=joined([policy])))
        elif trusts_pods(policy):
            yield _role(role, policy)
    known = {role.arn: role for role in roles.roles}
    arns = {place: cluster.arn for place, cluster in clusters.items}
    yield from unlisted(target, associations)
    for place, gap in associations.gaps:
        yield unseen(place.resource, gap)
    for place, found in associations.items:
        for item in found.associations:
            cluster = arns.get(place, place.resource.id)
            yield _association(item, _workload(item, cluster, place), known, roles.others, target)


def _role(role: IamRole, policy: TrustPolicy) -> Verdict:
    lacking = tuple(action for action in (ASSUME_ROLE, TAG_SESSION) if not allows_pods(policy, action))
    if lacking:
        return deviates(role.resource, Text("IRSA-07.lacks_action", actions=lacking))
    never = never_for_pods(policy, ASSUME_ROLE)
    if never:
        return deviates(role.resource, Text("IRSA-07.never", why=", ".join(never)))
    match pods_may(policy, ASSUME_ROLE, STRANGER):
        case "no":
            return conforms(role.resource, Text("IRSA-07.scoped"))
        case "yes":
            return deviates(role.resource, Text("IRSA-07.unscoped"))
        case "depends":
            return deviates(role.resource, Text("IRSA-07.perhaps_unscoped"))


def _workload(item: PodIdentityAssociation, cluster: str, place: Target) -> Workload:
    settings = item.settings
    return Workload(
        cluster_arn=cluster,
        cluster_name=place.cluster,
        account=place.account,
        namespace=item.namespace,
        service_account=item.service_account,
        session_tags=settings.session_tags if isinstance(settings, AssociationSettings) else True,
    )


def _association(
    item: PodIdentityAssociation,
    workload: Workload,
    known: dict[str, IamRole],
    others: tuple[str, ...],
    target: Target,
) -> Verdict:
    settings = item.settings
    if isinstance(settings, Gap):
        return unseen(item.resource, settings)
    names = {"account": f"{item.namespace}/{item.service_account}", "role": settings.role_arn}
    role = known.get(settings.role_arn)
    if role is None:
        return deviates(item.resource, Text(f"IRSA-07.{_unknown(settings.role_arn, others, target)}", **names))
    policy = policy_of(role)
    if isinstance(policy, str):
        return deviates(item.resource, Text("IRSA-07.role_unreadable", **names, why=joined([policy])))
    if not trusts_pods(policy):
        return deviates(item.resource, Text("IRSA-07.not_trusting", **names))
    return _agreement(item, policy, workload, names)


def _unknown(role: str, others: tuple[str, ...], target: Target) -> str:
    """Return what to say of a role that is none of those that trust a workload."""
    if f":iam::{target.account}:" not in role:
        return "other_account"
    return "not_trusting" if role in others else "no_role"


def _agreement(item: PodIdentityAssociation, policy: TrustPolicy, workload: Workload, names: dict[str, str]) -> Verdict:
    actions = (ASSUME_ROLE, TAG_SESSION) if workload.session_tags else (ASSUME_ROLE,)
    answers = {action: pods_may(policy, action, workload) for action in actions}
    refused = tuple(action for action, answer in answers.items() if answer == "no")
    if refused:
        against = {name for action in refused for name in against_pods(policy, action, workload)}
        why = ", ".join(sorted(against)) or "no statement allows it"
        if not workload.session_tags and any(tag in name.lower() for name in against for tag in TAGS):
            return deviates(item.resource, Text("IRSA-07.no_tags", **names, why=why))
        return deviates(item.resource, Text("IRSA-07.refused", **names, actions=refused, why=why))
    if "depends" in answers.values():
        return deviates(item.resource, Text("IRSA-07.perhaps", **names))
    target_role = item.settings.target_role_arn if isinstance(item.settings, AssociationSettings) else ""
    seen: Seen = {"target_role": target_role} if target_role else {}
    return conforms(item.resource, Text("IRSA-07.agrees", **names), seen=seen)
