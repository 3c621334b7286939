"""Accepted risks and reviewers' answers: the register, and what is wrong with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eksaminer.decisions import DispositionUse, WaiverUse
from eksaminer.findings import Assessment, Finding
from eksaminer.outcome import Status
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Table
from eksaminer.render.limits import Limits
from eksaminer.render.texts import Texts
from eksaminer.waivers import SOON_DAYS

_NAMES = 6
"""Waivers or findings that one sentence or row names."""

WAIVER_MARKS = {"in_force": "clear", "expired": "noted", "unused": "open"}
ANSWER_MARKS = {"applied": "clear", "outdated": "noted", "unused": "open"}
"""What became of a decision, as names of marks."""


@dataclass(frozen=True, slots=True)
class WaiversView:
    """The chapter on what people decided."""

    lead: tuple[str, ...]
    waivers: Table | None
    dispositions: Table | None


def waivers(assessment: Assessment, limits: Limits, texts: Texts) -> WaiversView:
    """Arrange the register of waivers and answers."""
    use, register = assessment.decisions, _Register(assessment, limits, texts)
    return WaiversView(
        lead=tuple(lines(assessment, texts)) or (texts("waivers.none"),),
        waivers=register.waivers(use.waivers) if use.waivers else None,
        dispositions=register.dispositions(use.dispositions) if use.dispositions else None,
    )


def lines(assessment: Assessment, texts: Texts) -> Iterator[str]:
    """Say how many decisions hold, and which ones do not, or not for long; nothing where none was given."""
    use = assessment.decisions
    groups = {
        "in_force": [item for item in use.waivers if item.state == "in_force"],
        "soon": [item for item in use.waivers if item.state == "in_force" and item.days_left <= SOON_DAYS],
        "expired": [item for item in use.waivers if item.state == "expired"],
        "unused": [item for item in use.waivers if item.state == "unused"],
    }
    for name, waivers_ in groups.items():
        if waivers_:
            named = show.first((item.waiver.id for item in waivers_), _NAMES, texts)
            yield texts.several(f"waivers.{name}", len(waivers_), names=named, days=f"{SOON_DAYS}")
    for state in ("applied", "outdated", "unused"):
        answers = [item for item in use.dispositions if item.state == state]
        if answers:
            named = show.first((item.disposition.finding[: show.DIGEST] for item in answers), _NAMES, texts)
            yield texts.several(f"answers.{state}", len(answers), names=named)


def answer_of(finding: Finding, assessment: Assessment, texts: Texts) -> str:
    """Return a reviewer's answer with who gave it, and when; the bare answer where the file says no more."""
    for use in assessment.decisions.dispositions:
        item = use.disposition
        if use.finding == finding.id and use.state == "applied" and item.answer == finding.disposition:
            evidence = texts("answers.evidence", evidence=item.evidence) if item.evidence else ""
            words = texts(
                "answers.said",
                answer=texts(f"answer.{item.answer}"),
                reviewer=item.reviewer,
                date=item.date.isoformat(),
                reason=item.reason,
            )
            return f"{words} {evidence}".strip()
    return finding.disposition or ""


class _Register:
    def __init__(self, assessment: Assessment, limits: Limits, texts: Texts) -> None:
        self._limits, self._texts = limits, texts
        self._findings = {finding.id: finding for finding in assessment.findings}

    def waivers(self, uses: Sequence[WaiverUse]) -> Table:
        """Return every waiver: expired and unused ones first."""
        order = list(WAIVER_MARKS)[::-1]
        ordered = sorted(uses, key=lambda use: (order.index(use.state) == order.index("in_force"), use.days_left))
        return Table(
            caption=self._texts.several("waivers.caption", len(uses)),
            columns=self._columns("waivers", id=4, what=6, reason=6, approver=4, valid=4),
            rows=tuple(self._waiver(use) for use in ordered[: self._limits.table]),
            note=self._rest(len(uses)),
        )

    def _waiver(self, use: WaiverUse) -> tuple[Cell, ...]:
        item, texts = use.waiver, self._texts
        named = item.resource or item.resource_glob or item.finding
        control = texts("waivers.control", control=item.compensating_control) if item.compensating_control else ""
        days = texts.several("waivers.left" if use.days_left >= 0 else "waivers.over", abs(use.days_left))
        return (
            Cell(item.id, mark=WAIVER_MARKS[use.state], under=texts(f"waivers.state_{use.state}")),
            Cell(f"{item.check}: {named}", under=self._texts.prose(self._matches(use))),
            Cell(item.reason, under=control),
            Cell(item.approver, under=item.ticket),
            Cell(texts("word.from_to", since=item.created.isoformat(), until=item.expires.isoformat()), under=days),
        )

    def _matches(self, use: WaiverUse) -> Iterator[str]:
        texts = self._texts
        if use.findings:
            failed = sum(self._failed(name) for name in use.findings)
            names = show.first((name[: show.DIGEST] for name in use.findings), _NAMES, texts)
            yield texts.several("waivers.matches", len(use.findings), failed=f"{failed:,}", names=names)
        if use.without_exception:
            yield texts.several("waivers.without_exception", use.without_exception)
        if use.to_be_named:
            yield texts.several("waivers.to_be_named", use.to_be_named)

    def _failed(self, name: str) -> bool:
        finding = self._findings.get(name)
        return finding is not None and finding.status is Status.FAIL

    def dispositions(self, uses: Sequence[DispositionUse]) -> Table:
        """Return every answer: those that hold no more, or answer nothing, first."""
        order = ("outdated", "unused", "applied")
        ordered = sorted(uses, key=lambda use: order.index(use.state))
        return Table(
            caption=self._texts.several("answers.caption", len(uses)),
            columns=self._columns("answers", answer=5, finding=7, reason=7, reviewer=5),
            rows=tuple(self._disposition(use) for use in ordered[: self._limits.table]),
            note=self._rest(len(uses)),
        )

    def _disposition(self, use: DispositionUse) -> tuple[Cell, ...]:
        item, finding = use.disposition, self._findings.get(use.finding)
        what = "" if finding is None else f"{finding.check}, {show.short(finding.target)}"
        return (
            Cell(
                self._texts(f"answer.{item.answer}"),
                mark=ANSWER_MARKS[use.state],
                under=self._texts(f"answers.state_{use.state}"),
            ),
            Cell(item.finding[: show.DIGEST], under=what),
            Cell(item.reason, under=item.evidence),
            Cell(item.reviewer, under=item.date.isoformat()),
        )

    def _columns(self, table: str, **widths: int) -> tuple[Column, ...]:
        return tuple(Column(self._texts(f"{table}.column_{name}"), width) for name, width in widths.items())

    def _rest(self, count: int) -> str:
        left = count - self._limits.table
        return self._texts.several("note.rows", left) if left > 0 else ""
