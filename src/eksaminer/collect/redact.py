"""What is kept of an answer of AWS: the fields that the evidence is read from, and nothing else.

A list of what is kept, rather than of what is dropped: a field that AWS adds tomorrow, a token, a tag or a
certificate does not enter a bundle by itself.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from eksaminer.record import canonical_json, digest

_CLUSTER = "arn name version platformVersion status createdAt endpoint identity accessConfig logging"
_ASSOCIATION = (
    "clusterName namespace serviceAccount associationArn associationId ownerArn roleArn targetRoleArn "
    "disableSessionTags createdAt modifiedAt"
)
_LOG_GROUP = (
    "logGroupName creationTime retentionInDays retentionPolicyName metricFilterCount arn logGroupArn storedBytes "
    "kmsKeyId dataProtectionStatus logGroupClass deletionProtectionEnabled"
)
_TRAIL = (
    "Name S3BucketName HomeRegion TrailARN IsMultiRegionTrail IsOrganizationTrail LogFileValidationEnabled "
    "CloudWatchLogsLogGroupArn KmsKeyId HasInsightSelectors HasCustomEventSelectors IncludeGlobalServiceEvents"
)
_TRAIL_STATUS = (
    "IsLogging LatestDeliveryTime LatestDeliveryError LatestDigestDeliveryTime LatestDigestDeliveryError "
    "LatestCloudWatchLogsDeliveryTime LatestCloudWatchLogsDeliveryError StartLoggingTime StopLoggingTime"
)

_ALARM = "AlarmName AlarmArn ActionsEnabled AlarmActions StateValue StateUpdatedTimestamp StateTransitionedTimestamp"
_MEASURED = "EvaluationState ComparisonOperator Threshold TreatMissingData"
_METRIC_ALARM = (
    f"{_ALARM} {_MEASURED} MetricName Namespace Statistic ExtendedStatistic Dimensions Period EvaluationPeriods "
    "DatapointsToAlarm Metrics ThresholdMetricId EvaluationCriteria"
)

KEPT: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "sts:GetCallerIdentity": {"": "Account Arn UserId"},
        "sts:AssumeRole": {},
        "ec2:DescribeRegions": {"": "Regions", "Regions": "RegionName OptInStatus"},
        "eks:ListClusters": {"": "clusters"},
        "eks:DescribeCluster": {"": "cluster", "cluster": _CLUSTER},
        "eks:ListUpdates": {"": "updateIds"},
        "eks:DescribeUpdate": {"": "update", "update": "id status type createdAt params"},
        "eks:ListPodIdentityAssociations": {
            "": "associations",
            "associations": "clusterName namespace serviceAccount associationArn associationId ownerArn",
        },
        "eks:DescribePodIdentityAssociation": {"": "association", "association": _ASSOCIATION},
        "iam:ListRoles": {"": "Roles", "Roles": "Path RoleName Arn AssumeRolePolicyDocument"},
        "iam:GetRole": {"": "Role", "Role": "Path RoleName Arn AssumeRolePolicyDocument"},
        "iam:GetAccountAuthorizationDetails": {
            "": "RoleDetailList Policies",
            "RoleDetailList": "Arn AssumeRolePolicyDocument RolePolicyList AttachedManagedPolicies PermissionsBoundary",
            "Policies": "Arn DefaultVersionId PolicyVersionList",
        },
        "iam:ListOpenIDConnectProviders": {
            "": "OpenIDConnectProviderList",
            "OpenIDConnectProviderList": "Arn",
        },
        "iam:GetOpenIDConnectProvider": {"": "Url ClientIDList CreateDate"},
        "logs:DescribeLogGroups": {"": "logGroups", "logGroups": _LOG_GROUP},
        "logs:DescribeLogStreams": {
            "": "logStreams",
            "logStreams": "logStreamName firstEventTimestamp lastEventTimestamp lastIngestionTime",
        },
        "logs:DescribeAccountPolicies": {
            "": "accountPolicies",
            "accountPolicies": "policyName policyDocument policyType lastUpdatedTime selectionCriteria scope",
        },
        "logs:DescribeMetricFilters": {
            "": "metricFilters",
            "metricFilters": "filterName filterPattern metricTransformations logGroupName applyOnTransformedLogs "
            "fieldSelectionCriteria emitSystemFieldDimensions",
        },
        "logs:DescribeSubscriptionFilters": {
            "": "subscriptionFilters",
            "subscriptionFilters": "filterName filterPattern destinationArn logGroupName applyOnTransformedLogs "
            "fieldSelectionCriteria",
        },
        "logs:TestMetricFilter": {"": "matches", "matches": "eventNumber"},
        "logs:DescribeQueryDefinitions": {
            "": "queryDefinitions",
            "queryDefinitions": "name queryString queryLanguage logGroupNames lastModified",
        },
        "logs:DescribeQueries": {"": "queries", "queries": "logGroupName createTime status bytesScanned"},
        "logs:ListScheduledQueries": {"": "scheduledQueries", "scheduledQueries": "scheduledQueryArn name state"},
        "logs:GetScheduledQuery": {
            "": "scheduledQueryArn name queryLanguage queryString logGroupIdentifiers scheduleExpression state "
            "lastTriggeredTime lastExecutionStatus destinationConfiguration"
        },
        "logs:DescribeExportTasks": {
            "": "exportTasks",
            "exportTasks": "taskId logGroupName from to destination status",
        },
        "logs:ListSourcesForS3TableIntegration": {"": "sources", "sources": "identifier dataSource status"},
        "observabilityadmin:ListS3TableIntegrations": {
            "": "IntegrationSummaries",
            "IntegrationSummaries": "Arn Status",
        },
        "observabilityadmin:ListTelemetryRules": {
            "": "TelemetryRuleSummaries",
            "TelemetryRuleSummaries": "RuleName RuleArn ResourceType TelemetryType TelemetrySourceTypes",
        },
        "securitylake:ListDataLakes": {"": "dataLakes", "dataLakes": "dataLakeArn region createStatus"},
        "securitylake:ListLogSources": {"": "sources", "sources": "account region sources"},
        "cloudwatch:DescribeAlarms": {
            "": "MetricAlarms CompositeAlarms LogAlarms",
            "MetricAlarms": _METRIC_ALARM,
            "CompositeAlarms": f"{_ALARM} AlarmRule ActionsSuppressor ActionsSuppressedBy",
            "LogAlarms": f"{_ALARM} {_MEASURED} ScheduledQueryConfiguration QueryResultsToEvaluate QueryResultsToAlarm",
        },
        "cloudwatch:ListAlarmMuteRules": {
            "": "AlarmMuteRuleSummaries",
            "AlarmMuteRuleSummaries": "AlarmMuteRuleArn Status ExpireDate MuteType",
        },
        "cloudwatch:GetAlarmMuteRule": {"": "Name AlarmMuteRuleArn Rule MuteTargets StartDate ExpireDate Status"},
        "sns:GetTopicAttributes": {
            "": "Attributes",
            "Attributes": "TopicArn SubscriptionsConfirmed SubscriptionsPending KmsMasterKeyId",
        },
        "sns:ListSubscriptionsByTopic": {"": "Subscriptions", "Subscriptions": "SubscriptionArn Protocol TopicArn"},
        "guardduty:ListDetectors": {"": "DetectorIds"},
        "guardduty:GetDetector": {"": "Status Features"},
        "guardduty:ListCoverage": {
            "": "Resources",
            "Resources": "ResourceId ResourceDetails CoverageStatus Issue UpdatedAt",
        },
        "kms:DescribeKey": {
            "": "KeyMetadata",
            "KeyMetadata": "Arn KeyId AWSAccountId KeyManager KeyState Enabled KeyUsage DeletionDate",
        },
        "kms:GetPublicKey": {"": "KeyId KeySpec KeyUsage SigningAlgorithms"},
        "kms:Sign": {"": "KeyId SigningAlgorithm"},
        "cloudtrail:DescribeTrails": {"": "trailList", "trailList": _TRAIL},
        "cloudtrail:GetTrailStatus": {"": _TRAIL_STATUS},
        "cloudtrail:GetEventSelectors": {"": "TrailARN EventSelectors AdvancedEventSelectors"},
        "cloudtrail:GetInsightSelectors": {"": "TrailARN EventDataStoreArn InsightSelectors InsightsDestination"},
        "cloudtrail:ListEventDataStores": {"": "EventDataStores", "EventDataStores": "EventDataStoreArn Name"},
        "cloudtrail:GetEventDataStore": {
            "": "EventDataStoreArn Name Status AdvancedEventSelectors MultiRegionEnabled OrganizationEnabled "
            "CreatedTimestamp UpdatedTimestamp"
        },
        "cloudtrail:ListInsightsData": {"": "Events", "Events": "EventId EventName EventTime EventSource"},
        "cloudtrail:ListPublicKeys": {
            "": "PublicKeyList",
            "PublicKeyList": "Fingerprint ValidityStartTime ValidityEndTime",
        },
        "events:ListRules": {"": "Rules", "Rules": "Name Arn EventPattern State EventBusName"},
        "events:ListTargetsByRule": {"": "Targets", "Targets": "Id Arn"},
        "cloudtrail:LookupEvents": {"": "Events", "Events": "EventId EventName EventTime EventSource"},
        "s3:ListObjectsV2": {"": "Contents", "Contents": "Key Size LastModified ETag"},
        "s3:GetObject": {"": "ContentLength LastModified ETag"},
        "s3:ListBuckets": {"": "Buckets", "Buckets": "Name"},
        "s3:GetBucketPolicyStatus": {"": "PolicyStatus"},
        "s3:GetPublicAccessBlock": {"": "PublicAccessBlockConfiguration"},
        "s3:GetBucketAcl": {"": "Grants"},
        "cloudwatch:GetMetricData": {
            "": "MetricDataResults",
            "MetricDataResults": "Id Label Timestamps Values StatusCode",
        },
        "pricing:GetProducts": {"": "FormatVersion"},
        "logs:StartQuery": {"": "queryId"},
        "logs:GetQueryResults": {"": "status statistics"},
        "logs:StopQuery": {"": "success"},
    }
)
"""For each operation: which fields of the answer are kept, and which fields of those."""


def redacted(operation: str, answer: Mapping[str, Any]) -> bytes:
    """Return what is stored of *answer*, as canonical JSON."""
    rules = KEPT[operation]
    kept = _pick(answer, rules.get("", ""))
    for name, fields in rules.items():
        if name in kept:
            kept[name] = _within(kept[name], fields)
    if operation == "eks:DescribeUpdate":
        kept = _only_logging_parameters(kept)
    if operation == "logs:GetQueryResults":
        rows = answer.get("results", [])
        kept["results"] = {"rows": len(rows), "sha256": digest(rows)}
    if operation == "pricing:GetProducts":
        products = answer.get("PriceList", [])
        kept["PriceList"] = {"products": len(products), "sha256": digest(products)}
    return canonical_json(kept)


def _pick(value: Mapping[str, Any], fields: str) -> dict[str, Any]:
    return {name: value[name] for name in fields.split() if name in value}


def _within(value: Any, fields: str) -> Any:
    if isinstance(value, list):
        return [_pick(item, fields) for item in value]
    return _pick(value, fields)


def _only_logging_parameters(kept: dict[str, Any]) -> dict[str, Any]:
    """Updates of add-ons carry their configuration values, which may hold anything."""
    update = kept.get("update", {})
    parameters = [item for item in update.get("params", []) if item.get("type") == "ClusterLogging"]
    return {**kept, "update": {**update, "params": parameters}}
