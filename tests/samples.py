"""Evidence built by hand: one sound cluster in one region, and ways to change a part of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from eksaminer.collect.aws.queries import unread
from eksaminer.evidence.account import AccountRegions, ClusterList
from eksaminer.evidence.alarms import (
    AlarmMuteRules,
    Alarms,
    AlarmTerm,
    AlarmTopics,
    AuditLogSubscriptions,
    AuditMetricFilters,
    CompositeAlarm,
    GuardDuty,
    LogAlarm,
    MetricAlarm,
    MetricFilter,
    SubscriptionFilter,
    Subscriptions,
    Topic,
    TopicAttributes,
    Transformation,
)
from eksaminer.evidence.cloudtrail import (
    InsightSelector,
    InsightSelectors,
    Trail,
    Trails,
    TrailStatus,
)
from eksaminer.evidence.cluster import LOG_TYPES, Cluster, ControlPlaneLogging, LoggingUpdate, LoggingUpdates
from eksaminer.evidence.collection import Collection, CollectionInfo, Identity
from eksaminer.evidence.copies import LogCopies, SecurityLake
from eksaminer.evidence.cost import GroupVolume, LogPrices, LogTypes, LogVolumes, PriceSheet, QueryHistory, Tier
from eksaminer.evidence.iam import (
    AssociationSettings,
    IamRole,
    IamRoles,
    OidcProvider,
    OidcProviders,
    PodIdentityAssociation,
    PodIdentityAssociations,
    PolicyDocument,
    RolePermissions,
    RolePolicies,
)
from eksaminer.evidence.kubernetes import AwsAuth, KubernetesObjects, Pod, ServiceAccount
from eksaminer.evidence.log_group import (
    AuditLogEnabledSince,
    AuditLogGroup,
    AuditLogKey,
    AuditLogStreams,
    RetentionPolicies,
)
from eksaminer.evidence.lookups import CHANGES, CloudTrailEvents, LookedUp, ManagementEvent
from eksaminer.evidence.model import Evidence, Section, Source, Target
from eksaminer.evidence.queries import SavedQueries, SavedQuery, ScheduledQueries, ScheduledQuery
from eksaminer.evidence.scan import (
    Accounting,
    AuditLogScan,
    CloudTrailScan,
    FileAccount,
    HitGroup,
    Refusals,
    RuleResult,
    TimeCoverage,
)
from eksaminer.evidence.selectors import Selector, Selectors
from eksaminer.evidence.trail_digests import DigestChain, TrailDigests
from eksaminer.evidence.trail_insights import (
    EventDataStore,
    EventDataStores,
    EventRule,
    EventRules,
    InsightEvent,
    InsightEvents,
    StoresOfRegion,
)
from eksaminer.evidence.trail_storage import BucketBlock, Storage, TrailBucket, TrailKey, TrailStorage
from eksaminer.evidence.workloads import RegionRead, TakenRole, WorkloadCalls
from eksaminer.gap import Cause, Gap
from eksaminer.outcome import Period
from eksaminer.record import canonical_json
from eksaminer.subjects import SUBJECTS

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ACCOUNT = Target(account="111122223333")
REGION = Target(account="111122223333", region="eu-central-1")
CLUSTER = Target(account="111122223333", region="eu-central-1", cluster="demo")
GROUP_ARN = "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/eks/demo/cluster"
KEY_ARN = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"
DENIED = Gap(cause=Cause.DENIED, detail="Access was denied.", permission="x:Y")
WINDOW = Period(since=NOW - timedelta(hours=24), until=NOW)


R = TypeVar("R", bound=msgspec.Struct)
REFUSED = "{ ($.responseStatus.code = 401) || ($.responseStatus.code = 403) }"
REFUSALS = frozenset({"forbidden", "anonymous", "unauthenticated"})
"""The probes that AWS says match a filter of refused requests."""
TOPIC_ARN = "arn:aws:sns:eu-central-1:111122223333:security"


def changed(section: R, **fields: Any) -> R:
    """Return *section* with other fields."""
    return msgspec.structs.replace(section, **fields)


def logging(*enabled: str) -> ControlPlaneLogging:
    return ControlPlaneLogging(
        cluster_arn=CLUSTER.resource.id, enabled=frozenset(enabled or LOG_TYPES), sources=("s1",)
    )


def group(**fields: object) -> AuditLogGroup:
    sound = AuditLogGroup(
        arn=GROUP_ARN,
        name="/aws/eks/demo/cluster",
        created_at=NOW - timedelta(days=400),
        retention_days=365,
        retention_policy="",
        kms_key=KEY_ARN,
        log_class="STANDARD",
        deletion_protection=True,
        data_protection="",
        stored_bytes=10**9,
        metric_filters=1,
        sources=("s2",),
    )
    return changed(sound, **fields)


def streams(**fields: object) -> AuditLogStreams:
    sound = AuditLogStreams(
        group_arn=GROUP_ARN,
        group_exists=True,
        newest_audit_event=NOW - timedelta(minutes=5),
        searched_since=None,
        read_at=NOW,
        sources=("s2", "s3"),
    )
    return changed(sound, **fields)


def enabled_since(**fields: object) -> AuditLogEnabledSince:
    return changed(AuditLogEnabledSince(asked=False, since=None, too_recent=None), **fields)


def key(**fields: object) -> AuditLogKey:
    return changed(AuditLogKey(arn=KEY_ARN, manager="CUSTOMER", state="Enabled", sources=("s4",)), **fields)


def log_alarm(**fields: object) -> LogAlarm:
    """Return a log alarm whose query finds refused requests."""
    usual = LogAlarm(
        name="refused-query", arn="arn:aws:cloudwatch:eu-central-1:111122223333:alarm:refused-query",
        actions_enabled=True, actions=(TOPIC_ARN,), state="OK", state_since=NOW,
        query="filter responseStatus.code in [401, 403] | stats count(*)", log_groups=(GROUP_ARN,),
        schedule="rate(5 minutes)", aggregation="", comparison="GreaterThanThreshold", threshold=20.0,
        results_to_evaluate=1, results_to_alarm=1, missing="missing", evaluation="",
    )  # fmt: skip
    return changed(usual, **fields)


def metric(**fields: object) -> Transformation:
    usual = Transformation(namespace="EKS/Audit", name="Refused", value="1", default=0.0, dimensions=frozenset())
    return changed(usual, **fields)


def metric_filter(name: str = "refused", pattern: str = REFUSED, **fields: object) -> MetricFilter:
    """A metric filter that AWS was not asked about."""
    not_asked = Gap(cause=Cause.DENIED, detail="TestMetricFilter was denied.", permission="logs:TestMetricFilter")
    usual = MetricFilter(name=name, pattern=pattern, metrics=(metric(),), tested=not_asked, unreadable=None)
    return changed(usual, **fields)


def metric_filters(*filters: MetricFilter, **fields: object) -> AuditMetricFilters:
    usual = AuditMetricFilters(
        group_arn=GROUP_ARN, log_class="STANDARD", filters=filters or (metric_filter(tested=REFUSALS),),
        sources=("s20",),
    )  # fmt: skip
    return changed(usual, **fields)


def subscriptions(*filters: SubscriptionFilter) -> AuditLogSubscriptions:
    return AuditLogSubscriptions(filters=filters, sources=("s21",))


def alarm(name: str = "refused", **fields: object) -> MetricAlarm:
    usual = MetricAlarm(
        name=name, arn=f"arn:aws:cloudwatch:eu-central-1:111122223333:alarm:{name}", actions_enabled=True,
        actions=(TOPIC_ARN,), state="OK", state_since=NOW - timedelta(days=3),
        terms=(AlarmTerm(id="m", namespace="EKS/Audit", metric="Refused", stat="Sum", period=300),),
        comparison="GreaterThanOrEqualToThreshold", threshold=20.0, threshold_term="", evaluation_periods=1,
        datapoints=1, missing="notBreaching", evaluation="",
    )  # fmt: skip
    return changed(usual, **fields)


def composite(rule: str, name: str = "security", **fields: object) -> CompositeAlarm:
    usual = CompositeAlarm(
        name=name, arn=f"arn:aws:cloudwatch:eu-central-1:111122223333:alarm:{name}", actions_enabled=True,
        actions=(TOPIC_ARN,), state="OK", state_since=NOW - timedelta(days=3), rule=rule, suppressor="",
        suppressed_by="",
    )  # fmt: skip
    return changed(usual, **fields)


def alarms(*items: MetricAlarm, **fields: object) -> Alarms:
    usual = Alarms(metric=items, composite=(), log=(), read_at=NOW, sources=("s22",))
    return changed(usual, **fields)


def topic(**fields: object) -> Topic:
    usual = Topic(
        arn=TOPIC_ARN,
        attributes=TopicAttributes(exists=True, confirmed=1, pending=0, kms_key=""),
        subscriptions=Subscriptions(exists=True, confirmed=("email",), pending=()),
    )
    return changed(usual, **fields)


def topics(*items: Topic) -> AlarmTopics:
    return AlarmTopics(topics=items or (topic(),), sources=("s23",))


def guardduty(**fields: object) -> GuardDuty:
    usual = GuardDuty(detector="d1", enabled=True, audit_logs=True, runtime=True, coverage=(), sources=("s24",))
    return changed(usual, **fields)


def saved_query(query: str, name: str = "mine", **fields: object) -> SavedQuery:
    usual = SavedQuery(
        name=name, query=query, language="CWLI", log_groups=(), unsure=unread(f"the saved query {name}", query)
    )  # fmt: skip
    return changed(usual, **fields)


def guide_queries() -> tuple[SavedQuery, ...]:
    """Return the guide's eight queries, as published."""
    return tuple(saved_query(subject.query, subject.id) for subject in SUBJECTS)


def saved_queries(*items: SavedQuery) -> SavedQueries:
    return SavedQueries(queries=items, sources=("s26",))


def scheduled_query(query: str, name: str = "hourly", **fields: object) -> ScheduledQuery:
    usual = ScheduledQuery(
        name=name, arn=f"arn:aws:logs:eu-central-1:111122223333:scheduled-query:{name}", enabled=True,
        last_status="Complete", schedule="rate(1 hour)", query=query, language="CWLI", log_groups=(GROUP_ARN,),
        destination="", unsure=unread(f"the scheduled query {name}", query),
    )  # fmt: skip
    return changed(usual, **fields)


def scheduled_queries(*items: ScheduledQuery | Gap) -> ScheduledQueries:
    return ScheduledQueries(queries=items, sources=("s27",))


def copies(**fields: object) -> LogCopies:
    """Return a region in which AWS copies no audit log."""
    none = LogCopies(
        exports=(), lake=SecurityLake(lake="", audit_accounts=()), tables=(), rules=(), sources=("s28",)
    )  # fmt: skip
    return changed(none, **fields)


def policies(*items: object) -> RetentionPolicies:
    return changed(RetentionPolicies(policies=(), read_at=NOW, sources=("s5",)), policies=items)


ALL_WRITES = Selector(name="", classic=True, read_write="All", management=True, excluded_sources=(), fields=())


def trail(name: str = "main", **fields: object) -> Trail:
    sound = Trail(
        arn=f"arn:aws:cloudtrail:eu-central-1:111122223333:trail/{name}",
        name=name,
        home_region="eu-central-1",
        multi_region=True,
        organization=False,
        global_events=True,
        account="111122223333",
        validation=True,
        kms_key="",
        bucket="trail-bucket",
        log_group="",
        status=TrailStatus(
            logging=True,
            latest_delivery=NOW - timedelta(minutes=10),
            delivery_error="",
            latest_digest=NOW - timedelta(minutes=40),
            digest_error="",
            logs_error="",
            started=NOW - timedelta(days=300),
            stopped=None,
            read_at=NOW,
        ),
        selectors=Selectors(items=(ALL_WRITES,)),
        insights=InsightSelectors(
            items=(
                InsightSelector(type="ApiCallRateInsight", categories=("Management",)),
                InsightSelector(type="ApiErrorRateInsight", categories=("Management",)),
            )
        ),
    )
    return changed(sound, **fields)


def trails(*items: Trail) -> Trails:
    return Trails(account="111122223333", region="eu-central-1", trails=items, read_at=NOW, sources=("s6",))


TRAIL_KEY = "arn:aws:kms:eu-central-1:111122223333:key/99999999-2222-3333-4444-555555555555"


def storage(name: str = "main", **fields: object) -> Storage:
    """Return where a trail keeps its files: a bucket that nothing makes public, and a key of the customer."""
    sound = Storage(
        trail=trail(name).arn,
        home_region="eu-central-1",
        bucket=TrailBucket(
            name="trail-bucket",
            policy_public=False,
            acl_public=False,
            block=BucketBlock(ignores_acls=True, restricts_policy=True),
        ),
        key=TrailKey(arn=TRAIL_KEY, manager="CUSTOMER", state="Enabled"),
    )
    return changed(sound, **fields)


def storages(*items: Storage) -> TrailStorage:
    return TrailStorage(region="eu-central-1", account="111122223333", items=items, sources=("s12",))


def store(name: str = "lake", **fields: object) -> EventDataStore:
    sound = EventDataStore(
        arn=f"arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/{name}",
        name=name,
        region="us-east-1",
        status="ENABLED",
        multi_region=True,
        organization=False,
        selectors=Selectors(items=(ALL_WRITES,)),
        insights=trail().insights,
        too_recent=None,
    )
    return changed(sound, **fields)


def stores(*items: EventDataStore | Gap, region: str = "us-east-1") -> EventDataStores:
    return EventDataStores(regions=(StoresOfRegion(region=region, stores=items),), sources=("s13",))


def insight_event(**fields: object) -> InsightEvent:
    usual = InsightEvent(
        id="0123456789abcdef", type="ApiCallRateInsight", category="Management", source="iam.amazonaws.com",
        name="AttachRolePolicy", error="", started=NOW - timedelta(days=3), ended=NOW - timedelta(days=3, minutes=-9),
        rate=42.5, baseline=0.002, principals=("arn:aws:iam::111122223333:role/app",),
    )  # fmt: skip
    return changed(usual, **fields)


def insight_events(*items: InsightEvent, **fields: object) -> InsightEvents:
    usual = InsightEvents(
        account="111122223333", region="eu-central-1", window=Period(since=NOW - timedelta(days=90), until=NOW),
        events=items, unread=(), switched_on=(), sources=("s14",),
    )  # fmt: skip
    return changed(usual, **fields)


INSIGHT_PATTERN = '{"source":["aws.cloudtrail"],"detail-type":["AWS Insight via CloudTrail"]}'


def event_rule(name: str = "insights", **fields: object) -> EventRule:
    sound = EventRule(
        name=name,
        arn=f"arn:aws:events:eu-central-1:111122223333:rule/{name}",
        enabled=True,
        pattern=INSIGHT_PATTERN,
        targets=("arn:aws:sns:eu-central-1:111122223333:alerts",),
    )
    return changed(sound, **fields)


def event_rules(*items: EventRule, topics: tuple[Topic, ...] = ()) -> EventRules:
    return EventRules(
        account="111122223333", region="eu-central-1", rules=items, others=2, topics=topics, sources=("s15",)
    )  # fmt: skip


def hit_group(**fields: object) -> HitGroup:
    usual = HitGroup(
        user="alice", actor="arn:aws:iam::111122223333:role/Admin", source="198.51.100.7", agent="kubectl/v1.35.2",
        verb="patch", group="", resource="configmaps", subresource="", namespace="kube-system", code=200,
        decision="allow", dry_run=False, count=1, first=NOW - timedelta(hours=2), last=NOW - timedelta(hours=1),
    )  # fmt: skip
    return changed(usual, **fields)


def rule_result(rule: str, *groups: HitGroup, **fields: object) -> RuleResult:
    usual = RuleResult(
        rule=rule, logic="0" * 64, hits=sum(group.count for group in groups), groups=groups, first_hits=(),
        observable="yes",
    )  # fmt: skip
    return changed(usual, **fields)


def covered(*gaps: Period) -> TimeCoverage:
    return TimeCoverage(gaps=gaps, gaps_found=len(gaps), streams=(), streams_found=0)


def scan(*results: RuleResult, **fields: object) -> AuditLogScan:
    usual = AuditLogScan(
        origin="files",
        window=WINDOW,
        first_event=WINDOW.since,
        last_event=WINDOW.until,
        events_read=1_000,
        accounting=Accounting(
            lines=1_000, good=1_000, bad=0, blank=0, truncated=0, other=0, requests=900,
            files=(
                FileAccount(path="audit.jsonl", format="audit events, JSON lines", lines=1_000, good=1_000, bad=0,
                            blank=0, truncated=0, other=0, sha256="0" * 64, bad_lines=()),
            ),
        ),
        levels=(),
        rules=results,
        unread=None,
        time_coverage=covered(),
        refusals=Refusals(minutes=()),
        sources=("s7",),
    )  # fmt: skip
    return changed(usual, **fields)


def trail_scan(*results: RuleResult, **fields: object) -> CloudTrailScan:
    """Return what rules found in the CloudTrail files of the region."""
    usual = CloudTrailScan(
        origin="files", window=WINDOW, first_event=WINDOW.since, last_event=WINDOW.until, events_read=1_000,
        rules=results, unread=None, sources=("s12",),
    )  # fmt: skip
    return changed(usual, **fields)


def taken(**fields: object) -> TakenRole:
    """Return what CloudTrail tells of shop/app, which took the role that is its own."""
    usual = TakenRole(
        way="irsa", provider=PROVIDER, audience="sts.amazonaws.com", cluster="", subject=APP, role=role_arn("app"),
        granted=3, refused=0, errors=(), first=NOW - timedelta(hours=5), last=NOW - timedelta(hours=1),
        regions=("eu-central-1",), addresses=("10.0.4.27",), events=("e1", "e2", "e3"), apis=(), more_apis=0,
    )  # fmt: skip
    return changed(usual, **fields)


def workload_calls(*items: TakenRole, **fields: object) -> WorkloadCalls:
    read = RegionRead(region="eu-central-1", events=3, since=WINDOW.since, until=WINDOW.until, unread=None)
    usual = WorkloadCalls(
        origin="lookup", window=WINDOW, regions=(read,), taken=items, untold=None, pods=(), nameless=(),
        sources=("s13",),
    )  # fmt: skip
    return changed(usual, **fields)


def management_event(name: str, **fields: object) -> ManagementEvent:
    """Return a call by a person, an hour ago."""
    usual = ManagementEvent(
        id=f"{name}-1", time=NOW - timedelta(hours=1), name=name, source="cloudtrail.amazonaws.com",
        user_type="AssumedRole", user="dana", role="arn:aws:iam::111122223333:role/Developer", address="198.51.100.23",
        agent="aws-cli/2.31.0", error="", parameters={},
    )  # fmt: skip
    return changed(usual, **fields)


def trail_digests(**fields: object) -> TrailDigests:
    """Return what two days of digests prove."""
    chain = DigestChain(
        trail="main", since=NOW - timedelta(days=2), until=NOW, digests=48, verified=47, logs=96
    )  # fmt: skip
    usual = TrailDigests(
        chains=(chain,), logs_verified=94, unproved=3, damaged=(), damaged_found=0, tampered=0, keys="aws",
        keys_unread=None, unverified=None, sources=("s14",),
    )  # fmt: skip
    return changed(usual, **fields)


def cloudtrail_events(*events: ManagementEvent, unread: Gap | None = None) -> CloudTrailEvents:
    asked = LookedUp(
        name="AssumeRoleWithWebIdentity", window=WINDOW, since=WINDOW.since, events=0, calls=1, unread=None
    )  # fmt: skip
    period = Period(since=NOW - timedelta(days=90), until=NOW)
    changes = LookedUp(
        name=CHANGES, window=period, since=period.since, events=len(events), calls=1, unread=unread, configuration=True
    )  # fmt: skip
    return CloudTrailEvents(asked=(asked, changes), events=events, sources=("s14",))


def logging_updates(*updates: LoggingUpdate, unread: Gap | None = None) -> LoggingUpdates:
    return LoggingUpdates(updates=updates, unread=unread, sources=("s26",))


FEEDING = ("AUTH-ANON-ALLOWED", "AUTH-DENIED", "META-ALL-AUTHENTICATED", "META-CHANGE", "META-NO-DECISION")
"""The rules whose results checks ask for."""


def quiet() -> AuditLogScan:
    """Return a scan in which the rules that feed checks found nothing."""
    return scan(*map(rule_result, FEEDING))


def cluster() -> Cluster:
    return Cluster(
        arn=CLUSTER.resource.id, name="demo", version="1.33", status="ACTIVE", created_at=NOW - timedelta(days=400),
        endpoint="https://ABC.gr7.eu-central-1.eks.amazonaws.com", issuer="oidc.eks.eu-central-1.amazonaws.com/id/ABC",
        authentication_mode="API_AND_CONFIG_MAP", sources=("s1",),
    )  # fmt: skip


ISSUER = "oidc.eks.eu-central-1.amazonaws.com/id/ABC"
PROVIDER = f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"
APP = "system:serviceaccount:shop:app"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
ORDINARY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


def role_arn(name: str) -> str:
    return f"arn:aws:iam::111122223333:role/{name}"


def statement(subject: object = APP, operator: str = "StringEquals", **fields: object) -> dict[str, Any]:
    """Return a statement that admits *subject* of the sound cluster, with a pinned audience; None: no subject."""
    condition: dict[str, dict[str, Any]] = {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com"}}
    if subject is not None:
        condition.setdefault(operator, {})[f"{ISSUER}:sub"] = subject
    return {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
        **fields,
    }


def for_pods(*actions: str, **fields: object) -> dict[str, Any]:
    """Return a statement for EKS Pod Identity, scoped to the sound cluster."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": list(actions or ("sts:AssumeRole", "sts:TagSession")),
        "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333", "aws:SourceArn": CLUSTER.resource.id}},
        **fields,
    }


def role(*statements: dict[str, Any], name: str = "app", **fields: object) -> IamRole:
    """Return a role that the service account shop/app may assume, or those of *statements*."""
    document = {"Version": "2012-10-17", "Statement": list(statements or (statement(),))}
    sound = IamRole(
        arn=role_arn(name),
        name=name,
        path="/",
        trust_policy=canonical_json(document).decode(),
    )
    return changed(sound, **fields)


def allowing(*actions: str, effect: str = "Allow", on: object = "*", **fields: object) -> PolicyDocument:
    """Return an inline policy with one statement; a field without a value is left out."""
    statement: dict[str, object] = {"Effect": effect, "Action": list(actions), "Resource": on, **fields}
    known = {name: value for name, value in statement.items() if value not in (None, [])}
    document = canonical_json({"Version": "2012-10-17", "Statement": [known]}).decode()
    return PolicyDocument(name="inline", document=document)


def attached(*items: str | PolicyDocument, name: str = "app", boundary: str = "") -> RolePermissions:
    """Return what is attached to a role: managed policies by ARN, and inline ones."""
    return RolePermissions(
        role=role_arn(name),
        inline=tuple(item for item in items if isinstance(item, PolicyDocument)),
        attached=tuple(item for item in items if isinstance(item, str)),
        boundary=boundary,
    )


def role_policies(*items: RolePermissions, managed: Mapping[str, PolicyDocument] | None = None) -> RolePolicies:
    """Return the policies of roles, with an administrator's and an ordinary managed one."""
    known = {ADMINISTRATOR: allowing("*"), ORDINARY: allowing("s3:Get*", "s3:List*"), **(managed or {})}
    return RolePolicies(
        roles=items,
        managed=tuple(PolicyDocument(name=arn, document=policy.document) for arn, policy in sorted(known.items())),
        sources=("s11",),
    )


def sound_policies() -> RolePolicies:
    return role_policies(attached(ORDINARY), attached(ORDINARY, name=PODS_ROLE))


PODS_ROLE = "pods"


def roles(*items: IamRole) -> IamRoles:
    return IamRoles(roles=items, others=(role_arn("Admin"),), sources=("s8",))


def sound_roles() -> IamRoles:
    return roles(role(), role(for_pods(), name=PODS_ROLE))


def provider(arn: str = PROVIDER, **fields: object) -> OidcProvider:
    sound = OidcProvider(arn=arn, issuer=arn.partition("oidc-provider/")[2], client_ids=("sts.amazonaws.com",))
    return changed(sound, **fields)


def providers(*items: OidcProvider) -> OidcProviders:
    return OidcProviders(providers=items or (provider(),), sources=("s9",))


def association(**fields: object) -> PodIdentityAssociation:
    sound = PodIdentityAssociation(
        arn="arn:aws:eks:eu-central-1:111122223333:podidentityassociation/demo/a-1",
        namespace="web",
        service_account="shop",
        settings=AssociationSettings(role_arn=role_arn(PODS_ROLE), target_role_arn="", session_tags=True),
    )
    return changed(sound, **fields)


def associations(*items: PodIdentityAssociation) -> PodIdentityAssociations:
    return PodIdentityAssociations(associations=items, sources=("s10",))


def service_account(namespace: str, name: str, role: str = "") -> ServiceAccount:
    return ServiceAccount(namespace=namespace, name=name, role_arn=role_arn(role) if role else "")


def objects(*accounts: ServiceAccount, **fields: object) -> KubernetesObjects:
    """Return the objects of a cluster in which one pod runs as shop/app, or as no account in particular."""
    pod = Pod(namespace="shop", name="app-1", service_account="app", images=(), owner="", phase="Running")
    kinds: dict[str, Any] = dict.fromkeys(
        (
            "roles", "role_bindings", "cluster_roles", "cluster_role_bindings", "validating_webhooks",
            "mutating_webhooks", "namespaces", "deployments", "daemon_sets", "stateful_sets", "jobs", "cron_jobs",
        ),
        (),
    )  # fmt: skip
    sound = KubernetesObjects(
        origin="dump",
        service_accounts=accounts or (service_account("shop", "app", "app"), service_account("shop", "default")),
        pods=(pod,),
        aws_auth=AwsAuth(exists=False, map_roles="", map_users="", map_accounts=""),
        sources=("s11",),
        **kinds,
    )
    return changed(sound, **fields)


GB = 2**30


def volume(name: str = "demo", **fields: object) -> GroupVolume:
    """Return a log group that takes in 4 GB a day."""
    usual = GroupVolume(
        name=f"/aws/eks/{name}/cluster", created_at=NOW - timedelta(days=400), retention_days=365,
        log_class="STANDARD", stored_bytes=219 * GB, daily=(4 * GB,) * 30,
    )  # fmt: skip
    return changed(usual, **fields)


def volumes(*groups: GroupVolume, **fields: object) -> LogVolumes:
    """Return the volumes of a region in which nothing else is logged."""
    groups = groups or (volume(),)
    until = NOW.replace(hour=0)
    everything = tuple(sum(group.daily[day] or 0 for group in groups) for day in range(30))
    usual = LogVolumes(
        since=until - timedelta(days=30), until=until, groups=groups, everything=everything, sources=("s12",)
    )
    return changed(usual, **fields)


def sheet(region: str = "eu-central-1", **fields: object) -> PriceSheet:
    """Return round prices: a dollar a GB, half of that beyond 100 GB a month; a dime a GB-month."""
    usual = PriceSheet(
        region=region, currency="USD", origin="price_list", source="a price list", date=NOW.date(),
        ingestion=(Tier(up_to_gb=100, price=Decimal(1)), Tier(up_to_gb=None, price=Decimal("0.5"))),
        ingestion_infrequent=(Tier(up_to_gb=100, price=Decimal("0.5")), Tier(up_to_gb=None, price=Decimal("0.25"))),
        storage=Decimal("0.1"), scan=Decimal("0.01"),
    )  # fmt: skip
    return changed(usual, **fields)


def prices(**fields: object) -> LogPrices:
    return changed(LogPrices(sheet=sheet(), sources=("s13",)), **fields)


def sound_sections() -> dict[Target, tuple[Section, ...]]:
    """Return the sections of an account in which nothing is wrong."""
    return {
        ACCOUNT: (
            AccountRegions(enabled=("eu-central-1",), selected=("eu-central-1",), sources=("s0",)),
            sound_roles(),
            sound_policies(),
            providers(),
            stores(),
            workload_calls(taken()),
        ),
        REGION: (
            ClusterList(names=("demo",), selected=("demo",), sources=("s0",)),
            policies(),
            trails(trail()),
            volumes(),
            prices(),
            LogTypes(asked=False, volumes=()),
            QueryHistory(groups=()),
            storages(storage()),
            insight_events(),
            event_rules(event_rule()),
            trail_scan(),
            cloudtrail_events(),
            trail_digests(),
            alarms(alarm()),
            AlarmMuteRules(active=(), sources=("s25",)),
            guardduty(),
            saved_queries(*guide_queries()),
            scheduled_queries(),
            copies(),
        ),
        CLUSTER: (
            cluster(),
            logging(),
            group(),
            streams(),
            enabled_since(),
            logging_updates(),
            key(),
            metric_filters(),
            subscriptions(),
            topics(),
            associations(association()),
            objects(),
            quiet(),
        ),
    }


def source(identifier: str) -> Source:
    return Source(
        id=identifier, operation="eks:DescribeCluster", parameters={"name": "demo"}, region="eu-central-1", time=NOW,
        request_id=f"request-{identifier}", sha256_received="0" * 64, sha256_stored="",
    )  # fmt: skip


def info(**fields: object) -> CollectionInfo:
    usual = CollectionInfo(
        id="0123456789ab",
        tool_version="0.1.0",
        identity=Identity(account="111122223333", arn="arn:aws:iam::111122223333:role/Auditor", user_id="AROA:x"),
        started=NOW - timedelta(minutes=1),
        finished=NOW,
        events=WINDOW,
        configuration=Period(since=NOW - timedelta(days=90), until=NOW),
        options={},
    )
    return changed(usual, **fields)


def collection(
    sections: Mapping[Target, tuple[Section, ...]] | None = None,
    gaps: Mapping[Target, Mapping[type[Section], Gap]] | None = None,
    **fields: object,
) -> Collection:
    """Return a collection of *sections* (sound ones by default) in which *gaps* take the place of some."""
    found = sound_sections() if sections is None else sections
    evidence = {
        target: Evidence(
            target=target,
            collected_at=NOW,
            sections={
                **{section.key: section for section in own},
                **{kind.key: gap for kind, gap in (gaps or {}).get(target, {}).items()},
            },
            sources=tuple(source(name) for name in sorted({name for section in own for name in section.sources})),
        )
        for target, own in found.items()
    }
    return Collection(info=info(**fields), evidence=evidence)
