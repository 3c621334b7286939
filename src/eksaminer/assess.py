"""Assess evidence: a pure function of evidence, criteria, checks and a moment. No clock, no files, no network."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from eksaminer.check import Check, Need
from eksaminer.criteria import Criteria
from eksaminer.evidence.collection import Collection
from eksaminer.evidence.model import Every, Section, Target
from eksaminer.evidence.scan import RuleScan
from eksaminer.findings import Assertion, EvidenceItem, Finding, Message, MessageParameter, NotAssessed, TargetName
from eksaminer.gap import Cause, Gap
from eksaminer.guide import RECOMMENDATIONS
from eksaminer.outcome import (
    Conforms,
    Deviates,
    Level,
    NotApplicable,
    Parameter,
    Resource,
    Severity,
    Status,
    Text,
    Unseen,
    Verdict,
)
from eksaminer.record import digest
from eksaminer.remedy import filled, standard_names
from eksaminer.wording import english

FINGERPRINT_VERSION = "eksaminer.finding/1"
OTHER_GAP = "Not seen, and without effect on the status: {section} ({cause}): {detail}"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which checks take part; the others are in the report as not selected."""

    only: tuple[str, ...] = ()
    """Patterns of ids with `*`, `?`, `[…]`; empty: all."""
    skip: tuple[str, ...] = ()

    def takes(self, check: str) -> bool:
        """Whether *check* takes part."""
        wanted = not self.only or any(fnmatchcase(check, pattern) for pattern in self.only)
        return wanted and not any(fnmatchcase(check, pattern) for pattern in self.skip)


def judge(
    collection: Collection, checks: Iterable[Check], criteria: Criteria, selection: Selection | None = None
) -> tuple[Finding, ...]:
    """Run every check on every target of its scope; each gives at least one finding. In a stable order."""
    selection = selection or Selection()
    ordered = sorted(checks, key=lambda check: (bool(check.prerequisites), check.id))
    findings: list[Finding] = []
    for target in collection.targets:
        done: dict[str, tuple[Finding, ...]] = {}
        for check in ordered:
            if check.scope is target.scope:
                bench = _Bench(collection, criteria, target, check)
                done[check.id] = tuple(bench.findings(selected=selection.takes(check.id), done=done))
                findings.extend(done[check.id])
    return tuple(sorted(findings, key=_order))


_SLUGS = [recommendation.slug for recommendation in RECOMMENDATIONS]


def _order(finding: Finding) -> tuple[int, str, str, str, str, str, str]:
    place = _SLUGS.index(finding.recommendation) if finding.recommendation in _SLUGS else len(_SLUGS)
    target = finding.target
    return (
        place,
        finding.check,
        target.account,
        target.region,
        target.cluster,
        f"{finding.resource.type}\0{finding.resource.id}",
        f"{finding.aspect}\0{finding.discriminator}",
    )


class _UnearnedGapError(Exception):
    """A check answered `unseen` with a gap that is not in its evidence."""


@dataclass(frozen=True, slots=True)
class _Bench:
    """One check at work on one target."""

    collection: Collection
    criteria: Criteria
    target: Target
    check: Check

    def findings(self, *, selected: bool, done: Mapping[str, tuple[Finding, ...]]) -> Iterator[Finding]:
        if not selected:
            yield self._whole(Gap(cause=Cause.NOT_SELECTED, detail="The check was not selected for this run."))
            return
        blocked = self._blocked(done)
        if blocked is None:
            yield from self._evaluated()
            return
        yield blocked
        if self.check.independent:
            yield from (item for item in self._evaluated() if item.aspect in self.check.independent)

    def _evaluated(self) -> Iterator[Finding]:
        """Give the check its evidence; where some that is required is missing, say so."""
        arguments = {name: self._argument(need) for name, need in self.check.needs.items()}
        missing = [
            found
            for name, found in arguments.items()
            if isinstance(found, Gap) and self.check.needs[name].kind == "required"
        ]
        if missing:
            yield self._whole(next((gap for gap in missing if gap.cause.gates), missing[0]))
            return
        yield from self._judged(arguments)

    def _blocked(self, done: Mapping[str, tuple[Finding, ...]]) -> Finding | None:
        """Return the finding of a check whose prerequisite failed, or could not be assessed, on this target."""
        before = [
            finding
            for name in self.check.prerequisites
            for finding in done.get(name, ())
            if finding.resource == self.target.resource
        ]
        for finding in before:
            if finding.status is Status.FAIL:
                detail = f"{finding.check} failed: {finding.text}"
                gap = Gap(cause=Cause.PREREQUISITE_FAILED, detail=detail)
                return self._whole(gap, derived_from=(finding.id,))
        for finding in before:
            if finding.cause is not None and finding.cause.cause is not Cause.NOT_SELECTED:
                detail = f"{finding.check} could not be assessed: {finding.cause.detail}"
                gap = Gap(cause=finding.cause.cause, detail=detail, permission=finding.cause.permission)
                return self._whole(gap, derived_from=(finding.id,))
        return None

    def _argument(self, need: Need) -> Any:
        match need.kind:
            case "criteria":
                return self.criteria
            case "target":
                return self.target
            case "period":
                return self.collection.info.configuration
            case "every":
                return self.collection.every(self.target, need.section)
            case "required" | "optional":
                return self.collection.get(self.target, need.section)

    def _judged(self, arguments: Mapping[str, Any]) -> Iterator[Finding]:
        try:
            verdicts = list(self.check.judge(**arguments))
            self._allow(verdicts, arguments)
            found = [self._finding(verdict, arguments) for verdict in verdicts]
            if len({finding.id for finding in found}) != len(found):
                raise ValueError("two verdicts about one resource without a discriminator")  # noqa: TRY301 - one handler makes check_error of whatever is wrong with a check
        except Exception as error:  # noqa: BLE001 - one broken check must not hide the others
            detail = f"The check itself failed ({type(error).__name__}: {error}); please report it."
            yield self._whole(Gap(cause=Cause.CHECK_ERROR, detail=detail))
            return
        if not found:
            nothing = NotApplicable(
                resource=self.target.resource, text=Text("gap", detail="There is nothing to judge.")
            )
            found = [self._finding(nothing, arguments)]
        yield from found

    def _allow(self, verdicts: list[Verdict], arguments: Mapping[str, Any]) -> None:
        if self.check.rule_class:
            return
        earned = set(_gaps_in(tuple(arguments.values())))
        scans = [value for value in arguments.values() if isinstance(value, RuleScan)]
        for verdict in verdicts:
            if not isinstance(verdict, Unseen) or verdict.gap in earned:
                continue
            if not any(scan.lacks(verdict.gap) for scan in scans):
                raise _UnearnedGapError(verdict.gap.detail)

    def _whole(self, gap: Gap, derived_from: tuple[str, ...] = ()) -> Finding:
        verdict = Unseen(resource=self.target.resource, text=Text("gap", detail=gap.detail), gap=gap)
        return msgspec.structs.replace(self._finding(verdict, {}, self._highest_level()), derived_from=derived_from)

    def _highest_level(self) -> Level:
        """Return the level of a check that could not be run at all: it informs only if all of its aspects do."""
        own = f"{self.check.id}."
        asked = {name.removeprefix(own) for name in self.criteria.levels if name.startswith(own)}
        aspects = ("", *self.check.levels, *sorted(asked))
        levels = [
            self.criteria.level(self.check.id, aspect, self.check.level, None, self.check.levels) for aspect in aspects
        ]
        return max(levels, key=lambda level: level.rank)

    def _finding(self, verdict: Verdict, arguments: Mapping[str, Any], level: Level | None = None) -> Finding:
        check = self.check
        level = level or self._level(verdict)
        status = _status(verdict, level)
        text = english(verdict.text, check.texts)
        return Finding(
            id=fingerprint(check.id, verdict.resource, verdict.aspect, verdict.discriminator),
            check=check.id,
            title=check.title,
            status=status,
            severity=_severity(verdict, check),
            basis=check.bases.get(verdict.aspect, check.basis),
            recommendation=check.recommendation,
            target=name_of(self.target),
            resource=verdict.resource,
            aspect=verdict.aspect,
            discriminator=verdict.discriminator,
            level=level,
            assertion=self._assertion(verdict),
            text=text,
            message=Message(id=verdict.text.id, params=stored(verdict.text.params)),
            cause=_cause(verdict) if status is Status.NOT_ASSESSED else None,
            limitations=() if status is Status.NOT_ASSESSED else tuple(self._limitations(verdict, arguments)),
            evidence=self._evidence(verdict, arguments),
            derived_from=(),
            remediation=check.remediation,
            command=self._command(verdict),
            forms=isinstance(verdict, Deviates) and _forms_fit(verdict) and bool(self.check.remedies),
        )

    def _level(self, verdict: Verdict) -> Level:
        own = verdict.level if isinstance(verdict, Deviates) else None
        return self.criteria.level(self.check.id, verdict.aspect, self.check.level, own, self.check.levels)

    def _assertion(self, verdict: Verdict) -> Assertion:
        if verdict.throughout is not None:
            return Assertion(kind="throughout", since=verdict.throughout.since, until=verdict.throughout.until)
        holder = self.collection.evidence.get(self.target)
        moment = holder.collected_at if holder else self.collection.info.finished
        return Assertion(kind="as_of", since=moment, until=moment)

    def _limitations(self, verdict: Verdict, arguments: Mapping[str, Any]) -> Iterator[str]:
        yield from (gap.detail for gap in verdict.limits)
        for name, found in arguments.items():
            need = self.check.needs[name]
            if isinstance(found, Gap) and need.kind == "optional":
                yield OTHER_GAP.format(section=need.section.key, cause=found.cause, detail=found.detail)

    def _evidence(self, verdict: Verdict, arguments: Mapping[str, Any]) -> tuple[EvidenceItem, ...]:
        sources = tuple(dict.fromkeys(source for found in arguments.values() for source in _sources(found)))
        if isinstance(verdict, Unseen):
            sources = tuple(dict.fromkeys((*verdict.gap.sources, *sources)))
        if not sources and not verdict.seen:
            return ()
        return (EvidenceItem(sources=sources, seen=stored(verdict.seen)),)

    def _command(self, verdict: Verdict) -> str:
        if not isinstance(verdict, Deviates):
            return ""
        template = self.check.command if verdict.command is None else verdict.command
        target, seen = self.target, {name: value for name, value in verdict.seen.items() if isinstance(value, str)}
        names = standard_names(target.account, target.region, target.cluster, verdict.resource, self.criteria)
        return filled(template, {**names, "aspect": verdict.aspect, **seen}, "command")


def fingerprint(check: str, resource: Resource, aspect: str, discriminator: str) -> str:
    """Return the stable id of a finding: never of its wording, severity or time."""
    return digest([FINGERPRINT_VERSION, check, resource.type, resource.id, aspect, discriminator])


def name_of(target: Target) -> TargetName:
    """Return *target* as the assessment names it."""
    return TargetName(account=target.account, region=target.region, cluster=target.cluster)


def stored(values: Mapping[str, Parameter]) -> dict[str, MessageParameter]:
    """Return typed parameters in the shape of the file."""
    return {name: _stored(value) for name, value in sorted(values.items())}


def _stored(value: Parameter) -> MessageParameter:
    match value:
        case datetime():
            return {"time": msgspec.to_builtins(value)}
        case timedelta():
            return {"seconds": int(value.total_seconds())}
        case tuple():
            return list(value)
        case _:
            return value


def _status(verdict: Verdict, level: Level) -> Status:
    if isinstance(verdict, NotApplicable) or level is Level.OFF:
        return Status.NOT_APPLICABLE
    match verdict:
        case Conforms():
            return Status.PASS
        case Deviates():
            return Status.FAIL if level is Level.REQUIRED else Status.REVIEW
        case Unseen():
            return Status.NOT_ASSESSED


def _forms_fit(verdict: Deviates) -> bool:
    return verdict.command is None if verdict.remedies is None else verdict.remedies


def _severity(verdict: Verdict, check: Check) -> Severity:
    own = verdict.severity if isinstance(verdict, Deviates) else None
    return own or check.severity


def _cause(verdict: Verdict) -> NotAssessed | None:
    if not isinstance(verdict, Unseen):
        return None
    return NotAssessed(cause=verdict.gap.cause, permission=verdict.gap.cure, detail=verdict.gap.detail)


def _sources(found: object) -> tuple[str, ...]:
    match found:
        case Section() | Gap():
            return found.sources
        case Every():
            return tuple(source for _, section in found.items for source in section.sources)
        case _:
            return ()


def _gaps_in(value: object) -> Iterator[Gap]:
    match value:
        case Gap():
            yield value
        case Every():
            yield from _gaps_in((found_gap for _, found_gap in value.gaps))
            yield from _gaps_in((section for _, section in value.items))
            yield from value.unlisted.values()
        case msgspec.Struct():
            yield from _gaps_in(getattr(value, name) for name in value.__struct_fields__)
        case str() | bytes():
            return
        case Mapping():
            yield from _gaps_in(iter(value.values()))
        case Iterable():
            for item in value:
                yield from _gaps_in(item)
        case _:
            return
