"""The codes, statuses and sentences with which AWS refuses a call, by protocol."""

from collections.abc import Mapping
from typing import Literal

from eksaminer.demo.wire import AwsError, Call

Because = Literal["identity policy", "service control policy", "permissions boundary", "resource policy", "unsaid"]
"""What denied a call; EKS often leaves it unsaid."""

BECAUSE: Mapping[Because, str] = {
    "identity policy": " because no identity-based policy allows the {} action",
    "service control policy": " with an explicit deny in a service control policy",
    "permissions boundary": " because no permissions boundary allows the {} action",
    "resource policy": " because no resource-based policy allows the {} action",
    "unsaid": "",
}


def _family(call: Call) -> str:
    """The protocol, except that CloudWatch keeps the codes of its older one."""
    return "query" if call.service == "cloudwatch" else call.protocol


def resource_of(call: Call, account: str) -> str:
    """Return the ARN that a denial of *call* names."""
    where = f"{call.region}:{account}"
    get = call.parameters.get
    match call.service:
        case "eks":
            name, prefix = get("name") or get("clusterName"), f"arn:aws:eks:{where}:cluster/"
        case "logs":
            name, prefix = f"{get('logGroupName') or ''}:log-stream:", f"arn:aws:logs:{where}:log-group:"
        case "cloudtrail":
            name, prefix = get("Name") or get("TrailName"), f"arn:aws:cloudtrail:{where}:trail/"
        case "kms":
            name, prefix = get("KeyId"), f"arn:aws:kms:{where}:key/"
        case "iam":
            name, prefix = get("OpenIDConnectProviderArn") or get("RoleName"), f"arn:aws:iam::{account}:role/"
        case "s3":
            name, prefix = get("Bucket"), "arn:aws:s3:::"
        case "guardduty":
            name, prefix = get("DetectorId"), f"arn:aws:guardduty:{where}:detector/"
        case service:
            name, prefix = get("TopicArn"), f"arn:aws:{service}:{where}:"
    return str(name) if str(name).startswith("arn:") else f"{prefix}{name or '*'}"


def denied(call: Call, caller: str, account: str, because: Because) -> AwsError:
    """Return the refusal of a caller who lacks the permission."""
    sentence = f"User: {caller} is not authorized to perform: {call.action}"
    if call.protocol != "ec2":
        sentence += f" on resource: {resource_of(call, account)}"
    sentence += BECAUSE[because].format(call.action)
    if call.service == "sns":
        return AwsError("AuthorizationError", sentence, 403)
    match _family(call):
        case "ec2":
            prefix = "You are not authorized to perform this operation. "
            return AwsError("UnauthorizedOperation", prefix + sentence, 403)
        case "query" | "rest-xml":
            return AwsError("AccessDenied", sentence, 403)
        case "rest-json":
            return AwsError("AccessDeniedException", sentence, 403)
        case _:
            return AwsError("AccessDeniedException", sentence, 400)


def throttled(call: Call) -> AwsError:
    """Return the refusal of a caller who asks too often."""
    match _family(call):
        case "ec2":
            return AwsError("RequestLimitExceeded", "Request limit exceeded.", 503)
        case "query":
            return AwsError("Throttling", "Rate exceeded", 400)
        case "rest-xml":
            return AwsError("SlowDown", "Please reduce your request rate.", 503)
        case "rest-json":
            return AwsError("ThrottlingException", "Rate exceeded", 429)
        case _:
            return AwsError("ThrottlingException", "Rate exceeded", 400)


def expired(call: Call) -> AwsError:
    """Return the refusal of credentials that have expired."""
    sentence = "The security token included in the request is expired"
    match _family(call):
        case "ec2":
            return AwsError("RequestExpired", "Request has expired.", 400)
        case "query":
            return AwsError("ExpiredToken", sentence, 403)
        case "rest-xml":
            return AwsError("ExpiredToken", "The provided token has expired.", 400)
        case "rest-json":
            return AwsError("ExpiredTokenException", sentence, 403)
        case _:
            return AwsError("ExpiredTokenException", sentence, 400)


def region_disabled(call: Call) -> AwsError:
    """Return the refusal of a region that the account has not enabled: credentials are unknown there."""
    sentence = "The security token included in the request is invalid."
    match _family(call):
        case "ec2":
            return AwsError("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
        case "query":
            return AwsError("InvalidClientTokenId", sentence, 403)
        case "rest-xml":
            return AwsError(
                "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403
            )
        case "rest-json":
            return AwsError("UnrecognizedClientException", sentence, 403)
        case _:
            return AwsError("UnrecognizedClientException", sentence, 400)


def not_subscribed(call: Call) -> AwsError:
    """Return the refusal of a service that the account has not signed up for."""
    status = 400 if _family(call) == "json" else 403
    return AwsError("OptInRequired", "The AWS Access Key Id needs a subscription for the service", status)


def no_such_cluster(name: str) -> AwsError:
    """Return the refusal of a cluster that does not exist."""
    return AwsError("ResourceNotFoundException", f"No cluster found for name: {name}.", 404)
