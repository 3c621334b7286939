"""Every error of AWS becomes the gap that says what happened and what would cure it."""

from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    InvalidConfigError,
    NoCredentialsError,
    ParamValidationError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
    UnauthorizedSSOTokenError,
)
from botocore.parsers import ResponseParserError

from eksaminer.collect.errors import CredentialsError, SelectionError, UnreachableError
from eksaminer.collect.gaps import MissingError, attempt, fatal, gap_of
from eksaminer.collect.operations import OPERATIONS
from eksaminer.collect.session import (
    CallFailed,
    DeadlineError,
    InterruptedRunError,
    SameTokenError,
    UnknownOperationError,
)
from eksaminer.errors import EksaminerError, InputError
from eksaminer.gap import Cause, Gap


def failed(error: Exception, key: str = "eks:DescribeCluster", **given: str) -> CallFailed:
    known = {"about": "prod", "source": "0123456789abcdef", **given}
    return CallFailed(OPERATIONS[key], "eu-west-1", error=error, **known)


def answered(code: str, message: str = "", **metadata: Any) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}
    return ClientError(response, "Operation")


URL = "https://eks.eu-west-1.amazonaws.com"
DENIAL = "User: arn:aws:iam::111122223333:user/x is not authorized to perform: eks:DescribeCluster on resource: *"

CAUSES = [
    pytest.param(answered("AccessDeniedException"), "denied", id="denied, JSON"),
    pytest.param(answered("AccessDenied"), "denied", id="denied, query"),
    pytest.param(answered("UnauthorizedOperation"), "denied", id="denied, EC2"),
    pytest.param(answered("AuthorizationError"), "denied", id="denied, SNS"),
    pytest.param(answered("ExpiredToken"), "expired", id="expired, query"),
    pytest.param(answered("ExpiredTokenException"), "expired", id="expired, JSON"),
    pytest.param(answered("RequestExpired"), "expired", id="expired, EC2"),
    pytest.param(UnauthorizedSSOTokenError(), "expired", id="expired, SSO"),
    pytest.param(CredentialRetrievalError(provider="sso", error_msg="no"), "expired", id="no credentials any more"),
    pytest.param(NoCredentialsError(), "expired", id="credentials gone in the middle"),
    pytest.param(answered("ThrottlingException", RetryAttempts=9), "throttled", id="throttled, JSON"),
    pytest.param(answered("RequestLimitExceeded"), "throttled", id="throttled, EC2"),
    pytest.param(answered("LimitExceededException"), "throttled", id="too many queries at once"),
    pytest.param(answered("UnrecognizedClientException"), "unreachable", id="region not enabled, JSON"),
    pytest.param(answered("InvalidClientTokenId"), "unreachable", id="region not enabled, query"),
    pytest.param(answered("OptInRequired"), "unreachable", id="not subscribed"),
    pytest.param(answered("ResourceNotFoundException"), "gone", id="not found"),
    pytest.param(answered("TrailNotFoundException"), "gone", id="trail not found"),
    pytest.param(answered("SignatureDoesNotMatch"), "error", id="signature"),
    pytest.param(answered("InternalError", "broken"), "error", id="server error"),
    pytest.param(answered("InvalidParameterException"), "error", id="our own fault"),
    pytest.param(ReadTimeoutError(endpoint_url=URL), "timeout", id="no answer"),
    pytest.param(DeadlineError(), "timeout", id="deadline"),
    pytest.param(ConnectTimeoutError(endpoint_url=URL), "unreachable", id="no connection"),
    pytest.param(EndpointConnectionError(endpoint_url=URL), "unreachable", id="no endpoint"),
    pytest.param(ConnectionClosedError(endpoint_url=URL), "unreachable", id="connection cut"),
    pytest.param(ProxyConnectionError(proxy_url=URL), "unreachable", id="proxy"),
    pytest.param(SSLError(endpoint_url=URL, error="self-signed"), "unreachable", id="TLS"),
    pytest.param(ResponseParserError("invalid XML"), "unreachable", id="a page that is not AWS's"),
    pytest.param(UnknownOperationError("1.30.0"), "unsupported", id="old botocore"),
    pytest.param(InterruptedRunError(), "error", id="interrupted"),
    pytest.param(SameTokenError(), "error", id="endless list"),
    pytest.param(ParamValidationError(report="x"), "error", id="anything else of botocore"),
]


@pytest.mark.parametrize(("error", "cause"), CAUSES)
def test_each_error_has_its_cause_and_a_whole_sentence(error: Exception, cause: str) -> None:
    gap = gap_of(failed(error))

    assert gap.cause == cause
    assert gap.detail.endswith(".")
    assert gap.detail[0].isupper() or gap.detail.startswith(("eks:", "eu-west-1"))
    assert "{" not in gap.detail
    assert "\n" not in gap.detail


@pytest.mark.parametrize(("error", "cause"), CAUSES)
def test_only_a_denial_names_a_permission(error: Exception, cause: str) -> None:
    assert gap_of(failed(error)).permission == ("eks:DescribeCluster" if cause == "denied" else "")


DENIALS = [
    pytest.param(
        DENIAL + " because no identity-based policy allows the eks:DescribeCluster action",
        "no statement allows it in the identity's own policies",
        id="identity policy",
    ),
    pytest.param(
        DENIAL + " with an explicit deny in an identity-based policy",
        "the identity's own policies forbids it expressly",
        id="explicit deny",
    ),
    pytest.param(
        DENIAL + " with an explicit deny in a service control policy",
        "a service control policy of the organisation, which no IAM policy can override",
        id="service control policy",
    ),
    pytest.param(DENIAL + " with an explicit deny in a resource control policy", "a resource control policy", id="RCP"),
    pytest.param(
        DENIAL + " because no permissions boundary allows the eks:DescribeCluster action",
        "the permissions boundary of the identity",
        id="boundary",
    ),
    pytest.param(DENIAL + " because no session policy allows it", "the policy of the session", id="session policy"),
    pytest.param(
        DENIAL + " because no VPC endpoint policy allows it", "the policy of a VPC endpoint", id="VPC endpoint"
    ),
    pytest.param(DENIAL, "AWS does not say by which policy", id="unsaid"),
]


@pytest.mark.parametrize(("message", "said"), DENIALS)
def test_a_denial_says_which_policy_it_was(message: str, said: str) -> None:
    gap = gap_of(failed(answered("AccessDeniedException", message)))

    assert said in gap.detail
    assert gap.permission == "eks:DescribeCluster"


def test_the_action_that_aws_names_wins_within_its_service() -> None:
    message = "User: x is not authorized to perform: logs:FilterLogEvents on resource: y"

    gap = gap_of(failed(answered("AccessDeniedException", message), "logs:StartQuery"))

    assert gap.permission == "logs:FilterLogEvents"


def test_an_action_of_another_service_in_a_message_is_not_believed() -> None:
    message = "User: x is not authorized to perform: iam:CreateUser on resource: y"

    gap = gap_of(failed(answered("AccessDeniedException", message), "logs:StartQuery"))

    assert gap.permission == "logs:StartQuery"


def test_an_expired_session_names_the_profile_and_the_login_command() -> None:
    gap = gap_of(failed(UnauthorizedSSOTokenError(), profile="audit"))

    assert "of the profile audit" in gap.detail
    assert "aws sso login --profile audit" in gap.detail


def test_a_gap_points_to_the_call_that_met_it() -> None:
    assert gap_of(failed(answered("AccessDenied"))).sources == ("0123456789abcdef",)


def test_a_call_that_was_never_sent_is_no_source() -> None:
    assert gap_of(failed(DeadlineError(), source="")).sources == ()


def test_attempt_returns_what_was_read() -> None:
    assert attempt(lambda: 7, "seven") == 7


def test_attempt_makes_a_gap_of_any_error_of_reading() -> None:
    answer: dict[str, Any] = {}

    gap = attempt(lambda: answer["cluster"], "the cluster prod")

    assert isinstance(gap, Gap)
    assert gap.cause is Cause.ERROR
    assert gap.detail == "The answer about the cluster prod lacks cluster: something between may have changed it."


def test_attempt_names_an_error_that_says_nothing_by_itself() -> None:
    gap = attempt(lambda: int("x"), "the retention")

    assert isinstance(gap, Gap)
    assert gap.detail.startswith("The answer about the retention could not be understood (ValueError: ")


def test_attempt_passes_on_a_gap_that_a_reader_found() -> None:
    found = Gap(cause=Cause.TOO_RECENT, detail="x")

    def read() -> int:
        raise MissingError(found)

    assert attempt(read, "x") is found


def test_attempt_lets_errors_of_the_user_through() -> None:
    def read() -> int:
        raise InputError("x")

    with pytest.raises(InputError):
        attempt(read, "x")


def test_attempt_does_not_swallow_ctrl_c() -> None:
    def read() -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(read, "x")


FATAL = [
    pytest.param(NoCredentialsError(), CredentialsError, "There are no AWS credentials", id="none"),
    pytest.param(UnauthorizedSSOTokenError(), CredentialsError, "aws sso login --profile audit", id="SSO expired"),
    pytest.param(answered("ExpiredToken"), CredentialsError, "have expired", id="expired"),
    pytest.param(answered("InvalidClientTokenId"), CredentialsError, "does not accept the credentials", id="wrong"),
    pytest.param(answered("SignatureDoesNotMatch"), CredentialsError, "does not accept the credentials", id="secret"),
    pytest.param(answered("AccessDenied"), CredentialsError, "sts:GetCallerIdentity was denied", id="denied"),
    pytest.param(EndpointConnectionError(endpoint_url=URL), UnreachableError, "could not be reached", id="network"),
    pytest.param(ReadTimeoutError(endpoint_url=URL), UnreachableError, "did not answer", id="no answer"),
    pytest.param(ResponseParserError("x"), UnreachableError, "is not AWS", id="sign-in page of a network"),
    pytest.param(answered("InternalError", "x"), EksaminerError, "InternalError", id="anything else"),
]


@pytest.mark.parametrize(("error", "kind", "said"), FATAL)
def test_the_first_call_that_fails_ends_the_run_with_a_sentence(
    error: Exception, kind: type[EksaminerError], said: str
) -> None:
    raised = fatal(failed(error, "sts:GetCallerIdentity", about="", profile="audit"))

    assert type(raised) is kind
    assert raised.exit_code == 4
    assert said in raised.what


def test_a_profile_that_names_what_is_not_there_is_a_usage_error() -> None:
    raised = fatal(failed(InvalidConfigError(error_msg="The source_profile x must exist."), source=""))

    assert isinstance(raised, SelectionError)
    assert raised.exit_code == 2
    assert "source_profile x must exist" in raised.what
    assert "~/.aws/config" in raised.do
