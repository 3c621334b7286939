"""The results by recommendation and check: exceptions in full, everything else in rows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from textwrap import shorten

from eksaminer.findings import Assessment, CheckInfo, Conclusion, Finding
from eksaminer.guide import BY_SLUG
from eksaminer.outcome import Level, Scope, Status
from eksaminer.record import sha256
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Fact, Link, Prose, Table, link, prose
from eksaminer.render.causes import Causes
from eksaminer.render.controls import Controls
from eksaminer.render.filters import Marks
from eksaminer.render.limits import Limits, fair
from eksaminer.render.references import References, line
from eksaminer.render.remedies import RemedyView, first_of, remedies
from eksaminer.render.texts import Texts
from eksaminer.render.trend import first_seen
from eksaminer.render.unseen import limitation
from eksaminer.render.waivers import answer_of

MARKS = {
    "exception noted": "noted",
    "no exception noted": "clear",
    "not concluded": "open",
    "not in scope": "out",
}
"""Conclusions, as names of marks and texts."""

OTHERS = (Status.NOT_ASSESSED, Status.PASS, Status.NOT_APPLICABLE)
"""Statuses that are no exception, in the order they are shown."""

SHOWN_COUNTS = (Status.FAIL, Status.REVIEW, Status.NOT_ASSESSED, Status.PASS, Status.NOT_APPLICABLE)

_NAMES_IN_A_ROW = 12
"""Resources that one row of equal findings names."""

_NAMES_IN_A_HEADLINE = 4
_HEADLINE = 160
"""Characters of one headline."""


@dataclass(frozen=True, slots=True)
class ExceptionView:
    """One exception in full: condition, what was seen, where, and the command that cures it."""

    anchor: str
    status: str
    severity: str
    target: str
    resource: str
    kind: str
    condition: str
    cause: str
    assertion: str
    aspect: str
    seen: tuple[Fact, ...]
    sources: tuple[str, ...]
    more_sources: str
    command: tuple[str, ...]
    """Its lines."""
    remedies: tuple[RemedyView, ...]
    """The same in other forms; empty on paper, where the check shows them once."""
    limitations: tuple[str, ...]
    waived: bool
    answered: bool
    notes: tuple[Fact, ...]
    """Waiver and disposition."""
    fingerprint: str
    marks: str
    """What it can be filtered by."""


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check: what it asks for, and what it found."""

    anchor: str
    id: str
    title: str
    basis: str
    severity: str
    level: str
    """What a deviation becomes, in words."""
    scope: str
    counts: tuple[tuple[str, str], ...]
    """Status and number."""
    criterion: Prose
    effect: Prose
    remediation: Prose
    remedies: tuple[RemedyView, ...]
    """The remedy in other forms, for the first exception that they cure; empty on a screen."""
    references: tuple[Link, ...]
    exceptions: tuple[ExceptionView, ...]
    more: Table | None
    """Exceptions that are not shown in full."""
    others: Table | None
    """Findings that are no exception."""


@dataclass(frozen=True, slots=True)
class RecommendationView:
    """One recommendation of the guide, its conclusion, and its checks."""

    anchor: str
    title: str
    conclusion: str
    reasons: tuple[str, ...]
    quote: str
    dated: str
    controls: Table | None
    """Every control with what was examined, and the result; None: there is none."""
    checks: tuple[CheckView, ...]
    more: Table | None
    """Exceptions of all its checks that are not shown in full, where a document is brief; None: there is none."""


@dataclass(frozen=True, slots=True)
class Headline:
    """A check with open failures, for the summary."""

    anchor: str
    severity: str
    check: str
    where: str
    condition: str
    """Of the gravest failure."""
    more: str
    """How many failures more the check has; empty: none."""


class Results:
    """Arranges the findings; what is shown in full is decided over the whole report."""

    def __init__(self, assessment: Assessment, limits: Limits, texts: Texts) -> None:
        self._assessment = assessment
        self._limits = limits
        self._texts = texts
        self._marks = Marks(assessment)
        self._checks = {check.id: check for check in assessment.checks}
        self._by_check = _grouped(assessment.findings)
        self._gravest = exceptions_of(assessment.findings)
        self._anchors = _anchors(assessment.findings)
        exceptions = [exceptions_of(group) for group in self._by_check.values()]
        told = list(dict.fromkeys(finding.check for finding in self._gravest))[: limits.exceptions]
        self._told = frozenset(told)
        self._in_full = fair((len(exceptions_of(self._by_check[name])) for name in told), limits.exceptions)
        self._others = (
            {} if limits.brief else {name: alike(group, OTHERS, texts) for name, group in self._by_check.items()}
        )
        self._causes = Causes(assessment.findings, (check.id for check in assessment.checks if check.rule_class), texts)
        self.references = References(assessment, limits.references, self._shown_sources(), self._named_sources())
        """The index of evidence, with those that exceptions and controls name."""
        self._controls = Controls(assessment, self.references, limits, texts)
        rest = (len(found) - self._full(found) for found in exceptions)
        self._in_rows = fair((*(max(0, count) for count in rest), *map(len, self._others.values())), limits.rows)

    def recommendations(self) -> tuple[RecommendationView, ...]:
        """Return every recommendation, in the order of the conclusions."""
        return tuple(self._recommendation(item) for item in self._assessment.conclusions)

    def placed(self) -> frozenset[str]:
        """Return the checks that have a place in the report, to which others may link."""
        found: set[str] = set()
        for item in self._assessment.conclusions:
            own = self._own(item)
            found.update(own[: self._limits.controls], self._in_parts(own))
        return frozenset(found)

    def headlines(self, limit: int) -> tuple[Headline, ...]:
        """Return the checks with the gravest failures that have no waiver."""
        failed = [item for item in self._gravest if item.status is Status.FAIL and item.waiver is None]
        return tuple(self._headline(group) for group in list(_grouped(failed).values())[:limit])

    def _headline(self, findings: Sequence[Finding]) -> Headline:
        gravest = findings[0]
        return Headline(
            anchor=check_anchor(gravest.check),
            severity=gravest.severity.value,
            check=gravest.check,
            where=show.first(_names(findings), _NAMES_IN_A_HEADLINE, self._texts),
            condition=_short(gravest.text),
            more=self._texts("word.others", n=f"{len(findings) - 1:,}") if len(findings) > 1 else "",
        )

    def _recommendation(self, item: Conclusion) -> RecommendationView:
        guide = BY_SLUG.get(item.recommendation)
        own = self._own(item)
        every = [(self._info(name), self._by_check.get(name, ())) for name in own]
        full = self._in_parts(own)
        return RecommendationView(
            anchor=recommendation_anchor(item),
            title=item.title,
            conclusion=MARKS[item.conclusion],
            reasons=item.reasons,
            quote=self._texts.word(f"guide.{guide.slug}.quote", guide.quote) if guide else "",
            dated=self._texts.word(f"guide.{guide.slug}.dated", guide.dated) if guide else "",
            controls=self._controls.table(every, check_anchor, frozenset(full)) if every else None,
            checks=tuple(self._check(check) for check in full),
            more=self._more([self._rest(name) for name in own]) if self._limits.brief else None,
        )

    def _own(self, item: Conclusion) -> list[str]:
        return [check for check in self._ids() if self._recommendation_of(check) == item.recommendation]

    def _in_parts(self, own: Sequence[str]) -> list[str]:
        """Return those of *own* that have a part of their own."""
        return [name for name in own if not self._limits.brief or name in self._told]

    def _rest(self, name: str) -> list[Finding]:
        """Return the exceptions of a check that are not shown in full."""
        exceptions = exceptions_of(self._by_check.get(name, ()))
        return exceptions[self._full(exceptions) :]

    def _shown_sources(self) -> Iterator[Iterable[str]]:
        """Return what the exceptions that are shown in full name as their evidence."""
        for name in sorted(self._told):
            exceptions = exceptions_of(self._by_check[name])
            for finding in exceptions[: self._full(exceptions)]:
                yield _sources_of((finding,))[: self._limits.sources]

    def _named_sources(self) -> Iterator[Iterable[str]]:
        """Return the evidence of each control that a table names."""
        for item in self._assessment.conclusions:
            for name in self._own(item)[: self._limits.controls]:
                yield _sources_of(self._by_check.get(name, ()))

    def _ids(self) -> list[str]:
        return sorted({*self._checks, *self._by_check})

    def _recommendation_of(self, check: str) -> str:
        info = self._checks.get(check)
        return info.recommendation if info else self._by_check[check][0].recommendation

    def _info(self, name: str) -> CheckInfo:
        return self._checks.get(name) or _described(self._by_check[name][0])

    def _check(self, name: str) -> CheckView:
        findings, info = self._by_check.get(name, ()), self._info(name)
        exceptions = exceptions_of(findings)
        full = exceptions[: self._full(exceptions)]
        return CheckView(
            anchor=check_anchor(name),
            id=name,
            title=info.title,
            basis=info.basis.value,
            severity=info.severity.value,
            level="; ".join(self._levels(info)),
            scope=info.scope.value,
            counts=tuple(_counts(findings)),
            criterion=prose(info.criterion),
            effect=prose(info.rationale) if exceptions else (),
            remediation=prose(info.remediation) if exceptions else (),
            remedies=first_of(full, info, self._assessment.criteria, self._texts) if self._limits.brief else (),
            references=tuple(link(item) for item in info.references) if exceptions else (),
            exceptions=tuple(self._exception(finding) for finding in full),
            more=None if self._limits.brief else self._more([self._rest(name)]),
            others=self._other_rows(name, findings),
        )

    def _full(self, exceptions: Sequence[Finding]) -> int:
        """Return how many exceptions of a check are shown in full: none, where others are graver and take the room."""
        return self._in_full if exceptions and exceptions[0].check in self._told else 0

    def _levels(self, info: CheckInfo) -> Iterator[str]:
        """Say what a deviation becomes; of a check with parts, for each group of parts."""
        if info.informs:
            yield self._texts("level.informs")
            return
        criteria, parts = self._assessment.criteria, defaultdict[Level, list[str]](list)
        for aspect in sorted(info.aspects):
            parts[criteria.level(info.id, aspect, info.level, None, info.aspects)].append(aspect)
        for level in sorted(parts, key=lambda level: -level.rank):
            yield f"{', '.join(parts[level])}: {self._texts(f'level.{level.value}')}"
        if not parts:
            yield self._texts(f"level.{criteria.levels.get(info.id, info.level).value}")

    def _exception(self, finding: Finding) -> ExceptionView:
        used = _sources_of((finding,))
        more = len(used) - self._limits.sources
        return ExceptionView(
            anchor=self._anchors[id(finding)],
            status=finding.status.value,
            severity=finding.severity.value,
            target=show.target(finding.target),
            resource=finding.resource.id,
            kind=finding.resource.type,
            condition=finding.text,
            cause=self._causes.of(finding),
            assertion=show.assertion(finding.assertion, self._texts, deviates=True),
            aspect=" · ".join(part for part in (finding.aspect, finding.discriminator) if part),
            seen=tuple(
                Fact(name, show.observed(value, self._texts))
                for item in finding.evidence
                for name, value in sorted(item.seen.items())
            )[: self._limits.values],
            sources=tuple(self._source(name) for name in used[: self._limits.sources]),
            more_sources=self._texts.several("exception.more_sources", more) if more > 0 else "",
            command=tuple(finding.command.split("\n"))[: self._limits.values] if finding.command else (),
            remedies=() if self._limits.brief else self._remedies(finding),
            limitations=tuple(limitation(told, self._texts) for told in finding.limitations[: self._limits.values]),
            waived=finding.waiver is not None,
            answered=finding.disposition is not None,
            notes=tuple(self._notes(finding)),
            fingerprint=finding.id,
            marks=self._marks.of((finding,)),
        )

    def _remedies(self, finding: Finding) -> tuple[RemedyView, ...]:
        return remedies(finding, self._info(finding.check), self._assessment.criteria, self._texts)

    def _source(self, name: str) -> str:
        source = self.references.sources.get(name)
        if source is None:
            return self._texts("exception.unknown_source", id=name)
        return line(self.references.label(name), source, self._texts, asked=False)

    def _notes(self, finding: Finding) -> Iterator[Fact]:
        since = first_seen(self._assessment, finding.id, self._texts)
        if since:
            yield Fact(self._texts("exception.first_seen"), since)
        if finding.waiver is not None:
            waiver = finding.waiver
            yield Fact(
                self._texts("exception.waiver"),
                self._texts(
                    "exception.waived",
                    reason=waiver.reason,
                    approver=waiver.approver,
                    expires=show.when(waiver.expires, self._texts),
                    id=waiver.id,
                ),
            )
            if waiver.compensating_control:
                yield Fact(self._texts("exception.control"), waiver.compensating_control)
        if finding.disposition is not None:
            yield Fact(self._texts("exception.disposition"), answer_of(finding, self._assessment, self._texts))

    def _more(self, checks: Sequence[Sequence[Finding]]) -> Table | None:
        """Return the exceptions of *checks* in short, so many of each as there is room for."""
        every = sum(map(len, checks))
        findings = [finding for found in checks for finding in found[: self._in_rows]]
        if not findings:
            return None
        rows = tuple(
            (
                Cell(self._texts(f"status.{finding.status.value}"), mark=finding.status.value, under=finding.check),
                Cell(self._texts(f"severity.{finding.severity.value}")),
                Cell(show.short(finding.target), under=finding.resource.id),
                Cell(finding.text, under=finding.id[: show.DIGEST]),
            )
            for finding in findings
        )
        columns = (("status", 5, ""), ("severity", 2, ""), ("where", 6, ""), ("condition", 11, ""))
        return Table(
            caption=self._texts.several("check.more", every),
            columns=tuple(Column(self._texts(f"column.{name}"), width, style) for name, width, style in columns),
            rows=rows,
            note=self._left_out(every - len(rows)),
            anchors=tuple(self._anchors[id(finding)] for finding in findings),
            marks=tuple(self._marks.of((finding,)) for finding in findings),
        )

    def _other_rows(self, name: str, findings: Sequence[Finding]) -> Table | None:
        groups = self._others.get(name, [])
        if not groups:
            return None
        shown = groups[: self._in_rows]
        columns = (("status", 4), ("result", 9), ("where", 6), ("assertion", 5))
        return Table(
            caption=", ".join(self._other_counts(findings)),
            columns=tuple(Column(self._texts(f"column.{name}"), width) for name, width in columns),
            rows=tuple(
                (
                    Cell(self._texts(f"status.{status.value}"), mark=status.value),
                    Cell(text, under=unseen),
                    Cell(show.first(_names(group), _NAMES_IN_A_ROW, self._texts)),
                    Cell(moment),
                )
                for (status, text, unseen, moment), group in shown
            ),
            note=self._left_out(sum(len(group) for _, group in groups[len(shown) :])),
            marks=tuple(self._marks.of(group) for _, group in shown),
        )

    def _other_counts(self, findings: Sequence[Finding]) -> Iterator[str]:
        for status in OTHERS:
            count = sum(finding.status is status for finding in findings)
            if count:
                yield self._texts(f"check.{status.value}", n=f"{count:,}")

    def _left_out(self, count: int) -> str:
        return self._texts.several("note.left_out", count) if count > 0 else ""


def _sources_of(findings: Iterable[Finding]) -> list[str]:
    """Return the evidence of *findings*, each source once."""
    items = (item for finding in findings for item in finding.evidence)
    return list(dict.fromkeys(chain.from_iterable(item.sources for item in items)))


def _short(text: str) -> str:
    """Return *text*, or as many whole words of it as the summary has room for; the exception itself has all."""
    return shorten(text, _HEADLINE, placeholder=" …") if len(text) > _HEADLINE else text


def recommendation_anchor(item: Conclusion) -> str:
    """Return the place of a recommendation in the report."""
    return _anchor("r", item.recommendation)


def check_anchor(check: str) -> str:
    """Return the place of a check in the report."""
    return _anchor("c", check)


def _anchor(prefix: str, name: str) -> str:
    """Return an id that holds nothing but letters, digits and hyphens, whatever *name* is."""
    plain = name.replace("-", "").isalnum() and name.isascii()
    return f"{prefix}-{name if plain else sha256(name.encode(errors='surrogatepass'))[: show.DIGEST]}"


def _anchors(findings: Sequence[Finding]) -> dict[int, str]:
    """Return the anchor of each finding: the first digits of its id, told apart where a file repeats one."""
    anchors: dict[int, str] = {}
    used: dict[str, int] = defaultdict(int)
    for finding in findings:
        start = finding.id[: show.DIGEST]
        name = start if start.isalnum() and start.isascii() else _anchor("f", finding.id)
        used[name] += 1
        anchors[id(finding)] = name if used[name] == 1 else f"{name}-{used[name]}"
    return anchors


def _grouped(findings: Sequence[Finding]) -> dict[str, tuple[Finding, ...]]:
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.check].append(finding)
    return {name: tuple(group) for name, group in groups.items()}


def exceptions_of(findings: Iterable[Finding]) -> list[Finding]:
    """Return failures and reviews: failures first, open before waived, the gravest first."""
    return sorted((item for item in findings if item.status in (Status.FAIL, Status.REVIEW)), key=_gravity)


def _gravity(finding: Finding) -> tuple[bool, bool, int]:
    decided = finding.waiver is not None or finding.disposition is not None
    return finding.status is not Status.FAIL, decided, finding.severity.rank


Alike = tuple[Status, str, str, str]
"""What findings that stand in one row have in common: status, sentence, what it says nothing of, and the moment."""


def alike(findings: Sequence[Finding], statuses: Sequence[Status], texts: Texts) -> list[tuple[Alike, list[Finding]]]:
    """Group findings of *statuses* by what is the same of them."""
    groups: dict[Alike, list[Finding]] = defaultdict(list)
    for status in statuses:
        for finding in findings:
            if finding.status is status:
                unseen = texts.prose(limitation(told, texts) for told in finding.limitations)
                moment = show.assertion(finding.assertion, texts)
                groups[status, finding.text, unseen, moment].append(finding)
    return list(groups.items())


def _counts(findings: Sequence[Finding]) -> Iterator[tuple[str, str]]:
    for status in SHOWN_COUNTS:
        count = sum(finding.status is status for finding in findings)
        if count:
            yield status.value, f"{count:,}"


def _names(findings: Sequence[Finding]) -> list[str]:
    """Return the targets, or the resources where one target has several."""
    targets = list(dict.fromkeys(show.short(finding.target) for finding in findings))
    return targets if len(targets) == len(findings) else [finding.resource.id for finding in findings]


def _described(finding: Finding) -> CheckInfo:
    """Describe a check that the file does not list by one of its findings."""
    return CheckInfo(
        id=finding.check,
        title=finding.title,
        scope=Scope.CLUSTER if finding.target.cluster else Scope.REGION if finding.target.region else Scope.ACCOUNT,
        severity=finding.severity,
        basis=finding.basis,
        recommendation=finding.recommendation,
        level=Level.REQUIRED,
        rule_class="",
        criterion="",
        rationale="",
        remediation=finding.remediation,
        references=(),
        permissions=(),
    )
