"""ALM-05: GuardDuty reads the audit logs of the clusters."""

from collections.abc import Iterator

from eksaminer.api import (
    Basis,
    ClusterList,
    Gap,
    GuardDuty,
    Level,
    Scope,
    Seen,
    Severity,
    Target,
    Text,
    Verdict,
    check,
    conforms,
    deviates,
    not_applicable,
    unseen,
)

REMEDIES = {
    "terraform": """\
resource "aws_guardduty_detector" "this" {{
  enable = true
}}

resource "aws_guardduty_detector_feature" "eks_audit_logs" {{
  detector_id = aws_guardduty_detector.this.id
  name        = "EKS_AUDIT_LOGS"
  status      = "ENABLED"
}}""",
    "cloudformation": """\
Resources:
  Detector:
    Type: AWS::GuardDuty::Detector
    Properties:
      Enable: true
      Features:
        - Name: EKS_AUDIT_LOGS
          Status: ENABLED""",
    "console": "GuardDuty › Protection plans › EKS Protection › Enable",
}


@check(
    id="ALM-05",
    title="GuardDuty watches the audit logs of the clusters",
    scope=Scope.REGION,
    severity=Severity.MEDIUM,
    basis=Basis.BEYOND,
    recommendation="alarm-on-suspicious-events",
    criterion="GuardDuty is enabled in the region, with EKS audit log monitoring (EKS Protection).",
    remediation="Enable GuardDuty in the region and its feature EKS_AUDIT_LOGS; in an organisation, its administrator "
    'does that. In Terraform: resource "aws_guardduty_detector_feature" with name = "EKS_AUDIT_LOGS".',
    command="aws guardduty create-detector --region {region} --enable --features Name=EKS_AUDIT_LOGS,Status=ENABLED",
    references=("https://docs.aws.amazon.com/guardduty/latest/ug/kubernetes-protection.html",),
    level=Level.ADVISED,
    remedies=REMEDIES,
    texts={
        "ALM-05.on": "GuardDuty reads the audit logs of the clusters of the region. Runtime monitoring: {runtime}.",
        "ALM-05.no_detector": "GuardDuty is not enabled in the region.",
        "ALM-05.suspended": "GuardDuty is suspended in the region.",
        "ALM-05.off": "GuardDuty is enabled, and EKS audit log monitoring is off.",
        "ALM-05.no_clusters": "GuardDuty does not read audit logs, and the region has no cluster.",
    },
)
def guardduty_watches_audit_logs(
    guardduty: GuardDuty, clusters: ClusterList | Gap, target: Target
) -> Iterator[Verdict]:
    """GuardDuty reads its own copy of the audit log and knows attacks that no threshold shows.

    It does not keep that copy for you: it adds to a stored log and takes the place of none.
    """
    if guardduty.watches:
        seen: Seen = {"detector": guardduty.detector, "coverage": _coverage(guardduty)}
        text = Text("ALM-05.on", runtime="on" if guardduty.runtime else "off")
        yield conforms(target.resource, text, seen=seen)
        return
    if isinstance(clusters, Gap):
        yield unseen(target.resource, clusters)
        return
    if not clusters.names:
        yield not_applicable(target.resource, Text("ALM-05.no_clusters"))
        return
    wrong: Seen = {"detector": guardduty.detector or "none", "clusters": clusters.names}
    command = None if not guardduty.detector else ""
    yield deviates(target.resource, Text(_wrong(guardduty)), seen=wrong, command=command)


def _wrong(guardduty: GuardDuty) -> str:
    if not guardduty.detector:
        return "ALM-05.no_detector"
    return "ALM-05.off" if guardduty.enabled else "ALM-05.suspended"


def _coverage(guardduty: GuardDuty) -> tuple[str, ...]:
    if isinstance(guardduty.coverage, Gap):
        return (guardduty.coverage.detail,)
    return tuple(
        f"{item.cluster}: {item.status}, {item.nodes} of {item.compatible} nodes" for item in guardduty.coverage
    )
