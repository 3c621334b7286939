"""What CloudTrail remembers of the demonstration: service accounts that took roles, and some that should not have."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from eksaminer.demo.model import ACCOUNT_ID, TrailEvent, issuer, role_arn, stable_id

NODE = "10.0.4.27"
OUTSIDE = "203.0.113.66"
AGENT = "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5"
GITHUB = "token.actions.githubusercontent.com"
HOUR = timedelta(hours=1)


def assumed(
    now: datetime,
    provider: str,
    account: str,
    role: str,
    *,
    hours: float = 1,
    address: str = NODE,
    error: str = "",
) -> TrailEvent:
    """Return the event of a subject that exchanged a token of *provider* (an issuer) for a role.

    Args:
        now: The time it is.
        provider: The issuer.
        account: `NAMESPACE/NAME` of a service account, or any other subject.
        role: The name of the role.
        hours: How long ago.
        address: From where.
        error: The error code of a refusal.
    """
    subject = f"system:serviceaccount:{account.replace('/', ':')}" if account.count("/") == 1 else account
    arn = f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{provider}"
    granted = {
        "credentials": {"accessKeyId": f"ASIA{stable_id(provider, account, role, str(hours), length=16).upper()}"},
        "subjectFromWebIdentityToken": subject,
        "provider": arn,
        "audience": "sts.amazonaws.com",
    }
    return _event(
        now,
        hours,
        "AssumeRoleWithWebIdentity",
        subject,
        {
            "userIdentity": {
                "type": "WebIdentityUser",
                "principalId": f"{arn}:sts.amazonaws.com:{subject}",
                "userName": subject,
                "identityProvider": arn,
            },
            "sourceIPAddress": address,
            "userAgent": AGENT,
            "requestParameters": {"roleArn": role_arn(ACCOUNT_ID, role), "roleSessionName": "aws-sdk-1763880804"},
            "responseElements": None if error else granted,
            **({"errorCode": error, "errorMessage": "Not authorized"} if error else {}),
        },
    )


def pod_identity(
    now: datetime, region: str, cluster: str, account: str, role: str, *, hours: float = 1
) -> tuple[TrailEvent, TrailEvent]:
    """Return the two events by which a pod gets a role through EKS Pod Identity."""
    namespace, name = account.split("/")
    tags = {
        "eks-cluster-arn": f"arn:aws:eks:{region}:{ACCOUNT_ID}:cluster/{cluster}",
        "eks-cluster-name": cluster,
        "kubernetes-namespace": namespace,
        "kubernetes-service-account": name,
        "kubernetes-pod-name": f"{name}-6f7c9d-x2x4z",
    }
    session = f"eks-{cluster}-{name}-6f7c9d-{stable_id(cluster, account, length=8)}"
    asked: Mapping[str, Any] = {
        "userIdentity": {
            "type": "AssumedRole",
            "arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{cluster}-node/i-0123456789abcdef0",
            "accountId": ACCOUNT_ID,
        },
        "sourceIPAddress": NODE,
        "userAgent": "amazon-eks-pod-identity-agent",
        "requestParameters": {"clusterName": cluster, "token": "HIDDEN_DUE_TO_SECURITY_REASONS"},
        "responseElements": None,
    }
    taken: Mapping[str, Any] = {
        "userIdentity": {"type": "AWSService", "invokedBy": "pods.eks.amazonaws.com"},
        "sourceIPAddress": "pods.eks.amazonaws.com",
        "userAgent": "pods.eks.amazonaws.com",
        "requestParameters": {
            "roleArn": role_arn(ACCOUNT_ID, role),
            "roleSessionName": session,
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        },
        "responseElements": {
            "credentials": {"accessKeyId": f"ASIA{stable_id(session, length=16).upper()}"},
        },
    }
    return (
        _event(now, hours, "AssumeRoleForPodIdentity", "i-0123456789abcdef0", asked, source="eks-auth.amazonaws.com"),
        _event(now, hours, "AssumeRole", "", taken),
    )


def changed(
    now: datetime,
    source: str,
    name: str,
    parameters: Mapping[str, Any],
    *,
    hours: float,
    role: str = "Developer",
    error: str = "",
) -> TrailEvent:
    """Return the event of a person who called an API that changes something, *hours* ago."""
    arn = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{role}/dana.lee"
    issued = {"type": "Role", "arn": role_arn(ACCOUNT_ID, role), "userName": role}
    detail = {
        "userIdentity": {"type": "AssumedRole", "arn": arn, "sessionContext": {"sessionIssuer": issued}},
        "sourceIPAddress": "198.51.100.23",
        "userAgent": "aws-cli/2.31.0",
        "requestParameters": parameters,
        **({"errorCode": error, "errorMessage": "Not authorized"} if error else {}),
    }
    return TrailEvent(name=name, time=now - hours * HOUR, source=source, user="dana.lee", detail=detail)


def harmless_changes(now: datetime) -> tuple[TrailEvent, ...]:
    """Return changes that look like an attack on auditing, and weaken nothing."""
    endpoint = {"name": "prod-good", "resourcesVpcConfig": {"endpointPublicAccess": False}}
    return (
        changed(now, "eks.amazonaws.com", "UpdateClusterConfig", endpoint, hours=50),
        changed(
            now, "logs.amazonaws.com", "PutRetentionPolicy",
            {"logGroupName": "/aws/eks/prod-good/cluster", "retentionInDays": 365}, hours=60,
        ),
        changed(now, "logs.amazonaws.com", "DeleteLogGroup", {"logGroupName": "/aws/lambda/resize"}, hours=70),
        changed(now, "kms.amazonaws.com", "DisableKey", {"keyId": "of-something-else"}, hours=71),
    )  # fmt: skip


def harmful_changes(now: datetime) -> tuple[TrailEvent, ...]:
    """Return what was done to the audit log of `prod-attacked` and the trail of its region, or was to be."""
    off, on = ({"clusterLogging": [{"types": ["audit"], "enabled": state}]} for state in (False, True))
    eks, trail = "eks.amazonaws.com", {"name": "legacy-trail"}
    return (
        changed(now, eks, "UpdateClusterConfig", {"name": "prod-attacked", "logging": off}, hours=30),
        changed(now, eks, "UpdateClusterConfig", {"name": "prod-attacked", "logging": on}, hours=29.25),
        changed(now, "cloudtrail.amazonaws.com", "StopLogging", trail, hours=31),
        changed(now, "cloudtrail.amazonaws.com", "StartLogging", trail, hours=28),
        changed(
            now, "logs.amazonaws.com", "DeleteLogGroup", {"logGroupName": "/aws/eks/prod-attacked/cluster"}, hours=27,
            role="Contractor", error="AccessDenied",
        ),
    )  # fmt: skip


def _event(
    now: datetime, hours: float, name: str, user: str, detail: Mapping[str, Any], *, source: str = "sts.amazonaws.com"
) -> TrailEvent:
    return TrailEvent(name=name, time=now - hours * HOUR, source=source, user=user, detail=detail, read_only=True)


def good_callers(now: datetime, region: str) -> tuple[TrailEvent, ...]:
    """Return what the service accounts of `prod-good` did: what they may."""
    good = issuer(ACCOUNT_ID, region, "prod-good")
    return (
        assumed(now, good, "amazon-cloudwatch/fluent-bit", "prod-good-fluent-bit", hours=2),
        assumed(now, good, "amazon-cloudwatch/fluent-bit", "prod-good-fluent-bit", hours=1),
        assumed(now, good, "payments/payments-api", "prod-good-payments-api", hours=3),
    )


def attacked_callers(now: datetime, region: str) -> tuple[TrailEvent, ...]:
    """Return what the service accounts of `prod-attacked` did, some of it by nobody's leave."""
    attacked = issuer(ACCOUNT_ID, region, "prod-attacked")
    storefront = "prod-attacked-storefront"
    return (
        assumed(now, attacked, "payments/payments-api", "prod-attacked-payments-api", hours=4),
        assumed(now, attacked, "default/debug", "prod-attacked-ci", hours=0.5, address=OUTSIDE),
        assumed(now, attacked, "default/reports", "prod-attacked-reports", hours=5),
        assumed(now, attacked, "default/debug", "prod-attacked-payments-api", hours=0.4, error="AccessDenied"),
        assumed(now, GITHUB, "repo:example/shop:ref:refs/heads/main", "prod-attacked-ci", hours=6),
        *pod_identity(now, region, "prod-attacked", "web/storefront", storefront, hours=2),
        *pod_identity(now, region, "prod-attacked", "web/checkout", storefront, hours=3),
    )


def stray_callers(now: datetime, region: str) -> tuple[TrailEvent, ...]:
    """Return what a service account of a cluster that is gone did, and one that a pattern admits."""
    retired = issuer(ACCOUNT_ID, region, "retired")
    neglected = issuer(ACCOUNT_ID, region, "team-neglected")
    return (
        assumed(now, retired, "batch/runner", "retired-batch", hours=7),
        assumed(now, neglected, "amazon-cloudwatch/fluent-bit", "team-neglected-fluent-bit", hours=1),
    )
