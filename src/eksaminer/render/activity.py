"""Activity: what the audit log of each cluster was read for, and what the detection rules matched."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from eksaminer.evidence.grant import grant_of
from eksaminer.evidence.scan import Hit
from eksaminer.findings import Assessment, ClusterActivity, RuleActivity
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Fact, Table, number
from eksaminer.render.charts.base import Chart
from eksaminer.render.charts.refusals import refusals_by_hour, refusals_over_time
from eksaminer.render.charts.secrets import secret_reads
from eksaminer.render.limits import Limits, fair
from eksaminer.render.texts import Texts
from eksaminer.render.time_seen import time_seen
from eksaminer.render.unseen import cure


@dataclass(frozen=True, slots=True)
class ActivityView:
    """The audit logs that were read."""

    clusters: tuple["ClusterView", ...]
    note: str
    """How many clusters are not shown; empty: none."""


@dataclass(frozen=True, slots=True)
class ClusterView:
    """The audit log of one cluster."""

    name: str
    facts: tuple[Fact, ...]
    unread: str
    charts: tuple[Chart, ...]
    rules: Table | None
    """None: no rule ran."""
    hits: tuple[Table, ...]
    note: str
    """How many rules matched whose hits are not shown; empty: none."""
    files: Table | None


def activity(assessment: Assessment, limits: Limits, texts: Texts) -> ActivityView:
    """Arrange the activity of the clusters; what there is room for is shared evenly."""
    every = assessment.activity.clusters
    if len(every) > limits.clusters:
        every = tuple(sorted(every, key=_open_hits, reverse=True)[: limits.clusters])
    matched = [sum(bool(rule.first_hits) for rule in cluster.rules) for cluster in every]
    tables = fair(matched, limits.hit_tables)
    builder = _Builder(
        assessment=assessment,
        texts=texts,
        hits=fair(_shown(every, tables), limits.hits),
        tables=tables,
        rules=max(6, limits.rules // max(1, len(every))),
        files=max(1, limits.table // max(1, len(every))),
        limits=limits,
    )
    left = len(assessment.activity.clusters) - len(every)
    return ActivityView(
        clusters=tuple(builder.cluster(cluster, place) for place, cluster in enumerate(every, 1)),
        note=texts.several("activity.more_clusters", left) if left else "",
    )


def _shown(clusters: Iterable[ClusterActivity], tables: int) -> Iterator[int]:
    """Give the number of hits of every rule whose hits are shown."""
    for cluster in clusters:
        yield from [len(rule.first_hits) for rule in cluster.rules if rule.first_hits][:tables]


def _open_hits(cluster: ClusterActivity) -> int:
    return sum(rule.hits - rule.allowed for rule in cluster.rules)


@dataclass(frozen=True, slots=True)
class _Builder:
    assessment: Assessment
    texts: Texts
    hits: int
    """Hits shown of one rule in one cluster."""
    tables: int
    """Rules of one cluster whose hits are shown."""
    rules: int
    files: int
    limits: Limits

    def cluster(self, item: ClusterActivity, place: int) -> ClusterView:
        matched = [rule for rule in item.rules if rule.first_hits]
        left = len(matched) - self.tables
        return ClusterView(
            name=show.target(item.target),
            facts=tuple(self._facts(item)),
            unread=self._unread(item),
            charts=tuple(self._charts(item, place)),
            rules=self._rules(item) if item.rules else None,
            hits=tuple(self._hits(rule) for rule in matched[: self.tables]),
            note=self.texts.several("activity.more_rules", left) if left > 0 else "",
            files=self._files(item),
        )

    def _charts(self, item: ClusterActivity, place: int) -> Iterator[Chart]:
        if place > self.limits.chart_clusters:
            return
        for drawn in (
            refusals_over_time(item, self.assessment, place, self.limits, self.texts),
            refusals_by_hour(item, place, self.limits, self.texts),
            secret_reads(item, place, self.limits, self.texts),
        ):
            if drawn is not None:
                yield drawn

    def _facts(self, item: ClusterActivity) -> Iterator[Fact]:
        texts, account = self.texts, item.accounting
        yield Fact(texts("activity.origin"), texts(f"activity.origin_{item.origin}"))
        yield Fact(texts("activity.window"), show.period(item.window, texts))
        span = texts("word.from_to", since=show.when(item.first_event, texts), until=show.when(item.last_event, texts))
        yield Fact(texts(f"activity.seen_{item.origin}"), span if item.first_event else texts("activity.no_event"))
        yield Fact(texts(f"activity.events_{item.origin}"), f"{item.events_read:,}")
        if account.lines:
            names = ("lines", "good", "bad", "blank", "truncated", "other", "requests")
            yield Fact(
                texts(f"activity.lines_{item.origin}"),
                texts("activity.accounting", **{name: f"{getattr(account, name):,}" for name in names}),
            )
        yield Fact(texts("time_seen.heading"), time_seen(item, self.assessment.criteria, texts))
        levels: Counter[str] = Counter()
        for level in item.levels:
            levels[level.level] += level.count
        if levels:
            yield Fact(
                texts(f"activity.levels_{item.origin}"),
                ", ".join(f"{name} {n:,}" for name, n in sorted(levels.items())),
            )

    def _unread(self, item: ClusterActivity) -> str:
        if item.unread is None:
            return ""
        return self.texts.prose((item.unread.detail, cure(item.unread, self.texts)))

    def _rules(self, item: ClusterActivity) -> Table:
        titles = {check.id: check for check in self.assessment.checks}
        statuses = {row.check: row.status.value for row in self.assessment.coverage.matrix if row.target == item.target}
        rows: list[tuple[Cell, ...]] = []
        for rule in sorted(item.rules, key=lambda rule: not rule.hits)[: self.rules]:
            info, status = titles.get(rule.rule), statuses.get(rule.rule, "")
            rows.append(
                (
                    Cell(rule.rule, "code", under=info.title if info else ""),
                    Cell(self.texts(f"class.{info.rule_class}") if info and info.rule_class else ""),
                    number(rule.hits),
                    number(rule.allowed),
                    Cell(self.texts(f"observable.{rule.observable}")),
                    Cell(self.texts(f"status.{status}") if status else self.texts("word.none"), mark=status),
                )
            )
        left = len(item.rules) - len(rows)
        return Table(
            caption=self.texts("activity.rules"),
            columns=(
                Column(self.texts("column.rule"), 9),
                Column(self.texts("column.class"), 3),
                Column(self.texts("column.hits"), 2, "number"),
                Column(self.texts("column.allowed"), 2, "number"),
                Column(self.texts("column.observable"), 4),
                Column(self.texts("column.status"), 4),
            ),
            rows=tuple(rows),
            note=self.texts.several("note.rows", left) if left else "",
        )

    def _hits(self, rule: RuleActivity) -> Table:
        shown = rule.first_hits[: self.hits]
        left = rule.hits - rule.allowed - len(shown)
        return Table(
            caption=self.texts.several("activity.hits", rule.hits - rule.allowed, rule=rule.rule),
            columns=(
                Column(self.texts("column.time"), 5),
                Column(self.texts("column.actor"), 7),
                Column(self.texts("column.source"), 3),
                Column(self.texts("column.request"), 6),
                Column(self.texts("column.answer"), 3),
            ),
            rows=tuple(self._hit(hit) for hit in shown),
            details=tuple(self._detail(hit) for hit in shown),
            note=self.texts.several("activity.more_hits", left) if left > 0 else "",
        )

    def _hit(self, hit: Hit) -> tuple[Cell, ...]:
        texts = self.texts
        answer = str(hit.code) if hit.code is not None else texts("activity.no_code")
        details = [texts(f"refusal.{hit.refusal}")] if hit.refusal else []
        if hit.dry_run:
            details.append(texts("activity.dry_run"))
        if hit.truncated:
            details.append(texts("activity.truncated"))
        return (
            Cell(show.when(hit.time, texts)),
            Cell(hit.actor or texts("activity.no_user"), under=self._who(hit)),
            Cell(", ".join(hit.source_ips) or texts("word.none")),
            Cell(show.request(hit.verb, hit.resource), "code"),
            Cell(" ".join(part for part in (answer, hit.decision) if part), under=", ".join(details)),
        )

    def _who(self, hit: Hit) -> str:
        """Say who used the identity."""
        named = [
            self.texts(f"activity.{name}", **{name: value})
            for name, value in (("session", hit.session), ("access_key", hit.access_key))
            if value
        ]
        return ", ".join([hit.user] * (hit.user not in {"", hit.actor}) + named)

    def _detail(self, hit: Hit) -> str:
        grant = grant_of(hit.decision, hit.reason)
        reason = [self.texts("activity.reason", reason=hit.reason)] if hit.reason else []
        if grant is not None:
            reason = [self.texts("activity.allowed_by", grant=grant.label)]
        fields = [f"{name}={value}" for name, value in sorted(hit.evidence.items())]
        return "; ".join((*reason, *fields, self.texts("activity.audit_id", id=hit.audit_id)))

    def _files(self, item: ClusterActivity) -> Table | None:
        files = item.accounting.files
        if not files:
            return None
        rows = tuple(
            (
                Cell(file.path, "code", under=file.incomplete or file.format),
                *(number(getattr(file, name)) for name in ("lines", "good", "bad", "blank", "truncated", "other")),
                Cell(file.sha256[: show.DIGEST], "code"),
            )
            for file in files[: self.files]
        )
        left = len(files) - len(rows)
        names = ("lines", "good", "bad", "blank", "truncated", "other")
        return Table(
            caption=self.texts.several("activity.files", len(files)),
            columns=(
                Column(self.texts("column.file"), 8),
                *(Column(self.texts(f"column.{name}"), 2, "number") for name in names),
                Column(self.texts("column.digest"), 4),
            ),
            rows=rows,
            note=self.texts.several("note.rows", left) if left else "",
        )
