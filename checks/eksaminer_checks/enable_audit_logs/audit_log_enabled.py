"""LOG-01: the audit log of the control plane is delivered."""

from collections.abc import Iterator

from eksaminer.api import Basis, ControlPlaneLogging, Scope, Severity, Text, Verdict, check, conforms, deviates

REMEDIES = {
    "terraform": """\
# Besides the log types that are enabled already.
resource "aws_eks_cluster" "this" {{
  name                      = {cluster}
  enabled_cluster_log_types = ["audit"]
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
            - Type: audit""",
    "console": "Amazon EKS › Clusters › {cluster} › Observability › Control plane logging › Manage logging › Audit "
    "› Save changes",
}


@check(
    id="LOG-01",
    title="The Kubernetes audit log is enabled",
    scope=Scope.CLUSTER,
    severity=Severity.HIGH,
    basis=Basis.GUIDE,
    recommendation="enable-audit-logs",
    criterion="The control-plane log type audit is enabled, so that EKS delivers the audit log to CloudWatch Logs.",
    remediation="Add audit to the enabled control-plane log types of the cluster.",
    command="aws eks update-cluster-config --region {region} --name {cluster} "
    """--logging '{{"clusterLogging":[{{"types":["audit"],"enabled":true}}]}}'""",
    references=("https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html",),
    remedies=REMEDIES,
    texts={
        "LOG-01.on": "The audit log is delivered to CloudWatch Logs. Enabled log types: {enabled}.",
        "LOG-01.off": "The audit log is off. Enabled log types: {enabled}.",
    },
)
def audit_log_enabled(logging: ControlPlaneLogging) -> Iterator[Verdict]:
    """Without the audit log nobody can tell who changed what in the cluster.

    EKS keeps no copy of its own that a customer could read: the events of a time in which delivery was off are lost.
    """
    enabled = tuple(sorted(logging.enabled))
    if "audit" in logging.enabled:
        yield conforms(logging.resource, Text("LOG-01.on", enabled=enabled), seen={"enabled": enabled})
    else:
        yield deviates(logging.resource, Text("LOG-01.off", enabled=enabled), seen={"enabled": enabled})
