"""Activity: what the audit log of each cluster was read for, and what the detection rules matched."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from eksaminer.evidence.scan import Hit
from eksaminer.findings import Assessment, ClusterActivity, RuleActivity
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Fact, Table, number
from eksaminer.render.limits import Limits
from eksaminer.render.texts import Texts


@dataclass(frozen=True, slots=True)
class ClusterView:
    """The audit log of one cluster."""

    name: str
    facts: tuple[Fact, ...]
    unread: str
    rules: Table
    hits: tuple[Table, ...]
    files: Table | None


def activity(assessment: Assessment, limits: Limits, texts: Texts) -> tuple[ClusterView, ...]:
    """Arrange the activity of every cluster; the room for hits is shared evenly by rules that matched."""
    clusters = assessment.activity.clusters
    matched = sum(1 for cluster in clusters for rule in cluster.rules if rule.first_hits)
    room = max(1, limits.hits // max(1, matched))
    builder = _Builder(assessment, limits, texts, room)
    return tuple(builder.cluster(cluster, place) for place, cluster in enumerate(clusters))


@dataclass(frozen=True, slots=True)
class _Builder:
    assessment: Assessment
    limits: Limits
    texts: Texts
    room: int
    """Hits shown of one rule in one cluster."""

    def cluster(self, item: ClusterActivity, place: int) -> ClusterView:
        hit = [rule for rule in item.rules if rule.first_hits]
        shown = hit if place < self.limits.table else []
        return ClusterView(
            name=show.target(item.target),
            facts=tuple(self._facts(item)),
            unread=self._unread(item),
            rules=self._rules(item),
            hits=tuple(self._hits(rule) for rule in shown),
            files=self._files(item),
        )

    def _facts(self, item: ClusterActivity) -> Iterator[Fact]:
        texts, account = self.texts, item.accounting
        yield Fact(texts("activity.origin"), texts(f"activity.origin_{item.origin}"))
        yield Fact(texts("activity.window"), show.period(item.window, texts))
        span = texts("word.from_to", since=show.when(item.first_event), until=show.when(item.last_event))
        yield Fact(texts("activity.seen"), span if item.first_event else texts("activity.no_event"))
        yield Fact(texts("activity.events"), f"{item.events_read:,}")
        if account.lines:
            names = ("lines", "good", "bad", "blank", "truncated", "other", "requests")
            yield Fact(
                texts("activity.lines"),
                texts("activity.accounting", **{name: f"{getattr(account, name):,}" for name in names}),
            )
        levels: Counter[str] = Counter()
        for level in item.levels:
            levels[level.level] += level.count
        if levels:
            yield Fact(texts("activity.levels"), ", ".join(f"{name} {n:,}" for name, n in sorted(levels.items())))

    def _unread(self, item: ClusterActivity) -> str:
        if item.unread is None:
            return ""
        cure = self.texts("activity.cure", permission=item.unread.permission) if item.unread.permission else ""
        return " ".join(part for part in (item.unread.detail, cure) if part)

    def _rules(self, item: ClusterActivity) -> Table:
        titles = {check.id: check for check in self.assessment.checks}
        statuses = {
            row.check: row.status.value for row in self.assessment.coverage.matrix if row.target == item.target
        }
        rows: list[tuple[Cell, ...]] = []
        for rule in item.rules[: self.limits.table]:
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
        shown = rule.first_hits[: self.room]
        left = rule.hits - rule.allowed - len(shown)
        return Table(
            caption=self.texts.several("activity.hits", rule.hits - rule.allowed, rule=rule.rule),
            columns=(
                Column(self.texts("column.time"), 4),
                Column(self.texts("column.actor"), 5),
                Column(self.texts("column.source"), 3),
                Column(self.texts("column.request"), 6),
                Column(self.texts("column.answer"), 3),
                Column(self.texts("column.reason"), 3),
            ),
            rows=tuple(self._hit(hit) for hit in shown),
            note=self.texts.several("activity.more_hits", left) if left > 0 else "",
        )

    def _hit(self, hit: Hit) -> tuple[Cell, ...]:
        texts = self.texts
        answer = str(hit.code) if hit.code is not None else texts("activity.no_code")
        details = [texts("activity.dry_run")] if hit.dry_run else []
        if hit.truncated:
            details.append(texts("activity.truncated"))
        extra = ", ".join(f"{name}={value}" for name, value in sorted(hit.evidence.items()))
        return (
            Cell(show.when(hit.time), under=hit.audit_id),
            Cell(hit.actor or texts("activity.no_user"), under=hit.user if hit.user != hit.actor else ""),
            Cell(", ".join(hit.source_ips) or texts("word.none")),
            Cell(show.request(hit.verb, hit.resource), "code", under=extra),
            Cell(" ".join(part for part in (answer, hit.decision) if part), under=", ".join(details)),
            Cell(hit.reason or texts("word.none")),
        )

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
            for file in files[: self.limits.table]
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
