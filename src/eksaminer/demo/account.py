"""Builds accounts for the emulator: the demonstration, a clean one, a large one, and variants of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from eksaminer.demo.events import attacked_callers, good_callers, harmful_changes, harmless_changes, stray_callers
from eksaminer.demo.model import (
    ACCOUNT_ID,
    BOUNDARY,
    LOG_TYPES,
    AccessEntry,
    Account,
    Bucket,
    Cluster,
    ClusterUpdate,
    EventRule,
    EventSelector,
    EventStore,
    Export,
    InsightEvent,
    Key,
    LogEvent,
    LogGroup,
    LogSetup,
    MetricFilter,
    MuteRule,
    PastQuery,
    PodIdentity,
    Provider,
    Region,
    RetentionPolicy,
    Role,
    SavedQuery,
    ScheduledQuery,
    Stream,
    Subscription,
    Topic,
    Trail,
    TrailEvent,
    issuer,
    key_arn,
    milliseconds,
    role_arn,
    stable_id,
)
from eksaminer.demo.policies import ADMINISTRATOR, AGENT, ATTACHED, INLINE, MANAGED, allow
from eksaminer.demo.recording import recorded_log
from eksaminer.subjects import SUBJECTS

__all__ = [
    "ACCOUNT_ID",
    "LOG_TYPES",
    "AccessEntry",
    "Account",
    "Bucket",
    "Cluster",
    "ClusterUpdate",
    "EventRule",
    "EventSelector",
    "EventStore",
    "Export",
    "InsightEvent",
    "Key",
    "LogEvent",
    "LogGroup",
    "LogSetup",
    "MetricFilter",
    "MuteRule",
    "PodIdentity",
    "Provider",
    "Region",
    "RetentionPolicy",
    "Role",
    "SavedQuery",
    "ScheduledQuery",
    "Stream",
    "Subscription",
    "Topic",
    "Trail",
    "TrailEvent",
    "audit_streams",
    "clean_account",
    "demo_account",
    "issuer",
    "key_arn",
    "large_account",
    "logging_of",
    "role_arn",
    "with_changed_cluster",
    "with_changed_group",
    "with_changed_region",
    "with_changed_trail",
    "with_cluster",
    "without_cluster",
    "without_group",
]

Named = TypeVar("Named", Region, Cluster, LogGroup, Trail)

HOME = "eu-central-1"
OTHER = "us-east-1"
QUIET_REGIONS = ("eu-west-1", "us-west-2")
DISABLED_REGIONS = ("ap-east-1", "me-south-1")
LOG_KEY = "3f2a6c1e-6f7d-4f0a-9a53-0d9c1b7e5a10"
TRAIL_KEY = "b7d0f1c2-1c3e-4a6b-8d21-5e9f7a3c4d20"
RECENT = timedelta(minutes=3)
INSIGHT_TOPIC = "security-alerts"
UNCONFIRMED_TOPIC = f"arn:aws:sns:{OTHER}:{ACCOUNT_ID}:insights"
INSIGHT_PATTERN = '{"source":["aws.cloudtrail"],"detail-type":["AWS Insight via CloudTrail"]}'
YEAR = timedelta(days=365)
SATURDAY = 5
SERVICE_ACCOUNTS = {
    "fluent-bit": ("amazon-cloudwatch", "fluent-bit"),
    "alb-controller": ("kube-system", "aws-load-balancer-controller"),
    "vpc-cni": ("kube-system", "aws-node"),
    "cluster-autoscaler": ("kube-system", "cluster-autoscaler"),
    "external-secrets": ("payments", "external-secrets"),
    "payments-api": ("payments", "payments-api"),
}
"""Namespace and name of the service accounts that the recorded clusters annotate with a role, by end of its name."""


# Parts ---------------------------------------------------------------------------------------------


def logging_of(*enabled: str) -> tuple[LogSetup, ...]:
    """Return the logging of a cluster as EKS states it: the enabled types, then the others."""
    on = tuple(kind for kind in LOG_TYPES if kind in enabled)
    off = tuple(kind for kind in LOG_TYPES if kind not in enabled)
    return tuple(LogSetup(kinds, state) for kinds, state in ((on, True), (off, False)) if kinds)


def audit_streams(events: Iterable[LogEvent], cluster: str) -> tuple[Stream, ...]:
    """Spread *events* over the audit streams of the two API servers of a cluster."""
    ordered = sorted(events, key=lambda event: event.timestamp)
    return tuple(
        Stream(name=f"kube-apiserver-audit-{stable_id(cluster, str(server))}", events=tuple(ordered[server::2]))
        for server in (0, 1)
    )


def _other_streams(cluster: str, last: datetime, kinds: Iterable[str]) -> tuple[Stream, ...]:
    """Return the streams of the other log types, with a line each."""
    lines = {
        "api": ("kube-apiserver", "I{0} 10 controller.go:615] quota admission added evaluator for: leases"),
        "authenticator": ("authenticator", 'time="{0}" level=info msg="access granted" method=POST path=/authenticate'),
        "controllerManager": ("kube-controller-manager", "I{0} 11 replica_set.go:676] Finished syncing"),
        "scheduler": ("kube-scheduler", "I{0} 10 schedule_one.go:302] Successfully bound pod to node"),
    }
    stamp = f"{last:%Y-%m-%dT%H:%M:%SZ}"
    return tuple(
        Stream(
            name=f"{prefix}-{stable_id(cluster, kind)}",
            events=(LogEvent(milliseconds(last), line.format(stamp)),),
        )
        for kind, (prefix, line) in lines.items()
        if kind in kinds
    )


def _trust(cluster_issuer: str, subject: str, operator: str = "StringEquals") -> Mapping[str, Any]:
    condition = {
        "StringEquals": {f"{cluster_issuer}:aud": "sts.amazonaws.com"},
    }
    if subject:
        condition.setdefault(operator, {})[f"{cluster_issuer}:sub"] = subject
    return _federated(cluster_issuer, condition)


def _federated(cluster_issuer: str, condition: Mapping[str, Any]) -> Mapping[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{cluster_issuer}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _trusts_service(service: str) -> Mapping[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _irsa_roles(cluster: str, region: str, created: datetime) -> tuple[Role, ...]:
    """Return the roles of a recorded cluster, each for exactly one service account."""
    provider = issuer(ACCOUNT_ID, region, cluster)
    return tuple(
        Role(
            name=f"{cluster}-{end}",
            trust=_trust(provider, f"system:serviceaccount:{namespace}:{name}"),
            created=created,
            policies=ATTACHED.get(end, ()),
            inline=INLINE.get(end, {}),
        )
        for end, (namespace, name) in SERVICE_ACCOUNTS.items()
    )


def _good_trail(now: datetime) -> Trail:
    return Trail(
        name="security-trail",
        bucket="example-cloudtrail-logs",
        kms_key=key_arn(ACCOUNT_ID, HOME, TRAIL_KEY),
        started=now - 2 * YEAR,
        latest_delivery=now - timedelta(minutes=4),
        latest_digest=now - timedelta(minutes=35),
        insights={"ApiCallRateInsight": ("Management",), "ApiErrorRateInsight": ("Management",)},
    )


def _buckets(*others: Bucket) -> tuple[Bucket, ...]:
    return (Bucket(name="example-cloudtrail-logs", blocks=None), Bucket(name="example-artifacts"), *others)


def _good_cluster(now: datetime) -> Cluster:
    return Cluster(
        name="prod-good",
        created=now - YEAR,
        logging=logging_of(*LOG_TYPES),
        secrets_key=key_arn(ACCOUNT_ID, HOME, LOG_KEY),
        deletion_protection=True,
        access_entries=_entries(now - YEAR),
        tags={"environment": "production", "owner": "platform"},
    )


def _entries(created: datetime) -> tuple[AccessEntry, ...]:
    admin = AccessEntry(
        principal=role_arn(ACCOUNT_ID, "PlatformAdmin"), created=created, policies=("AmazonEKSClusterAdminPolicy",)
    )
    viewer = AccessEntry(principal=role_arn(ACCOUNT_ID, "ReadOnly"), created=created, policies=("AmazonEKSViewPolicy",))
    developer = AccessEntry(principal=role_arn(ACCOUNT_ID, "Developer"), created=created, groups=("eks:developers",))
    return (admin, viewer, developer)


def _good_group(now: datetime) -> LogGroup:
    last = now - RECENT
    return LogGroup(
        name="/aws/eks/prod-good/cluster",
        created=now - YEAR,
        retention_days=365,
        kms_key=key_arn(ACCOUNT_ID, HOME, LOG_KEY),
        deletion_protection=True,
        stored_bytes=412_000_000_000,
        metric_filters=(refused_filter("prod-good"),),
        **_daily(now, 8_400_000_000),
        streams=(
            *audit_streams(recorded_log("prod-good", last), "prod-good"),
            *_other_streams("prod-good", last, LOG_TYPES),
        ),
    )


ALARM_TOPIC = "security-alarms"
REFUSED = "{ ($.responseStatus.code = 401) || ($.responseStatus.code = 403) }"
METRICS = "EKS/Audit"


def refused_filter(cluster: str, **changes: Any) -> MetricFilter:
    """Return a metric filter that counts the refused requests of a cluster."""
    usual = MetricFilter(
        name="refused", pattern=REFUSED, metric=f"Refused-{cluster}", namespace=METRICS, default=0.0
    )  # fmt: skip
    return replace(usual, **changes)


def refused_alarm(now: datetime, cluster: str, region: str = HOME, **changes: Any) -> Mapping[str, Any]:
    """Return an alarm on the refused requests of a cluster, in the words of the API."""
    return {
        "AlarmName": f"refused-{cluster}",
        "ActionsEnabled": True,
        "AlarmActions": [f"arn:aws:sns:{region}:{ACCOUNT_ID}:{ALARM_TOPIC}"],
        "StateValue": "OK",
        "StateReason": "Threshold Crossed",
        "StateUpdatedTimestamp": now - timedelta(days=3),
        "StateTransitionedTimestamp": now - timedelta(days=3),
        "Namespace": METRICS,
        "MetricName": f"Refused-{cluster}",
        "Dimensions": [],
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 20.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
        **changes,
    }


def _good_region(now: datetime) -> Region:
    return Region(
        name=HOME,
        clusters=(_good_cluster(now),),
        log_groups=(_good_group(now),),
        trails=(_good_trail(now),),
        keys=(Key(id=LOG_KEY, created=now - 2 * YEAR), Key(id=TRAIL_KEY, created=now - 2 * YEAR)),
        guardduty={"EKS_AUDIT_LOGS": "ENABLED", "RUNTIME_MONITORING": "ENABLED", "S3_DATA_EVENTS": "ENABLED"},
        event_rules=_rules(HOME),
        coverage={"prod-good": "HEALTHY"},
        metric_alarms=(refused_alarm(now, "prod-good"),),
        topics=(
            Topic(name=ALARM_TOPIC, confirmed=("email", "https")),
            Topic(name=INSIGHT_TOPIC, confirmed=("email",)),
        ),
        saved_queries=_saved_queries(),
        scheduled_queries=(_hourly(),),
        past_queries=tuple(_past_queries(now)),
        events=good_callers(now, HOME),
    )


SCHEDULED_SUBJECT = "webhooks"


def _past_queries(now: datetime) -> Iterator[PastQuery]:
    """Give a search of a whole day on each of the last seven days."""
    for days in range(1, 8):
        yield PastQuery(log_group="/aws/eks/prod-good/cluster", time=now - timedelta(days=days), bytes=7 * 2**30)


def _saved_queries() -> tuple[SavedQuery, ...]:
    """Return the guide's queries, but for the one that CloudWatch Logs runs by itself; and one about another log."""
    other = SavedQuery(name="slowest functions", query='filter @type = "REPORT" | stats max(@duration) by @requestId')
    kept = [subject for subject in SUBJECTS if subject.id != SCHEDULED_SUBJECT]
    return (*(SavedQuery(name=f"EKS audit/{subject.id}", query=subject.query) for subject in kept), other)


def _hourly() -> ScheduledQuery:
    (query,) = (subject.query for subject in SUBJECTS if subject.id == SCHEDULED_SUBJECT)
    group = f"arn:aws:logs:{HOME}:{ACCOUNT_ID}:log-group:/aws/eks/prod-good/cluster"
    return ScheduledQuery(
        name="new-webhooks", query=query, log_groups=(group,), destination="s3://example-security-findings/eks/"
    )


def _daily(now: datetime, workday: int) -> dict[str, Any]:
    """Return the volume of the 30 full days before *now*: *workday* bytes from Monday to Friday, less at weekends."""
    since = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=30)
    days = (since + timedelta(days=number) for number in range(30))
    sizes = (workday * (100 if day.weekday() < SATURDAY else 62) // 100 for day in days)
    return {"daily_since": since, "daily_bytes": tuple(sizes)}


def _rules(region: str) -> tuple[EventRule, ...]:
    """Return a rule that tells of Insights events, and one about something else."""
    topic = f"arn:aws:sns:{region}:{ACCOUNT_ID}:{INSIGHT_TOPIC}"
    return (
        EventRule(name="insights-to-security", pattern=INSIGHT_PATTERN, targets=(topic,)),
        EventRule(name="ecr-scans", pattern='{"source":["aws.ecr"]}', targets=(topic,)),
    )


# Whole accounts ------------------------------------------------------------------------------------


def clean_account(now: datetime) -> Account:
    """Return an account with one region and one cluster, `prod-good`, in which everything is as it should be."""
    return Account(
        alias="example-clean",
        regions=(_good_region(now),),
        roles=(
            Role(name="PlatformAdmin", trust=_trusts_service("ec2.amazonaws.com"), created=now - 2 * YEAR),
            *_irsa_roles("prod-good", HOME, now - YEAR),
        ),
        providers=(Provider(issuer=issuer(ACCOUNT_ID, HOME, "prod-good"), created=now - YEAR),),
        buckets=_buckets(),
        policies=MANAGED,
    )


def demo_account(now: datetime) -> Account:
    """Return the account of the demonstration: a good cluster, a neglected one, one that was attacked."""
    good = _good_region(now)
    regions = (
        replace(
            good,
            clusters=(*good.clusters, _neglected_cluster(now)),
            log_groups=(*(_passed_on(group) for group in good.log_groups), _neglected_group(now)),
            exports=(_export(now),),
            mute_rules=(MuteRule(name="release-freeze", alarms=("checkout-latency",)),),
            events=(_switched_off(now), *good.events, *stray_callers(now, HOME), *harmless_changes(now)),
        ),
        Region(
            name=OTHER,
            clusters=(_attacked_cluster(now),),
            log_groups=(_attacked_group(now),),
            trails=(_bad_trail(now),),
            insight_events=(_burst(now),),
            log_alarms=(_lonely_alarm(now),),
            saved_queries=_careless_queries(),
            lake_sources=("CLOUD_TRAIL_MGMT", "EKS_AUDIT"),
            table_sources=(("amazon_eks", "audit"),),
            telemetry_rules={"eks-audit-everywhere": ("EKS_AUDIT_LOGS", "EKS_AUTHENTICATOR_LOGS")},
            event_rules=(
                EventRule(name="insights-old", pattern=INSIGHT_PATTERN, state="DISABLED"),
                EventRule(name="insights-to-nobody", pattern=INSIGHT_PATTERN, targets=(UNCONFIRMED_TOPIC,)),
            ),
            topics=(Topic(name="insights", pending=("email",)),),
            events=(*attacked_callers(now, OTHER), *harmful_changes(now)),
        ),
        *(Region(name=name) for name in QUIET_REGIONS),
        *(Region(name=name, opt_in="not-opted-in") for name in DISABLED_REGIONS),
    )
    return Account(
        alias="example-demo",
        regions=regions,
        roles=_demo_roles(now),
        providers=_demo_providers(now),
        buckets=_buckets(Bucket(name="example-legacy-trail", policy_public=True, blocks=None)),
        policies=MANAGED,
    )


def _passed_on(group: LogGroup) -> LogGroup:
    """Return *group* with a subscription to all of it."""
    stream = f"arn:aws:firehose:{HOME}:{ACCOUNT_ID}:deliverystream/security-archive"
    return replace(group, subscriptions=(Subscription(name="archive", destination=stream),))


def _export(now: datetime) -> Export:
    """A month of the good cluster, copied to S3 by hand."""
    since = now - timedelta(days=70)
    return Export(
        log_group="/aws/eks/prod-good/cluster",
        bucket="example-artifacts",
        since=since,
        until=since + timedelta(days=30),
    )


def _neglected_cluster(now: datetime) -> Cluster:
    """A cluster whose audit log was switched off to save money, and never on again."""
    off = ClusterUpdate(
        id=stable_id("team-neglected", "logging", length=36),
        type="LoggingUpdate",
        created=now - timedelta(days=40),
        params={"ClusterLogging": '{"clusterLogging":[{"types":["audit","authenticator"],"enabled":false}]}'},
    )
    return Cluster(
        name="team-neglected",
        created=now - 2 * YEAR,
        version="1.31",
        logging=logging_of("api"),
        authentication_mode="CONFIG_MAP",
        updates=(off,),
    )


def _neglected_group(now: datetime) -> LogGroup:
    last = now - timedelta(days=40)
    audit = Stream(
        name=f"kube-apiserver-audit-{stable_id('team-neglected')}",
        first_event=last - timedelta(days=30),
        last_event=last,
    )
    return LogGroup(
        name="/aws/eks/team-neglected/cluster",
        created=now - 2 * YEAR,
        stored_bytes=1_900_000_000_000,
        **_daily(now, 940_000_000),
        streams=(audit, *_other_streams("team-neglected", now - RECENT, ["api"])),
    )


def _switched_off(now: datetime) -> TrailEvent:
    """The trace that switching the audit log off left in CloudTrail."""
    setup = [{"types": ["audit", "authenticator"], "enabled": False}]
    return TrailEvent(
        name="UpdateClusterConfig",
        time=now - timedelta(days=40),
        source="eks.amazonaws.com",
        user="dana.lee",
        detail={
            "userIdentity": {
                "type": "AssumedRole",
                "arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/Developer/dana.lee",
                "accountId": ACCOUNT_ID,
            },
            "sourceIPAddress": "198.51.100.23",
            "userAgent": "aws-cli/2.31.0",
            "requestParameters": {"name": "team-neglected", "logging": {"clusterLogging": setup}},
        },
    )


def _attacked_cluster(now: datetime) -> Cluster:
    return Cluster(
        name="prod-attacked",
        created=now - YEAR,
        version="1.32",
        logging=logging_of("audit", "authenticator"),
        access_entries=(
            *_entries(now - YEAR),
            AccessEntry(
                principal=role_arn(ACCOUNT_ID, "BackdoorRole"),
                created=now - timedelta(minutes=4),
                policies=("AmazonEKSClusterAdminPolicy",),
            ),
        ),
        pod_identities=(
            PodIdentity(
                namespace="web",
                service_account="storefront",
                role=role_arn(ACCOUNT_ID, "prod-attacked-storefront"),
                created=now - YEAR,
            ),
        ),
    )


def _attacked_group(now: datetime) -> LogGroup:
    last = now - RECENT
    return LogGroup(
        name="/aws/eks/prod-attacked/cluster",
        created=now - YEAR,
        retention_days=30,
        log_class="INFREQUENT_ACCESS",
        stored_bytes=51_000_000_000,
        **_daily(now, 12_600_000_000),
        streams=(
            *audit_streams(recorded_log("prod-attacked", last), "prod-attacked"),
            *_other_streams("prod-attacked", last, ["authenticator"]),
        ),
    )


def _careless_queries() -> tuple[SavedQuery, ...]:
    """Return queries whose names promise more than they find."""
    audit = 'fields @timestamp, @message | filter @logStream like "kube-apiserver-audit"'
    return (
        SavedQuery(name="RBAC changes", query=f'{audit} | filter eventName like /Role/ and verb = "create"'),
        SavedQuery(name="Role changes", query=f'{audit} | filter objectRef.resource = "roles" and verb = "create"'),
        SavedQuery(name="all of the audit log", query=audit),
        SavedQuery(
            name="many refusals",
            query=f"{audit} | filter responseStatus.code = 403 | stats count(*) as n by user.username | filter n > 50",
        ),
    )


def _lonely_alarm(now: datetime) -> Mapping[str, Any]:
    """Return a log alarm that sees the 403 alone, and notifies a topic to which nobody has said yes."""
    group = f"arn:aws:logs:{OTHER}:{ACCOUNT_ID}:log-group:/aws/eks/prod-attacked/cluster"
    return {
        "AlarmName": "forbidden-prod-attacked",
        "ActionsEnabled": True,
        "AlarmActions": [UNCONFIRMED_TOPIC],
        "StateValue": "OK",
        "StateReason": "Threshold not crossed",
        "StateUpdatedTimestamp": now - timedelta(days=20),
        "StateTransitionedTimestamp": now - timedelta(days=20),
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 50.0,
        "QueryResultsToEvaluate": 1,
        "QueryResultsToAlarm": 1,
        "ScheduledQueryConfiguration": {
            "QueryString": "filter responseStatus.code = 403",
            "LogGroupIdentifiers": [group],
            "AggregationExpression": "count(*)",
            "ScheduleConfiguration": {"ScheduleExpression": "rate(15 minutes)"},
        },
    }


def _burst(now: datetime) -> InsightEvent:
    """What the attack looked like to CloudTrail Insights."""
    return InsightEvent(
        name="CreateAccessEntry",
        source="eks.amazonaws.com",
        started=now - timedelta(minutes=50),
        rate=6.2,
        baseline=0.0006,
        principal=role_arn(ACCOUNT_ID, "prod-attacked-ci"),
    )


def _bad_trail(now: datetime) -> Trail:
    return Trail(
        name="legacy-trail",
        bucket="example-legacy-trail",
        multi_region=False,
        validation=False,
        started=now - 2 * YEAR,
        latest_delivery=now - timedelta(days=9),
        latest_delivery_error="AccessDenied",
        selectors=(EventSelector(read_write="WriteOnly"),),
    )


def _demo_roles(now: datetime) -> tuple[Role, ...]:
    created = now - YEAR
    attacked = issuer(ACCOUNT_ID, OTHER, "prod-attacked")
    neglected = issuer(ACCOUNT_ID, HOME, "team-neglected")
    gone = issuer(ACCOUNT_ID, HOME, "retired")
    pods = {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    people = ("PlatformAdmin", "Developer", "ReadOnly", "Contractor", "BackdoorRole")
    return (
        *(Role(name=name, trust=_trusts_service("ec2.amazonaws.com"), created=created) for name in people),
        *_irsa_roles("prod-good", HOME, created),
        *_irsa_roles("prod-attacked", OTHER, created),
        Role(
            name="prod-attacked-ci",
            trust=_trust(attacked, ""),
            created=created,
            policies=(ADMINISTRATOR,),
        ),
        Role(
            name="prod-attacked-reports",
            trust=_trust(attacked, "system:serviceaccount:*:reports", "StringLike"),
            created=created,
            inline={"reports": allow("s3:*", "athena:StartQueryExecution", on="*")},
            boundary=BOUNDARY,
        ),
        Role(
            name="prod-attacked-storefront",
            trust={"Version": "2012-10-17", "Statement": [pods]},
            created=created,
            inline={"uploads": allow("s3:GetObject", "s3:PutObject", on="arn:aws:s3:::example-shop-uploads/*")},
        ),
        Role(
            name="team-neglected-fluent-bit",
            trust=_trust(neglected, "system:serviceaccount:amazon-cloudwatch:*", "StringLike"),
            created=created,
            policies=(AGENT,),
        ),
        Role(
            name="retired-batch",
            trust=_trust(gone, "system:serviceaccount:batch:runner"),
            created=now - 3 * YEAR,
        ),
    )


def _demo_providers(now: datetime) -> tuple[Provider, ...]:
    """One provider per cluster, and one whose cluster is gone."""
    clusters = ((HOME, "prod-good"), (HOME, "team-neglected"), (OTHER, "prod-attacked"), (HOME, "retired"))
    return tuple(
        Provider(issuer=issuer(ACCOUNT_ID, region, cluster), created=now - YEAR) for region, cluster in clusters
    )


def large_account(now: datetime, *, clusters: int = 20, roles: int = 200) -> Account:
    """Return an account with *clusters* good clusters (without log events) over two regions, and *roles* roles."""
    regions = [_large_region(now, name, range(start, clusters, 2)) for start, name in enumerate((HOME, OTHER))]
    first = replace(regions[0], trails=(_good_trail(now),))
    names = [(region.name, cluster.name) for region in regions for cluster in region.clusters]
    return Account(
        alias="example-large",
        regions=(first, *regions[1:]),
        roles=tuple(
            Role(
                name=f"app-{number:04}",
                trust=_trust(issuer(ACCOUNT_ID, *names[number % len(names)]), f"system:serviceaccount:app:{number}"),
                created=now - YEAR,
            )
            for number in range(roles)
        ),
        providers=tuple(Provider(issuer=issuer(ACCOUNT_ID, *name), created=now - YEAR) for name in names),
        buckets=_buckets(),
    )


def _large_region(now: datetime, region: str, numbers: Iterable[int]) -> Region:
    made = [replace(_good_cluster(now), name=f"cluster-{number:04}") for number in numbers]
    key = key_arn(ACCOUNT_ID, region, LOG_KEY)
    groups = [
        LogGroup(
            name=cluster.log_group,
            created=now - YEAR,
            retention_days=365,
            kms_key=key,
            deletion_protection=True,
            streams=(Stream(name=f"kube-apiserver-audit-{stable_id(cluster.name)}", last_event=now - RECENT),),
        )
        for cluster in made
    ]
    return Region(
        name=region,
        clusters=tuple(made),
        log_groups=tuple(groups),
        keys=(Key(id=LOG_KEY, created=now - YEAR), Key(id=TRAIL_KEY, created=now - YEAR)),
        guardduty={"EKS_AUDIT_LOGS": "ENABLED"},
    )


# Variants ------------------------------------------------------------------------------------------


def with_changed_region(account: Account, name: str, **changes: Any) -> Account:
    """Return *account* with fields of a region changed."""
    return replace(account, regions=_changed(account.regions, name, changes))


def with_cluster(account: Account, region: str, cluster: Cluster, *groups: LogGroup) -> Account:
    """Return *account* with one more cluster, its log groups and its identity provider."""
    found = _region(account, region)
    changed = with_changed_region(
        account, region, clusters=(*found.clusters, cluster), log_groups=(*found.log_groups, *groups)
    )
    provider = Provider(issuer=issuer(account.id, region, cluster.name), created=cluster.created)
    return replace(changed, providers=(*account.providers, provider))


def without_cluster(account: Account, name: str) -> Account:
    """Return *account* without a cluster; its log group and provider stay."""

    def change(region: Region) -> Region:
        return replace(region, clusters=tuple(item for item in region.clusters if item.name != name))

    return _in_each(account, change)


def without_group(account: Account, name: str) -> Account:
    """Return *account* without a log group."""

    def change(region: Region) -> Region:
        return replace(region, log_groups=tuple(item for item in region.log_groups if item.name != name))

    return _in_each(account, change)


def with_changed_cluster(account: Account, name: str, **changes: Any) -> Account:
    """Return *account* with fields of a cluster changed."""
    return _in_each(account, lambda region: replace(region, clusters=_changed(region.clusters, name, changes)))


def with_changed_group(account: Account, name: str, **changes: Any) -> Account:
    """Return *account* with fields of a log group changed."""
    return _in_each(account, lambda region: replace(region, log_groups=_changed(region.log_groups, name, changes)))


def with_changed_trail(account: Account, name: str, **changes: Any) -> Account:
    """Return *account* with fields of a trail changed."""
    return _in_each(account, lambda region: replace(region, trails=_changed(region.trails, name, changes)))


def _region(account: Account, name: str) -> Region:
    return next(region for region in account.regions if region.name == name)


def _changed(items: Iterable[Named], name: str, changes: Mapping[str, Any]) -> tuple[Named, ...]:
    return tuple(replace(item, **changes) if item.name == name else item for item in items)


def _in_each(account: Account, change: Callable[[Region], Region]) -> Account:
    return replace(account, regions=tuple(change(region) for region in account.regions))
