"""The emulator fails as AWS does: with its codes, statuses and sentences, in the protocol of each service."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from eksaminer.demo.account import clean_account
from eksaminer.demo.emulator import Emulator, start_emulator

Client = Callable[..., Any]

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Asked(NamedTuple):
    """A call of boto3, and the IAM action that it takes."""

    service: str
    operation: str
    action: str
    parameters: dict[str, Any]


CALLS = [
    pytest.param(Asked("eks", "list_clusters", "eks:ListClusters", {}), id="rest-json eks"),
    pytest.param(Asked("guardduty", "list_detectors", "guardduty:ListDetectors", {}), id="rest-json guardduty"),
    pytest.param(Asked("logs", "describe_log_groups", "logs:DescribeLogGroups", {}), id="json logs"),
    pytest.param(Asked("cloudtrail", "describe_trails", "cloudtrail:DescribeTrails", {}), id="json cloudtrail"),
    pytest.param(Asked("kms", "describe_key", "kms:DescribeKey", {"KeyId": "x"}), id="json kms"),
    pytest.param(Asked("cloudwatch", "describe_alarms", "cloudwatch:DescribeAlarms", {}), id="json cloudwatch"),
    pytest.param(Asked("iam", "list_roles", "iam:ListRoles", {}), id="query iam"),
    pytest.param(Asked("sts", "get_caller_identity", "sts:GetCallerIdentity", {}), id="query sts"),
    pytest.param(Asked("sns", "list_topics", "sns:ListTopics", {}), id="query sns"),
    pytest.param(Asked("ec2", "describe_regions", "ec2:DescribeRegions", {}), id="ec2"),
    pytest.param(Asked("s3", "get_bucket_policy", "s3:GetBucketPolicy", {"Bucket": "b"}), id="rest-xml s3"),
]
DENIED = {
    "ec2": "UnauthorizedOperation",
    "sns": "AuthorizationError",
    "cloudwatch": "AccessDenied",
    "iam": "AccessDenied",
    "sts": "AccessDenied",
    "s3": "AccessDenied",
}
"""Where the code is not `AccessDeniedException`."""
THROTTLED = {
    "ec2": "RequestLimitExceeded",
    "s3": "SlowDown",
    "cloudwatch": "Throttling",
    "iam": "Throttling",
    "sts": "Throttling",
    "sns": "Throttling",
}
"""Where the code is not `ThrottlingException`."""


def refused(client: Any, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**parameters)
    return {**caught.value.response["Error"], **caught.value.response["ResponseMetadata"]}


@pytest.mark.parametrize("asked", CALLS)
def test_denies_with_the_code_of_the_service_and_the_iam_action(
    emulator: Emulator, client: Client, asked: Asked
) -> None:
    emulator.deny(asked.action)
    error = refused(client(asked.service), asked.operation, asked.parameters)

    assert error["Code"] == DENIED.get(asked.service, "AccessDeniedException")
    assert f"is not authorized to perform: {asked.action}" in error["Message"]
    assert "User: arn:aws:sts::111122223333:assumed-role/Auditor/eksaminer" in error["Message"]
    assert emulator.actions == (asked.action,)


@pytest.mark.parametrize("asked", CALLS)
def test_throttles_so_many_times(emulator: Emulator, client: Client, asked: Asked) -> None:
    emulator.throttle(asked.action, times=1)
    error = refused(client(asked.service), asked.operation, asked.parameters)

    assert error["Code"] == THROTTLED.get(asked.service, "ThrottlingException")


@pytest.mark.parametrize("asked", CALLS)
def test_says_that_credentials_expired(emulator: Emulator, client: Client, asked: Asked) -> None:
    emulator.expire()
    error = refused(client(asked.service), asked.operation, asked.parameters)

    assert error["Code"] in {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}


@pytest.mark.parametrize("asked", CALLS)
def test_says_that_a_region_is_disabled(emulator: Emulator, client: Client, asked: Asked) -> None:
    emulator.disable_region("eu-central-1")
    emulator.disable_region("us-east-1")  # iam signs for it
    error = refused(client(asked.service), asked.operation, asked.parameters)

    assert error["Code"] in {
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "AuthFailure",
        "InvalidAccessKeyId",
    }


@pytest.mark.parametrize(
    ("because", "words"),
    [
        ("identity policy", "because no identity-based policy allows the eks:DescribeCluster action"),
        ("service control policy", "with an explicit deny in a service control policy"),
        ("permissions boundary", "because no permissions boundary allows the eks:DescribeCluster action"),
        ("resource policy", "because no resource-based policy allows the eks:DescribeCluster action"),
        ("unsaid", "arn:aws:eks:eu-central-1:111122223333:cluster/prod-good"),
    ],
)
def test_says_what_denied(emulator: Emulator, client: Client, because: Any, words: str) -> None:
    emulator.deny("eks:DescribeCluster", because=because)
    error = refused(client("eks"), "describe_cluster", {"name": "prod-good"})

    assert error["Message"].endswith(words)
    assert error["HTTPStatusCode"] == 403


def test_denies_only_what_matches(emulator: Emulator, client: Client) -> None:
    emulator.deny("eks:*", matching='"name":"other"')
    emulator.deny("logs:*", region="us-east-1")

    assert client("eks").describe_cluster(name="prod-good")["cluster"]["status"] == "ACTIVE"
    assert client("logs").describe_log_groups()["logGroups"]
    assert refused(client("eks"), "describe_cluster", {"name": "other"})["Code"] == "AccessDeniedException"
    assert refused(client("logs", "us-east-1"), "describe_log_groups", {})["Code"] == "AccessDeniedException"


def test_a_client_that_retries_gets_through_a_short_throttling(emulator: Emulator, client: Client) -> None:
    emulator.throttle("eks:ListClusters", times=1)
    answer = client("eks", attempts=3).list_clusters()

    assert answer["clusters"] == ["prod-good"]
    assert emulator.actions == ("eks:ListClusters", "eks:ListClusters")


def test_credentials_can_expire_on_the_way(emulator: Emulator, client: Client) -> None:
    emulator.expire(after=1)
    client("eks").list_clusters()

    assert refused(client("eks"), "list_clusters", {})["Code"] == "ExpiredTokenException"


def test_a_cluster_can_vanish_after_it_was_listed(emulator: Emulator, client: Client) -> None:
    emulator.vanish("prod-good")
    listed = client("eks").list_clusters()["clusters"]
    error = refused(client("eks"), "describe_cluster", {"name": "prod-good"})

    assert listed == ["prod-good"]
    assert error["Code"] == "ResourceNotFoundException"
    assert error["Message"] == "No cluster found for name: prod-good."
    assert refused(client("eks"), "list_access_entries", {"clusterName": "prod-good"})["HTTPStatusCode"] == 404


def test_a_service_can_lack_its_subscription(emulator: Emulator, client: Client) -> None:
    emulator.disable_region("eu-central-1", subscription=True)

    assert refused(client("eks"), "list_clusters", {})["Code"] == "OptInRequired"


def test_fails_with_any_error(emulator: Emulator, client: Client) -> None:
    emulator.fail("logs:StartQuery", "LimitExceededException", message="too many queries", times=1)
    asked = {"logGroupNames": ["x"], "queryString": "fields @message", "startTime": 1, "endTime": 2}
    error = refused(client("logs"), "start_query", asked)

    assert (error["Code"], error["Message"]) == ("LimitExceededException", "too many queries")
    assert refused(client("logs"), "start_query", asked)["Code"] == "ResourceNotFoundException"


def test_a_server_error_looks_like_one(emulator: Emulator, client: Client) -> None:
    emulator.fail("iam:ListRoles", "ServiceFailure", 500, "The request processing has failed.")

    assert refused(client("iam"), "list_roles", {})["HTTPStatusCode"] == 500


def test_answers_late(emulator: Emulator, client: Client) -> None:
    emulator.latency(0.2, "eks:*")
    client("logs").describe_log_groups()
    start = time.monotonic()
    client("eks").list_clusters()

    assert time.monotonic() - start >= 0.2


def test_times_out(emulator: Emulator, client: Client) -> None:
    emulator.hang("eks:ListClusters")

    with pytest.raises(ReadTimeoutError):
        client("eks", patience=1).list_clusters()


def test_cuts_the_connection(emulator: Emulator, client: Client) -> None:
    emulator.drop("eks:ListClusters")

    with pytest.raises(ConnectionClosedError):
        client("eks").list_clusters()


@pytest.mark.parametrize(
    ("service", "operation", "body"),
    [
        ("iam", "list_roles", b"<html>no"),
        ("ec2", "describe_regions", b"<html>no"),
    ],
)
def test_answers_nonsense(emulator: Emulator, client: Client, service: str, operation: str, body: bytes) -> None:
    emulator.garble(f"{service}:*", body)

    with pytest.raises(ResponseParserError):
        getattr(client(service), operation)()


def test_json_services_turn_nonsense_into_an_empty_answer(emulator: Emulator, client: Client) -> None:
    """A trap of botocore: a caller must ask for the keys it needs, or it takes nonsense for "there is nothing"."""
    emulator.garble("eks:*")
    answer = client("eks").list_clusters()

    assert "clusters" not in answer


def test_is_up_at_once() -> None:
    start = time.monotonic()
    with start_emulator(clean_account(NOW), NOW) as emulator:
        url = emulator.url
    second = time.monotonic() - start

    assert url.startswith("http://127.0.0.1:")
    assert second < 1
    with pytest.raises(RuntimeError, match="not been started"):
        _ = emulator.url


def test_what_is_no_aws_service_is_told_so(emulator: Emulator) -> None:
    headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=x/20261123/eu-central-1/nothing/aws4_request"}
    request = urllib.request.Request(emulator.url, headers=headers)
    with pytest.raises(urllib.error.HTTPError, match="404") as caught:
        urllib.request.urlopen(request)

    assert caught.value.read() == b"There is no service 'nothing'."
    caught.value.close()


def test_reset_lifts_everything(emulator: Emulator, client: Client) -> None:
    emulator.deny("*")
    emulator.page_size = 1
    refused(client("eks"), "list_clusters", {})
    emulator.reset()

    assert emulator.calls == ()
    assert emulator.page_size is None
    assert client("eks").list_clusters()["clusters"] == ["prod-good"]
