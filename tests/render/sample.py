"""Assessments made by hand: every status, cause and oddity that a report has to show."""

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from eksaminer.access import Access, Power, ServiceAccess
from eksaminer.criteria import Criteria
from eksaminer.evidence.collection import CallCount, Excluded, Identity
from eksaminer.evidence.model import Source, Target
from eksaminer.evidence.scan import (
    Accounting,
    BadLine,
    FileAccount,
    Hit,
    LevelCount,
    ObjectReference,
    Refusals,
    StreamSpan,
    TimeCoverage,
)
from eksaminer.findings import (
    Activity,
    Assertion,
    Assessment,
    CheckInfo,
    ClusterActivity,
    Conclusion,
    Cost,
    Coverage,
    CoverageRow,
    EvidenceItem,
    Finding,
    GapRow,
    Message,
    MessageParameter,
    NotAssessed,
    Pack,
    Periods,
    Population,
    RegionPopulation,
    RuleActivity,
    Run,
    Summary,
    TargetInfo,
    TargetName,
    Tool,
    TrustedAccount,
    TrustRow,
    Waiver,
)
from eksaminer.gap import Cause
from eksaminer.guide import RECOMMENDATIONS
from eksaminer.outcome import Basis, Level, Period, Resource, Scope, Severity, Status
from eksaminer.record import sha256

ACCOUNT = "111122223333"
NOW = datetime(2026, 11, 20, 8, 15, tzinfo=UTC)
DAY = timedelta(days=1)
WINDOW = Period(since=NOW - DAY, until=NOW)

ACCOUNT_TARGET = TargetName(account=ACCOUNT, region="", cluster="")
FRANKFURT = TargetName(account=ACCOUNT, region="eu-central-1", cluster="")
PROD = TargetName(account=ACCOUNT, region="eu-central-1", cluster="prod")
LEGACY = TargetName(account=ACCOUNT, region="eu-central-1", cluster="legacy")
SHOP = TargetName(account=ACCOUNT, region="us-east-1", cluster="shop")
CLUSTERS = (PROD, LEGACY, SHOP)


def check(number: str, title: str, recommendation: str, **changes: object) -> CheckInfo:
    """Describe a check."""
    info = CheckInfo(
        id=number,
        title=title,
        scope=Scope.CLUSTER,
        severity=Severity.MEDIUM,
        basis=Basis.GUIDE,
        recommendation=recommendation,
        level=Level.REQUIRED,
        rule_class="",
        criterion=f"What {number} asks for stands here in one sentence.",
        rationale="An investigation starts months after the act; the log has to be there still.\n\n"
        "The guide names no number of days: the default of this tool is `90`.",
        remediation="Set the retention of the log group to at least the required number of days.",
        references=("https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html",),
        permissions=("eks:DescribeCluster",),
    )
    return msgspec.structs.replace(info, **changes)


CHECKS = (
    check(
        "LOG-01",
        "The Kubernetes audit log is enabled",
        "enable-audit-logs",
        severity=Severity.HIGH,
        criterion="The control plane of the cluster sends the log type `audit` to CloudWatch Logs.",
        rationale="Without it nothing that the other recommendations ask for can work, and what happened while it was "
        "off can never be known: EKS keeps no copy.",
        remediation="Enable the log type `audit`.",
    ),
    check(
        "LOG-02",
        "The other control-plane log types are enabled",
        "enable-audit-logs",
        basis=Basis.BEYOND,
        level=Level.ADVISED,
    ),
    check("LOG-03", "Audit events arrive in CloudWatch Logs", "enable-audit-logs", severity=Severity.HIGH),
    check("LOG-04", "The audit log is kept as long as required", "enable-audit-logs"),
    check("LOG-06", "The log group is encrypted", "enable-audit-logs", basis=Basis.BEYOND),
    check("LOG-08", "The log group is protected from deletion", "enable-audit-logs", basis=Basis.BEYOND),
    check("META-01", "Events carry decision and reason", "use-audit-metadata", severity=Severity.INFORMATIONAL),
    check("EKS-AWS-AUTH", "aws-auth was changed", "analyze-logs-with-log-insights", rule_class="lead"),
    check("SEC-READ-DENIED", "Reading Secrets was refused", "analyze-logs-with-log-insights", rule_class="lead"),
    check(
        "CT-01",
        "Every region is recorded by a trail that logs management writes",
        "audit-cloudtrail-logs",
        scope=Scope.REGION,
        severity=Severity.HIGH,
    ),
    check("CT-02", "Log file validation is on", "audit-cloudtrail-logs", scope=Scope.ACCOUNT, basis=Basis.BEYOND),
    check("ALM-04", "The alarm would have seen what happened", "alarm-on-suspicious-events"),
    check("INS-01", "Insights analyses the call rate", "use-cloudtrail-insights", scope=Scope.REGION),
)
BY_ID = {info.id: info for info in CHECKS}

SOURCES = (
    Source(
        id="s1",
        operation="eks:DescribeCluster",
        parameters={"name": "legacy"},
        region="eu-central-1",
        time=NOW - timedelta(minutes=4),
        request_id="0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
        sha256_received=sha256(b"legacy"),
        sha256_stored=sha256(b"legacy stored"),
    ),
    Source(
        id="s2",
        operation="logs:DescribeLogGroups",
        parameters={"logGroupNamePrefix": "/aws/eks/"},
        region="eu-central-1",
        time=NOW - timedelta(minutes=3),
        request_id="9a8b7c6d-5e4f-3a2b-1c0d-ffeeddccbbaa",
        sha256_received=sha256(b"groups"),
        sha256_stored=sha256(b"groups"),
    ),
    Source(
        id="s3",
        operation="file",
        parameters={"path": "exports/legacy/audit.jsonl.gz"},
        region="",
        time=NOW - timedelta(minutes=2),
        request_id="",
        sha256_received=sha256(b"audit"),
        sha256_stored="",
    ),
)


def finding(number: str, status: Status, target: TargetName, text: str, **changes: object) -> Finding:
    """Make a finding of check *number*."""
    info = BY_ID[number]
    resource = changes.pop("resource", None) or _resource(target)
    assert isinstance(resource, Resource)
    made = Finding(
        id=sha256(f"{number} {target} {resource} {changes.get('discriminator')} {changes.get('aspect')}".encode()),
        check=number,
        title=info.title,
        status=status,
        severity=info.severity,
        basis=info.basis,
        recommendation=info.recommendation,
        target=target,
        resource=resource,
        aspect="",
        discriminator="",
        level=info.level,
        assertion=Assertion(kind="as_of", since=NOW - timedelta(minutes=4), until=NOW - timedelta(minutes=4)),
        text=text,
        message=Message(id=f"{number}.text", params={}),
        cause=None,
        limitations=(),
        evidence=(EvidenceItem(sources=("s1",), seen={}),),
        derived_from=(),
        remediation=info.remediation,
        command="",
    )
    return msgspec.structs.replace(made, **changes)


def _resource(target: TargetName) -> Resource:
    if target.cluster:
        arn = f"arn:aws:eks:{target.region}:{target.account}:cluster/{target.cluster}"
        return Resource(type="AWS::EKS::Cluster", id=arn)
    return Resource(type="AWS::::Account", id="/".join(part for part in (target.account, target.region) if part))


def unseen(number: str, target: TargetName, cause: Cause, detail: str, permission: str = "") -> Finding:
    """Make a finding that was not assessed."""
    reason = NotAssessed(cause=cause, permission=permission, detail=detail)
    return finding(number, Status.NOT_ASSESSED, target, detail, cause=reason, evidence=())


def group(cluster: str, region: str = "eu-central-1") -> Resource:
    """Name the log group of a cluster."""
    arn = f"arn:aws:logs:{region}:{ACCOUNT}:log-group:/aws/eks/{cluster}/cluster"
    return Resource(type="AWS::Logs::LogGroup", id=arn)


THROUGHOUT = Assertion(kind="throughout", since=WINDOW.since, until=WINDOW.until)

FINDINGS = (
    finding("LOG-01", Status.PASS, PROD, "The audit log is enabled."),
    finding(
        "LOG-01",
        Status.FAIL,
        LEGACY,
        "The audit log is off; enabled are api and scheduler.",
        evidence=(EvidenceItem(sources=("s1",), seen={"enabled": ["api", "scheduler"]}),),
        command="aws eks update-cluster-config --region eu-central-1 --name legacy \\\n"
        """  --logging '{"clusterLogging":[{"types":["audit"],"enabled":true}]}'""",
    ),
    unseen(
        "LOG-01",
        SHOP,
        Cause.DENIED,
        "AWS refused eks:DescribeCluster for shop: not authorised by an identity-based policy.",
        "eks:DescribeCluster",
    ),
    finding("LOG-02", Status.REVIEW, LEGACY, "The log type authenticator is off.", aspect="authenticator"),
    finding("LOG-02", Status.NOT_APPLICABLE, LEGACY, "The log type controllerManager is off.", aspect="cm"),
    finding("LOG-02", Status.PASS, PROD, "The log type authenticator is on.", aspect="authenticator"),
    finding("LOG-03", Status.PASS, PROD, "The newest audit event arrived 2 minutes before the log was looked at."),
    unseen("LOG-03", LEGACY, Cause.PREREQUISITE_FAILED, "LOG-01 failed: The audit log is off."),
    unseen("LOG-03", SHOP, Cause.THROTTLED, "AWS refused logs:DescribeLogStreams for the rate, after 8 attempts."),
    finding(
        "LOG-04",
        Status.FAIL,
        PROD,
        "Events are kept for 30 days (set by the log group); 90 days are required.",
        resource=group("prod"),
        message=Message(id="LOG-04.too_short", params={"kept": {"seconds": 30 * 86400}}),
        evidence=(
            EvidenceItem(
                sources=("s2", "s9"),
                seen={"kept": {"seconds": 30 * 86400}, "read_at": {"time": "2026-11-20T08:11:00Z"}},
            ),
        ),
        command="aws logs put-retention-policy --region eu-central-1 --log-group-name /aws/eks/prod/cluster "
        "--retention-in-days 90",
        limitations=("Not seen, and without effect on the status: retention_policies (denied): refused.",),
        waiver=Waiver(id="W-7", reason="moves to S3 in December", approver="ciso@example.com", expires=NOW + 30 * DAY),
    ),
    finding("LOG-06", Status.PASS, PROD, "Encrypted with a key that AWS owns.", resource=group("prod")),
    finding("LOG-06", Status.PASS, LEGACY, "Encrypted with a key that AWS owns.", resource=group("legacy")),
    finding("LOG-08", Status.REVIEW, PROD, "Deletion protection is off.", disposition="authorised: change 4711"),
    unseen("META-01", PROD, Cause.NOT_REQUESTED, "No audit log was read in this run."),
    finding(
        "EKS-AWS-AUTH",
        Status.REVIEW,
        PROD,
        "arn:aws:iam::111122223333:role/deploy changed aws-auth 2 times.",
        discriminator="arn:aws:iam::111122223333:role/deploy",
        assertion=THROUGHOUT,
        evidence=(EvidenceItem(sources=("s3",), seen={"hits": 2}),),
    ),
    finding(
        "SEC-READ-DENIED",
        Status.PASS,
        PROD,
        "No matching event in the 53,412 events read.",
        assertion=THROUGHOUT,
    ),
    finding(
        "CT-01",
        Status.PASS,
        FRANKFURT,
        "The trail management records the region.",
        recommendation="audit-cloudtrail-logs",
    ),
    finding(
        "CT-02",
        Status.FAIL,
        ACCOUNT_TARGET,
        "Log file validation of the trail management is off.",
        severity=Severity.LOW,
    ),
    unseen(
        "INS-01",
        FRANKFURT,
        Cause.DENIED,
        "AWS refused cloudtrail:GetInsightSelectors.",
        "cloudtrail:GetInsightSelectors",
    ),
)


def replayed(peak: str) -> Finding:
    """Make a finding about an alarm that was replayed."""
    params: dict[str, MessageParameter] = {
        "alarm": "eks-refused",
        "threshold": "20",
        "period": {"seconds": 300},
        "kinds": ["forbidden", "anonymous", "unauthenticated"],
        "peak": peak,
    }
    return finding("ALM-04", Status.PASS, PROD, "It fits.", message=Message(id="ALM-04.fits", params=params))


HITS = tuple(
    Hit(
        audit_id=f"6f1c0d2e-1111-4222-8333-00000000000{place}",
        time=NOW - timedelta(hours=3, minutes=place),
        user="kubernetes-admin",
        actor="arn:aws:iam::111122223333:role/deploy",
        source_ips=("203.0.113.7", "10.0.4.11"),
        user_agent="kubectl/v1.33.1",
        verb="patch",
        resource=ObjectReference(resource="configmaps", namespace="kube-system", name="aws-auth"),
        code=200,
        decision="allow",
        reason='RBAC: allowed by ClusterRoleBinding "cluster-admin"',
        dry_run=place == 1,
        evidence={"namespace": "kube-system"},
        truncated=False,
        log_group="/aws/eks/prod/cluster",
        file="exports/prod/audit.jsonl.gz",
        line=100 + place,
    )
    for place in range(2)
)

MINUTE = int(WINDOW.since.timestamp()) // 60
"""The first of the window, since 1970."""

REFUSALS = Refusals(
    minutes=(
        (MINUTE + 5, 2, 0, 0),
        (MINUTE + 61, 0, 3, 1),
        *((MINUTE + 700 + place, 4 + place % 3, 1, 0) for place in range(40)),
        (MINUTE + 1430, 1, 0, 9),
    )
)


def secret_hit(place: int, actor: str, code: int | None, verb: str = "get") -> Hit:
    """Return a read of a Secret, so many minutes after the begin of the window."""
    return msgspec.structs.replace(
        HITS[0],
        audit_id=f"5ec0{place:04}-{actor}-{code}",
        time=WINDOW.since + timedelta(minutes=place),
        user=actor,
        actor=actor,
        verb=verb,
        resource=ObjectReference(resource="secrets", namespace="shop", name="db"),
        code=code,
        dry_run=False,
        evidence={},
    )


SECRET_HITS = (
    *(secret_hit(20 + 3 * place, "", 401) for place in range(30)),
    *(secret_hit(40 * place, "system:serviceaccount:shop:cart", 403, "list") for place in range(1, 12)),
    *(secret_hit(100 + place, "arn:aws:iam::111122223333:role/deploy", 200) for place in range(60)),
    secret_hit(900, "jane", None, "watch"),
    secret_hit(901, "jane", 404),
    *(secret_hit(1000 + place, f"reader-{place:02}", 200) for place in range(9)),
)

ACCOUNTING = Accounting(
    lines=53_420,
    good=53_418,
    bad=1,
    blank=1,
    truncated=2,
    other=6,
    requests=31_002,
    files=(
        FileAccount(
            path="exports/prod/audit.jsonl.gz",
            format="json lines, gzip",
            lines=53_420,
            good=53_418,
            bad=1,
            blank=1,
            truncated=2,
            other=6,
            sha256=sha256(b"audit"),
            bad_lines=(BadLine(line=77, reason="not JSON"),),
        ),
    ),
)

ACTIVITY = Activity(
    clusters=(
        ClusterActivity(
            target=PROD,
            origin="files",
            window=WINDOW,
            first_event=WINDOW.since + timedelta(seconds=3),
            last_event=WINDOW.until - timedelta(seconds=5),
            events_read=53_412,
            accounting=ACCOUNTING,
            rules=(
                RuleActivity(rule="EKS-AWS-AUTH", hits=3, allowed=1, observable="yes", first_hits=HITS),
                RuleActivity(rule="SEC-READ-DENIED", hits=0, allowed=0, observable="yes", first_hits=()),
                RuleActivity(rule="SEC-READ-OK", hits=2_000, allowed=12, observable="yes", first_hits=SECRET_HITS),
                RuleActivity(rule="AUTH-ANON-FAILED", hits=0, allowed=0, observable="unknown", first_hits=()),
            ),
            levels=(
                LevelCount(group="", resource="configmaps", verb="patch", level="RequestResponse", count=12),
                LevelCount(group="", resource="pods", verb="get", level="Metadata", count=53_400),
            ),
            unread=None,
            refusals=REFUSALS,
            time_coverage=TimeCoverage(
                gaps=(Period(since=NOW - timedelta(minutes=95), until=NOW - timedelta(minutes=82)),),
                gaps_found=1,
                streams=(
                    StreamSpan(
                        log_group="/aws/eks/prod/cluster",
                        stream="kube-apiserver-audit-0123456789abcdef",
                        first=WINDOW.since,
                        last=WINDOW.until,
                        entries=53_412,
                    ),
                ),
                streams_found=1,
            ),
        ),
        ClusterActivity(
            target=SHOP,
            origin="cloudwatch",
            window=WINDOW,
            first_event=None,
            last_event=None,
            events_read=0,
            accounting=Accounting(lines=0, good=0, bad=0, blank=0, truncated=0, other=0, requests=0, files=()),
            rules=(),
            levels=(),
            time_coverage=TimeCoverage(gaps=(), gaps_found=0, streams=(), streams_found=0),
            unread=NotAssessed(cause=Cause.DENIED, permission="logs:StartQuery", detail="AWS refused logs:StartQuery."),
        ),
    )
)


def trust_row(name: str, status: Status | None, **changes: object) -> TrustRow:
    """Return a sound trust of the service account shop/NAME, changed."""
    sound = TrustRow(
        account=ACCOUNT,
        role=f"arn:aws:iam::{ACCOUNT}:role/{name}",
        via="eks",
        provider=f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/ABC",
        cluster=PROD,
        accounts=(TrustedAccount(name=f"shop/{name}", named=True, annotated=True, pods=2),),
        admits="named",
        certain=True,
        witness="",
        status=status,
        finding="",
        access=access("ordinary", "s3", "sqs"),
    )
    return msgspec.structs.replace(sound, **changes)


def access(power: Power, *services: str, **changes: object) -> Access:
    """Return what a role may do: read and write in *services*."""
    may = tuple(
        ServiceAccess(service=name, reads=True, writes=True, every_action=False, everywhere=True, resources=())
        for name in services
    )
    sound = Access(power=power, why=(), services=may, boundary="", limits=())
    return msgspec.structs.replace(sound, **changes)


TRUST = (
    trust_row("app", Status.PASS),
    trust_row("ci", Status.FAIL, admits="everyone", witness="a/a", accounts=(), access=access("administrator", "*")),
    trust_row("reports", Status.FAIL, admits="namespaces", witness="a/reports", accounts=()),
    trust_row("logs", Status.REVIEW, admits="namespace", witness="logs/a", certain=False),
    trust_row("list", Status.REVIEW, admits="wider_named", access=None, cluster=LEGACY),
    trust_row(
        "knot", Status.REVIEW, admits="undecided", access=access("unknown", limits=("The policy p is missing.",))
    ),
    trust_row("dead", Status.NOT_APPLICABLE, admits="nobody", accounts=(), access=access("ordinary")),
    trust_row("gone", None, cluster=None, accounts=(TrustedAccount(name="a/b", named=False, annotated=True, pods=1),)),
    trust_row(
        "github", Status.PASS, via="other_provider", cluster=SHOP, access=access("escalates", "iam", boundary="b")
    ),
    trust_row("pods", Status.PASS, via="pod_identity", provider="", admits="associated", accounts=()),
    trust_row("bad", Status.REVIEW, via="unreadable", provider="", cluster=None, admits="unreadable", accounts=()),
    trust_row("many", Status.PASS, access=access("ordinary", *(f"service-{place:02}" for place in range(20)))),
)


UNLISTED = tuple(
    GapRow(
        target=TargetName(account=ACCOUNT, region=region, cluster=""),
        section="cluster_list",
        cause=Cause.DENIED,
        permission="eks:ListClusters",
        detail=f"AWS refused eks:ListClusters in {region}.",
    )
    for region in ("eu-west-1", "eu-west-2")
)


def conclude(findings: Iterable[Finding]) -> tuple[Conclusion, ...]:
    """Conclude roughly, for the looks: reports show conclusions, they do not draw them."""
    made = tuple(findings)
    conclusions: list[Conclusion] = []
    for place, item in enumerate(RECOMMENDATIONS):
        own = [one for one in made if one.recommendation == item.slug]
        counts = Counter(one.status.value for one in own)
        reasons: tuple[str, ...]
        verdict, reasons = "not in scope", ("No check of this recommendation was selected.",)
        if counts["fail"]:
            verdict, reasons = "exception noted", (f"{counts['fail']} exceptions.",)
        elif place == 2:
            verdict, reasons = "not concluded", ("Mandatory and not part of this version: ALM-01, ALM-02, ALM-03.",)
        elif counts["not_assessed"]:
            verdict, reasons = "not concluded", ("Mandatory and not assessed on every target: INS-01.",)
        elif own:
            verdict, reasons = "no exception noted", ()
        conclusions.append(
            msgspec.convert(
                {
                    "recommendation": item.slug,
                    "title": item.title,
                    "conclusion": verdict,
                    "reasons": reasons,
                    "counts": {status.value: counts[status.value] for status in Status},
                },
                Conclusion,
            )
        )
    return tuple(conclusions)


def assessment(findings: Iterable[Finding] = FINDINGS, **changes: object) -> Assessment:
    """Put an assessment together around *findings*."""
    made = tuple(findings)
    failed = Counter(one.severity.value for one in made if one.status is Status.FAIL)
    statuses = Counter(one.status.value for one in made)
    rows = {(one.check, one.target): one for one in made}
    result = Assessment(
        tool=Tool(version="0.1.0", packs=(Pack(name="builtin", version="0.1.0", digest=sha256(b"pack")),)),
        run=Run(
            id="0123456789ab",
            as_of=NOW,
            identity=Identity(
                account=ACCOUNT,
                arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/Auditor/jane",
                user_id="AROAEXAMPLE:jane",
            ),
            started=NOW - timedelta(minutes=5),
            finished=NOW,
            collection="ba9876543210",
            evidence_sha256=sha256(b"manifest"),
            options={"logs": "prod=exports/prod", "region": "all enabled"},
            interrupted=False,
            clock_offset_ms=120,
        ),
        criteria=Criteria(
            levels={"LOG-02.api": Level.REQUIRED},
            allow={"EKS-AWS-AUTH": ("arn:aws:iam::111122223333:role/eks-*",)},
            origins={"levels.LOG-02.api": "eksaminer.toml"},
        ),
        period=Periods(configuration=Period(since=NOW - 90 * DAY, until=NOW), events=WINDOW),
        population=Population(
            regions=(
                RegionPopulation(name="eu-central-1", selected=True, clusters=2, clusters_selected=2),
                RegionPopulation(name="eu-west-1", selected=True, clusters=None, clusters_selected=0),
                RegionPopulation(name="us-east-1", selected=True, clusters=2, clusters_selected=1),
                RegionPopulation(name="us-west-2", selected=False, clusters=None, clusters_selected=0),
            ),
            regions_known=True,
            clusters=CLUSTERS,
            skipped=(
                Excluded(
                    target=Target(account=ACCOUNT, region="us-east-1", cluster="sandbox"),
                    reason="empty test cluster, no workloads",
                ),
            ),
            incomplete=tuple(
                NotAssessed(cause=gap.cause, permission=gap.permission, detail=gap.detail) for gap in UNLISTED
            ),
        ),
        targets=tuple(
            TargetInfo(
                account=target.account,
                region=target.region,
                cluster=target.cluster,
                scope=Scope.CLUSTER if target.cluster else Scope.REGION if target.region else Scope.ACCOUNT,
                facts={"ARN": _resource(target).id, "Kubernetes": "1.33", "Status": "ACTIVE"} if target.cluster else {},
                collected_at=NOW - timedelta(minutes=4),
                evidence_sha256=sha256(repr(target).encode()),
            )
            for target in (ACCOUNT_TARGET, FRANKFURT, *CLUSTERS)
        ),
        checks=CHECKS,
        findings=made,
        conclusions=conclude(made),
        coverage=Coverage(
            matrix=tuple(
                CoverageRow(check=number, target=target, status=one.status, findings=1)
                for (number, target), one in sorted(rows.items(), key=repr)
            ),
            gaps=(
                GapRow(
                    target=SHOP,
                    section="cluster",
                    cause=Cause.DENIED,
                    permission="eks:DescribeCluster",
                    detail="AWS refused eks:DescribeCluster for shop.",
                ),
                *UNLISTED,
            ),
        ),
        activity=ACTIVITY,
        cost=Cost(
            calls=(CallCount(operation="eks:DescribeCluster", count=3), CallCount(operation="logs:StartQuery", count=1))
        ),
        summary=Summary(
            statuses={status.value: statuses[status.value] for status in Status},
            failed_by_severity={severity.value: failed[severity.value] for severity in Severity},
            targets=5,
            checks=len(CHECKS),
            waived=sum(one.status is Status.FAIL and one.waiver is not None for one in made),
        ),
        sources=SOURCES,
        trust=TRUST,
    )
    return msgspec.structs.replace(result, **changes)


def large(number: int) -> Assessment:
    """Make an assessment of *number* findings over many clusters, half of them exceptions."""
    statuses = (Status.FAIL, Status.PASS, Status.REVIEW, Status.PASS)
    names = [info.id for info in CHECKS if info.scope is Scope.CLUSTER]
    made: list[Finding] = []
    for place in range(number):
        target = TargetName(account=ACCOUNT, region="eu-central-1", cluster=f"cluster-{place // len(names):05}")
        status = statuses[place % 4]
        text = f"Events are kept for {place % 60} days (set by the log group); 90 days are required."
        made.append(
            finding(
                names[place % len(names)],
                status,
                target,
                text,
                evidence=(EvidenceItem(sources=("s1", "s2"), seen={"kept": place, "asked": 90}),),
            )
        )
    return assessment(made)


KEPT = {"schema", "conclusion", "kind", "origin", "observable", "rule_class", "via", "admits", "power"}
"""Fields with a closed set of values."""


def objects(document: bytes) -> bytes:
    """Return the objects of a PDF with its compressed streams unpacked."""
    found = [document]
    for stream in re.findall(rb"stream\n(.*?)\nendstream", document, re.DOTALL):
        with suppress(zlib.error):
            found.append(zlib.decompress(stream))
    return b"\n".join(found)


def poisoned(value: Any, payload: str) -> Any:
    """Put *payload* into every free string of *value*: an assessment in which all names are hostile."""
    if isinstance(value, msgspec.Struct):
        fields = {
            name: getattr(value, name) if name in KEPT else poisoned(getattr(value, name), payload)
            for name in value.__struct_fields__
        }
        return msgspec.structs.replace(value, **fields)
    if isinstance(value, Mapping):
        return {name: poisoned(item, payload) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(poisoned(item, payload) for item in value)
    return f"{payload}{value}" if type(value) is str else value


HOSTILE = {
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "svg": "<svg/onload=alert(1)><style>*{display:none}</style>",
    "style": "</style><style>@import url(http://169.254.169.254/)</style>",
    "attachment": '<a rel=attachment href="file:///etc/passwd">',
    "link": "javascript:alert(1)//",
    "template": "{{7*7}}{% raw %}{#",
    "format": "{0.__class__}{name!r}%s%(x)s",
    "formula": "=cmd|'/C calc'!A0",
    "formula, fullwidth": "＝HYPERLINK(1)",
    "markdown": "[x](javascript:alert(1)) | ![i](http://evil.example) `",
    "ansi": "\x1b[2J\x1b]0;title\x07",
    "bidi": "safe\u202egnp.exe\u2066x\u2069",
    "zero width": "pro\u200bd\ufeff\u00ad",
    "blank": "\u3164\u2800\ufe0f",
    "newline": "a\r\nSet-Cookie: x\n\n# heading",
    "null": "a\x00b",
    "chinese and emoji": "生產叢集🚀",
    "combining": "e\u0301\u0301\u0301",
    "surrogate half": "\ud800",
    "long": "x" * 10_000,
}
"""Strings that try to be more than a name."""
