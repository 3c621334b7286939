"""The appendix: what conformed, the resources that were judged, what reading took, and the words of the report."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eksaminer.findings import Assessment, Finding
from eksaminer.outcome import Status
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Fact, Table, number
from eksaminer.render.limits import Limits
from eksaminer.render.results import alike
from eksaminer.render.texts import Texts

_KUBERNETES = "Kubernetes"
_CHECKS, _PLACES, _RESOURCES = 12, 12, 8
"""Names in one cell."""

WORDS = (
    "target", "evidence", "gap", "check", "rule", "violation", "lead", "finding", "fingerprint", "level", "severity",
    "basis", "assertion", "waiver", "disposition",
)  # fmt: skip
"""What the glossary explains."""


@dataclass(frozen=True, slots=True)
class AppendixView:
    """The tables of the appendix."""

    conforming: Table | None
    resources: Table | None
    permissions: Table | None
    glossary: tuple[Fact, ...]


def appendix(assessment: Assessment, limits: Limits, texts: Texts) -> AppendixView:
    """Arrange the appendix."""
    return AppendixView(
        conforming=_conforming(assessment.findings, limits, texts),
        resources=_resources(assessment.findings, limits, texts),
        permissions=_permissions(assessment, limits, texts),
        glossary=tuple(Fact(texts(f"glossary.{word}"), texts(f"glossary.{word}_means")) for word in WORDS),
    )


def _conforming(findings: Sequence[Finding], limits: Limits, texts: Texts) -> Table | None:
    """Group what conforms, or has nothing to judge: one row for many rules without a hit, those with limits first."""
    groups = alike(findings, (Status.PASS, Status.NOT_APPLICABLE), texts)
    if not groups:
        return None
    shown = sorted(groups, key=lambda group: not group[0][2])[: limits.conforming]
    rows = tuple(
        (
            Cell(texts(f"status.{status.value}"), mark=status.value),
            Cell(_first((finding.check for finding in found), _CHECKS, texts)),
            Cell(text, under=unseen),
            Cell(_first((show.short(finding.target) for finding in found), _PLACES, texts), under=moment),
        )
        for (status, text, unseen, moment), found in shown
    )
    widths = {"status": 4, "checks": 4, "result": 10, "where": 6}
    return _table("conforming", len(groups), widths, rows, texts)


def _resources(findings: Sequence[Finding], limits: Limits, texts: Texts) -> Table | None:
    """Return the resources that were judged, by type."""
    found: dict[str, dict[str, set[Status]]] = defaultdict(lambda: defaultdict(set))
    for finding in findings:
        found[finding.resource.type][finding.resource.id].add(finding.status)
    if not found:
        return None
    kinds = sorted(found)
    rows = tuple(
        (
            Cell(kind, "code"),
            number(len(found[kind])),
            number(sum(bool(statuses & {Status.FAIL, Status.REVIEW}) for statuses in found[kind].values())),
            Cell(_first(sorted(found[kind]), _RESOURCES, texts)),
        )
        for kind in kinds[: limits.table]
    )
    return _table("resources", len(kinds), {"type": 6, "count": 3, "exceptions": 3, "names": 12}, rows, texts)


def _permissions(assessment: Assessment, limits: Limits, texts: Texts) -> Table | None:
    """Return what the checks of this run ask to be allowed, by service; Kubernetes last."""
    services: dict[str, list[str]] = defaultdict(list)
    for permission in sorted({item for check in assessment.checks for item in check.permissions}):
        service, colon, action = permission.partition(":")
        services[service if colon else ""].append(action if colon else permission)
    if not services:
        return None
    ordered = [*sorted(name for name in services if name), *([""] if "" in services else [])]
    sent = Counter({item.operation.partition(":")[0]: 0 for item in assessment.cost.calls})
    for item in assessment.cost.calls:
        sent[item.operation.partition(":")[0]] += item.count
    rows = tuple(
        (
            Cell(name or _KUBERNETES, "code" if name else ""),
            number(sent[name]) if name in sent else Cell(texts("word.none"), "number"),
            Cell(", ".join(services[name])),
        )
        for name in ordered[: limits.table]
    )
    return _table("permissions", len(ordered), {"service": 5, "sent": 3, "actions": 16}, rows, texts)


def _first(names: Iterable[str], limit: int, texts: Texts) -> str:
    return show.first(dict.fromkeys(names), limit, texts)


_NUMBERS = frozenset({"count", "exceptions", "sent"})


def _table(name: str, every: int, widths: dict[str, int], rows: tuple[tuple[Cell, ...], ...], texts: Texts) -> Table:
    left = every - len(rows)
    return Table(
        caption=texts(f"appendix.{name}"),
        columns=tuple(
            Column(texts(f"appendix.column_{column}"), width, "number" if column in _NUMBERS else "")
            for column, width in widths.items()
        ),
        rows=rows,
        note=texts.several("note.rows", left) if left > 0 else texts(f"appendix.{name}_note"),
    )
