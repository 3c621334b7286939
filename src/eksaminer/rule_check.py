"""Turn a detection rule into a check: one finding per actor, so that a waiver for one does not hide the next."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from eksaminer.check import Check, Need
from eksaminer.criteria import Criteria
from eksaminer.detection.fields import Kind, Log, field_of
from eksaminer.detection.predicate import fields
from eksaminer.detection.rule import Rule, RuleClass, RuleError
from eksaminer.evidence.model import Target
from eksaminer.evidence.scan import (
    AuditLogScan,
    CloudTrailScan,
    Compared,
    HitGroup,
    RuleResult,
    RuleScan,
    total_of,
)
from eksaminer.expected import Expectations
from eksaminer.gap import Cause, Gap
from eksaminer.outcome import Basis, Level, Parameter, Scope, Severity, Text, Verdict, conforms, deviates, unseen

MOST_ACTORS = 200
"""Actors with a finding of their own; the rest share one."""
MOST_BROKEN = 200
"""Rules that cannot be used and have a finding of their own."""
UNUSABLE = "RULES-UNUSABLE"
MOST_NAMED = 5
"""Addresses, verbs and objects that a sentence names; the hits name all."""

LEVELS = {
    RuleClass.VIOLATION: Level.REQUIRED,
    RuleClass.LEAD: Level.ADVISED,
    RuleClass.NEEDS_LIST: Level.ADVISED,
    RuleClass.NEEDS_BASELINE: Level.ADVISED,
    RuleClass.OPT_IN: Level.ADVISED,
}
SILENT = " Of spans of {shortest} or longer without any event ({silent} at least in all) nothing is said."

NO_BASELINE = Gap(
    cause=Cause.NOT_CONFIGURED,
    detail="The rule compares with an earlier period, and none was given: --baseline names one.",
)
UNASKED = {
    RuleClass.NEEDS_LIST: "The rule needs a list that only you have: write it under [allow] {rule} (eksaminer.toml).",
    RuleClass.OPT_IN: "The rule is off: it goes beyond audit logging. A level for {rule} turns it on.",
}
"""Why a rule is not judged as long as nobody configured it."""

NOTHING = MappingProxyType(
    {
        "rule.none": "No matching event in the {events} events read, from {since} to {until}.",
        "rule.none_assumed": "No matching event in the {events} events read, from {since} to {until}. No request of "
        "this kind was seen at all; that it would have been logged is assumed from the guide's audit policy.",
        "rule.none_asked": "No matching event among the {events} log events searched, from {since} to {until}. The "
        "query asked for matching events alone: that such a request would have been logged is assumed from the guide's "
        "audit policy.",
        "rule.allowed": "Matching requests by expected actors alone ({count}) in the {events} events read, from "
        "{since} to {until}.",
    }
)
"""What is said where no hit is left; with `_seen` after the id, where the log has spans without any event."""

TEXTS = MappingProxyType(
    {
        "rule.hits": "Matching requests by {actor}: {count} (refused: {refused}, dry runs: {dry}), from {sources}, "
        "between {first} and {last}: {what}.",
        "rule.others": "Matching requests by further actors ({actors}): {count}, between {first} and {last}.",
        **NOTHING,
        **{f"{name}_seen": text + SILENT for name, text in NOTHING.items()},
    }
)


def check_of(rule: Rule) -> Check | None:
    """Return the check that *rule* makes; None where its class gives no findings of its own."""
    return described(rule) if rule.rule_class in LEVELS else None


def described(rule: Rule) -> Check:
    """Return what is known of *rule* as a check, which is off where its class gives no findings of its own."""
    level = LEVELS.get(rule.rule_class, Level.OFF)
    return Check(
        id=rule.id,
        title=rule.title,
        scope=Scope.CLUSTER if rule.log is Log.AUDIT else Scope.REGION,
        severity=rule.severity,
        basis=rule.basis,
        recommendation=rule.recommendation,
        criterion=f"The log of the period holds no event of this kind: {rule.title}.",
        rationale=f"{rule.description.strip()} {rule.rationale.strip()}",
        remediation=rule.remediation,
        command="",
        references=rule.references,
        level=level,
        levels=MappingProxyType({}),
        prerequisites=(),
        texts=TEXTS,
        needs=MappingProxyType(
            {
                "scan": Need("required", AuditLogScan if rule.log is Log.AUDIT else CloudTrailScan),
                "criteria": Need("criteria"),
                "target": Need("target"),
            }
        ),
        judge=_Judge(rule),
        rule_class=rule.rule_class,
        details=MappingProxyType(dict(_details(rule))),
    )


def checks_of_broken(errors: Sequence[RuleError], taken: Collection[str]) -> Iterator[Check]:
    """Yield what stands in the report for rules that cannot be used, so that nobody takes them for passed.

    A rule whose id is known, and is none of those *taken*, is a check of its own; the others share one.
    """
    known: dict[str, list[RuleError]] = {}
    for error in errors:
        known.setdefault(error.rule if error.rule not in taken else "", []).append(error)
    shared = known.pop("", [])
    for name, own in sorted(known.items())[:MOST_BROKEN]:
        yield _broken(name, own)
    shared += [error for _, own in sorted(known.items())[MOST_BROKEN:] for error in own]
    if shared:
        yield _broken(UNUSABLE, shared)


def _broken(name: str, errors: Sequence[RuleError]) -> Check:
    reasons: dict[str, str] = {}
    for error in errors:
        reasons.setdefault(error.file, str(error))

    def judge(target: Target) -> Iterator[Verdict]:
        for file, reason in sorted(reasons.items())[:MOST_BROKEN]:
            gap = Gap(cause=Cause.ERROR, detail=f"The rule cannot be used: {reason}.")
            yield unseen(target.resource, gap, discriminator=f"file:{file}")
        left = len(reasons) - MOST_BROKEN
        if left > 0:
            gap = Gap(cause=Cause.ERROR, detail=f"Further rules cannot be used: {left:,} files.")
            yield unseen(target.resource, gap, discriminator="others")

    files = sorted(reasons)
    return Check(
        id=name,
        title=f"A rule that cannot be used: {files[0]}" if len(files) == 1 else "Rules that cannot be used",
        scope=Scope.CLUSTER,
        severity=Severity.MEDIUM,
        basis=Basis.BEYOND,
        recommendation="analyze-logs-with-log-insights",
        criterion="The rule can be read and run.",
        rationale="A rule that was asked for and did not run leaves open what it would have found.",
        remediation="Mend the file, or take it out of the folder; `eksaminer checks lint` says what is wrong with it.",
        command="",
        references=(),
        level=Level.ADVISED,
        levels=MappingProxyType({}),
        prerequisites=(),
        texts=MappingProxyType({}),
        needs=MappingProxyType({"target": Need("target")}),
        judge=judge,
        rule_class=RuleClass.LEAD,
    )


def _details(rule: Rule) -> Iterator[tuple[str, str]]:
    if rule.guide is not None:
        for query in rule.guide.queries:
            yield f"Query {query.number} of the guide", f"{query.subject}\n\n```\n{query.query.strip()}\n```"
        yield "What that misses", rule.guide.misses
        yield "Why this rule differs", rule.guide.ours
    if rule.false_positives:
        yield "Known good causes", "\n".join(f"- {item}" for item in rule.false_positives)
    if rule.mitre:
        yield "MITRE ATT&CK", ", ".join(rule.mitre)


@dataclass(frozen=True, slots=True)
class _Judge:
    rule: Rule

    def __call__(self, scan: RuleScan, criteria: Criteria, target: Target) -> Iterator[Verdict]:
        unasked = _unasked(self.rule, criteria)
        if unasked:
            yield unseen(target.resource, Gap(cause=Cause.NOT_CONFIGURED, detail=unasked))
            return
        found = next((item for item in scan.rules if item.rule == self.rule.id), None)
        if found is None or found.logic != self.rule.logic:
            detail = (
                "The rule was not run over the log"
                if found is None
                else "The rule was run over the log in another version"
            )
            cure = "eksaminer scan runs it over exported logs"
            gap = Gap(cause=Cause.RULE_NOT_RUN, detail=f"{detail}: {cure}.")
            yield unseen(target.resource, gap)
            return
        groups = [group for group in found.groups if _counts(group, self.rule)]
        unknown = _baseline_missing(found, scan)
        if unknown is not None:
            yield unseen(target.resource, unknown)
            return
        expectations = Expectations(found, criteria, scan.baseline)
        kept = [group for group in groups if not expectations.takes(group)]
        if kept:
            earlier = scan.baseline if found.compared is Compared.NEW else None
            yield from _by_actor(kept, scan, target, None if earlier is None else earlier.unread)
        else:
            shortest = 0 if self.rule.log is Log.TRAIL else criteria.gap_minutes
            allowed = sum(group.count for group in groups)
            yield _nothing(found, scan, target, shortest, allowed=allowed, cut=_cut(self.rule, scan))


def _baseline_missing(found: RuleResult, scan: RuleScan) -> Gap | None:
    """Return why there is nothing to compare with; None: there is, or the rule compares with no earlier period."""
    if found.compared is not Compared.NEW:
        return None
    known = NO_BASELINE if scan.baseline is None else scan.baseline.terms(found.rule, found.logic)
    return known if isinstance(known, Gap) else None


def asked_for(rules: Iterable[Rule], criteria: Criteria) -> tuple[Rule, ...]:
    """Return the rules to run: those that are off until they are configured are left out until they are.

    What compares with an earlier period runs in any case: this period may be the earlier one of the next run.
    """
    return tuple(rule for rule in rules if not _unasked(rule, criteria))


def _unasked(rule: Rule, criteria: Criteria) -> str:
    """Say what is missing in the configuration; empty: nothing."""
    configured = {
        RuleClass.NEEDS_LIST: rule.id in criteria.allow,
        RuleClass.OPT_IN: rule.id in criteria.levels,
    }
    return "" if configured.get(rule.rule_class, True) else UNASKED[rule.rule_class].format(rule=rule.id)


def _counts(group: HitGroup, rule: Rule) -> bool:
    """Whether the hits stand for themselves: a violation needs a request that succeeded and was no dry run."""
    return rule.rule_class is not RuleClass.VIOLATION or not (group.dry_run or refused(group))


def refused(group: HitGroup) -> bool:
    """Whether the requests of *group* were turned away (or failed): a status of 400 or above."""
    return group.decision == "forbid" or (group.code is not None and group.code >= 400)  # noqa: PLR2004 - HTTP


def _by_actor(groups: Sequence[HitGroup], scan: RuleScan, target: Target, limit: Gap | None) -> Iterator[Verdict]:
    actors: dict[str, list[HitGroup]] = {}
    for group in groups:
        actors.setdefault(group.actor, []).append(group)
    limits = tuple(gap for gap in (scan.unread, limit) if gap is not None)
    ranked = sorted(actors.items(), key=lambda item: (-_total(item[1]), item[0]))
    for actor, own in sorted(ranked[:MOST_ACTORS]):
        yield deviates(
            target.resource,
            _hits(actor, own),
            discriminator=f"actor:{actor}",
            throughout=scan.window,
            limits=limits,
        )
    others = ranked[MOST_ACTORS:]
    if others:
        rest = [group for _, own in others for group in own]
        text = Text("rule.others", count=_total(rest), actors=len(others), first=_first(rest), last=_last(rest))
        yield deviates(target.resource, text, discriminator="others", throughout=scan.window, limits=limits)


def _hits(actor: str, groups: Sequence[HitGroup]) -> Text:
    return Text(
        "rule.hits",
        count=_total(groups),
        actor=actor,
        sources=_some({group.source or "an unknown address" for group in groups}),
        first=_first(groups),
        last=_last(groups),
        what=_some({_request(group) for group in groups}),
        refused=_total([group for group in groups if refused(group)]),
        dry=_total([group for group in groups if group.dry_run]),
    )


def _cut(rule: Rule, scan: RuleScan) -> tuple[Gap, ...]:
    """Return what *rule* cannot say where it looks into bodies and a part of some events was cut; empty: nothing."""
    events = scan.accounting.truncated if isinstance(scan, AuditLogScan) else 0
    if not events or not any(field_of(path).kind is Kind.BODY for path in fields(rule.predicate)):
        return ()
    detail = f"A part of some events was cut ({events:,}): what stood there, this rule could not look at."
    return (Gap(cause=Cause.NOT_OBSERVABLE, detail=detail, sources=scan.sources),)


def _nothing(
    found: RuleResult, scan: RuleScan, target: Target, shortest: int, *, allowed: int, cut: tuple[Gap, ...]
) -> Verdict:
    """Conclude that there is no hit, in the time that was seen; *shortest* is 0 where gaps are no question."""
    if scan.unread is not None:
        return unseen(target.resource, scan.unread)
    if scan.events_read == 0:
        gap = Gap(cause=Cause.ERROR, detail="The log holds no event of the window, so nothing can be said.")
        return unseen(target.resource, gap)
    if found.observable == "no":
        gap = Gap(cause=Cause.NOT_OBSERVABLE, detail="Requests of this kind are logged at a level that hides them.")
        return unseen(target.resource, gap)
    window, silences = scan.window, scan.silences(shortest) if shortest else ()
    assumed = "rule.none_asked" if scan.origin == "cloudwatch" else "rule.none_assumed"
    name = "rule.allowed" if allowed else "rule.none" if found.observable == "yes" else assumed
    params: dict[str, Parameter] = {"events": scan.events_read, "since": window.since, "until": window.until}
    if allowed:
        params["count"] = allowed
    if silences:
        name += "_seen"
        params |= {"shortest": timedelta(minutes=shortest), "silent": total_of(silences)}
    limits = (*(scan.limits(shortest) if silences else ()), *cut)
    return conforms(target.resource, Text(name, **params), throughout=window, limits=limits)


def _request(group: HitGroup) -> str:
    kind = f"{group.resource}/{group.subresource}" if group.subresource else group.resource
    where = f" in {group.namespace}" if group.namespace else ""
    return f"{group.verb} {kind or 'a path that is no resource'}{where}"


def _some(items: set[str]) -> tuple[str, ...]:
    named = sorted(items)
    if len(named) <= MOST_NAMED:
        return tuple(named)
    return (*named[:MOST_NAMED], f"{len(named) - MOST_NAMED} more")


def _total(groups: Sequence[HitGroup]) -> int:
    return sum(group.count for group in groups)


def _first(groups: Sequence[HitGroup]) -> datetime:
    return min(group.first for group in groups)


def _last(groups: Sequence[HitGroup]) -> datetime:
    return max(group.last for group in groups)
