"""The recommendations of the EKS Best Practices Guide, Auditing and logging: what a report is organised by.

Titles as in the guide (English edition, latest/bpg/security/detective.adoc, read 2026-05-04; Traditional
Chinese edition as given to the project). `quote` is the guide's sentence that the checks rest on.
"""

from dataclasses import dataclass

SOURCE = "https://docs.aws.amazon.com/eks/latest/best-practices/auditing-and-logging.html"


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One section of the guide."""

    slug: str
    title: str
    title_zh: str
    quote: str
    dated: str
    """Where the published text is out of date, and what holds today; empty: nothing known."""
    mandatory: tuple[str, ...]
    """Checks without which nothing can be concluded about this recommendation."""


RECOMMENDATIONS: tuple[Recommendation, ...] = (
    Recommendation(
        "enable-audit-logs",
        "Enable audit logs",
        "啟用審核日誌",
        "The audit logs are part of the EKS managed Kubernetes control plane logs that are managed by EKS.",
        "The guide as published gives 256 KB as the largest CloudWatch Logs entry; since April 2025 it is 1 MB "
        "(CloudWatch Logs, PutLogEvents). A Kubernetes request may have 1.5 MiB, so an entry can still be cut.",
        ("LOG-01", "LOG-03", "LOG-04", "LOG-09"),
    ),
    Recommendation(
        "use-audit-metadata",
        "Utilize audit metadata",
        "利用審核元數據",
        "Kubernetes audit logs include two annotations that indicate whether or not a request was authorized "
        "(authorization.k8s.io/decision) and the reason for the decision (authorization.k8s.io/reason).",
        "",
        (),
    ),
    Recommendation(
        "alarm-on-suspicious-events",
        "Create alarms for suspicious events",
        "為可疑事件創建警報",
        "Create an alarm to automatically alert you where there is an increase in 403 Forbidden and "
        "401 Unauthorized responses.",
        "The fields host and k8s_user.username that the guide names are in no audit event; "
        "the event has user.username and sourceIPs.",
        ("ALM-01", "ALM-02", "ALM-03"),
    ),
    Recommendation(
        "analyze-logs-with-log-insights",
        "Analyze logs with Log Insights",
        "使用 Log Insights 分析日誌",
        "Use CloudWatch Log Insights to monitor changes to RBAC objects, for example, Roles, RoleBindings, "
        "ClusterRoles, and ClusterRoleBindings.",
        "The published queries miss creations and deletions of aws-auth, updates of webhooks (they answer 200, "
        "not 201), refused Secret reads (403, not 401), and every failed authentication (a 401 has no user).",
        (),
    ),
    Recommendation(
        "audit-cloudtrail-logs",
        "Audit your CloudTrail logs",
        "審核您的 CloudTrail 日誌",
        "AWS APIs called by pods that are utilizing IAM Roles for Service Accounts (IRSA) are automatically "
        "logged to CloudTrail along with the name of the service account.",
        "The name of the service account stands in the event AssumeRoleWithWebIdentity alone; later calls are "
        "tied to it by the access key id.",
        ("CT-01", "CT-05"),
    ),
    Recommendation(
        "use-cloudtrail-insights",
        "Use CloudTrail Insights to unearth suspicious activity",
        "使用 CloudTrail Insights 發現可疑活動",
        "CloudTrail insights automatically analyzes write management events from CloudTrail trails and alerts "
        "you of unusual activity.",
        "Since 2025 Insights can also analyse error rates and data events.",
        ("INS-01",),
    ),
    Recommendation(
        "additional-resources",
        "Additional resources",
        "其他資源",
        "As the volume of logs increases, parsing and filtering them with Log Insights or another log analysis "
        "tool may become ineffective.",
        "",
        (),
    ),
)

BY_SLUG = {recommendation.slug: recommendation for recommendation in RECOMMENDATIONS}
