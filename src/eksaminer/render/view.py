"""What a report shows, in its order: a pure function of the assessment. HTML and PDF differ by limits and style."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from eksaminer.criteria import Criteria
from eksaminer.findings import Assessment, Conclusion
from eksaminer.frameworks import frameworks
from eksaminer.guide import SOURCE
from eksaminer.outcome import Basis, Scope, Severity, Status
from eksaminer.render import show
from eksaminer.render.activity import ActivityView, activity
from eksaminer.render.appendix import AppendixView, appendix
from eksaminer.render.blocks import Cell, Column, Fact, Table, number
from eksaminer.render.charts.base import Chart
from eksaminer.render.charts.covered import time_covered
from eksaminer.render.charts.held import held
from eksaminer.render.charts.retention import retention
from eksaminer.render.cost import CostView, cost
from eksaminer.render.cost import line as cost_line
from eksaminer.render.coverage import coverage
from eksaminer.render.filters import Choice, Filter, filters
from eksaminer.render.limits import Limits
from eksaminer.render.results import MARKS, Headline, RecommendationView, Results, recommendation_anchor
from eksaminer.render.sources import SourcesView, calls, sources
from eksaminer.render.texts import Texts
from eksaminer.render.time_seen import time_seen
from eksaminer.render.translate import DEMO
from eksaminer.render.trend import TrendView, trend
from eksaminer.render.trend import line as trend_line
from eksaminer.render.trust import TrustView, trust
from eksaminer.render.unseen import UnseenView, cure, unseen
from eksaminer.render.verifying import VerifyView, verifying
from eksaminer.render.waivers import WaiversView, waivers
from eksaminer.render.waivers import lines as waiver_lines

_NAMES = 8


@dataclass(frozen=True, slots=True)
class Count:
    """How many findings have a status."""

    status: str
    number: str
    detail: str


@dataclass(frozen=True, slots=True)
class View:
    """Everything that a report shows."""

    demo: str
    """That the account is no real one; empty: it is."""
    nothing: str
    """That there is no cluster; empty: there is one."""
    account: str
    as_of: str
    as_of_iso: str
    run: str
    version: str
    classification: str
    facts: tuple[Fact, ...]
    lead: tuple[str, ...]
    conclusions: Table
    counts: tuple[Count, ...]
    severities: str
    headlines: tuple[Headline, ...]
    filters: tuple[Filter, ...]
    scope: tuple[str, ...]
    regions: Table
    clusters: Table
    skipped: Table | None
    options: tuple[Fact, ...]
    periods: tuple[Fact, ...]
    covered: Chart | None
    held: Chart | None
    """Which part of the audit period the kept logs can answer for."""
    criteria: Table
    guide: str
    recommendations: tuple[RecommendationView, ...]
    activity: ActivityView
    cost: CostView
    cost_line: str
    """The cost in one sentence; empty: nothing of it is known."""
    retention: Chart | None
    trust: TrustView
    accepted: tuple[str, ...]
    """What is said of waivers and answers in the summary."""
    waivers: WaiversView
    trend: TrendView
    trend_line: str
    """What changed, in one sentence; empty: nothing to compare with."""
    unseen: UnseenView
    coverage: tuple[Table, ...]
    verifying: VerifyView
    appendix: AppendixView
    sources: SourcesView
    calls: Table
    limits: tuple[str, ...]


def view(assessment: Assessment, limits: Limits, texts: Texts) -> View:
    """Arrange *assessment* for a report with *limits* in the language of *texts*."""
    run, results = assessment.run, Results(assessment, limits, texts)
    return View(
        demo=demo(assessment, texts),
        nothing=nothing(assessment, texts),
        account=", ".join(_accounts(assessment)),
        as_of=show.when(run.as_of, texts),
        as_of_iso=run.as_of.isoformat(),
        run=run.id,
        version=assessment.tool.version,
        classification=assessment.document.classification or texts("page.confidential"),
        facts=tuple(_facts(assessment, texts)),
        lead=tuple(_lead(assessment, texts)),
        conclusions=_conclusions(assessment, texts),
        counts=tuple(_counts(assessment, texts)),
        severities=_severities(assessment, texts),
        headlines=results.headlines(limits.headlines),
        filters=filters(
            assessment, (Choice(recommendation_anchor(it), it.title) for it in assessment.conclusions), texts
        ),
        scope=tuple(_scope(assessment, texts)),
        regions=_regions(assessment, limits, texts),
        clusters=_clusters(assessment, limits, texts),
        skipped=_skipped(assessment, limits, texts),
        options=tuple(Fact(name, value, code=True) for name, value in sorted(run.options.items())),
        periods=_periods(assessment, limits, texts),
        covered=time_covered(assessment, limits, texts),
        held=held(assessment, limits, texts),
        criteria=_criteria(assessment, limits, texts),
        guide=SOURCE,
        recommendations=results.recommendations(),
        activity=activity(assessment, limits, texts),
        cost=cost(assessment, limits, texts),
        cost_line=cost_line(assessment, texts),
        retention=retention(assessment, limits, texts),
        trust=trust(assessment, limits, texts),
        accepted=tuple(waiver_lines(assessment, texts)),
        waivers=waivers(assessment, limits, texts),
        trend=trend(assessment, limits, texts),
        trend_line=trend_line(assessment, texts),
        unseen=unseen(assessment, limits, texts),
        coverage=coverage(assessment, results.placed(), limits, texts),
        verifying=verifying(assessment, limits, texts),
        appendix=appendix(assessment, limits, texts),
        sources=sources(results.references, limits, texts),
        calls=calls(results.references, assessment, limits, texts),
        limits=tuple(_limits(assessment, texts)),
    )


def demo(assessment: Assessment, texts: Texts) -> str:
    """Return the sentence that says that this is a demonstration; empty: it is none."""
    return texts("demo.banner") if assessment.run.options.get(DEMO) else ""


def nothing(assessment: Assessment, texts: Texts) -> str:
    """Return the sentence that says that there is no cluster, and what to check; empty: there is one."""
    population = assessment.population
    looked_at = [region for region in population.regions if region.selected and region.clusters is not None]
    if population.clusters or any(region.clusters for region in looked_at):
        return ""
    where = "some" if population.incomplete else "all"
    names = show.first((region.name for region in looked_at), _NAMES, texts) or texts("word.none")
    told = texts.several(f"nothing.{where}", len(looked_at), names=names)
    return f"{told} {texts('nothing.do', account=', '.join(_accounts(assessment)))}"


def _accounts(assessment: Assessment) -> tuple[str, ...]:
    named = sorted({target.account for target in assessment.targets if target.account})
    return tuple(named) or (assessment.run.identity.account,)


def _facts(assessment: Assessment, texts: Texts) -> Iterator[Fact]:
    run, accounts = assessment.run, _accounts(assessment)
    names = [show.short(item) for item in assessment.targets if item.scope is Scope.CLUSTER]
    yield Fact(texts.several("fact.account", len(accounts)), ", ".join(accounts))
    yield Fact(texts.several("fact.clusters", len(names)), show.first(names, _NAMES, texts) or texts("word.none"))
    yield Fact(texts("fact.population"), _population(assessment, texts))
    yield Fact(texts("fact.as_of"), show.when(run.as_of, texts))
    collected = texts("word.from_to", since=show.when(run.started, texts), until=show.when(run.finished, texts))
    yield Fact(texts("fact.collected"), collected)
    yield Fact(texts("fact.identity"), run.identity.arn or texts("fact.no_identity"), code=bool(run.identity.arn))
    yield Fact(texts("fact.run"), run.id, code=True)
    yield Fact(texts("fact.collection"), run.collection, code=True)
    yield Fact(texts("fact.evidence"), run.evidence_sha256, code=True)
    packs = [f"{pack.name} {pack.version} ({pack.digest[: show.DIGEST]})" for pack in assessment.tool.packs]
    yield Fact(texts("fact.tool"), f"eksaminer {assessment.tool.version}")
    yield Fact(texts("fact.packs"), show.first(packs, _NAMES, texts) or texts("word.none"))
    document = assessment.document
    yield Fact(texts("fact.classification"), document.classification or texts("page.confidential"))
    yield Fact(
        texts("fact.distribution"), show.first(document.distribution, _NAMES, texts) or texts("fact.undistributed")
    )


def _population(assessment: Assessment, texts: Texts) -> str:
    """Say of how many regions and clusters this report speaks, of how many there are."""
    population = assessment.population
    selected = sum(region.selected for region in population.regions)
    known = [region for region in population.regions if region.clusters is not None]
    numbers = {
        "selected": f"{selected:,}",
        "regions": f"{len(population.regions):,}" if population.regions_known else texts("word.unknown"),
        "chosen": f"{sum(region.clusters_selected for region in known):,}",
        "clusters": f"{sum(region.clusters or 0 for region in known):,}",
    }
    words = texts("fact.population_value", **numbers)
    return f"{words} {texts('lead.incomplete')}" if population.incomplete else words


def _lead(assessment: Assessment, texts: Texts) -> Iterator[str]:
    for verdict, mark in MARKS.items():
        count = sum(item.conclusion == verdict for item in assessment.conclusions)
        if count:
            yield texts.several(f"lead.{mark}", count)
    if assessment.population.incomplete:
        yield texts("lead.incomplete")
    if assessment.run.interrupted:
        yield texts("lead.interrupted")


def _conclusions(assessment: Assessment, texts: Texts) -> Table:
    shown = {Status.FAIL: 2, Status.REVIEW: 2, Status.NOT_ASSESSED: 2, Status.PASS: 2}
    return Table(
        caption=texts("summary.conclusions"),
        columns=(
            Column(texts("column.recommendation"), 6),
            Column(texts("column.conclusion"), 10),
            *(Column(texts(f"status.{status.value}"), width, "number") for status, width in shown.items()),
        ),
        rows=tuple(
            (
                Cell(item.title, href=recommendation_anchor(item)),
                Cell(
                    texts(f"conclusion.{MARKS[item.conclusion]}"),
                    mark=MARKS[item.conclusion],
                    under=_reasons(item, texts),
                ),
                *(number(item.counts.get(status.value, 0)) for status in shown),
            )
            for item in assessment.conclusions
        ),
    )


def _reasons(item: Conclusion, texts: Texts) -> str:
    return texts.prose(item.reasons) or texts(f"reason.{MARKS[item.conclusion]}")


def _counts(assessment: Assessment, texts: Texts) -> Iterator[Count]:
    for status in (Status.FAIL, Status.REVIEW, Status.NOT_ASSESSED, Status.PASS, Status.NOT_APPLICABLE):
        of_status = [finding for finding in assessment.findings if finding.status is status]
        beyond = sum(finding.basis is Basis.BEYOND for finding in of_status)
        detail = texts("summary.bases", guide=f"{len(of_status) - beyond:,}", beyond=f"{beyond:,}")
        yield Count(status.value, f"{assessment.summary.statuses.get(status.value, 0):,}", detail)


def _severities(assessment: Assessment, texts: Texts) -> str:
    failed = assessment.summary.failed_by_severity
    parts = [
        texts("summary.severity", n=f"{failed[item.value]:,}", severity=texts(f"severity.{item.value}").lower())
        for item in Severity
        if failed.get(item.value)
    ]
    if not parts:
        return texts("summary.no_failure")
    waived = assessment.summary.waived
    accepted = texts.several("summary.waived", waived) if waived else ""
    return f"{texts('summary.severities', parts=', '.join(parts))} {accepted}".rstrip()


def _scope(assessment: Assessment, texts: Texts) -> Iterator[str]:
    population = assessment.population
    selected = sum(region.selected for region in population.regions)
    if population.regions_known:
        yield texts("scope.regions", selected=f"{selected:,}", all=f"{len(population.regions):,}")
    else:
        yield texts("scope.regions_unknown", selected=f"{selected:,}")
    known = [region for region in population.regions if region.clusters is not None]
    chosen = sum(region.clusters_selected for region in known)
    yield texts("scope.clusters", chosen=f"{chosen:,}", all=f"{sum(region.clusters or 0 for region in known):,}")
    unlisted = selected - sum(region.selected for region in known)
    if unlisted:
        yield texts.several("scope.unlisted", unlisted)
    for reason in assessment.population.incomplete:
        yield texts("scope.incomplete", detail=reason.detail, cure=cure(reason, texts))


def _regions(assessment: Assessment, limits: Limits, texts: Texts) -> Table:
    regions = assessment.population.regions
    rows = tuple(
        (
            Cell(region.name, "code"),
            Cell(texts("word.yes") if region.selected else texts("word.no")),
            Cell(texts("word.unknown") if region.clusters is None else f"{region.clusters:,}", "number"),
            number(region.clusters_selected),
        )
        for region in regions[: limits.table]
    )
    return Table(
        caption=texts("scope.region_table"),
        columns=(
            Column(texts("column.region"), 9),
            Column(texts("column.selected"), 5),
            Column(texts("column.clusters_found"), 5, "number"),
            Column(texts("column.clusters_assessed"), 5, "number"),
        ),
        rows=rows,
        note=_rest(len(regions) - len(rows), texts),
    )


def _clusters(assessment: Assessment, limits: Limits, texts: Texts) -> Table:
    found = [item for item in assessment.targets if item.scope is Scope.CLUSTER]
    rows = tuple(
        (
            Cell(show.target(item), under=item.facts.get("ARN", "")),
            Cell("; ".join(f"{name}: {value}" for name, value in sorted(item.facts.items()) if name != "ARN")),
            Cell(show.when(item.collected_at, texts), under=item.evidence_sha256[: show.DIGEST]),
        )
        for item in found[: limits.table]
    )
    return Table(
        caption=texts("scope.cluster_table"),
        columns=(
            Column(texts("column.cluster"), 8),
            Column(texts("column.facts"), 11),
            Column(texts("column.collected"), 5),
        ),
        rows=rows,
        note=_rest(len(found) - len(rows), texts),
    )


def _skipped(assessment: Assessment, limits: Limits, texts: Texts) -> Table | None:
    skipped = assessment.population.skipped
    if not skipped:
        return None
    rows = tuple((Cell(show.target(item.target)), Cell(item.reason)) for item in skipped[: limits.table])
    return Table(
        caption=texts("scope.skipped"),
        columns=(Column(texts("column.target"), 10), Column(texts("column.declared"), 14)),
        rows=rows,
        note=_rest(len(skipped) - len(rows), texts),
    )


def _periods(assessment: Assessment, limits: Limits, texts: Texts) -> tuple[Fact, ...]:
    period, clusters = assessment.period, assessment.activity.clusters[: limits.clusters]
    return (
        Fact(texts("period.settings"), texts("period.settings_value", time=show.when(assessment.run.as_of, texts))),
        Fact(texts("period.configuration"), show.period(period.configuration, texts)),
        Fact(texts("period.events"), show.period(period.events, texts)),
        *(
            Fact(texts("time_seen.of", cluster=show.short(item.target)), time_seen(item, assessment.criteria, texts))
            for item in clusters
        ),
    )


def _criteria(assessment: Assessment, limits: Limits, texts: Texts) -> Table:
    found = list(_values(assessment.criteria, texts))
    rows = tuple(
        (Cell(name), Cell(value), Cell(assessment.criteria.origin(key), under=key))
        for key, name, value in found[: limits.table]
    )
    return Table(
        caption=texts("criteria.caption"),
        columns=(
            Column(texts("column.criterion"), 11),
            Column(texts("column.value"), 6),
            Column(texts("column.origin"), 7),
        ),
        rows=rows,
        note=_rest(len(found) - len(rows), texts),
    )


def _values(criteria: Criteria, texts: Texts) -> Iterator[tuple[str, str, str]]:
    longest = criteria.maximum_retention_days
    values = {
        "minimum_retention_days": texts.several("criteria.days", criteria.minimum_retention_days),
        "maximum_retention_days": texts("criteria.no_limit")
        if longest is None
        else texts.several("criteria.days", longest),
        "require_customer_managed_key": texts("word.yes" if criteria.require_customer_managed_key else "word.no"),
        "late_after_hours": texts.several("criteria.hours", criteria.late_after_hours),
        "stale_after_hours": texts.several("criteria.hours", criteria.stale_after_hours),
        "gap_minutes": texts.several("criteria.minutes", criteria.gap_minutes),
        "long_gap_minutes": texts.several("criteria.minutes", criteria.long_gap_minutes),
    }
    for key, value in values.items():
        yield key, texts(f"criteria.{key}"), value
    for name in ("monthly_budget", "monthly_budget_per_cluster"):
        budget: Decimal | None = getattr(criteria, name)
        if budget is not None:
            yield name, texts(f"criteria.{name}"), show.money(budget, criteria.budget_currency, texts)
    if criteria.framework:
        framework = frameworks().get(criteria.framework)
        said = criteria.framework if framework is None else f"{framework.label}: {framework.says}"
        yield "framework", texts("criteria.framework"), said
    if criteria.prices:
        names = show.first((sheet.region for sheet in criteria.prices), _NAMES, texts)
        yield "prices", texts("criteria.prices"), names
    for name, level in sorted(criteria.levels.items()):
        yield f"levels.{name}", texts("criteria.level", check=name), texts(f"level.{level.value}")
    for name, actors in sorted(criteria.allow.items()):
        yield f"allow.{name}", texts("criteria.allow", rule=name), show.first(actors, _NAMES, texts)


def _limits(assessment: Assessment, texts: Texts) -> Iterator[str]:
    run = assessment.run
    if run.interrupted:
        yield texts("limits.interrupted")
    if run.clock_offset_ms is None:
        yield texts("limits.no_clock")
    else:
        yield texts("limits.clock", n=f"{run.clock_offset_ms:,}")
    yield texts("limits.digest", digest=run.evidence_sha256)


def _rest(count: int, texts: Texts) -> str:
    return texts.several("note.rows", count) if count > 0 else ""
