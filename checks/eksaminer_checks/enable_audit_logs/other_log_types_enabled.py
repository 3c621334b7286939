"""LOG-02: the other control-plane log types, one verdict each."""

from collections.abc import Iterator

from eksaminer.api import (
    LOG_TYPES,
    Basis,
    ControlPlaneLogging,
    Level,
    Scope,
    Severity,
    Text,
    Verdict,
    check,
    conforms,
    deviates,
)

REMEDIES = {
    "terraform": """\
# Besides the log types that are enabled already.
resource "aws_eks_cluster" "this" {{
  name                      = {cluster}
  enabled_cluster_log_types = [{aspect}]
}}""",
    "cloudformation": """\
# Besides the log types that are enabled already.
Resources:
  Cluster:
    Type: AWS::EKS::Cluster
    Properties:
      Name: {cluster}
      Logging:
        ClusterLogging:
          EnabledTypes:
            - Type: {aspect}""",
    "console": "Amazon EKS › Clusters › {cluster} › Observability › Control plane logging › Manage logging › "
    "{aspect} › Save changes",
}


@check(
    id="LOG-02",
    title="The other control-plane log types",
    scope=Scope.CLUSTER,
    severity=Severity.MEDIUM,
    basis=Basis.BEYOND,
    recommendation="enable-audit-logs",
    criterion="authenticator is enabled; api, controllerManager and scheduler where a framework or you ask for them.",
    remediation="Enable the log type, or set its level (LOG-02.<type>) to what your requirements say.",
    command="aws eks update-cluster-config --region {region} --name {cluster} "
    """--logging '{{"clusterLogging":[{{"types":["'{aspect}'"],"enabled":true}}]}}'""",
    references=("https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html",),
    level=Level.OFF,
    levels={
        "api": Level.OFF,
        "authenticator": Level.ADVISED,
        "controllerManager": Level.OFF,
        "scheduler": Level.OFF,
    },
    remedies=REMEDIES,
    texts={
        "LOG-02.on": "The log type {type} is delivered to CloudWatch Logs.",
        "LOG-02.off": "The log type {type} is off.",
    },
)
def other_log_types_enabled(logging: ControlPlaneLogging) -> Iterator[Verdict]:
    """The authenticator log says which IAM principal became which Kubernetes user, and whom EKS turned away.

    The other types serve operations and cost money; CIS Amazon EKS asks for all five, the guide for the audit log.
    """
    for kind in LOG_TYPES:
        if kind == "audit":
            continue
        state = conforms if kind in logging.enabled else deviates
        text = Text("LOG-02.on" if kind in logging.enabled else "LOG-02.off", type=kind)
        yield state(logging.resource, text, aspect=kind, seen={"enabled": tuple(sorted(logging.enabled))})
