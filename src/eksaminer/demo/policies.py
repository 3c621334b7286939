"""Permission policies of the demonstration's roles: a few actions of each of AWS' own, and some of the account."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from eksaminer.demo.model import ACCOUNT_ID, BOUNDARY

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
AGENT = "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"
NETWORK = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"
BALANCER = f"arn:aws:iam::{ACCOUNT_ID}:policy/LoadBalancerController"


def allow(*actions: str, on: object = "*") -> Mapping[str, Any]:
    """Return a policy that allows *actions*."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": on}
    return {"Version": "2012-10-17", "Statement": [statement]}


MANAGED: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        ADMINISTRATOR: allow("*"),
        AGENT: allow("cloudwatch:PutMetricData", "ec2:DescribeTags", "logs:CreateLogStream", "logs:PutLogEvents"),
        NETWORK: allow("ec2:AssignPrivateIpAddresses", "ec2:AttachNetworkInterface", "ec2:DescribeInstances"),
        BALANCER: allow("ec2:Describe*", "elasticloadbalancing:*"),
        BOUNDARY: allow("s3:Get*", "s3:List*", "logs:*", "sqs:*"),
    }
)
"""Managed policies by ARN."""

ATTACHED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"fluent-bit": (AGENT,), "vpc-cni": (NETWORK,), "alb-controller": (BALANCER,)}
)
"""What is attached to the roles of recorded clusters, by end of their name."""

INLINE: Mapping[str, Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "cluster-autoscaler": {
            "scale": allow("autoscaling:Describe*", "autoscaling:SetDesiredCapacity", "ec2:DescribeInstanceTypes")
        },
        "external-secrets": {
            "secrets": allow(
                "secretsmanager:GetSecretValue",
                "secretsmanager:DescribeSecret",
                on=f"arn:aws:secretsmanager:*:{ACCOUNT_ID}:secret:payments/*",
            )
        },
        "payments-api": {
            "orders": allow(
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                on=f"arn:aws:dynamodb:*:{ACCOUNT_ID}:table/orders",
            )
        },
    }
)
"""Their inline policies, by end of their name."""
