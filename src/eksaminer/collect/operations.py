"""The allow-list: every AWS operation that the program may call. Nothing else passes the gate.

None of them changes anything. `logs:StartQuery` costs money per gigabyte scanned, which is said before it is
called; `logs:StopQuery` stops a query that this program started. `logs:TestMetricFilter` tells which of the events
that are sent with it a pattern matches: made-up ones alone are sent, and nothing is stored. `kms:Sign` signs the
manifest of a run with the key that the user names, and is called for nothing else. What botocore itself
calls to obtain credentials (IAM Identity Center, the instance metadata service) is not part of this list.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from eksaminer.record import Record

BOTOCORE_FLOOR = "1.44"
"""All operations and fields that are read exist in this version of botocore."""

Access = Literal["read", "paid_read", "signing"]
"""`signing`: makes a signature with a key of the account."""


class Operation(Record, frozen=True, kw_only=True):
    """An AWS operation that may be called."""

    service: str
    """botocore's name of the service."""
    name: str
    access: Access = "read"
    tier: Literal["config", "activity", "files", "signing"] = "config"
    """Which set of permissions it belongs to."""
    action: str = ""
    """The IAM action; empty: `service:name`. They differ for S3, among others."""
    next_page: str = ""
    """The name of the page token, in requests and answers; empty: the answer is one page."""

    asks_page: str = ""
    """The name of the page token in requests, where it differs."""
    per_second: float = 0
    """How often it may be called in one region; 0: as often as botocore's own retries allow."""
    closes: bool = False
    """It ends what this program began: called even when the run was stopped."""

    @property
    def key(self) -> str:
        """`service:name`, as sources and messages name it."""
        return f"{self.service}:{self.name}"

    @property
    def permission(self) -> str:
        """The IAM action that allows it."""
        return self.action or self.key


OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        operation.key: operation
        for operation in (
            Operation(service="sts", name="GetCallerIdentity"),
            Operation(service="sts", name="AssumeRole"),
            Operation(service="ec2", name="DescribeRegions"),
            Operation(service="eks", name="ListClusters", next_page="nextToken"),
            Operation(service="eks", name="DescribeCluster"),
            Operation(service="eks", name="ListUpdates", next_page="nextToken"),
            Operation(service="eks", name="DescribeUpdate"),
            Operation(service="eks", name="ListPodIdentityAssociations", next_page="nextToken"),
            Operation(service="eks", name="DescribePodIdentityAssociation"),
            Operation(service="iam", name="ListRoles", next_page="Marker"),
            Operation(service="iam", name="GetRole"),
            Operation(service="iam", name="GetAccountAuthorizationDetails", next_page="Marker"),
            Operation(service="iam", name="ListOpenIDConnectProviders"),
            Operation(service="iam", name="GetOpenIDConnectProvider"),
            Operation(service="logs", name="DescribeLogGroups", next_page="nextToken"),
            Operation(service="logs", name="DescribeLogStreams", next_page="nextToken"),
            Operation(service="logs", name="DescribeAccountPolicies", next_page="nextToken"),
            Operation(service="logs", name="DescribeMetricFilters", next_page="nextToken"),
            Operation(service="logs", name="DescribeSubscriptionFilters", next_page="nextToken"),
            Operation(service="logs", name="TestMetricFilter"),
            Operation(service="logs", name="DescribeQueryDefinitions", next_page="nextToken"),
            Operation(service="logs", name="DescribeQueries", next_page="nextToken"),
            Operation(service="logs", name="ListScheduledQueries", next_page="nextToken"),
            Operation(service="logs", name="GetScheduledQuery"),
            Operation(service="logs", name="DescribeExportTasks", next_page="nextToken"),
            Operation(service="logs", name="ListSourcesForS3TableIntegration", next_page="nextToken"),
            Operation(service="observabilityadmin", name="ListS3TableIntegrations", next_page="NextToken"),
            Operation(service="observabilityadmin", name="ListTelemetryRules", next_page="NextToken"),
            Operation(service="securitylake", name="ListDataLakes"),
            Operation(service="securitylake", name="ListLogSources", next_page="nextToken"),
            Operation(service="cloudwatch", name="DescribeAlarms", next_page="NextToken"),
            Operation(service="cloudwatch", name="ListAlarmMuteRules", next_page="NextToken"),
            Operation(service="cloudwatch", name="GetAlarmMuteRule"),
            Operation(service="sns", name="GetTopicAttributes"),
            Operation(service="sns", name="ListSubscriptionsByTopic", next_page="NextToken"),
            Operation(service="guardduty", name="ListDetectors", next_page="NextToken"),
            Operation(service="guardduty", name="GetDetector"),
            Operation(service="guardduty", name="ListCoverage", next_page="NextToken"),
            Operation(service="kms", name="DescribeKey"),
            Operation(service="kms", name="GetPublicKey", tier="signing"),
            Operation(service="kms", name="Sign", tier="signing", access="signing"),
            Operation(service="cloudtrail", name="DescribeTrails"),
            Operation(service="cloudtrail", name="GetTrailStatus"),
            Operation(service="cloudtrail", name="GetEventSelectors"),
            Operation(service="cloudtrail", name="GetInsightSelectors"),
            Operation(service="cloudtrail", name="ListEventDataStores", next_page="NextToken"),
            Operation(service="cloudtrail", name="GetEventDataStore"),
            Operation(
                service="cloudtrail", name="ListInsightsData", tier="activity", next_page="NextToken", per_second=2
            ),
            Operation(service="events", name="ListRules", next_page="NextToken"),
            Operation(service="events", name="ListTargetsByRule", next_page="NextToken"),
            Operation(service="cloudtrail", name="LookupEvents", tier="activity", next_page="NextToken", per_second=2),
            Operation(service="cloudtrail", name="ListPublicKeys", tier="files", next_page="NextToken"),
            Operation(
                service="s3",
                name="ListObjectsV2",
                tier="files",
                action="s3:ListBucket",
                next_page="NextContinuationToken",
                asks_page="ContinuationToken",
            ),
            Operation(service="s3", name="GetObject", tier="files"),
            Operation(service="cloudwatch", name="GetMetricData", next_page="NextToken"),
            Operation(service="pricing", name="GetProducts", next_page="NextToken"),
            Operation(service="s3", name="ListBuckets", action="s3:ListAllMyBuckets", next_page="ContinuationToken"),
            Operation(service="s3", name="GetBucketPolicyStatus"),
            Operation(service="s3", name="GetPublicAccessBlock", action="s3:GetBucketPublicAccessBlock"),
            Operation(service="s3", name="GetBucketAcl"),
            Operation(service="logs", name="StartQuery", tier="activity", access="paid_read"),
            Operation(service="logs", name="GetQueryResults", tier="activity", next_page="nextToken"),
            Operation(service="logs", name="StopQuery", tier="activity", closes=True),
        )
    }
)
