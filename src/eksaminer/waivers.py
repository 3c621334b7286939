"""Apply what people decided to findings. Pure: the day of the judgement is an argument, never a clock."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from fnmatch import fnmatchcase

import msgspec

from eksaminer.decisions import (
    AcceptedRisk,
    Answer,
    Decisions,
    DecisionUse,
    Disposition,
    DispositionUse,
    WaiverUse,
)
from eksaminer.findings import Finding, MessageParameter, Waiver
from eksaminer.outcome import Status

FEWEST_DIGITS = 12
"""Digits of a finding's id that are enough to name it: as many as reports print."""
SOON_DAYS = 30
"""A waiver that ends within so many days is said to end soon."""

_EXCEPTIONS = (Status.FAIL, Status.REVIEW)


def apply(
    findings: Sequence[Finding], decisions: Decisions, as_of: datetime
) -> tuple[tuple[Finding, ...], DecisionUse]:
    """Return *findings* with the waivers and answers that hold on the day of *as_of*, and what became of each.

    A waived finding keeps its status. A waiver that has expired takes nothing; of two that take the same finding, the
    one that ends last is shown with it.
    """
    if not decisions:
        return tuple(findings), DecisionUse()
    day = as_of.astimezone(UTC).date()
    waivers = tuple(_waiver(item, findings, day) for item in sorted(decisions.waivers, key=lambda item: item.id))
    answers = tuple(
        _disposition(item, findings)
        for item in sorted(decisions.dispositions, key=lambda item: (item.finding, item.date))
    )
    taken = dict(_taken(waivers))
    answered = dict(_answered(answers))
    return tuple(_decided(item, taken, answered) for item in findings), DecisionUse(
        waivers=waivers, dispositions=answers
    )


def names(item: AcceptedRisk, finding: Finding) -> bool:
    """Whether *item* is about *finding*, whatever its status."""
    return _same_check(item.check, finding) and (
        finding.id.startswith(item.finding)
        if item.finding
        else not finding.discriminator and _same_resource(item, finding)
    )


def _same_check(check: str, finding: Finding) -> bool:
    return check == finding.check or (bool(finding.aspect) and check == f"{finding.check}.{finding.aspect}")


def _same_resource(item: AcceptedRisk, finding: Finding) -> bool:
    name = finding.resource.id
    return fnmatchcase(name, item.resource_glob) if item.resource_glob else name == item.resource


def _waiver(item: AcceptedRisk, findings: Sequence[Finding], day: date) -> WaiverUse:
    named = [finding for finding in findings if names(item, finding)]
    matches = tuple(finding.id for finding in named if finding.status in _EXCEPTIONS)
    left = (item.expires - day).days
    return WaiverUse(
        waiver=item,
        state="expired" if left < 0 else "in_force" if matches else "unused",
        days_left=left,
        findings=matches,
        without_exception=len(named) - len(matches),
        to_be_named=0 if item.finding else sum(_one_of_several(item, finding) for finding in findings),
    )


def _one_of_several(item: AcceptedRisk, finding: Finding) -> bool:
    return (
        bool(finding.discriminator)
        and finding.status in _EXCEPTIONS
        and _same_check(item.check, finding)
        and _same_resource(item, finding)
    )


def _taken(uses: Sequence[WaiverUse]) -> Iterator[tuple[str, AcceptedRisk]]:
    for use in sorted(uses, key=lambda use: (use.waiver.expires, use.waiver.id)):
        if use.state == "in_force":
            yield from ((finding, use.waiver) for finding in use.findings)


def _disposition(item: Disposition, findings: Sequence[Finding]) -> DispositionUse:
    for finding in findings:
        if finding.id.startswith(item.finding) and finding.status is Status.REVIEW:
            newest = _newest(finding)
            outdated = newest is not None and newest.astimezone(UTC).date() > item.date
            return DispositionUse(disposition=item, state="outdated" if outdated else "applied", finding=finding.id)
    return DispositionUse(disposition=item, state="unused")


def _answered(uses: Sequence[DispositionUse]) -> Iterator[tuple[str, Answer]]:
    """Give the answer to each finding: the newest, and of one day an incident."""
    for use in sorted(uses, key=lambda use: (use.disposition.date, use.disposition.answer == "incident")):
        if use.state == "applied":
            yield use.finding, use.disposition.answer


def _newest(finding: Finding) -> datetime | None:
    """Return the time of the newest event that *finding* speaks of; None: it speaks of a setting.

    Where a finding over a period names no time, its end counts: an answer must not cover what came after it.
    """
    if finding.assertion.kind == "as_of":
        return None
    moments = [moment for value in finding.message.params.values() for moment in _moment(value)]
    return max(moments, default=finding.assertion.until)


def _moment(value: MessageParameter) -> Iterator[datetime]:
    match value:
        case {"time": str(text)}:
            yield datetime.fromisoformat(text)
        case _:
            return


def _decided(finding: Finding, taken: Mapping[str, AcceptedRisk], answered: Mapping[str, Answer]) -> Finding:
    item, answer = taken.get(finding.id), answered.get(finding.id)
    if finding.status not in _EXCEPTIONS or (item is None and answer is None):
        return finding
    waiver = None if item is None else _shown(item)
    return msgspec.structs.replace(finding, waiver=waiver, disposition=answer)


def _shown(item: AcceptedRisk) -> Waiver:
    end = datetime.combine(item.expires, time(23, 59, 59), UTC)
    return Waiver(
        id=item.id,
        reason=item.reason,
        approver=item.approver,
        expires=end,
        compensating_control=item.compensating_control,
    )
