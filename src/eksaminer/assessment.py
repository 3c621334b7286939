"""Put an assessment together: findings, conclusions, coverage, activity. Pure, like the judgement itself."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Literal

import msgspec

from eksaminer import __version__
from eksaminer.assess import Selection, judge, name_of
from eksaminer.check import Check
from eksaminer.cost import Composition, InsightCost, RegionCost, account_cost, insight_costs, price_of, totals
from eksaminer.criteria import Criteria
from eksaminer.decisions import Answer, Decisions
from eksaminer.evidence.account import AccountRegions, ClusterList
from eksaminer.evidence.cloudtrail import Trails
from eksaminer.evidence.cluster import Cluster, ControlPlaneLogging
from eksaminer.evidence.codec import evidence_digest, manifest_digest
from eksaminer.evidence.collection import Collection
from eksaminer.evidence.cost import LogPrices, LogTypes, LogVolumes, QueryHistory
from eksaminer.evidence.log_group import group_name
from eksaminer.evidence.model import Evidence, Section, Target
from eksaminer.evidence.scan import AuditLogScan, CloudTrailScan, Contribution, RuleResult
from eksaminer.evidence.trail_insights import EventDataStores
from eksaminer.expected import Expectations
from eksaminer.findings import (
    Activity,
    Assessment,
    CheckInfo,
    ClusterActivity,
    Conclusion,
    Cost,
    Coverage,
    CoverageRow,
    DocumentControl,
    Finding,
    GapRow,
    NotAssessed,
    Pack,
    Periods,
    Population,
    PreviousRun,
    RegionPopulation,
    RuleActivity,
    Run,
    Summary,
    TargetInfo,
    TargetName,
    Tool,
)
from eksaminer.gap import Cause, Gap
from eksaminer.guide import RECOMMENDATIONS, Recommendation
from eksaminer.outcome import Scope, Severity, Status
from eksaminer.record import digest
from eksaminer.trust_map import trust_map
from eksaminer.waivers import apply

INCIDENT: Answer = "incident"
"""The answer of a reviewer that makes an exception of a lead."""

Verdict = Literal["exception noted", "no exception noted", "not concluded", "not in scope"]

WORST_FIRST = (Status.FAIL, Status.REVIEW, Status.NOT_ASSESSED, Status.PASS, Status.NOT_APPLICABLE)


def assess(
    collection: Collection,
    checks: Sequence[Check],
    criteria: Criteria,
    *,
    packs: tuple[Pack, ...],
    as_of: datetime | None = None,
    selection: Selection | None = None,
    document: DocumentControl | None = None,
    decisions: Decisions | None = None,
    previous: PreviousRun | None = None,
) -> Assessment:
    """Judge *collection* by *criteria* and conclude. Equal arguments give an equal assessment, byte for byte."""
    info, selection = collection.info, selection or Selection()
    as_of, decisions = as_of or info.finished, decisions or Decisions()
    findings, use = apply(judge(collection, checks, criteria, selection), decisions, as_of)
    manifest, population = manifest_digest(collection), _population(collection)
    decided = (use.given,) if decisions else ()
    return Assessment(
        tool=Tool(version=__version__, packs=packs),
        run=Run(
            id=digest(
                [
                    manifest,
                    criteria,
                    as_of,
                    packs,
                    [check.id for check in checks],
                    selection.only,
                    selection.skip,
                    *decided,
                ]
            )[:12],
            as_of=as_of,
            identity=info.identity,
            started=info.started,
            finished=info.finished,
            collection=info.id,
            evidence_sha256=manifest,
            options=info.options,
            interrupted=info.interrupted,
            clock_offset_ms=info.clock_offset_ms,
            checks=selection.only,
            skip_checks=selection.skip,
        ),
        criteria=criteria,
        period=Periods(configuration=info.configuration, events=info.events),
        population=population,
        targets=tuple(_target(collection, target) for target in collection.targets),
        checks=tuple(_check(check) for check in sorted(checks, key=lambda check: check.id)),
        findings=findings,
        conclusions=tuple(_conclude(item, findings, checks, population) for item in RECOMMENDATIONS),
        coverage=Coverage(matrix=tuple(_matrix(findings)), gaps=tuple(_gaps(collection))),
        activity=Activity(clusters=tuple(_activity(collection, criteria))),
        cost=_cost(collection, criteria),
        summary=_summary(findings, collection, checks),
        sources=tuple(source for target in collection.targets for source in collection.evidence[target].sources),
        trust=trust_map(collection, findings),
        document=document or DocumentControl(),
        decisions=use,
        previous=previous,
    )


def _check(check: Check) -> CheckInfo:
    return CheckInfo(
        id=check.id,
        title=check.title,
        scope=check.scope,
        severity=check.severity,
        basis=check.basis,
        recommendation=check.recommendation,
        level=check.level,
        rule_class=check.rule_class,
        criterion=check.criterion,
        rationale=check.rationale,
        remediation=check.remediation,
        references=check.references,
        permissions=check.permissions,
        aspects=dict(check.levels),
        remedies=dict(check.remedies),
        informs=check.deviations == (),
    )


def _population(collection: Collection) -> Population:
    regions: list[RegionPopulation] = []
    known = True
    for target in collection.targets:
        if target.scope is Scope.ACCOUNT:
            found = collection.get(target, AccountRegions)
            enabled = () if isinstance(found, Gap) or isinstance(found.enabled, Gap) else found.enabled
            selected = () if isinstance(found, Gap) else found.selected
            known = known and bool(enabled)
            regions.extend(
                _region(collection, target, name, selected=name in selected) for name in sorted({*enabled, *selected})
            )
    clusters = tuple(name_of(target) for target in collection.targets if target.scope is Scope.CLUSTER)
    return Population(
        regions=tuple(regions),
        regions_known=known,
        clusters=clusters,
        skipped=collection.info.excluded,
        incomplete=tuple(_not_assessed(gap) for gap in _unlisted(collection)),
    )


def _unlisted(collection: Collection) -> Iterator[Gap]:
    """Give the gaps that may hide a target, unless the user named what to look at."""
    for target in collection.targets:
        regions = collection.get(target, AccountRegions)
        named = regions if isinstance(regions, AccountRegions) else None
        if named is not None and named.clusters_named:
            continue
        if target.scope is Scope.ACCOUNT:
            if isinstance(regions, Gap):
                yield regions
            elif isinstance(regions.enabled, Gap) and not regions.regions_named:
                yield regions.enabled
        elif target.scope is Scope.REGION:
            clusters = collection.get(target, ClusterList)
            if isinstance(clusters, Gap):
                yield clusters


def _region(collection: Collection, account: Target, name: str, *, selected: bool) -> RegionPopulation:
    target = Target(account=account.account, region=name, partition=account.partition)
    listed = collection.get(target, ClusterList) if selected else None
    if listed is None or isinstance(listed, Gap):
        chosen = sum(item.region == name and item.scope is Scope.CLUSTER for item in collection.targets)
        return RegionPopulation(name=name, selected=selected, clusters=None, clusters_selected=chosen)
    return RegionPopulation(
        name=name, selected=True, clusters=len(listed.names), clusters_selected=len(listed.selected)
    )


def _target(collection: Collection, target: Target) -> TargetInfo:
    evidence = collection.evidence[target]
    return TargetInfo(
        account=target.account,
        region=target.region,
        cluster=target.cluster,
        scope=target.scope,
        facts=dict(_facts(evidence)),
        collected_at=evidence.collected_at,
        evidence_sha256=evidence_digest(evidence),
    )


def _facts(evidence: Evidence) -> Iterator[tuple[str, str]]:
    cluster = evidence.sections.get(Cluster.key)
    if isinstance(cluster, Cluster):
        yield "ARN", cluster.arn
        yield "Kubernetes", cluster.version
        yield "Status", cluster.status
        yield "Created", f"{cluster.created_at:%Y-%m-%d %H:%M:%S} UTC"
        yield "Endpoint", cluster.endpoint
        yield "Authentication mode", cluster.authentication_mode or "not given"
    logging = evidence.sections.get(ControlPlaneLogging.key)
    if isinstance(logging, ControlPlaneLogging):
        yield "Log types enabled", ", ".join(sorted(logging.enabled)) or "none"


def _conclude(
    recommendation: Recommendation, findings: Sequence[Finding], checks: Sequence[Check], population: Population
) -> Conclusion:
    own = [finding for finding in findings if finding.recommendation == recommendation.slug]
    verdict, reasons = _verdict(recommendation, own, checks, population)
    return Conclusion(
        recommendation=recommendation.slug,
        title=recommendation.title,
        conclusion=verdict,
        reasons=reasons,
        counts=_counts(own),
    )


def _verdict(
    recommendation: Recommendation, own: Sequence[Finding], checks: Sequence[Check], population: Population
) -> tuple[Verdict, tuple[str, ...]]:
    failed = [finding for finding in own if finding.status is Status.FAIL and finding.waiver is None]
    incidents = [finding for finding in own if finding.disposition == INCIDENT]
    open_items = tuple(_open_items(own))
    if failed or incidents:
        return "exception noted", (*_noted(failed, incidents), *open_items)
    if own and all(_left_out(finding) for finding in own):
        return "not in scope", ("No check of this recommendation was selected.",)
    obstacles = tuple(_obstacles(recommendation, own, checks, population))
    if obstacles:
        return "not concluded", (*obstacles, *open_items)
    return "no exception noted", open_items


def _checks_of(findings: Sequence[Finding]) -> str:
    return ", ".join(sorted({finding.check for finding in findings}))


def _obstacles(
    recommendation: Recommendation, own: Sequence[Finding], checks: Sequence[Check], population: Population
) -> Iterator[str]:
    """Say what stands against a conclusion."""
    yield from _missing(recommendation, own, {check.id for check in checks})
    yield from _unanswered(own, {check.id for check in checks if check.rule_class})
    yield from (f"There may be more to assess: {item.detail}" for item in population.incomplete)
    if not any(check.recommendation == recommendation.slug for check in checks):
        if not recommendation.mandatory:
            yield "No check of this recommendation is part of this version."
    elif not own:
        yield "There is no cluster to assess."
    elif not any(finding.status in (Status.PASS, Status.REVIEW) for finding in own):
        yield "Nothing of this recommendation could be assessed."


def _left_out(finding: Finding) -> bool:
    return finding.cause is not None and finding.cause.cause in (Cause.NOT_SELECTED, Cause.OUT_OF_SCOPE)


def _noted(failed: Sequence[Finding], incidents: Sequence[Finding]) -> Iterator[str]:
    if failed:
        yield f"Exceptions: {len(failed)}, in {_checks_of(failed)}."
    if incidents:
        yield f"Incidents confirmed by a reviewer: {len(incidents)}, in {_checks_of(incidents)}."


def _open_items(own: Sequence[Finding]) -> Iterator[str]:
    waived = sum(finding.waiver is not None for finding in own)
    review = sum(_awaits_review(finding) for finding in own)
    unseen = sum(finding.status is Status.NOT_ASSESSED and not _left_out(finding) for finding in own)
    if waived:
        yield f"Accepted risks: {waived}."
    if review:
        yield f"For a person to review: {review}."
    if unseen:
        yield f"Could not be assessed: {unseen}."


def _awaits_review(finding: Finding) -> bool:
    return finding.status is Status.REVIEW and finding.waiver is None and finding.disposition is None


def _missing(recommendation: Recommendation, own: Sequence[Finding], installed: set[str]) -> Iterator[str]:
    absent = [name for name in recommendation.mandatory if name not in installed]
    if absent:
        yield f"Mandatory and not part of this version: {', '.join(absent)}."
    unseen = sorted(
        {
            finding.check
            for finding in own
            if finding.check in recommendation.mandatory and finding.status is Status.NOT_ASSESSED
        }
    )
    if unseen:
        yield f"Mandatory and not assessed on every target: {', '.join(unseen)}."


def _unanswered(own: Sequence[Finding], rules: set[str]) -> Iterator[str]:
    """Say how many leads wait for a person: whether an event was an exception is the reviewer's to say."""
    leads = sum(
        finding.status is Status.REVIEW and finding.check in rules and finding.disposition is None for finding in own
    )
    if leads:
        yield f"Leads in the audit log that await a reviewer's answer: {leads}."


def _counts(findings: Iterable[Finding]) -> dict[str, int]:
    found = Counter(finding.status.value for finding in findings)
    return {status.value: found[status.value] for status in Status}


def _matrix(findings: Sequence[Finding]) -> Iterator[CoverageRow]:
    cells: dict[tuple[str, str, str, str], list[Finding]] = {}
    for finding in findings:
        target = finding.target
        cells.setdefault((finding.check, target.account, target.region, target.cluster), []).append(finding)
    for (check, account, region, cluster), found in sorted(cells.items()):
        worst = min((finding.status for finding in found), key=WORST_FIRST.index)
        yield CoverageRow(
            check=check,
            target=TargetName(account=account, region=region, cluster=cluster),
            status=worst,
            findings=len(found),
        )


def _gaps(collection: Collection) -> Iterator[GapRow]:
    for target in collection.targets:
        for key, section in sorted(collection.evidence[target].sections.items()):
            for gap in sorted(set(_inside(section)), key=digest):
                yield _gap_row(target, key, gap)


def _inside(value: Section | Gap) -> Iterator[Gap]:
    pending: list[object] = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, Gap):
            yield item
        elif isinstance(item, msgspec.Struct):
            pending.extend(getattr(item, name) for name in item.__struct_fields__)
        elif isinstance(item, tuple):
            pending.extend(item)


def _activity(collection: Collection, criteria: Criteria) -> Iterator[ClusterActivity]:
    for target in collection.targets:
        scan = collection.evidence[target].sections.get(AuditLogScan.key)
        if isinstance(scan, AuditLogScan):
            yield ClusterActivity(
                target=name_of(target),
                origin=scan.origin,
                window=scan.window,
                first_event=scan.first_event,
                last_event=scan.last_event,
                events_read=scan.events_read,
                accounting=scan.accounting,
                rules=tuple(_rule(result, Expectations(result, criteria, scan.baseline)) for result in scan.rules),
                levels=scan.levels,
                unread=None if scan.unread is None else _not_assessed(scan.unread),
                time_coverage=scan.time_coverage,
                refusals=scan.refusals,
            )


def _cost(collection: Collection, criteria: Criteria) -> Cost:
    accounts = [target for target in collection.targets if target.scope is Scope.ACCOUNT]
    regions: list[RegionCost] = []
    missing: list[GapRow] = []
    unseen: list[GapRow] = []
    insights: list[InsightCost] = []
    searched = tuple(filter(None, (collection.info.configuration, collection.info.events)))
    for account in accounts:
        volumes, prices = collection.every(account, LogVolumes), collection.every(account, LogPrices)
        regions += account_cost(volumes, prices, criteria, _made_of(collection, account), searched)
        missing += [_gap_row(target, LogVolumes.key, gap) for target, gap in volumes.gaps]
        unseen += _unseen_parts(collection, account)
        insights += insight_costs(
            collection.every(account, CloudTrailScan),
            collection.every(account, Trails),
            collection.get(account, EventDataStores),
            partial(price_of, prices=prices, negotiated=criteria.prices),
        )
    return Cost(
        calls=collection.info.calls,
        regions=tuple(regions),
        totals=totals(regions, whole=not missing),
        missing=tuple(missing),
        unseen=tuple(unseen),
        insights=tuple(insights),
    )


def _unseen_parts(collection: Collection, account: Target) -> Iterator[GapRow]:
    """Say which parts beside the volumes are not known, and why; not where the volumes are missing for that reason."""
    volumes = dict(collection.every(account, LogVolumes).gaps)
    for kind in (LogTypes, QueryHistory):
        for target, gap in collection.every(account, kind).gaps:
            if gap != volumes.get(target):
                yield _gap_row(target, kind.key, gap)
    for target, section in collection.every(account, LogTypes).items:
        if isinstance(section.causes, Gap):
            yield _gap_row(target, LogTypes.key, section.causes)


def _made_of(collection: Collection, account: Target) -> dict[str, Composition]:
    """Return what the logs consist of, and what was searched, by region, as far as either is known."""
    types: dict[str, dict[str, dict[str, int]]] = {}
    for target, section in collection.every(account, LogTypes).items:
        for item in section.volumes:
            types.setdefault(target.region, {}).setdefault(item.log_group, {})[item.log_type] = item.bytes
    sizes: dict[str, dict[str, tuple[Contribution, ...]]] = {}
    for target, scan in collection.every(account, AuditLogScan).items:
        sizes.setdefault(target.region, {})[group_name(target.cluster)] = scan.sizes
    for target, section in collection.every(account, LogTypes).items:
        for asked in () if isinstance(section.causes, Gap) else section.causes:
            sizes.setdefault(target.region, {})[asked.log_group] = asked.contributions
    searches = {
        target.region: {group.log_group: group for group in section.groups}
        for target, section in collection.every(account, QueryHistory).items
    }
    return {
        region: Composition(types=types.get(region, {}), sizes=sizes.get(region, {}), searches=searches.get(region, {}))
        for region in sorted({*types, *sizes, *searches})
    }


def _gap_row(target: Target, section: str, gap: Gap) -> GapRow:
    return GapRow(target=name_of(target), section=section, cause=gap.cause, permission=gap.cure, detail=gap.detail)


def _not_assessed(gap: Gap) -> NotAssessed:
    return NotAssessed(cause=gap.cause, permission=gap.cure, detail=gap.detail)


def _rule(result: RuleResult, expectations: Expectations) -> RuleActivity:
    allowed = sum(group.count for group in result.groups if expectations.takes(group))
    shown = tuple(hit for hit in result.first_hits if not expectations.takes(hit))
    return RuleActivity(
        rule=result.rule,
        hits=result.hits,
        allowed=allowed,
        observable=result.observable,
        first_hits=shown,
        logic=result.logic,
        compared=result.compared,
        terms=result.terms,
    )


def _summary(findings: Sequence[Finding], collection: Collection, checks: Sequence[Check]) -> Summary:
    failed = Counter(finding.severity.value for finding in findings if finding.status is Status.FAIL)
    return Summary(
        statuses=_counts(findings),
        failed_by_severity={severity.value: failed[severity.value] for severity in Severity},
        targets=len(collection.targets),
        checks=len(checks),
        waived=sum(finding.status is Status.FAIL and finding.waiver is not None for finding in findings),
    )
