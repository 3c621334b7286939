"""Each operation that the emulator answers itself has the shape that boto3 expects, and follows the account."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from eksaminer.demo.account import (
    AccessEntry,
    Account,
    Cluster,
    ClusterUpdate,
    EventSelector,
    Key,
    LogEvent,
    LogGroup,
    LogSetup,
    MetricFilter,
    PodIdentity,
    Region,
    RetentionPolicy,
    Stream,
    Subscription,
    Trail,
    TrailEvent,
    clean_account,
    demo_account,
    logging_of,
    role_arn,
    with_changed_cluster,
    with_changed_group,
    with_changed_region,
    with_changed_trail,
    with_cluster,
    without_cluster,
    without_group,
)
from eksaminer.demo.emulator import OPERATIONS, Emulator

Client = Callable[..., Any]
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
GROUP = "/aws/eks/prod-good/cluster"
TRAIL = "arn:aws:cloudtrail:eu-central-1:111122223333:trail/security-trail"


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


def test_describes_a_cluster(emulator: Emulator, client: Client) -> None:
    cluster = client("eks").describe_cluster(name="prod-good")["cluster"]

    assert cluster["arn"] == "arn:aws:eks:eu-central-1:111122223333:cluster/prod-good"
    assert cluster["createdAt"] == NOW - timedelta(days=365)
    assert cluster["identity"]["oidc"]["issuer"].startswith("https://oidc.eks.eu-central-1.amazonaws.com/id/")
    assert cluster["endpoint"].endswith(".gr7.eu-central-1.eks.amazonaws.com")
    assert cluster["accessConfig"]["authenticationMode"] == "API_AND_CONFIG_MAP"
    assert cluster["deletionProtection"]
    assert cluster["encryptionConfig"][0]["provider"]["keyArn"].startswith("arn:aws:kms:eu-central-1:")


@pytest.mark.parametrize(
    ("logging", "entries"),
    [
        pytest.param(
            logging_of("audit"),
            [
                {"types": ["audit"], "enabled": True},
                {"types": ["api", "authenticator", "controllerManager", "scheduler"], "enabled": False},
            ],
            id="one type",
        ),
        pytest.param(
            (LogSetup(("api",), True), LogSetup(("audit",), True)),
            [{"types": ["api"], "enabled": True}, {"types": ["audit"], "enabled": True}],
            id="two enabled entries",
        ),
        pytest.param(None, None, id="no logging at all"),
    ],
)
def test_tells_the_logging_as_described(emulator: Emulator, client: Client, logging: Any, entries: Any) -> None:
    emulator.load(with_changed_cluster(clean_account(NOW), "prod-good", logging=logging))
    cluster = client("eks").describe_cluster(name="prod-good")["cluster"]

    assert cluster.get("logging", {}).get("clusterLogging") == entries


def test_a_cluster_that_is_being_created_has_no_issuer_yet(emulator: Emulator, client: Client) -> None:
    emulator.load(with_changed_cluster(clean_account(NOW), "prod-good", status="CREATING"))
    cluster = client("eks").describe_cluster(name="prod-good")["cluster"]

    assert "identity" not in cluster
    assert "endpoint" not in cluster


def test_each_cluster_has_its_own_issuer(emulator: Emulator, client: Client) -> None:
    emulator.load(demo_account(NOW))
    places = [("eu-central-1", "prod-good"), ("eu-central-1", "team-neglected"), ("us-east-1", "prod-attacked")]
    described = [client("eks", region).describe_cluster(name=name)["cluster"] for region, name in places]
    issuers = {cluster["identity"]["oidc"]["issuer"] for cluster in described}
    providers = client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]
    known = {provider["Arn"].partition("oidc-provider/")[2] for provider in providers}

    assert len(issuers) == 3
    assert {issuer.removeprefix("https://") for issuer in issuers} < known
    assert len(known) == 4


def test_tells_the_updates_of_a_cluster(emulator: Emulator, client: Client) -> None:
    updates = tuple(
        ClusterUpdate(id=name, type="LoggingUpdate", created=NOW - timedelta(days=age), params={"ClusterLogging": "{}"})
        for name, age in (("old", 9), ("new", 1))
    )
    emulator.load(with_changed_cluster(clean_account(NOW), "prod-good", updates=updates))
    eks = client("eks")
    update = eks.describe_update(name="prod-good", updateId="old")["update"]

    assert eks.list_updates(name="prod-good")["updateIds"] == ["new", "old"]
    assert update["params"] == [{"type": "ClusterLogging", "value": "{}"}]
    assert update["createdAt"] == NOW - timedelta(days=9)
    assert code_of(lambda: eks.describe_update(name="prod-good", updateId="x")) == "ResourceNotFoundException"


def test_tells_who_may_enter_a_cluster(emulator: Emulator, client: Client) -> None:
    eks = client("eks")
    admin = role_arn("111122223333", "PlatformAdmin")
    entries = eks.list_access_entries(clusterName="prod-good")["accessEntries"]
    entry = eks.describe_access_entry(clusterName="prod-good", principalArn=admin)["accessEntry"]
    policies = eks.list_associated_access_policies(clusterName="prod-good", principalArn=admin)

    assert admin in entries
    assert entry["type"] == "STANDARD"
    assert [policy["policyArn"] for policy in policies["associatedAccessPolicies"]] == [
        "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    ]
    assert (
        code_of(lambda: eks.describe_access_entry(clusterName="prod-good", principalArn="arn:aws:iam::1:role/x"))
        == "ResourceNotFoundException"
    )


def test_a_cluster_with_a_config_map_alone_has_no_access_entries(emulator: Emulator, client: Client) -> None:
    emulator.load(with_changed_cluster(clean_account(NOW), "prod-good", authentication_mode="CONFIG_MAP"))

    assert code_of(lambda: client("eks").list_access_entries(clusterName="prod-good")) == "InvalidRequestException"


def test_tells_the_pod_identities(emulator: Emulator, client: Client) -> None:
    pod = PodIdentity(namespace="web", service_account="shop", role=role_arn("111122223333", "shop"), created=NOW)
    emulator.load(with_changed_cluster(clean_account(NOW), "prod-good", pod_identities=(pod,)))
    eks = client("eks")
    (listed,) = eks.list_pod_identity_associations(clusterName="prod-good")["associations"]
    described = eks.describe_pod_identity_association(clusterName="prod-good", associationId=listed["associationId"])[
        "association"
    ]

    assert (listed["namespace"], listed["serviceAccount"]) == ("web", "shop")
    assert described["roleArn"] == pod.role
    assert (
        code_of(lambda: eks.describe_pod_identity_association(clusterName="prod-good", associationId="a-0"))
        == "ResourceNotFoundException"
    )


def test_describes_log_groups(emulator: Emulator, client: Client) -> None:
    (group,) = client("logs").describe_log_groups(logGroupNamePrefix="/aws/eks/")["logGroups"]

    assert group["logGroupName"] == GROUP
    assert group["arn"] == f"arn:aws:logs:eu-central-1:111122223333:log-group:{GROUP}:*"
    assert group["retentionInDays"] == 365
    assert group["logGroupClass"] == "STANDARD"
    assert group["deletionProtectionEnabled"] is True
    assert group["kmsKeyId"].startswith("arn:aws:kms:")


def groups_account() -> Account:
    groups = (
        LogGroup(
            name="/a/one", created=NOW, log_class="INFREQUENT_ACCESS", retention_days=30, retention_policy="short"
        ),
        LogGroup(name="/a/two", created=NOW, log_class="ESSENTIALS"),
        LogGroup(name="/b/two", created=NOW),
    )
    policy = RetentionPolicy(name="short", days=30, updated=NOW, mode="RETROACTIVE")
    return Account(regions=(Region(name="eu-central-1", log_groups=groups, retention_policies=(policy,)),))


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        pytest.param({}, ["/a/one", "/a/two", "/b/two"], id="all"),
        pytest.param({"logGroupNamePrefix": "/a/"}, ["/a/one", "/a/two"], id="by prefix"),
        pytest.param({"logGroupNamePattern": "two"}, ["/a/two", "/b/two"], id="by part"),
        pytest.param({"logGroupClass": "INFREQUENT_ACCESS"}, ["/a/one", "/a/two"], id="by class, with its quirk"),
        pytest.param({"logGroupIdentifiers": ["/b/two"]}, ["/b/two"], id="by identifier"),
    ],
)
def test_finds_log_groups(emulator: Emulator, client: Client, asked: dict[str, Any], names: list[str]) -> None:
    emulator.load(groups_account())
    groups = client("logs").describe_log_groups(**asked)["logGroups"]

    assert [group["logGroupName"] for group in groups] == names


def test_prefix_and_part_of_a_name_exclude_each_other(emulator: Emulator, client: Client) -> None:
    logs = client("logs")

    assert (
        code_of(lambda: logs.describe_log_groups(logGroupNamePrefix="/a", logGroupNamePattern="b"))
        == "InvalidParameterException"
    )


def test_tells_the_retention_policies_of_the_account(emulator: Emulator, client: Client) -> None:
    emulator.load(groups_account())
    logs = client("logs")
    (policy,) = logs.describe_account_policies(policyType="RETENTION_POLICY")["accountPolicies"]
    group = logs.describe_log_groups()["logGroups"][0]

    assert json.loads(policy["policyDocument"]) == {"retentionInDays": 30, "enforcementMode": "RETROACTIVE"}
    assert group["retentionPolicyName"] == policy["policyName"] == "short"
    assert logs.describe_account_policies(policyType="DATA_PROTECTION_POLICY")["accountPolicies"] == []


def test_orders_streams_by_their_last_event(emulator: Emulator, client: Client) -> None:
    streams = tuple(
        Stream(name=name, last_event=NOW - timedelta(hours=age)) for name, age in (("a", 5), ("b", 1), ("c", 3))
    )
    emulator.load(with_changed_group(clean_account(NOW), GROUP, streams=(*streams, Stream(name="empty"))))
    logs = client("logs")
    newest = logs.describe_log_streams(logGroupName=GROUP, orderBy="LastEventTime", descending=True)["logStreams"]
    named = logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix="b")["logStreams"]
    mixed = {"logGroupName": GROUP, "orderBy": "LastEventTime", "logStreamNamePrefix": "b"}

    assert [stream["logStreamName"] for stream in newest] == ["b", "c", "a", "empty"]
    assert newest[0]["lastEventTimestamp"] == (NOW - timedelta(hours=1)).timestamp() * 1000
    assert "lastEventTimestamp" not in newest[-1]
    assert [stream["logStreamName"] for stream in named] == ["b"]
    assert code_of(lambda: logs.describe_log_streams(**mixed)) == "InvalidParameterException"
    assert code_of(lambda: logs.describe_log_streams(logGroupName="/none")) == "ResourceNotFoundException"


def test_tells_metric_and_subscription_filters(emulator: Emulator, client: Client) -> None:
    item = MetricFilter(name="denied", pattern="{ $.responseStatus.code = 403 }", metric="denied", namespace="EKS")
    destination = "arn:aws:firehose:eu-central-1:111122223333:deliverystream/siem"
    changes = {"metric_filters": (item,), "subscriptions": (Subscription(name="siem", destination=destination),)}
    emulator.load(with_changed_group(clean_account(NOW), GROUP, **changes))
    logs = client("logs")
    (metric,) = logs.describe_metric_filters(logGroupName=GROUP)["metricFilters"]
    (subscription,) = logs.describe_subscription_filters(logGroupName=GROUP)["subscriptionFilters"]

    assert metric["filterPattern"] == item.pattern
    assert len(logs.describe_metric_filters()["metricFilters"]) == 1
    assert subscription["destinationArn"] == destination


def test_reads_log_events_page_by_page(emulator: Emulator, client: Client) -> None:
    emulator.page_size = 500
    pages = list(
        client("logs").get_paginator("filter_log_events").paginate(logGroupName=GROUP, filterPattern="kube-scheduler")
    )
    events = [event for page in pages for event in page["events"]]

    assert all("kube-scheduler" in event["message"] for event in events)
    assert [event["timestamp"] for event in events] == sorted(event["timestamp"] for event in events)
    assert all(len(page["events"]) <= 500 for page in pages)


def test_an_infrequent_access_group_cannot_be_filtered(emulator: Emulator, client: Client) -> None:
    emulator.load(with_changed_group(clean_account(NOW), GROUP, log_class="INFREQUENT_ACCESS"))

    assert code_of(lambda: client("logs").filter_log_events(logGroupName=GROUP)) == "InvalidParameterException"


def test_shows_trails_in_the_regions_that_see_them(emulator: Emulator, client: Client) -> None:
    emulator.load(demo_account(NOW))

    def seen(region: str, **asked: Any) -> set[str]:
        return {trail["Name"] for trail in client("cloudtrail", region).describe_trails(**asked)["trailList"]}

    assert seen("eu-central-1") == {"security-trail"}
    assert seen("us-east-1") == {"security-trail", "legacy-trail"}
    assert seen("us-east-1", includeShadowTrails=False) == {"legacy-trail"}
    assert seen("us-east-1", trailNameList=["legacy-trail"]) == {"legacy-trail"}
    assert len(client("cloudtrail").list_trails()["Trails"]) == 1


def test_tells_the_state_of_a_trail(emulator: Emulator, client: Client) -> None:
    cloudtrail = client("cloudtrail")
    (trail,) = cloudtrail.describe_trails()["trailList"]
    status = cloudtrail.get_trail_status(Name=trail["TrailARN"])
    selectors = cloudtrail.get_event_selectors(TrailName=TRAIL)
    insights = cloudtrail.get_insight_selectors(TrailName=TRAIL)["InsightSelectors"]

    assert trail["TrailARN"] == TRAIL
    assert trail["HasInsightSelectors"]
    assert not trail["HasCustomEventSelectors"]
    assert trail["HomeRegion"] == "eu-central-1"
    assert status["IsLogging"]
    assert status["LatestDeliveryTime"] == NOW - timedelta(minutes=4)
    assert "LatestDeliveryError" not in status
    assert selectors["EventSelectors"][0]["ReadWriteType"] == "All"
    assert insights[0] == {"InsightType": "ApiCallRateInsight", "EventCategories": ["Management"]}
    assert cloudtrail.get_trail(Name=TRAIL)["Trail"]["Name"] == "security-trail"


def test_a_shadow_trail_answers_to_its_arn_alone(emulator: Emulator, client: Client) -> None:
    emulator.load(demo_account(NOW))
    elsewhere = client("cloudtrail", "us-east-1")

    assert elsewhere.get_trail_status(Name=TRAIL)["IsLogging"]
    assert code_of(lambda: elsewhere.get_trail_status(Name="security-trail")) == "TrailNotFoundException"


def test_a_trail_without_insights_says_so_by_an_error(emulator: Emulator, client: Client) -> None:
    emulator.load(with_changed_trail(clean_account(NOW), "security-trail", insights={}))

    assert code_of(lambda: client("cloudtrail").get_insight_selectors(TrailName=TRAIL)) == "InsightNotEnabledException"


def test_tells_advanced_selectors_instead_of_classic_ones(emulator: Emulator, client: Client) -> None:
    advanced = {"Name": "m", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
    emulator.load(with_changed_trail(clean_account(NOW), "security-trail", advanced_selectors=(advanced,)))
    answer = client("cloudtrail").get_event_selectors(TrailName=TRAIL)

    assert answer["AdvancedEventSelectors"] == [advanced]
    assert "EventSelectors" not in answer


def test_the_selectors_of_an_organisations_trail_are_not_for_members(emulator: Emulator, client: Client) -> None:
    trail = Trail(name="org", bucket="b", owner="999988887777", organization=True)
    emulator.load(with_changed_region(clean_account(NOW), "eu-central-1", trails=(trail,)))
    cloudtrail = client("cloudtrail")
    (seen,) = cloudtrail.describe_trails()["trailList"]

    assert seen["IsOrganizationTrail"]
    assert seen["TrailARN"] == "arn:aws:cloudtrail:eu-central-1:999988887777:trail/org"
    assert cloudtrail.get_trail_status(Name=seen["TrailARN"])["IsLogging"]
    assert code_of(lambda: cloudtrail.get_event_selectors(TrailName=seen["TrailARN"])) == "AccessDeniedException"


def test_a_bad_trail_shows_its_defects(emulator: Emulator, client: Client) -> None:
    emulator.load(demo_account(NOW))
    cloudtrail = client("cloudtrail", "us-east-1")
    status = cloudtrail.get_trail_status(Name="legacy-trail")
    (trail,) = cloudtrail.describe_trails(trailNameList=["legacy-trail"])["trailList"]

    assert status["LatestDeliveryError"] == "AccessDenied"
    assert "LatestDigestDeliveryTime" not in status
    assert not trail["LogFileValidationEnabled"]
    assert trail["HasCustomEventSelectors"]


def test_looks_up_management_events(emulator: Emulator, client: Client) -> None:
    events = tuple(
        TrailEvent(name=name, time=NOW - timedelta(days=age), source="s3.amazonaws.com", user="x", detail={"n": age})
        for name, age in (("A", 1), ("B", 2), ("A", 89), ("A", 91))
    )
    emulator.load(with_changed_region(clean_account(NOW), "eu-central-1", events=events))
    cloudtrail = client("cloudtrail")
    wanted = [{"AttributeKey": "EventName", "AttributeValue": "A"}]
    found = cloudtrail.lookup_events(LookupAttributes=wanted)["Events"]

    assert [event["EventTime"] for event in found] == [NOW - timedelta(days=1), NOW - timedelta(days=89)]
    assert json.loads(found[0]["CloudTrailEvent"])["n"] == 1
    assert len(cloudtrail.lookup_events(StartTime=NOW - timedelta(days=3))["Events"]) == 2
    assert cloudtrail.lookup_events(EventCategory="insight")["Events"] == []


def test_there_is_no_event_data_store(emulator: Emulator, client: Client) -> None:
    assert client("cloudtrail").list_event_data_stores()["EventDataStores"] == []


def test_tells_who_asks(emulator: Emulator, client: Client) -> None:
    identity = client("sts").get_caller_identity()

    assert identity["Account"] == "111122223333"
    assert identity["Arn"] == "arn:aws:sts::111122223333:assumed-role/Auditor/eksaminer"


def test_a_role_can_be_assumed(emulator: Emulator, client: Client) -> None:
    sts = client("sts")
    assumed = sts.assume_role(RoleArn=role_arn("111122223333", "Audit"), RoleSessionName="me")
    emulator.deny("eks:*")
    keys = assumed["Credentials"]
    session = boto3.Session(
        keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name="eu-central-1"
    )
    with pytest.raises(ClientError, match=r"assumed-role/Audit/me is not authorized"):
        session.client("eks").list_clusters()

    assert session.client("sts").get_caller_identity()["Arn"].endswith("assumed-role/Audit/me")


def test_tells_roles_with_their_trust(emulator: Emulator, client: Client) -> None:
    iam = client("iam")
    emulator.page_size = 2
    roles = [role for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]]
    trust = iam.get_role(RoleName="prod-good-fluent-bit")["Role"]["AssumeRolePolicyDocument"]

    assert len(roles) == 7
    assert roles[0]["Arn"] == "arn:aws:iam::111122223333:role/PlatformAdmin"
    assert trust["Statement"][0]["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert iam.list_attached_role_policies(RoleName="PlatformAdmin")["AttachedPolicies"] == []
    assert iam.list_role_policies(RoleName="PlatformAdmin")["PolicyNames"] == []
    assert iam.list_account_aliases()["AccountAliases"] == ["example-clean"]
    assert code_of(lambda: iam.get_role(RoleName="none")) == "NoSuchEntity"


def test_tells_identity_providers(emulator: Emulator, client: Client) -> None:
    iam = client("iam")
    (listed,) = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    provider = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=listed["Arn"])

    assert provider["ClientIDList"] == ["sts.amazonaws.com"]
    assert listed["Arn"].endswith(provider["Url"])
    assert (
        code_of(lambda: iam.get_open_id_connect_provider(OpenIDConnectProviderArn=f"{listed['Arn']}0"))
        == "NoSuchEntity"
    )


def test_lists_enabled_regions_and_on_demand_the_others(emulator: Emulator, client: Client) -> None:
    emulator.load(demo_account(NOW))
    ec2 = client("ec2")
    opted = [{"Name": "opt-in-status", "Values": ["opt-in-not-required", "opted-in"]}]
    names = [region["RegionName"] for region in ec2.describe_regions()["Regions"]]
    account = client("account", "us-east-1")
    enabled = account.list_regions(RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"])["Regions"]

    assert names == ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2"]
    assert len(ec2.describe_regions(AllRegions=True)["Regions"]) == 6
    assert len(ec2.describe_regions(AllRegions=True, Filters=opted)["Regions"]) == 4
    assert [region["RegionName"] for region in enabled] == names
    assert len(account.list_regions()["Regions"]) == 6


@pytest.mark.parametrize("region", ["ap-east-1", "af-south-1"])
def test_a_region_that_is_not_enabled_knows_nobody(emulator: Emulator, client: Client, region: str) -> None:
    emulator.load(demo_account(NOW))

    assert code_of(client("eks", region).list_clusters) == "UnrecognizedClientException"


@pytest.mark.parametrize(("state", "enabled"), [("Enabled", True), ("Disabled", False), ("PendingDeletion", False)])
def test_tells_the_state_of_a_key(emulator: Emulator, client: Client, state: Any, enabled: bool) -> None:
    key = Key(id="k-1", created=NOW, state=state, deletion=NOW if state == "PendingDeletion" else None, rotation=False)
    emulator.load(with_changed_region(clean_account(NOW), "eu-central-1", keys=(key,)))
    kms = client("kms")
    arn = "arn:aws:kms:eu-central-1:111122223333:key/k-1"
    metadata = kms.describe_key(KeyId=arn)["KeyMetadata"]

    assert (metadata["KeyState"], metadata["Enabled"]) == (state, enabled)
    assert metadata["KeyManager"] == "CUSTOMER"
    assert ("DeletionDate" in metadata) == (state == "PendingDeletion")
    assert kms.get_key_rotation_status(KeyId="k-1")["KeyRotationEnabled"] is False
    assert code_of(lambda: kms.describe_key(KeyId="none")) == "NotFoundException"


def measured(client: Client, metric: str, group: str, **asked: Any) -> list[float]:
    stat = {
        "Metric": {
            "Namespace": "AWS/Logs",
            "MetricName": metric,
            "Dimensions": [{"Name": "LogGroupName", "Value": group}],
        },
        "Period": 7200,
        "Stat": "Sum",
    }
    window = {"StartTime": NOW - timedelta(hours=4), "EndTime": NOW + timedelta(minutes=1)}
    query = {"Id": "a", "MetricStat": stat}
    (result,) = client("cloudwatch").get_metric_data(MetricDataQueries=[query], **window, **asked)["MetricDataResults"]
    return list(result["Values"])


@pytest.mark.parametrize(
    ("metric", "group", "values"),
    [
        pytest.param("IncomingBytes", GROUP, [94_000_000.0, 94_000_000.0], id="bytes"),
        pytest.param("IncomingLogEvents", GROUP, [57_704.0, 57_704.0], id="events"),
        pytest.param("ThrottledEvents", GROUP, [0.0, 0.0], id="another metric"),
        pytest.param("IncomingBytes", "/none", [], id="no such group"),
    ],
)
def test_measures_the_described_rate(
    emulator: Emulator, client: Client, metric: str, group: str, values: list[float]
) -> None:
    emulator.load(with_changed_group(clean_account(NOW), GROUP, bytes_per_hour=47_000_000))

    assert measured(client, metric, group) == values


def test_measures_the_events_of_the_group_where_no_rate_is_described(emulator: Emulator, client: Client) -> None:
    assert measured(client, "IncomingLogEvents", GROUP) == [1203.0]
    assert 1_900_000 < measured(client, "IncomingBytes", GROUP)[0] < 2_100_000


def test_orders_values_by_time(emulator: Emulator, client: Client) -> None:
    events = tuple(
        LogEvent(round((NOW - timedelta(hours=age)).timestamp() * 1000), "x" * length)
        for age, length in ((3, 1), (1, 5))
    )
    streams = (Stream(name="s", events=events),)
    emulator.load(with_changed_group(clean_account(NOW), GROUP, streams=streams))

    assert measured(client, "IncomingBytes", GROUP) == [31.0, 27.0]
    assert measured(client, "IncomingBytes", GROUP, ScanBy="TimestampAscending") == [27.0, 31.0]


def test_tells_guardduty(emulator: Emulator, client: Client) -> None:
    emulator.load(demo_account(NOW))
    guardduty = client("guardduty")
    (detector,) = guardduty.list_detectors()["DetectorIds"]
    features = {item["Name"]: item["Status"] for item in guardduty.get_detector(DetectorId=detector)["Features"]}

    assert features["EKS_AUDIT_LOGS"] == "ENABLED"
    assert client("guardduty", "us-east-1").list_detectors()["DetectorIds"] == []
    assert code_of(lambda: guardduty.get_detector(DetectorId="0" * 32)) == "BadRequestException"


def test_tells_prices_in_their_regions(emulator: Emulator, client: Client) -> None:
    asked = {
        "ServiceCode": "AmazonCloudWatch",
        "Filters": [{"Type": "TERM_MATCH", "Field": "usagetype", "Value": "EUC1-VendedLog-Bytes"}],
    }
    emulator.load(demo_account(NOW))
    (price,) = client("pricing", "us-east-1").get_products(**asked)["PriceList"]

    assert '"USD": "0.63"' in price
    assert code_of(lambda: client("pricing", "us-west-2").get_products(**asked)) == "UnrecognizedClientException"


def test_moto_answers_the_rest_for_the_same_account(emulator: Emulator, client: Client) -> None:
    topic = client("sns").create_topic(Name="alarms")
    s3 = client("s3")

    assert topic["TopicArn"] == "arn:aws:sns:eu-central-1:111122223333:alarms"
    assert code_of(lambda: s3.get_bucket_policy(Bucket="none")) == "NoSuchBucket"
    assert client("cloudwatch").list_dashboards()["DashboardEntries"] == []
    assert emulator.actions == ("sns:CreateTopic", "s3:GetBucketPolicy", "cloudwatch:ListDashboards")
    assert topic["ResponseMetadata"]["RequestId"] == emulator.calls[0].request_id


PAGINATED = [
    pytest.param("eks.list_clusters", {}, "clusters", id="eks clusters"),
    pytest.param("eks.list_access_entries", {"clusterName": "prod-good"}, "accessEntries", id="eks access entries"),
    pytest.param("logs.describe_log_groups", {}, "logGroups", id="log groups"),
    pytest.param("logs.describe_log_streams", {"logGroupName": GROUP}, "logStreams", id="log streams"),
    pytest.param("iam.list_roles", {}, "Roles", id="iam roles"),
    pytest.param("cloudtrail.lookup_events", {}, "Events", id="cloudtrail events"),
    pytest.param("cloudtrail.list_trails", {}, "Trails", id="cloudtrail trails"),
]


def account_with_two_of_each() -> Account:
    account = with_cluster(
        clean_account(NOW),
        "eu-central-1",
        Cluster(name="second", created=NOW),
        LogGroup(name="/aws/eks/second/cluster", created=NOW),
    )
    event = TrailEvent(name="A", time=NOW, source="s3.amazonaws.com", user="x", detail={})
    events = tuple(replace(event, time=NOW - timedelta(hours=age)) for age in range(5))
    trails = (*account.regions[0].trails, Trail(name="second", bucket="b"))
    return with_changed_region(account, "eu-central-1", events=events, trails=trails)


@pytest.mark.parametrize(("operation", "asked", "key"), PAGINATED)
def test_small_pages_add_up(
    emulator: Emulator, client: Client, operation: str, asked: dict[str, Any], key: str
) -> None:
    emulator.load(account_with_two_of_each())
    service, _, name = operation.partition(".")
    paginate = client(service).get_paginator(name).paginate
    whole = [item for page in paginate(**asked) for item in page[key]]
    emulator.page_size = 1
    pages = [page[key] for page in paginate(**asked)]

    assert len(whole) > 1
    assert [item for page in pages for item in page] == whole
    assert {len(page) for page in pages} == {1}


def test_a_made_up_token_is_refused(emulator: Emulator, client: Client) -> None:
    assert code_of(lambda: client("eks").list_clusters(nextToken="x")) == "InvalidParameterException"


def test_names_calls_as_iam_actions(emulator: Emulator, client: Client) -> None:
    client("eks").describe_cluster(name="prod-good")
    client("logs").describe_log_groups(logGroupNamePrefix="/aws")
    client("s3").list_buckets()
    first, second, third = emulator.calls

    assert first.action == "eks:DescribeCluster"
    assert first.parameters == {"name": "prod-good"}
    assert first.region == "eu-central-1"
    assert "eksaminer/test" in first.user_agent
    assert first.access_key == "ASIADEMODEMODEMODEMO"
    assert (second.action, second.parameters) == ("logs:DescribeLogGroups", {"logGroupNamePrefix": "/aws"})
    assert (third.operation, third.action) == ("ListBuckets", "s3:ListAllMyBuckets")


def test_knows_only_operations_that_exist(emulator: Emulator, client: Client) -> None:
    for action in OPERATIONS:
        service, _, operation = action.partition(":")
        assert operation in client(service).meta.service_model.operation_names


def test_the_same_question_has_the_same_answer_to_the_byte(emulator: Emulator, client: Client) -> None:
    def ask() -> dict[str, Any]:
        return dict(client("eks").describe_cluster(name="prod-good"))

    first = ask()
    emulator.load(clean_account(NOW))
    second = ask()

    assert first == second
    assert first["ResponseMetadata"]["HTTPHeaders"]["date"] == "Mon, 23 Nov 2026 12:00:00 GMT"


def test_different_questions_have_different_request_ids(emulator: Emulator, client: Client) -> None:
    ids = {
        client("logs", region).describe_log_groups(**asked)["ResponseMetadata"]["RequestId"]
        for region in ("eu-central-1", "us-east-1")
        for asked in ({}, {"logGroupNamePrefix": "/aws"})
    }

    assert len(ids) == 4


def test_variants_change_what_they_name(emulator: Emulator, client: Client) -> None:
    emulator.load(without_group(without_cluster(clean_account(NOW), "prod-good"), GROUP))

    assert client("eks").list_clusters()["clusters"] == []
    assert client("logs").describe_log_groups()["logGroups"] == []


def test_an_unknown_cluster_is_not_found(emulator: Emulator, client: Client) -> None:
    assert code_of(lambda: client("eks").describe_cluster(name="none")) == "ResourceNotFoundException"


def test_event_selectors_can_leave_events_out(emulator: Emulator, client: Client) -> None:
    selectors = (EventSelector(read_write="WriteOnly", excluded=("kms.amazonaws.com",)),)
    emulator.load(with_changed_trail(clean_account(NOW), "security-trail", selectors=selectors))
    (selector,) = client("cloudtrail").get_event_selectors(TrailName=TRAIL)["EventSelectors"]

    assert selector["ReadWriteType"] == "WriteOnly"
    assert selector["ExcludeManagementEventSources"] == ["kms.amazonaws.com"]


def test_a_cluster_without_extras_has_none(emulator: Emulator, client: Client) -> None:
    entry = AccessEntry(principal="arn:aws:iam::111122223333:user/ci", created=NOW)
    emulator.load(with_changed_cluster(clean_account(NOW), "prod-good", access_entries=(entry,), secrets_key=""))
    eks = client("eks")

    assert eks.list_addons(clusterName="prod-good")["addons"] == []
    assert eks.list_nodegroups(clusterName="prod-good")["nodegroups"] == []
    assert "encryptionConfig" not in eks.describe_cluster(name="prod-good")["cluster"]
    assert (
        "/user/111122223333/ci/"
        in eks.describe_access_entry(clusterName="prod-good", principalArn=entry.principal)["accessEntry"][
            "accessEntryArn"
        ]
    )


def post(url: str, service: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
    """Send what boto3 never would."""
    scope = f"AWS4-HMAC-SHA256 Credential=x/20261123/eu-central-1/{service}/aws4_request"
    request = urllib.request.Request(url, data=body, headers={"Authorization": scope, **headers})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


@pytest.mark.parametrize(
    ("service", "headers", "body", "action"),
    [
        pytest.param(
            "logs",
            {"X-Amz-Target": "Logs_20140328.Nonsense", "Content-Type": "application/x-amz-json-1.1"},
            b"{}",
            "logs:POST /",
            id="json",
        ),
        pytest.param(
            "iam",
            {"Content-Type": "application/x-www-form-urlencoded"},
            b"Action=Nonsense&Version=2010-05-08",
            "iam:POST /",
            id="query",
        ),
    ],
)
def test_an_unknown_operation_can_be_denied_too(
    emulator: Emulator, service: str, headers: dict[str, str], body: bytes, action: str
) -> None:
    emulator.deny(f"{service}:*")
    status, text = post(emulator.url, service, headers, body)

    assert status in {400, 403}
    assert "AccessDenied" in text
    assert emulator.actions == (action,)


def test_a_query_service_reads_times(emulator: Emulator, client: Client) -> None:
    start = NOW - timedelta(hours=1)
    emulator.deny("ec2:*")
    code_of(lambda: client("ec2").describe_spot_price_history(StartTime=start))

    assert emulator.calls[0].parameters == {"StartTime": start}
