"""Compare an assessment with the one before it. Pure: the chain of audits travels inside the assessments."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from eksaminer.findings import Assessment, Finding, TargetName
from eksaminer.history import AuditCounts, Change, ChangeState, Trend
from eksaminer.outcome import Status

MOST_AUDITS = 24
"""Audits that the chain keeps, the newest."""
MOST_CLOSED = 5_000
"""Resolved exceptions that the chain remembers, so that one that comes back is known."""

_EXCEPTIONS = (Status.FAIL, Status.REVIEW)
_CURED = ("resolved", "gone")


def follow(assessment: Assessment, earlier: Assessment) -> Assessment:
    """Return *assessment* with what became of the exceptions of *earlier*, and the chain of audits so far."""
    return msgspec.structs.replace(assessment, trend=_Comparison(assessment, earlier).trend())


class _Comparison:
    def __init__(self, now: Assessment, before: Assessment) -> None:
        self._now, self._before = now, before
        self._new = {finding.id: finding for finding in now.findings}
        self._old = {finding.id: finding for finding in before.findings}
        self._chain = before.trend or Trend(audits=(), changes=())
        self._waiting = {
            name: since
            for name, since in self._chain.first_seen.items()
            if name not in self._old or self._old[name].status not in _EXCEPTIONS
        }
        """Exceptions of earlier audits that the one before could not judge again."""
        self._targets = {_target(item.account, item.region, item.cluster) for item in now.targets}
        self._judged: dict[tuple[str, TargetName], list[Finding]] = defaultdict(list)
        for finding in now.findings:
            self._judged[finding.check, finding.target].append(finding)

    def trend(self) -> Trend:
        changes = tuple(self._changes())
        settled = {item.finding for item in changes if item.state not in ("not_assessed", "not_in_run")}
        waiting = {item.finding for item in changes} - settled | (set(self._waiting) - settled)
        return Trend(
            audits=tuple(self._audits())[-MOST_AUDITS:],
            changes=changes,
            first_seen=dict(sorted((*self._first_seen(), *self._left(waiting)))),
            closed=self._closed(changes),
            same_criteria=self._now.criteria == self._before.criteria,
            same_packs=self._now.tool.packs == self._before.tool.packs,
        )

    def _audits(self) -> Iterator[AuditCounts]:
        known = [item for item in self._chain.audits if item.run != self._before.run.id]
        yield from sorted((*known, _counts(self._before)), key=lambda item: (item.as_of, item.run))
        yield _counts(self._now)

    def _changes(self) -> Iterator[Change]:
        for finding in self._now.findings:
            if finding.status in _EXCEPTIONS:
                yield _change(finding, self._old.get(finding.id), finding, self._came(finding))
        for finding in self._before.findings:
            after = self._new.get(finding.id)
            if finding.status in _EXCEPTIONS and (after is None or after.status not in _EXCEPTIONS):
                yield _change(after or finding, finding, after, self._went(finding, after))
        for finding in self._now.findings:
            if finding.id in self._waiting and finding.status not in _EXCEPTIONS:
                yield _change(finding, self._old.get(finding.id), finding, self._went(finding, finding))

    def _came(self, finding: Finding) -> ChangeState:
        before = self._old.get(finding.id)
        if finding.id in self._waiting:
            return "unchanged"
        if before is None or before.status not in _EXCEPTIONS:
            return "regressed" if finding.id in self._chain.closed else "new"
        return "waiver_expired" if before.waiver is not None and finding.waiver is None else "unchanged"

    def _went(self, finding: Finding, after: Finding | None) -> ChangeState:
        if after is not None:
            return "not_assessed" if after.status is Status.NOT_ASSESSED else "resolved"
        target = finding.target
        if _target(target.account, target.region, target.cluster) not in self._targets:
            return "not_in_run"
        judged = self._judged.get((finding.check, target), [])
        if not judged or any(item.status is Status.NOT_ASSESSED for item in judged):
            return "not_assessed"
        return "not_repeated" if finding.assertion.kind == "throughout" else "gone"

    def _first_seen(self) -> Iterator[tuple[str, datetime]]:
        for finding in self._now.findings:
            if finding.status in _EXCEPTIONS:
                yield finding.id, self._since(finding)

    def _left(self, waiting: set[str]) -> Iterator[tuple[str, datetime]]:
        """Carry on what was an exception when it was last judged."""
        for name in sorted(waiting):
            yield name, self._chain.first_seen.get(name, self._before.run.as_of)

    def _since(self, finding: Finding) -> datetime:
        """Return when an exception was first seen; one that came back keeps its first day."""
        before = self._old.get(finding.id)
        known = self._chain.first_seen.get(finding.id) or self._chain.closed.get(finding.id)
        if known is None and before is not None and before.status in _EXCEPTIONS:
            known = self._before.run.as_of
        return known or self._now.run.as_of

    def _closed(self, changes: tuple[Change, ...]) -> dict[str, datetime]:
        closed: Mapping[str, datetime] = {
            name: since
            for name, since in self._chain.closed.items()
            if name not in self._new or self._new[name].status not in _EXCEPTIONS
        }
        cured = {
            item.finding: self._chain.first_seen.get(item.finding, self._before.run.as_of)
            for item in changes
            if item.state in _CURED
        }
        newest = sorted({**closed, **cured}.items(), key=lambda item: (item[1], item[0]))[-MOST_CLOSED:]
        return dict(sorted(newest))


def _target(account: str, region: str, cluster: str) -> TargetName:
    return TargetName(account=account, region=region, cluster=cluster)


def _counts(assessment: Assessment) -> AuditCounts:
    run, summary = assessment.run, assessment.summary
    return AuditCounts(run=run.id, as_of=run.as_of, statuses=summary.statuses, waived=summary.waived)


def _change(shown: Finding, before: Finding | None, now: Finding | None, state: ChangeState) -> Change:
    return Change(
        finding=shown.id,
        check=shown.check,
        account=shown.target.account,
        region=shown.target.region,
        cluster=shown.target.cluster,
        resource=shown.resource.id,
        state=state,
        before=None if before is None else before.status,
        now=None if now is None else now.status,
        text=shown.text,
    )
